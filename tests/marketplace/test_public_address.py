"""Where the page of a professional is, and what leads to it (M13)."""

import pytest
import time_machine

from marketplace.public_profile import DIGITS, address_part
from profiles.models import Professional
from profiles.suspensions import suspend
from tests import making
from tests.making import NOW
from tests.marketplace.public_making import make_listed, page_of
from tests.marketplace.test_public_profile import WHEN, shown

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _today():
    with time_machine.travel(WHEN, tick=False):
        yield


@pytest.fixture
def listed(db):
    return make_listed("Reformas Hidalgo")


# Where it is


def test_the_address_is_the_name_and_what_finds_it(listed):
    digits = listed.public_id.hex[:DIGITS]
    assert page_of(listed) == f"/professional/reformas-hidalgo-{digits}/"


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Plomería Ñandú & Hijos, S.A.", "plomeria-nandu-hijos-sa"),
        ("上海装修公司", ""),
        ("شركة البناء", ""),
        ("🛁🔧", ""),
        ("Baños 24h 🛁", "banos-24h"),
        ("a" * 120, "a" * 60),
        ("-- _ --", ""),
        ("<b>Negrita</b>", "bnegritab"),
    ],
)
def test_a_name_in_any_writing_has_an_address_that_leads_to_it(client, name, slug):
    pro = make_listed("Un nombre")
    Professional.objects.filter(pk=pro.pk).update(name=name)
    pro.refresh_from_db()
    part = address_part(pro)
    assert part == (f"{slug}-" if slug else "") + pro.public_id.hex[:DIGITS]
    assert client.get(page_of(pro)).status_code == 200


def test_an_earlier_name_leads_on_and_the_way_back_is_no_circle(client, listed):
    """A name may be changed back: what was moved is kept no longer than a page is."""
    old = page_of(listed)
    Professional.objects.filter(pk=listed.pk).update(name="Hidalgo y Asociados")
    listed.refresh_from_db()
    moved = client.get(old)
    assert (moved.status_code, moved.url) == (301, page_of(listed))
    assert moved.headers["Cache-Control"] == "public, max-age=300"
    assert client.get(f"/professional/{listed.public_id.hex[:DIGITS]}/").url == page_of(listed)
    assert client.get(f"{old}?page=2").url == f"{page_of(listed)}?page=2"


def test_two_that_begin_alike_are_told_apart_by_their_names(client, listed):
    other = make_listed("Pinturas Juárez")
    digits = listed.public_id.hex[:DIGITS]
    Professional.objects.filter(pk=other.pk).update(public_id=digits + other.public_id.hex[DIGITS:])
    other.refresh_from_db()
    assert '<h1 dir="auto">Reformas Hidalgo</h1>' in shown(client, listed)
    assert '<h1 dir="auto">Pinturas Juárez</h1>' in shown(client, other)


@pytest.mark.parametrize(
    "part",
    ["x", "0" * 12, "reformas-hidalgo", "A" * 12, "ñ-000000000000", "%00", "..%2f..", "a" * 5000, "<script>", "0" * 11,
     "٠" * 12],
)  # fmt: skip
def test_an_address_of_nobody_is_not_there(client, listed, part):
    assert client.get(f"/professional/{part}/").status_code == 404


def test_who_is_hidden_is_not_told_from_who_never_was(client, listed):
    """G19: not by the page, not by its headers, not by what an earlier name leads to."""
    old = page_of(listed)
    Professional.objects.filter(pk=listed.pk).update(name="Otro nombre")
    listed.refresh_from_db()
    suspend(professional=listed, reason="No era verdad.", decided_by=making.make_user(), now=NOW)
    nobody = client.get("/professional/nadie-000000000000/")
    for address in (old, page_of(listed)):
        hidden = client.get(address)
        assert (hidden.status_code, hidden.content) == (404, nobody.content)
        assert hidden.headers == nobody.headers
    assert client.post(page_of(listed)).status_code == 405
