"""Every page of the office: what an address may ask of it, and what happens with one that names nothing."""

from typing import Any

import pytest
from django.contrib import admin
from django.contrib.admin import SimpleListFilter
from django.contrib.admin.options import ModelAdmin
from django.test import Client
from django.urls import reverse

from base.admin import OfficeAdmin, OfficeHistoryAdmin
from guarantees.models import CountedDay
from marketplace.models import Contact, Review
from support.models import CheckedYear, LibrarySearch
from tests.making import NOW, buy, contract, fund, make_eligible, make_review, make_user

OURS = {"base", "billing", "guarantees", "mail", "marketplace", "profiles", "support"}
PAGES = [page for model, page in admin.site._registry.items() if model._meta.app_label in OURS]

pytestmark = pytest.mark.django_db


@pytest.fixture
def superuser(client_of) -> Client:
    return client_of(make_user("root@quince.example", is_staff=True, is_superuser=True))


def address(page: ModelAdmin, name: str, *args: Any) -> str:
    return reverse(f"admin:{page.opts.app_label}_{page.opts.model_name}_{name}", args=args)


def filtered(page: ModelAdmin) -> set[str]:
    """The columns that the filters of a list ask about."""
    columns = {each for each in page.list_filter if isinstance(each, str)}
    return columns | ({page.date_hierarchy} if page.date_hierarchy else set())


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_a_list_answers_nothing_but_what_its_filters_ask(page, rf):
    """M5, G2: otherwise ?password__startswith=… reads out letter by letter what no page shows."""
    assert isinstance(page, OfficeAdmin)
    request = rf.get("/")
    for field in page.model._meta.get_fields():
        hidden = field.name not in filtered(page)
        own_filter = field.name in {getattr(each, "parameter_name", None) for each in page.list_filter}
        for ending in ("__startswith", "__contains", "__regex", "__istartswith"):
            assert not page.lookup_allowed(field.name + ending, "a", request), field.name
        for ending in ("", "__exact", "__in", "__gt", "__isnull"):
            if hidden and not (own_filter and ending == ""):
                assert not page.lookup_allowed(field.name + ending, "a", request), field.name
        if field.is_relation:
            for further in field.related_model._meta.get_fields():
                for ending in ("", "__exact", "__startswith"):
                    way = f"{field.name}__{further.name}{ending}"
                    of_filter = not hidden and further.name == "id" and ending == "__exact"
                    allowed = of_filter or way in page.linked_lookups
                    assert page.lookup_allowed(way, "a", request) is allowed, way


def test_what_is_hidden_is_refused_by_the_page_itself(client_of, pro, moderator, superuser):
    contract(pro)
    fund(pro)
    buy(pro)
    for name, question in {
        "marketplace_contact": "homeowner_word=hired_them",
        "mail_outgoingmail": "text__contains=a",
        "profiles_user": "password__startswith=a",
        "marketplace_lead": "homeowner_email__startswith=a",
    }.items():
        assert superuser.get(reverse(f"admin:{name}_changelist") + "?" + question).status_code == 400, name
    asked = reverse("admin:marketplace_contact_changelist") + "?homeowner_word=hired_them"
    assert client_of(moderator).get(asked).status_code == 400


def test_the_links_of_every_list_work(superuser, pro, other_pro):
    make_eligible(pro)
    contract(other_pro)
    make_review(other_pro, published=False)
    followed = 0
    for page in PAGES:
        response = superuser.get(address(page, "changelist"))
        assert response.status_code == 200, page
        # Their lists are pages of the figures, of the desk's days and of what was looked for, which have no filters.
        if page.model in (CountedDay, CheckedYear, LibrarySearch):
            continue
        changes = response.context["cl"]
        links = [choice["query_string"] for spec in changes.filter_specs for choice in spec.choices(changes)]
        if page.date_hierarchy:
            links += [f"?{page.date_hierarchy}__year={NOW.year}", f"?{page.date_hierarchy}__month=1"]
        links += [f"?{each}=1" for each in page.linked_lookups]
        for link in links:
            assert superuser.get(address(page, "changelist") + link).status_code == 200, (page, link)
            followed += 1
    assert followed > 40


def test_the_filters_of_the_lists_are_known_to_this_test():
    """A filter of another kind would have to be looked at here, too."""
    for page in PAGES:
        for each in page.list_filter:
            assert isinstance(each, str) or issubclass(each, SimpleListFilter)


@pytest.mark.parametrize("page", PAGES, ids=str)
@pytest.mark.parametrize("number", ["abc", "1_3D", "²", "1.5", "9" * 30])
def test_an_address_that_names_no_row_is_not_found(page, number, superuser):
    response = superuser.get(address(page, "change", number))
    # Django's own pages lead elsewhere and say so there.
    assert response.status_code in (404, 302)
    assert superuser.get(address(page, "history", number)).status_code in (404, 302)
    if isinstance(page, OfficeHistoryAdmin):
        for names in (("1", number), (number, "1")):
            assert superuser.get(address(page, "simple_history", *names)).status_code == 404


def test_whoever_belongs_to_a_business_sees_nothing_of_it_in_the_queues(
    client_of, pro, other_pro, moderator, reviewer
):
    """G2: the word of a homeowner, and who wrote what of the business, are for others of the office."""
    for business in (pro, other_pro):
        contract(business)
        fund(business)
    own, others = buy(pro)[0], buy(other_pro)[0]
    make_review(own, published=False)
    make_review(others, published=False)
    for staff in (moderator, reviewer):
        pro.members.add(staff)
        browser = client_of(staff)
        for name, rows in (("contact", Contact), ("review", Review)):
            listed = browser.get(reverse(f"admin:marketplace_{name}_changelist")).context["cl"].result_list
            assert [row.professional for row in listed] == [other_pro]
            for row in rows.objects.all():
                shown = browser.get(reverse(f"admin:marketplace_{name}_change", args=[row.pk]))
                assert shown.status_code == (404 if row.professional == pro else 200)
    word = reverse("admin:marketplace_contact_word", args=[own.pk])
    assert client_of(reviewer).post(word, {"word": "hired_them"}).status_code == 404
    lead = reverse("admin:marketplace_lead_change", args=[own.lead_id])
    assert pro.name not in client_of(moderator).get(lead).text


@pytest.mark.parametrize(
    "asked",
    [
        {"state": "\x00x"},
        {"state__in": ["taken", "\x00x"]},
        {"received_at__year": "9" * 20},
        {"received_at__year": "10000"},
    ],
)
def test_a_list_that_is_asked_for_what_no_column_holds_is_shown_anew(superuser, asked):
    response = superuser.get(reverse("admin:mail_incomingmail_changelist"), asked)
    assert (response.status_code, response.headers["Location"]) == (302, "/admin/mail/incomingmail/?e=1")
