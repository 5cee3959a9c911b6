"""The office's page of a claim as a browser uses it."""

import re
from html import unescape

from django.urls import reverse
from django.utils.html import strip_tags

QUEUE = "/admin/guarantees/claim/"


def of_claim(name, claim, *args):
    return reverse(f"admin:guarantees_claim_{name}", args=[claim.pk, *args])


def review_of(claim):
    return of_claim("change", claim)


def words_of(response):
    return re.sub(r"\s+", " ", unescape(strip_tags(response.content.decode())))


def sent(browser, claim, **changes):
    """The form of all contacts as a browser sends it, with `changes` by position ("c1")."""
    data = {}
    for each in browser.get(review_of(claim)).context["page"].evidence:
        for name in each.form.fields:
            shown = each.seen if name == "seen" else each.form[name].value()
            data[f"{each.form.prefix}-{name}"] = "" if shown is None else shown
        for name, value in changes.get(f"c{each.item.position}", {}).items():
            data[f"{each.form.prefix}-{name}"] = value
    return data


def save(browser, claim, *, pressed=None, **changes):
    data = sent(browser, claim, **changes) | (pressed or {"save": "all"})
    return browser.post(of_claim("review", claim), data, follow=True)


def save_contact(browser, item, data):
    """As the keys do: what was sent of that contact alone, and the parts of the page that come back."""
    mine = {name: value for name, value in data.items() if name.startswith(f"item-{item.pk}-")}
    return browser.post(of_claim("contact", item.claim, item.pk), mine)


def preview(browser, claim, action, **data):
    return browser.post(of_claim("preview", claim, action), data, follow=True)


def confirm(browser, claim, action, previewed, **data):
    """What was `previewed`, decided; with the texts that its page had, and `data` in their place."""
    sent = {"previewed": previewed.context["outcome"].mark, **previewed.context["decision"].typed, **data}
    return browser.post(of_claim("decide", claim, action), sent, follow=True)


def press(browser, claim, action, **data):
    """A decision looked at and confirmed; where there is nothing to be confirmed, the page that says so."""
    page = preview(browser, claim, action, **data)
    if page.context is None or "outcome" not in page.context:
        return page
    return confirm(browser, claim, action, page)
