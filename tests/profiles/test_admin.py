"""Businesses, questions and suspensions in the admin: seen by their roles, decided by the functions."""

from datetime import date

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from base.tax_ids import tax_id_kind
from profiles.businesses import mend_business, save_profile
from profiles.errors import ProfileError
from profiles.models import Photo, Professional, Question, Suspension
from profiles.suspensions import is_suspended, suspend
from tests.making import NOW, complete_profile, make_pro, make_rfc, make_staff

LIST = "admin:profiles_professional_changelist"


def url(name, *args):
    return reverse(f"admin:profiles_{name}", args=args)


def alike(rfc):
    """Another RFC of the same letters and date."""
    return next(
        found
        for middle in ("ZZ", "YY")
        for digit in "0123456789A"
        if tax_id_kind(found := f"{rfc[:-3]}{middle}{digit}")
    )


def text_of(page):
    return page.content.decode()


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def suspension(pro, reviewer):
    return suspend(professional=pro, reason="False information", decided_by=reviewer, now=NOW)


def test_roles_have_what_they_need_of_profiles(db):
    def codes(role):
        permissions = Group.objects.get(name=role).permissions.filter(content_type__app_label="profiles")
        return set(permissions.values_list("codename", flat=True))

    seen = {f"view_{name}" for name in ("professional", "answer", "project", "photo", "suspension")}
    assert codes("moderator") == seen
    assert codes("reviewer") == seen | {"suspend_professional"}
    assert codes("appeals") == seen | {"lift_suspension"}
    assert codes("finance") == seen | {"change_professional"}
    assert codes("terms") == {"view_question", "add_question", "change_question"}


@pytest.mark.parametrize("term", ["hidalgo", "pro@example.com", "tax"])
def test_a_business_is_found_by_name_address_and_tax_id(client_of, moderator, pro, other_pro, term):
    page = client_of(moderator).get(reverse(LIST), {"q": pro.tax_id if term == "tax" else term})
    assert [each.pk for each in page.context["cl"].result_list if each.name == pro.name] == [pro.pk]
    if term != "pro@example.com":
        assert len(page.context["cl"].result_list) == 1


def test_businesses_are_filtered_by_suspension_and_contract(client_of, moderator, suspension, pro, other_pro):
    Professional.objects.filter(pk=other_pro.pk).update(first_contracted_on=date(2026, 1, 10))

    def found(**query):
        return list(client_of(moderator).get(reverse(LIST), query).context["cl"].result_list)

    assert found(suspended="yes") == found(contracted="no") == [pro]
    assert found(suspended="no") == found(contracted="yes") == [other_pro]


def test_a_shared_telephone_and_a_tax_id_that_begins_alike_are_flagged(client_of, moderator, pro, other_pro):
    """G10."""
    browser = client_of(moderator)
    assert "shared with another" not in text_of(browser.get(reverse(LIST)))
    said = {"name": other_pro.name, "description": "", "tax_id": other_pro.tax_id}
    save_profile(professional=other_pro, phone=str(pro.phone), **said)
    assert text_of(browser.get(reverse(LIST))).count("shared with another") == 2
    Professional.objects.filter(pk=other_pro.pk).update(tax_id=alike(pro.tax_id))
    page = text_of(browser.get(url("professional_change", pro.pk)))
    assert "Pinturas Juárez</a> (same telephone)" in page
    assert "Pinturas Juárez</a> (tax id that begins alike)" in page


def test_a_business_is_seen_whole_and_photos_with_it(client_of, moderator, pro):
    complete_profile(pro)
    page = text_of(client_of(moderator).get(url("professional_change", pro.pk)))
    for photo in Photo.objects.all():
        assert photo.thumbnail.url in page
    assert "218 characters" in page
    assert "Baño en Coyoacán" in page


def test_only_finance_mends_a_tax_id_and_it_is_recorded(client_of, moderator, finance, pro, other_pro):
    """X4."""
    said = {"phone": "55 1234 5678", "tax_id": make_rfc(4200).lower(), "name": "Stolen", "description": "x"}
    for formset in ("suspensions", "answers", "projects", "photos"):
        said |= {f"{formset}-TOTAL_FORMS": "0", f"{formset}-INITIAL_FORMS": "0"}
    address = url("professional_change", pro.pk)
    assert client_of(moderator).post(address, said).status_code == 403
    assert client_of(finance).post(address, said).status_code == 302
    pro.refresh_from_db()
    assert (pro.name, pro.description, pro.tax_id) == ("Reformas Hidalgo", "", make_rfc(4200))
    assert str(pro.phone) == "+525512345678"
    assert pro.history.first().history_user == finance
    for wrong in ("123", other_pro.tax_id):
        page = client_of(finance).post(address, said | {"tax_id": wrong})
        assert page.status_code == 200
    pro.refresh_from_db()
    assert pro.tax_id == make_rfc(4200)


@pytest.mark.parametrize("belongs", ["owner", "member"])
def test_nobody_mends_their_own_business(client_of, finance, pro, belongs):
    """G10: a tax id set free would be a second guarantee."""
    if belongs == "member":
        pro.members.add(finance)
    else:
        Professional.objects.filter(pk=pro.pk).update(owner=finance)
    address = url("professional_change", pro.pk)
    page = client_of(finance).get(address)
    assert page.status_code == 200
    assert 'name="tax_id"' not in text_of(page)
    assert client_of(finance).post(address, {"phone": "", "tax_id": make_rfc(4200)}).status_code == 403
    with pytest.raises(ProfileError) as refused:
        mend_business(professional=pro, by=finance, tax_id=make_rfc(4200))
    assert refused.value.code == "own_business"
    assert Professional.objects.get().tax_id == pro.tax_id


def test_mending_one_field_leaves_what_its_owner_saved_meanwhile(finance, pro):
    save_profile(professional=pro, name="New name", description="", phone="", tax_id=pro.tax_id)
    stale = Professional.objects.get()
    save_profile(professional=pro, name="Newer name", description="", phone="", tax_id=pro.tax_id)
    mend_business(professional=stale, by=finance, phone="55 1234 5678")
    pro.refresh_from_db()
    assert (pro.name, str(pro.phone)) == ("Newer name", "+525512345678")


def test_nobody_adds_or_deletes_a_business_here(client_of, finance, pro, admin_user):
    for who in (finance, admin_user):
        assert client_of(who).get(url("professional_add")).status_code == 403
        assert client_of(who).get(url("professional_delete", pro.pk)).status_code == 403


def test_the_list_of_businesses_asks_the_same_for_one_and_for_thirty(client_of, moderator, pro):
    browser = client_of(moderator)
    browser.get(reverse(LIST))

    def queries():
        with CaptureQueriesContext(connection) as found:
            browser.get(reverse(LIST))
        return len(found)

    one = queries()
    for _ in range(29):
        make_pro()
    assert queries() == one


def test_questions_are_edited_with_their_history_and_kept_once_answered(client_of, moderator, pro):
    terms = make_staff("terms")
    browser = client_of(terms)
    said = {
        "text_en": "Since when?",
        "text_es": "",
        "text_it": "",
        "position": "1",
        "asked_from": "2026-01-01",
    }
    assert browser.post(url("question_add"), said).status_code == 302
    question = Question.objects.get()
    assert question.history.get().history_user == terms
    assert "Since when?" in text_of(browser.get(url("question_changelist")))
    assert client_of(moderator).get(url("question_changelist")).status_code == 403


def test_an_answered_question_is_not_deleted(client_of, admin_user, pro):
    question = Question.objects.create(text_en="Since when?", asked_from=date(2020, 1, 1))
    pro.answers.create(question=question, text="2011")
    assert client_of(admin_user).get(url("question_delete", question.pk)).status_code == 403
    pro.answers.all().delete()
    assert client_of(admin_user).get(url("question_delete", question.pk)).status_code == 200


def test_a_suspension_is_lifted_by_appeals_with_a_reason(client_of, suspension, appeals, pro):
    browser = client_of(appeals)
    assert "Lift the suspension" in text_of(browser.get(url("suspension_change", suspension.pk)))
    page = browser.post(url("suspension_lift", suspension.pk), {"reason": " "})
    assert page.status_code == 409
    assert is_suspended(pro)
    page = browser.post(url("suspension_lift", suspension.pk), {"reason": "It was not so"}, follow=True)
    assert "The suspension of Reformas Hidalgo is lifted" in text_of(page)
    suspension.refresh_from_db()
    assert (suspension.lifted_by, suspension.lift_reason) == (appeals, "It was not so")
    page = text_of(browser.get(url("suspension_change", suspension.pk)))
    assert "It was not so" in page
    assert "Lift the suspension" not in page


def test_whoever_suspended_sees_why_they_do_not_lift_and_is_refused(client_of, pro):
    both = make_staff("reviewer", "appeals")
    suspension = suspend(professional=pro, reason="x", decided_by=both, now=NOW)
    page = text_of(client_of(both).get(url("suspension_change", suspension.pk)))
    assert "You decided on this suspension yourself" in page
    assert "<textarea" not in page
    answer = client_of(both).post(url("suspension_lift", suspension.pk), {"reason": "I was wrong"})
    assert answer.status_code == 409
    assert is_suspended(pro)


def test_others_see_a_suspension_and_do_not_lift_it(client_of, suspension, reviewer, stranger, pro):
    page = client_of(reviewer).get(url("suspension_change", suspension.pk))
    assert "Only the role for appeals" in text_of(page)
    assert client_of(reviewer).post(url("suspension_lift", suspension.pk), {"reason": "x"}).status_code == 403
    for who in (stranger, pro):
        assert client_of(who).get(url("suspension_change", suspension.pk)).status_code == 302
    assert client_of(make_staff("consultant")).get(url("suspension_change", suspension.pk)).status_code == 403


def test_a_suspension_cannot_be_edited_added_or_deleted_here(client_of, suspension, admin_user):
    browser = client_of(admin_user)
    assert browser.get(url("suspension_add")).status_code == 403
    assert browser.get(url("suspension_delete", suspension.pk)).status_code == 403
    browser.post(url("suspension_change", suspension.pk), {"reason": "nothing"})
    assert browser.get(url("suspension_change", "nonsense")).status_code == 404
    assert browser.get(url("suspension_lift", suspension.pk)).status_code == 405
    assert Suspension.objects.get().reason == "False information"
