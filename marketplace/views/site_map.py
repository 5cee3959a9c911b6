"""Where search engines get the map of the public pages: an index, and the files that it names."""

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from base.days import marketplace_day
from base.links import absolute
from base.public_pages import KEPT_SECONDS
from marketplace import site_map

_kept = cache_control(public=True, max_age=KEPT_SECONDS)


@require_safe
@_kept
def index(request: HttpRequest) -> HttpResponse:
    """The index: the names of the files in which something stands."""
    files = [
        {"location": absolute("marketplace:sitemap_section", section=section)}
        for section in site_map.sections(marketplace_day(timezone.now()))
    ]
    return render(request, "sitemap_index.xml", {"sitemaps": files}, content_type="application/xml")


@require_safe
@_kept
def section(request: HttpRequest, section: str) -> HttpResponse:
    """One file of the map."""
    entries = site_map.entries_of(section, marketplace_day(timezone.now()))
    if entries is None:
        raise Http404
    urls = [{"location": settings.SITE_URL + entry.path, "lastmod": entry.lastmod} for entry in entries]
    return render(request, "sitemap.xml", {"urlset": urls}, content_type="application/xml")
