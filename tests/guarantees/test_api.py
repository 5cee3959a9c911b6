"""The guarantee asked by a program: the same answer as the page, and a claim to its end (G10 to G17, G23)."""

import pytest
import time_machine

from base.days import marketplace_day
from guarantees.management.commands.eligibility import as_json
from guarantees.models import Claim
from guarantees.standing import standing_of
from tests.guarantees.claim_making import (
    LATER,
    SUBMITTED_AT,
    ask,
    make_claimable,
    make_submitted,
    say_hired,
)
from tests.making import make_user
from tests.programs import program_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _now():
    with time_machine.travel(SUBMITTED_AT, tick=False):
        yield


@pytest.fixture
def contacts(pro):
    return make_claimable(pro)


@pytest.fixture
def program(pro):
    return program_of(pro)


def ended(answer):
    return answer.status_code, answer.json()["code"]


def test_it_says_the_same_as_the_page(program, pro, contacts):
    told = program.get("guarantee/").json()
    same = as_json(pro, standing_of(pro, marketplace_day(SUBMITTED_AT)), marketplace_day(SUBMITTED_AT))
    for name in (
        "on",
        "status",
        "sentence",
        "amount_cents",
        "purchase_deadline",
        "buy_by",
        "claim_from",
        "claim_until",
    ):
        assert told[name] == same[name], name
    assert told["next"] == same["next"]
    assert [(each["code"], each["status"], each["sentence"]) for each in told["requirements"]] == [
        (each["code"], each["status"], each["sentence"]) for each in same["requirements"]
    ]
    assert told["counted"] == [str(contact.public_id) for contact in contacts]
    assert told["status"] == "eligible"


def test_another_day_can_be_judged(program, contacts):
    assert program.get("guarantee/?on=2027-01-01").json()["status"] == "no_longer"
    assert ended(program.get("guarantee/?on=someday")) == (422, "invalid")


def test_a_claim_goes_from_its_draft_to_its_submission(program, pro, contacts):
    begun = program.post("claims/", None)
    assert begun.status_code == 201 and begun.json()["state"] == "draft"
    path = f"claims/{begun.json()['id']}/"
    refused = program.post(f"{path}submit/", None)
    assert ended(refused) == (409, "incomplete")
    assert len(refused.json()["fields"]["non_field_errors"]) == 3
    for contact in contacts:
        told = program.put(
            f"{path}stories/{contact.public_id}/",
            {"text": "Llamamos tres veces y no contestó nadie.", "ending": "no_answer"},
        )
        assert told.json()["contact"] == str(contact.public_id)
    seen, following = [], f"{path}stories/?limit=1"
    while following:
        page = program.get(following.split("/api/v1/")[-1]).json()
        seen += [story["contact"] for story in page["results"]]
        following = page["next"]
    assert seen == [str(contact.public_id) for contact in contacts]
    submitted = program.post(f"{path}submit/", None)
    assert submitted.json()["state"] == "submitted"
    # Sent again, nothing happens anew.
    assert program.post(f"{path}submit/", None).json() == submitted.json()
    assert program.post("claims/", None).json()["id"] == begun.json()["id"]
    assert program.post(f"{path}withdraw/", None).json()["state"] == "withdrawn"
    assert [each["state"] for each in program.get("claims/").json()["results"]] == ["withdrawn"]


@pytest.mark.parametrize(
    ("said", "status", "field"),
    [
        ({"text": "Nada.", "ending": "magic"}, 422, "ending"),
        ({"text": "x" * 3001, "ending": "no_answer"}, 422, "text"),
        ({"ending": "no_answer"}, 422, "text"),
    ],
    ids=["unknown ending", "too long", "no text"],
)
def test_what_is_wrong_with_a_story_is_said_beside_it(program, contacts, said, status, field):
    begun = program.post("claims/", None).json()
    answer = program.put(f"claims/{begun['id']}/stories/{contacts[0].public_id}/", said)
    assert answer.status_code == status and list(answer.json()["fields"]) == [field]


def test_only_the_owner_claims(pro, contacts):
    member = make_user("member@example.com")
    pro.members.add(member)
    assert ended(program_of(member).post("claims/", None)) == (409, "not_the_owner")
    assert not Claim.objects.exists()


def test_of_anothers_claim_nothing_is_there(other_pro, pro, contacts):
    claim = program_of(pro).post("claims/", None).json()
    stranger = program_of(other_pro)
    path = f"claims/{claim['id']}/"
    for answer in (
        stranger.get(path),
        stranger.get(f"{path}stories/"),
        stranger.put(f"{path}stories/{contacts[0].public_id}/", {"text": "x", "ending": ""}),
        stranger.post(f"{path}submit/", None),
        stranger.post(f"{path}withdraw/", None),
    ):
        assert ended(answer) == (404, "not_found")
    assert stranger.get("claims/").json()["results"] == []


def test_what_was_asked_and_why_it_was_rejected_is_told(program, pro, reviewer):
    claim = make_submitted(pro)
    ask(claim, reviewer, 1, purpose="information")
    told = program.get(f"claims/{claim.public_id}/").json()
    assert told["state"] == "more_information"
    (question,) = told["questions"]
    assert question["contact"] == str(claim.items.get(position=1).contact.public_id)
    assert (question["answer"], question["answered_at"]) == ("", None)
    assert told["reason"] == ""


def test_nothing_of_a_homeowners_word_reaches_a_program(program, pro, reviewer):
    """G2."""
    claim = make_submitted(pro)
    item = claim.items.get(position=1)
    paths = ["guarantee/", "claims/", f"claims/{claim.public_id}/", f"contacts/{item.contact.public_id}/"]
    before = [program.get(path).text for path in paths]
    say_hired(item, reviewer, now=LATER)
    assert [program.get(path).text for path in paths] == before
