"""What the public pages say to machines, in the words of schema.org (M13): plain data, written by `as_script`."""

import json
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import Truncator
from django.utils.translation import gettext as _

from base.days import marketplace_day
from marketplace.directory import PAGE_SIZE, Listing, Rating
from marketplace.models import Category, Province, Review
from marketplace.public_profile import PublicProfile, page_address

Data = dict[str, Any]
# Whatever people wrote, it ends neither the script nor begins anything: these are the signs that HTML reads.
_SIGNS = {ord(sign): f"\\u{ord(sign):04X}" for sign in "<>&\u2028\u2029"}
_DESCRIPTION = 300
_IMAGES = 6


def as_script(data: Data) -> SafeString:
    """`data` as a script element that browsers do not run: no policy for scripts asks it for a nonce, and what a
    shared cache keeps holds none."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":")).translate(_SIGNS)
    return format_html('<script type="application/ld+json">{}</script>', mark_safe(text))


def absolute(path: str) -> str:
    """The full address of a page or a file; what is kept elsewhere has one already."""
    return path if "://" in path else settings.SITE_URL + path


def of_category(category: Category) -> Data:
    return _graph(_breadcrumbs(_steps(category)))


def of_listing(category: Category, province: Province, listing: Listing) -> Data:
    """Where the reader is, and whose pages are listed."""
    first = (listing.number - 1) * PAGE_SIZE + 1
    items: Data = {
        "@type": "ItemList",
        "numberOfItems": listing.total,
        "itemListElement": [
            {
                "@type": "ListItem",
                "position": position,
                "name": card.professional.name,
                "url": absolute(page_address(card.professional)),
            }
            for position, card in enumerate(listing.cards, first)
        ],
    }
    return _graph(_breadcrumbs(_steps(category, province)), *([items] if listing.cards else []))


def of_professional(profile: PublicProfile) -> Data:
    """The business, what is said of it, and where its page stands.

    Without address and telephone: see `PublicProfile`.
    """
    professional = profile.professional
    at = absolute(page_address(professional))
    business: Data = {
        "@type": "LocalBusiness",
        "@id": f"{at}#business",
        "name": professional.name,
        "url": at,
    }
    if professional.description:
        business["description"] = Truncator(" ".join(professional.description.split())).chars(_DESCRIPTION)
    if profile.logo:
        business["logo"] = absolute(profile.logo.image.url)
    images = [absolute(photo.image.url) for photo in (profile.work or _project_photos(profile))[:_IMAGES]]
    if images or profile.logo:
        business["image"] = images or [business["logo"]]
    if profile.places:
        business["knowsAbout"] = [str(place.category) for place in profile.places]
        names = {province.name for place in profile.places for province in place.provinces}
        business["areaServed"] = [{"@type": "AdministrativeArea", "name": name} for name in sorted(names)]
    if profile.rating:
        business["aggregateRating"] = _rating(profile.rating)
        business["review"] = [_review(review) for review in profile.reviews]
    # The way to it, as the page shows it: by their first trade, and their first province in it.
    place = profile.places[0] if profile.places else None
    way = _steps(place.category, place.provinces[0]) if place else _steps()
    return _graph(business, _breadcrumbs([*way, (professional.name, at)]))


def _project_photos(profile: PublicProfile) -> list[Any]:
    return [photo for shown in profile.projects for photo in shown.photos]


def _rating(rating: Rating) -> Data:
    return {
        "@type": "AggregateRating",
        "ratingValue": round(rating.handling, 1),
        "reviewCount": rating.count,
        "bestRating": 5,
        "worstRating": 1,
    }


def _review(review: Review) -> Data:
    said: Data = {
        "@type": "Review",
        "author": {"@type": "Person", "name": review.author_name},
        "reviewRating": {
            "@type": "Rating",
            "ratingValue": review.handling,
            "bestRating": 5,
            "worstRating": 1,
        },
        "reviewBody": review.text,
    }
    if review.published_at:
        said["datePublished"] = marketplace_day(review.published_at).isoformat()
    return said


def _steps(category: Category | None = None, province: Province | None = None) -> list[tuple[str, str]]:
    steps = [(_("Professionals"), absolute(reverse("marketplace:directory")))]
    if category:
        at = reverse("marketplace:directory_of_category", args=[category.slug])
        steps.append((str(category), absolute(at)))
        if province:
            at = reverse("marketplace:directory_of_pair", args=[category.slug, province.slug])
            steps.append((province.name, absolute(at)))
    return steps


def _breadcrumbs(steps: list[tuple[str, str]]) -> Data:
    return {
        "@type": "BreadcrumbList",
        "itemListElement": [
            {"@type": "ListItem", "position": position, "name": name, "item": at}
            for position, (name, at) in enumerate(steps, 1)
        ],
    }


def _graph(*things: Data) -> Data:
    return {"@context": "https://schema.org", "@graph": list(things)}
