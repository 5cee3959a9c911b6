"""What all pages have in common, and the home page of each reader."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from django import forms
from django.conf import settings
from django.template.loader import get_template
from django.urls import reverse
from django.utils import timezone

from profiles.models import Professional
from tests import making

TEMPLATES = Path(settings.BASE_DIR, "templates")
# Mails carry their styles in themselves, and so does a stranger's mail in its frame, which may load nothing of ours;
# the page of a broken server needs nothing from it.
PAGES = sorted(
    path
    for path in TEMPLATES.rglob("*.html")
    if path.relative_to(TEMPLATES).as_posix()
    not in ("mail/layout.html", "mail/incoming_html.html", "500.html")
)
STYLES = Path(settings.BASE_DIR, "static/quince.css").read_text()


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.relative_to(TEMPLATES).as_posix())
def test_a_template_compiles_and_has_nothing_that_the_policy_refuses(path):
    get_template(path.relative_to(TEMPLATES).as_posix())
    source = path.read_text()

    assert not re.search(r"<[^>]*\sstyle=", source)
    # What stands in a template's tag reaches no page: `{% querystring only="open" %}` is no handler.
    assert not re.search(r"<[^>]*\son[a-z]+=", re.sub(r"{%.*?%}", "", source))
    assert not re.search(r"<script(?![^>]*\bsrc=)", source)
    assert "<style" not in source


def tokens(source: str) -> dict[str, str]:
    return dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})\b", source))


LIGHT = tokens(STYLES[STYLES.index(":root") : STYLES.index("@media (prefers-color-scheme: dark)")])
DARK = LIGHT | tokens(
    STYLES[STYLES.index("@media (prefers-color-scheme: dark)") : STYLES.index("*, *::before")]
)
TEXT_ON = [
    *((text, ground) for text in ("ink", "ink-soft", "link") for ground in ("paper", "surface", "sunken")),
    *((text, "surface") for text in ("ok", "warn", "error", "info")),
    *((name, f"{name}-soft") for name in ("ok", "warn", "error", "info", "quiet")),
    *(("ink", f"{name}-soft") for name in ("ok", "warn", "error", "info", "quince")),
    ("on-action", "action"),
    ("on-action", "action-hover"),
    ("on-danger", "danger"),
    ("on-danger", "danger-hover"),
]


def contrast(first: str, second: str) -> float:
    """As WCAG 2 defines it."""

    def luminance(colour: str) -> float:
        channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    lighter, darker = sorted((luminance(first), luminance(second)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("scheme", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize(("text", "ground"), TEXT_ON)
def test_text_can_be_read_on_its_ground(scheme, text, ground):
    assert contrast(scheme[text], scheme[ground]) >= 4.5


@pytest.mark.parametrize("scheme", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("ground", ["paper", "surface", "sunken"])
def test_the_edge_of_a_field_and_the_focus_can_be_seen(scheme, ground):
    assert contrast(scheme["line-strong"], scheme[ground]) >= 3
    assert contrast(scheme["focus"], scheme[ground]) >= 3


class ExampleForm(forms.Form):
    name = forms.CharField(help_text="As on the door.")
    size = forms.ChoiceField(choices=[("s", "Small")], widget=forms.RadioSelect)
    agreed = forms.BooleanField()
    note = forms.CharField(required=False)


def test_an_error_stands_beside_its_field_and_is_tied_to_it():
    page = str(ExampleForm({}))

    assert 'aria-describedby="id_name_helptext id_name_error"' in page
    assert page.count('aria-invalid="true"') == 3
    for field in ("name", "size", "agreed"):
        assert f'id="id_{field}_error"' in page
    assert 'id="id_note_error"' not in page
    assert "<legend>Size</legend>" in page
    assert "(optional)" in page.split("Note")[1]


@pytest.mark.django_db
@pytest.mark.parametrize("language", ["en", "es-mx", "it"])
def test_a_stranger_reads_what_quince_promises_by_the_terms_in_force(client, language):
    response = client.get("/", headers={"accept-language": language})

    page = response.content.decode()
    assert f'<html lang="{language}">' in page
    assert response.context["terms"].contacts == 15
    assert f'href="{reverse("account_signup")}"' in page
    assert f'href="{reverse("account_login")}"' in page
    assert '<main id="main"' in page
    assert 'href="#main"' in page


@pytest.mark.django_db
def test_the_strict_policy_is_on_every_page_and_on_the_office(client, client_of, reviewer):
    for response in (client.get("/"), client_of(reviewer).get("/admin/")):
        policy = response.headers["Content-Security-Policy"]
        assert "default-src 'self'" in policy
        assert "unsafe" not in policy


@pytest.mark.django_db
def test_who_has_no_business_yet_is_led_to_open_one(client_of, stranger):
    page = client_of(stranger).get("/").content.decode()

    assert f'href="{reverse("profiles:open")}"' in page
    assert "/admin/" not in page


@pytest.mark.django_db
def test_staff_are_led_to_the_office(client_of, reviewer):
    assert f'href="{reverse("admin:index")}"' in client_of(reviewer).get("/").content.decode()


def able_pro() -> Professional:
    """Somebody who can buy: with a plan contracted two hours ago, and money."""
    before = timezone.now() - timedelta(hours=2)
    pro = making.make_pro(now=before)
    making.contract(pro, now=before)
    making.fund(pro, now=before)
    return pro


@pytest.mark.django_db
def test_a_professional_sees_what_to_do_now(client_of):
    pro, now = able_pro(), timezone.now()
    [contact] = making.buy(pro, now=now - timedelta(hours=1))

    response = client_of(pro).get("/")

    page = response.content.decode()
    assert [line["contact"] for line in response.context["to_call"]] == [contact]
    assert reverse("marketplace:contact", args=[contact.public_id]) in page
    assert response.context["state"].status == "in_force"
    assert reverse("guarantees:overview") in page


@pytest.mark.django_db
def test_the_professionals_home_costs_the_same_with_1_contact_and_with_30(
    client_of, django_assert_num_queries, django_assert_max_num_queries
):
    pro, now = able_pro(), timezone.now()
    making.buy(pro, now=now - timedelta(hours=1))
    browser = client_of(pro)
    browser.get("/")
    with django_assert_max_num_queries(35) as few:
        browser.get("/")
    making.buy(pro, 29, now=now - timedelta(hours=1))

    with django_assert_num_queries(len(few.captured_queries)):
        response = browser.get("/")

    assert len(response.context["to_call"]) == 4
    assert response.context["more_to_call"]


@pytest.mark.django_db
def test_what_is_not_there_is_said_in_the_products_own_page(client):
    response = client.get("/nothing/", headers={"accept-language": "en"})

    assert response.status_code == 404
    assert "There is nothing here" in response.content.decode()
