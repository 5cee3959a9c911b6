"""`manage.py eligibility` gives the page's answer, as text and as JSON."""

import json
from io import StringIO

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.urls import reverse
from django.utils import translation

from guarantees import rules, wording
from profiles.models import Professional
from tests import making
from tests.guarantees.test_overview import URL, running
from tests.making import at


def run(*arguments, when="2026-01-25"):
    out = StringIO()
    with time_machine.travel(at(f"{when} 12:00"), tick=False):
        call_command("eligibility", *arguments, stdout=out)
    return out.getvalue()


def as_json(*arguments, when="2026-01-25"):
    return json.loads(run(*arguments, "--json", when=when))


@pytest.mark.parametrize("by", ["public_id", "pk", "e-mail", "E-MAIL", "name"])
def test_a_professional_is_found_by(pro, by):
    who = {
        "public_id": str(pro.public_id),
        "pk": str(pro.pk),
        "e-mail": pro.owner.email,
        "E-MAIL": pro.owner.email.upper(),
        "name": pro.name,
    }[by]
    assert as_json(who)["professional"] == {
        "id": pro.pk,
        "public_id": str(pro.public_id),
        "name": "Reformas Hidalgo",
    }


@pytest.mark.parametrize(
    "who", ["Reformas", "nobody@example.com", "999999", "00000000-0000-4000-8000-000000000000"]
)
def test_nobody_is_said_in_a_sentence_and_exits_with_one(pro, who):
    with pytest.raises(CommandError) as refused:
        run(who)
    assert refused.value.returncode == 1
    assert str(refused.value) == (
        f"No professional has the public id, the row number, the owner's e-mail or the exact name “{who}”."
    )


def test_several_of_one_name_are_told_apart_by_their_public_ids(pro, other_pro):
    Professional.objects.filter(pk=other_pro.pk).update(name=pro.name)
    with pytest.raises(CommandError) as refused:
        run(pro.name)
    assert refused.value.returncode == 1
    assert str(refused.value) == (
        f"Several professionals are called “Reformas Hidalgo”: say which by its public id. "
        f"{pro.public_id}, {other_pro.public_id}"
    )


def test_the_json_has_the_shape_that_is_told(pro):
    contacts = running(pro, 7)
    answer = as_json(pro.name)
    requirements, next_step, terms = answer.pop("requirements"), answer.pop("next"), answer.pop("terms")
    assert answer == {
        "professional": {"id": pro.pk, "public_id": str(pro.public_id), "name": pro.name},
        "on": "2026-01-25",
        "status": "not_yet",
        "sentence": (
            "You cannot claim yet. The guarantee stands behind the MX$1,400.00 that you have spent on contacts."
        ),
        "amount_cents": 140_000,
        "counted": [contact.pk for contact in contacts],
        "contracted_on": "2026-01-10",
        "purchase_deadline": "2026-04-10",
        "buy_by": "2026-03-25",
        "safe_buy_by": "2026-03-18",
        "claim_from": None,
        "claim_until": "2026-04-25",
    }
    assert [each["code"] for each in requirements] == list(rules.REQUIREMENT_CODES)
    assert requirements[0] == {
        "code": "contacts",
        "status": "unmet",
        "met_on": None,
        "detail": {"have": 7, "need": 15, "deadline": "2026-04-10"},
        "title": "15 contacts bought",
        "sentence": "You have 7 of 15. Buy 8 more; the claim window below says by when.",
    }
    assert (next_step["code"], next_step["title"], next_step["by"]) == (
        "buy",
        "Buy 8 more contacts",
        "2026-03-18",
    )
    assert terms["in_force_from"] == "2020-01-01" and terms["contacts"] == 15


def test_without_a_start_all_dates_are_empty(pro):
    answer = as_json(pro.name)
    names = ("contracted_on", "purchase_deadline", "buy_by", "safe_buy_by", "claim_from", "claim_until")
    assert [answer[name] for name in names] == [None] * 6


def test_another_date_can_be_asked_about(pro):
    making.make_eligible(pro)
    assert as_json(pro.name, when="2026-02-10")["status"] == "not_yet"
    answer = as_json(pro.name, "--on", "2026-02-11", when="2026-02-10")
    assert (answer["on"], answer["status"]) == ("2026-02-11", "eligible")
    assert as_json(pro.name, "--on", "2026-04-26", when="2026-02-10")["status"] == "no_longer"


def test_a_date_that_is_none_is_refused(pro):
    with pytest.raises(CommandError, match="invalid fromisoformat value: 'tomorrow'"):
        run(pro.name, "--on", "tomorrow")


@pytest.mark.parametrize("when", ["2026-01-25", "2026-02-10", "2026-02-11", "2026-04-26"])
def test_page_and_command_agree(client_of, pro, when):
    making.make_eligible(pro)
    with time_machine.travel(at(f"{when} 12:00"), tick=False):
        page = client_of(pro).get(URL)
    answer = as_json(pro.name, when=when)
    assert answer["status"] == page.context["eligibility"].status
    assert answer["sentence"] == page.context["verdict"].sentence
    assert [
        (each["code"], each["status"], each["title"], each["sentence"]) for each in answer["requirements"]
    ] == [(line.code, line.status, line.title, line.sentence) for line in page.context["lines"]]
    assert answer["next"]["sentence"] == page.context["standing"].step.sentence


def test_the_text_says_all_that_the_page_says(pro):
    running(pro, 7)
    text = run(pro.name)
    lines = text.splitlines()
    assert lines[:2] == [
        "Reformas Hidalgo · Jan. 25, 2026",
        "Not yet: You cannot claim yet. The guarantee stands behind the MX$1,400.00 that you have spent on contacts.",
    ]
    assert "→ Buy 8 more contacts · March 18, 2026" in lines
    assert "○ 15 contacts bought (Still missing)" in lines
    assert "March 25, 2026: The very last day for the last of the 15 contacts." in text
    for requirement in as_json(pro.name)["requirements"]:
        assert f"  {requirement['sentence']}" in lines


def test_it_speaks_the_active_language(pro):
    running(pro, 7)
    with translation.override("es-mx"):
        answer = as_json(pro.name)
        contacts = answer["requirements"][0]
        expected = rules.Requirement("contacts", "unmet", None, contacts["detail"] | {"deadline": None})
        assert contacts["title"] == wording.title(expected)


def test_the_admin_agrees_with_page_and_command(client_of, pro, reviewer):
    """Of a claim that is open, the admin asks about the rest: that it is open itself does not stand in its way."""
    from tests.guarantees.claim_making import make_submitted

    claim = make_submitted(pro)
    when = claim.submitted_at.date().isoformat()
    with time_machine.travel(claim.submitted_at, tick=False):
        office = client_of(reviewer).get(reverse("admin:guarantees_claim_change", args=[claim.pk]))
        page = client_of(pro).get(URL)
    answer = as_json(pro.name, when=when)
    told = [(each["title"], str(wording.STATUS_WORDS[each["status"]])) for each in answer["requirements"]]
    assert [(line.title, line.status_word) for line in page.context["lines"]] == told
    assert told[-1] == ("The one chance", "Still missing")
    seen = [(each["title"], each["now"]) for each in office.context["page"].requirements]
    assert seen == [*told[:-1], ("The one chance", "In order")]
