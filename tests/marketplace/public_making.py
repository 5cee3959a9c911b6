"""What the tests of the public pages stand on."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from tests import making
from tests.making import NOW

if TYPE_CHECKING:
    from marketplace.models import Category, Province
    from profiles.models import Professional

ENGLISH = {"accept-language": "en"}
DIRECTORY = "/professionals/"
PAIR = "/professionals/bathrooms/cdmx/"


def work_in(
    pro: Professional, *, category: Category | None = None, province: Province | None = None
) -> Professional:
    """`pro` does a trade in a province: bathrooms in Mexico City, unless told otherwise."""
    from marketplace.models import Interest

    Interest.objects.get_or_create(
        professional=pro,
        category=category or making.make_category(),
        province=province or making.make_province(),
    )
    return pro


def describe(pro: Professional, description: str = "Renovamos baños desde 2011.") -> Professional:
    from profiles.businesses import save_profile

    save_profile(
        professional=pro,
        name=pro.name,
        description=description,
        phone=str(pro.phone),
        tax_id=pro.tax_id,
    )
    pro.refresh_from_db()
    return pro


def make_listed(
    name: str = "", *, now: datetime = NOW, description: str = "Renovamos baños."
) -> Professional:
    """A business that stands in the directory: a plan for a year, a description, bathrooms in Mexico City."""
    pro = making.make_pro(name, now=now)
    making.contract(pro, now=now, plan=making.make_plan("year", months=12))
    return work_in(describe(pro, description))


def page_of(pro: Professional) -> str:
    from marketplace.public_profile import page_address

    return page_address(pro)
