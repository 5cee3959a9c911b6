"""Pages as PDF, where the machine can make them: weasyprint is optional, and needs pango of the system."""

import importlib
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

from django.contrib.staticfiles import finders
from django.core.exceptions import SuspiciousFileOperation
from django.http import HttpResponse

# In a page that becomes a PDF, "own:quince.svg" is the product's own static file of that name.
_OWN = "own:"


@cache
def can_make_pdf() -> bool:
    """Whether weasyprint and what it stands on are here. Where not, no page offers a PDF; printing it is as good."""
    try:
        importlib.import_module("weasyprint")
    except (ImportError, OSError):  # OSError: it is installed, pango is not.
        return False
    return True


def own_file(url: str) -> bytes:
    """The static file that an address "own:…" names. Everything else is refused with ValueError: a PDF fetches
    nothing, neither from the network nor from the disk."""
    found = None
    if url.startswith(_OWN):
        with suppress(SuspiciousFileOperation):  # It leads out of the folder.
            found = finders.find(url.removeprefix(_OWN))
    if not isinstance(found, str):
        raise ValueError(f"A PDF may not fetch {url}")
    return Path(found).read_bytes()


def pdf_of(html: str) -> bytes:
    """`html`, a whole page, as a PDF in the style of static/print.css. Only where `can_make_pdf()`."""
    return document_of(html).write_pdf()


def document_of(html: str) -> Any:
    """`html` as weasyprint has laid it out: its pages, and what stands on them."""
    import weasyprint
    from weasyprint.urls import URLFetcher, URLFetcherResponse

    class OwnFiles(URLFetcher):
        def fetch(self, url: str, headers: Any = None) -> Any:
            return URLFetcherResponse(url, own_file(url))

    fetcher = OwnFiles()
    style = weasyprint.CSS(string=own_file("own:print.css").decode(), url_fetcher=fetcher)
    page = weasyprint.HTML(string=html, base_url=_OWN, url_fetcher=fetcher)
    return page.render(stylesheets=[style])


def pdf_response(html: str, *, name: str) -> HttpResponse:
    """The page as a download called `name`."""
    return HttpResponse(
        pdf_of(html),
        content_type="application/pdf",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
