"""The HTML of a stranger's mail, made harmless: tables, lists and where links lead, and nothing that runs, loads, or
looks like a page of ours."""

import nh3
from django.http import HttpResponse
from django.template.loader import render_to_string

from mail.reading import html_in

_TAGS = {
    "a", "abbr", "address", "article", "b", "blockquote", "br", "caption", "code", "col", "colgroup", "dd", "del",
    "div", "dl", "dt", "em", "footer", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "i", "ins", "kbd", "li",
    "ol", "p", "pre", "q", "s", "section", "small", "span", "strong", "sub", "sup", "table", "tbody", "td", "tfoot",
    "th", "thead", "tr", "u", "ul",
}  # fmt: skip
_ATTRIBUTES = {
    "a": {"href"},
    "col": {"span"},
    "colgroup": {"span"},
    "ol": {"start"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan"},
}
# Pictures are left out, those of the message too: they are among its files, and one that is fetched tells its sender
# who has read it. Links open beside the page, without its address.
_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'; "
    "sandbox allow-popups allow-popups-to-escape-sandbox"
)


def sanitised(html: str) -> str:
    """What of `html` may be shown."""
    return nh3.clean(
        html,
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        clean_content_tags={"script", "style", "head", "title", "template"},
        url_schemes={"http", "https", "mailto", "tel"},
        url_relative="deny",
        link_rel="noopener noreferrer nofollow",
        set_tag_attribute_values={"a": {"target": "_blank"}},
    )


def html_response(raw: bytes) -> HttpResponse | None:
    """The HTML of a message as a page of its own, to be shown in a frame; None where it has none. Whether the reader
    may have it was asked before."""
    html = sanitised(html_in(raw)).strip()
    if not html:
        return None
    return HttpResponse(
        render_to_string("mail/incoming_html.html", {"html": html}),
        headers={
            "Content-Security-Policy": _POLICY,
            "X-Frame-Options": "SAMEORIGIN",
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "private, no-store",
            "Referrer-Policy": "no-referrer",
        },
    )
