"""What stands in the head of each public page: its title, its sentence for search engines, its one address (M13)."""

from dataclasses import dataclass

from django.urls import reverse
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from marketplace.directory import Listing
from marketplace.models import Category, Province
from marketplace.public_profile import PublicProfile, page_address
from marketplace.structured_data import absolute

_DESCRIPTION = 155  # characters, about what a page of results shows


@dataclass(frozen=True, slots=True)
class Head:
    """`canonical` and `image` are full addresses, `image` may be empty. `indexed`: whether search engines may offer
    the page. Not what is empty, nor a page behind the first, whose order changes every day: from there they may
    follow the links, and the map of the site names every professional."""

    title: str
    description: str
    canonical: str
    indexed: bool = True
    image: str = ""
    kind: str = "website"


def of_trades() -> Head:
    return Head(
        title=_("Professionals for your home, by trade and province"),
        description=_(
            "Find who does the work you need near you: photos of finished jobs, and reviews by people who know them."
        ),
        canonical=absolute(reverse("marketplace:directory")),
    )


def of_category(category: Category, provinces: int) -> Head:
    return Head(
        title=_("%(trade)s: professionals by province") % {"trade": category},
        description=_(
            "%(trade)s near you: choose your province, and see photos of finished jobs and reviews by people who "
            "know them."
        )
        % {"trade": category},
        canonical=absolute(reverse("marketplace:directory_of_category", args=[category.slug])),
        indexed=provinces > 0,
    )


def of_listing(category: Category, province: Province, listing: Listing) -> Head:
    at = absolute(reverse("marketplace:directory_of_pair", args=[category.slug, province.slug]))
    here = {"trade": category, "province": province, "number": listing.total, "page": listing.number}
    title = _("%(trade)s in %(province)s") % here
    if listing.number > 1:
        at, title = f"{at}?page={listing.number}", _("%(trade)s in %(province)s, page %(page)d") % here
    return Head(
        title=title,
        description=ngettext(
            "%(trade)s in %(province)s: %(number)d professional, with photos of finished jobs and reviews by "
            "people who know their work.",
            "%(trade)s in %(province)s: %(number)d professionals, with photos of finished jobs and reviews by "
            "people who know their work.",
            listing.total,
        )
        % here,
        canonical=at,
        indexed=listing.number == 1 and listing.total > 0,
    )


def of_professional(profile: PublicProfile, *, is_public: bool) -> Head:
    """Of a page that is not public, or that says nothing yet, search engines are told to say nothing either."""
    professional, place = profile.professional, profile.places[0] if profile.places else None
    names = {"name": professional.name}
    title = professional.name
    if place:
        names |= {"trade": str(place.category), "province": place.provinces[0].name}
        title = _("%(name)s: %(trade)s in %(province)s") % names
    said = " ".join(professional.description.split())
    at = absolute(page_address(professional))
    first = profile.reviews_page == 1
    picture = profile.work[0] if profile.work else profile.logo
    return Head(
        title=title,
        description=Truncator(said).chars(_DESCRIPTION)
        or _("%(name)s: photos of finished jobs, and reviews by people who know their work.") % names,
        canonical=at if first else f"{at}?page={profile.reviews_page}",
        indexed=is_public and first and bool(said),
        image=absolute(picture.image.url) if picture else "",
        kind="profile",
    )
