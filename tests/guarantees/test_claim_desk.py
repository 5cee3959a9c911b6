"""The reviewer's desk: who is looking, the evidence at a glance, verdicts saved one by one (G14, G18)."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from guarantees.decisions import approve_claim
from guarantees.models import Claim, ClaimLook
from marketplace.diary import write_diary
from marketplace.models import DiaryEntry
from profiles.closing import close_account
from tests import making
from tests.guarantees.claim_making import (
    LATER,
    SUBMITTED_AT,
    ask,
    confirm_all,
    fresh,
    give,
    item_of,
    make_submitted,
    say_hired,
)
from tests.guarantees.office import QUEUE, of_claim, review_of, save, save_contact, sent, words_of
from tests.in_browser import needs_chromium, seen_in_browser

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def _now(time_machine):
    time_machine.move_to(LATER, tick=False)


@pytest.fixture
def ana(other_reviewer):
    other_reviewer.first_name = "Ana"
    other_reviewer.save()
    return other_reviewer


# The queue


def listed(browser, order=""):
    return [claim.pk for claim in browser.get(QUEUE + order).context["cl"].result_list]


def test_the_queue_is_sorted_by_age_and_by_amount(pro, other_pro, office):
    older = make_submitted(pro)
    newer = make_submitted(other_pro, now=SUBMITTED_AT.replace(hour=14))
    Claim.objects.filter(pk=newer.pk).update(amount_cents=1)
    by = {name: number for number, name in enumerate(office.get(QUEUE).context["cl"].list_display)}
    assert listed(office) == [older.pk, newer.pk]
    assert listed(office, f"?o=-{by['age']}") == [newer.pk, older.pk]
    assert listed(office, f"?o={by['amount']}") == [newer.pk, older.pk]


# Who is looking


@pytest.mark.parametrize(
    ("minutes", "said"),
    [
        (0, "Ana is looking now"),
        (1, "Ana is looking (1 minute ago)"),
        (3, "Ana is looking (3 minutes ago)"),
        (9, "Ana is looking (9 minutes ago)"),
        (10, None),
    ],
)
def test_others_are_told_who_has_the_claim_open(
    submitted, office, client_of, ana, time_machine, minutes, said
):
    client_of(ana).get(review_of(submitted))
    time_machine.move_to(LATER + minutes * MINUTE, tick=False)
    for page in (office.get(QUEUE), office.get(review_of(submitted))):
        assert ("Ana is looking" in words_of(page)) == bool(said)
        assert said is None or said in words_of(page)


def test_nobody_is_told_that_they_are_looking_themselves(submitted, office):
    office.get(review_of(submitted))
    for page in (office.get(QUEUE), office.get(review_of(submitted))):
        assert "is looking now" not in words_of(page)


def test_a_look_is_one_row_and_is_renewed_and_forgotten(submitted, other_pro, office, reviewer, time_machine):
    other = make_submitted(other_pro)
    office.get(review_of(other))
    time_machine.move_to(LATER + 6 * MINUTE, tick=False)
    office.get(review_of(submitted))
    save(office, submitted, c1={"verdict": "confirmed"})
    time_machine.move_to(LATER + 12 * MINUTE, tick=False)
    answer = office.post(of_claim("looking", submitted))
    assert answer.status_code == 200
    assert list(ClaimLook.objects.values_list("claim", "user", "at")) == [
        (submitted.pk, reviewer.pk, LATER + 12 * MINUTE)
    ]


def test_the_page_that_stays_open_learns_who_came(submitted, office, client_of, ana):
    client_of(ana).get(review_of(submitted))
    assert "Ana is looking now" in words_of(office.post(of_claim("looking", submitted)))


def test_who_is_looking_is_nobodys_business_after_their_account_is_closed(submitted, office, reviewer):
    from guarantees.personal import shown

    office.get(review_of(submitted))
    assert ("Claim opened on Feb. 23, 2026, noon", "Reformas Hidalgo") in list(shown(reviewer))
    reviewer.is_staff = False  # Theirs is closed after their last day.
    reviewer.save()
    close_account(user=reviewer, now=LATER)
    assert not ClaimLook.objects.exists()


# The evidence


def test_the_first_contact_is_told_in_hours_and_minutes(pro, office):
    contacts = making_contacts(pro)
    owner = pro.owner
    called = {0: timedelta(minutes=5), 1: timedelta(hours=24), 2: timedelta(days=3, hours=4, minutes=7)}
    for number, after in called.items():
        moment = contacts[number].bought_at + after
        write_diary(contact=contacts[number], kind="call", happened_at=moment, text="", by=owner, now=moment)
    words = words_of(office.get(review_of(submit(pro, contacts))))
    assert "reached in time · 5 min" in words
    assert "reached in time · 24 h" in words
    assert "reached late · 76 h 7 min" in words


def making_contacts(pro):
    from tests.guarantees.claim_making import make_claimable

    return make_claimable(pro)


def submit(pro, contacts):
    from guarantees import claims
    from tests.guarantees.claim_making import tell_story

    claim = claims.begin_claim(professional=pro, by=pro.owner, now=SUBMITTED_AT)
    for contact in contacts:
        tell_story(claim, contact)
    return claims.submit_claim(claim=claim, by=pro.owner, now=SUBMITTED_AT)


def grow(claim, entries):
    """Straight into the table: nobody writes thirty in a day."""
    DiaryEntry.objects.bulk_create(
        DiaryEntry(
            contact=item.contact,
            kind="note",
            happened_at=item.contact.bought_at + number * MINUTE,
            written_at=LATER,
            written_by=claim.professional.owner,
            text=f"Nota {number}.",
        )
        for item in claim.items.all()
        for number in range(entries)
    )


@pytest.mark.parametrize(("entries", "folded"), [(4, None), (5, "1 more entry"), (30, "26 more entries")])
def test_a_long_diary_is_folded_after_four_entries(submitted, office, entries, folded):
    grow(submitted, entries)
    page = office.get(review_of(submitted))
    assert page.content.decode().count("Nota ") == 3 * entries
    assert bool(re.search(r"\d+ more entr", words_of(page))) == bool(folded)
    assert folded is None or folded in words_of(page)


@pytest.mark.parametrize("address", ["page", "contact", "preview"])
def test_a_review_takes_the_same_queries_with_1_entry_a_contact_and_with_30(
    office, pro, other_pro, reviewer, address, django_assert_num_queries
):
    small, big = make_submitted(pro), make_submitted(other_pro)
    for claim, entries in ((small, 1), (big, 30)):
        grow(claim, entries)
        ask(claim, reviewer, 1)

    def ask_for(claim):
        if address == "page":
            return office.get(review_of(claim))
        if address == "preview":
            return office.post(of_claim("preview", claim, "reject"), {"reason": "Falta algo."})
        item = item_of(claim, 1)
        data = sent(office, claim, c1={"verdict": "confirmed"})
        with CaptureQueriesContext(connection) as captured:
            save_contact(office, item, data)
        counts.append(len(captured))
        return None

    counts = []
    office.get(review_of(small)), office.get(review_of(big))
    with CaptureQueriesContext(connection) as queries:
        ask_for(small)
    if address == "contact":
        ask_for(big)
        assert counts[0] == counts[1]
        return
    with django_assert_num_queries(len(queries)):
        ask_for(big)


# Verdicts, one by one


def test_a_verdict_is_saved_by_itself_and_the_parts_that_changed_come_back(submitted, office, reviewer):
    first, second = item_of(submitted, 1), item_of(submitted, 2)
    data = sent(office, submitted, c1={"verdict": "confirmed"}, c2={"verdict": "confirmed"})
    answer = save_contact(office, first, data)
    assert answer.status_code == 200
    text = answer.content.decode()
    for part in ("contact-1", "claim-progress", "claim-looking", "decision"):
        assert text.count(f'id="{part}"') == 1
    assert 'id="contact-2"' not in text
    assert "Contact 1: confirmed. Saved at noon." in text
    assert "saved noon" in words_of(answer)
    assert "1 of 3 have a verdict." in words_of(answer)
    assert "2 contacts have no verdict yet." in words_of(answer)
    assert "data-undecided" not in text
    assert [(item.verdict, item.verdict_by) for item in submitted.items.all()] == [
        ("confirmed", reviewer),
        ("", None),
        ("", None),
    ]
    assert second.verdict == ""


def test_nothing_changed_is_said_and_nothing_written(submitted, office, reviewer):
    item = give(item_of(submitted, 1), "confirmed", reviewer)
    answer = save_contact(office, item, sent(office, submitted))
    assert (answer.status_code, "Nothing was changed." in answer.content.decode()) == (200, True)
    assert item.events.count() == 1


def test_the_last_verdict_opens_the_decision(submitted, office, reviewer):
    for position in (1, 2):
        give(item_of(submitted, position), "confirmed", reviewer)
    data = sent(office, submitted, c3={"verdict": "confirmed"})
    assert "Approve and refund: see what happens" in words_of(
        save_contact(office, item_of(submitted, 3), data)
    )


def test_what_is_refused_stands_beside_the_contact_with_what_was_typed(submitted, office):
    item = item_of(submitted, 1)
    data = sent(office, submitted, c1={"verdict": "false", "question": "¿Qué pasó?"})
    answer = save_contact(office, item, data)
    assert answer.status_code == 409
    assert "Please note what you found" in words_of(answer)
    assert "¿Qué pasó?" in answer.content.decode()
    assert not re.search(r"data-said", answer.content.decode())
    item.refresh_from_db()
    assert item.verdict == ""


def test_a_question_is_not_asked_by_saving_a_verdict(submitted, office):
    data = sent(office, submitted, c1={"verdict": "confirmed", "question": "¿Qué pasó?"})
    save_contact(office, item_of(submitted, 1), data)
    assert fresh(submitted).state == Claim.State.SUBMITTED
    assert item_of(submitted, 1).verdict == "confirmed"


def test_a_contact_of_another_claim_is_not_found(submitted, other_pro, office):
    other = make_submitted(other_pro)
    item = item_of(other, 1)
    answer = office.post(of_claim("contact", submitted, item.pk), {f"item-{item.pk}-verdict": "confirmed"})
    assert answer.status_code == 404
    item.refresh_from_db()
    assert item.verdict == ""


def test_a_contradiction_wants_the_verdict_once_more(submitted, office, reviewer, time_machine):
    """G2: a contact that was confirmed is undecided again, and the same key does it."""
    confirm_all(submitted, reviewer, now=SUBMITTED_AT)
    say_hired(item_of(submitted, 2), reviewer, now=LATER - MINUTE)
    assert office.get(review_of(submitted)).content.decode().count("data-undecided") == 1
    data = sent(office, submitted, c2={"verdict": "confirmed"})
    answer = save_contact(office, item_of(submitted, 2), data)
    assert "data-undecided" not in answer.content.decode()
    assert item_of(submitted, 2).verdict_at == LATER


@pytest.mark.parametrize(
    ("verdict", "says", "of_the_decision"),
    [
        ("", "Confirm it, or find it false.", "Confirm it after what the homeowner said, or find it false."),
        ("unreachable", "Confirm it, or find it false.", "Confirm it after what the homeowner said"),
        ("confirmed", "Confirm it once more, or find it false.", "Confirm it after what the homeowner said"),
        ("false", "says that they hired this business.", "Found false: contact 2."),
    ],
)
def test_a_contradiction_says_what_is_still_to_be_done(
    submitted, office, reviewer, verdict, says, of_the_decision
):
    """G2: nothing is confirmed once more that was not, nor found false again."""
    if verdict:
        give(item_of(submitted, 2), verdict, reviewer, now=SUBMITTED_AT)
    say_hired(item_of(submitted, 2), reviewer, now=LATER - MINUTE)
    if verdict == "false":
        give(item_of(submitted, 2), verdict, reviewer, note="Lo dice el particular.", now=LATER)
    page = words_of(office.get(review_of(submitted)))
    assert f"Contradiction: the homeowner {says}" in page or says in page
    assert of_the_decision in page
    assert page.count("find it false") == (0 if verdict == "false" else 2)


def test_signals_are_worked_out_for_the_page_and_not_for_each_key(submitted, office, monkeypatch):
    """A verdict changes none of them: the page keeps those that it has. A word that is entered may."""
    from guarantees.admin import review

    asked = []
    worked_out = review.noticed_about
    monkeypatch.setattr(review, "noticed_about", lambda *arguments: asked.append(1) or worked_out(*arguments))
    data = sent(office, submitted, c1={"verdict": "confirmed"})
    assert len(asked) == 1
    answer = save_contact(office, item_of(submitted, 1), data)
    assert (answer.status_code, len(asked)) == (200, 1)
    assert 'id="contact-1-signals" data-stays' in answer.content.decode()
    answer = save_contact(office, item_of(submitted, 2), sent(office, submitted, c2={"word": "hired_them"}))
    assert len(asked) == 3
    assert "data-stays" not in answer.content.decode()
    assert "The homeowner says that they hired this business" in words_of(answer)


def test_help_and_errors_are_told_with_their_fields(submitted, office):
    """To who listens to the page (WCAG 1.3.1): everything that a field says describes it is there."""
    item = item_of(submitted, 1)
    page = save_contact(office, item, sent(office, submitted, c1={"verdict": "false"})).content.decode()
    described = [each for ids in re.findall(r'aria-describedby="([^"]*)"', page) for each in ids.split()]
    assert f"id_item-{item.pk}-note_helptext" in described and f"id_item-{item.pk}-note_error" in described
    assert [each for each in described if page.count(f'id="{each}"') != 1] == []


# Two reviewers on one claim


def test_a_verdict_given_meanwhile_is_told_with_who_and_when_and_nothing_typed_is_lost(
    submitted, office, ana
):
    data = sent(office, submitted, c1={"verdict": "unreachable", "note": "Tres llamadas."})
    give(item_of(submitted, 1), "false", ana, note="Nadie lo vio.")
    answer = save_contact(office, item_of(submitted, 1), data)
    assert answer.status_code == 409
    assert (
        "Meanwhile Ana gave contact 1 the verdict “false” (Feb. 23, 2026, noon). Yours was not saved: look at it "
        "again, then save." in words_of(answer)
    )
    assert "Tres llamadas." in answer.content.decode()
    assert "Nadie lo vio." in words_of(answer)  # Theirs, among the verdicts given.
    assert (item_of(submitted, 1).verdict, item_of(submitted, 1).verdict_by) == ("false", ana)
    # Seen now, it can be changed: the same form once more, with what the answer says was seen.
    seen = re.search(r'name="(item-\d+-seen)" value="([\d.]+)"', answer.content.decode())
    data |= {seen[1]: seen[2], f"item-{item_of(submitted, 1).pk}-reason": "Contestó otra persona."}
    assert save_contact(office, item_of(submitted, 1), data).status_code == 200
    assert item_of(submitted, 1).verdict == "unreachable"


def test_it_is_the_same_without_the_script(submitted, office, ana):
    data = sent(office, submitted, c1={"verdict": "confirmed"}, c2={"verdict": "confirmed"})
    give(item_of(submitted, 1), "unreachable", ana, note="Buzón.")
    page = office.post(of_claim("review", submitted), data | {"save": "all"})
    assert page.status_code == 409
    assert "Meanwhile Ana gave contact 1 the verdict “could not be reached”" in words_of(page)
    assert [item.verdict for item in submitted.items.all()] == ["unreachable", "confirmed", ""]


def test_a_verdict_taken_back_meanwhile_is_told_too(pro, office, reviewer, ana):
    from tests.guarantees.claim_making import make_false, uphold

    claim = make_false(pro, reviewer)
    appeals = making.make_staff("appeals")
    item = item_of(claim, 2)
    data = {f"item-{item.pk}-seen": item.events.get().pk, f"item-{item.pk}-verdict": "confirmed"}
    uphold(claim, appeals)
    answer = save_contact(office, item, data | {f"item-{item.pk}-shown": ""})
    assert "was taken back by" in words_of(answer)


def test_the_same_verdict_given_twice_is_no_conflict(submitted, office, ana, reviewer):
    data = sent(office, submitted, c1={"verdict": "confirmed"})
    give(item_of(submitted, 1), "confirmed", ana)
    assert save_contact(office, item_of(submitted, 1), data).status_code == 200
    assert item_of(submitted, 1).verdict_by == ana


def test_a_verdict_on_a_claim_decided_meanwhile_is_refused_and_kept_on_the_page(
    confirmed, office, ana, reviewer
):
    data = sent(office, confirmed, c1={"verdict": "unreachable", "note": "Tres llamadas."})
    approve_claim(claim=confirmed, by=ana, now=LATER)
    answer = save_contact(office, item_of(confirmed, 1), data)
    assert answer.status_code == 409
    assert "The claim is “approved”, so this cannot be done." in words_of(answer)
    assert "Tres llamadas." in answer.content.decode()


@pytest.mark.parametrize("seen", ["x", "-1", "999999999999999999999", ""])
def test_what_no_page_sends_is_refused_or_harmless(submitted, office, ana, seen):
    give(item_of(submitted, 1), "unreachable", ana, note="Buzón.")
    item = item_of(submitted, 1)
    data = {f"item-{item.pk}-seen": seen, f"item-{item.pk}-verdict": "maybe"}
    assert save_contact(office, item, data).status_code == 409
    assert item_of(submitted, 1).verdict == "unreachable"


# The keys


ONE_BY_ONE = """
press("c");
seen.outside = asked.length;
document.querySelector("#claim-keys button").click();
seen.first = document.activeElement.id;
press("c");
await rest(focused("contact-2"));
seen.saved = document.activeElement.id;
seen.said = document.getElementById("claim-said").textContent;
seen.signals = document.getElementById("contact-1-signals").textContent.includes("Signals");
press("f");
seen.note = document.activeElement.name;
press("c");
press("j");
seen.typing = asked.length;
document.activeElement.value = "Nadie la conoce.";
press("Escape");
seen.left = document.activeElement.id;
press("j");
seen.next = document.activeElement.id;
press("k");
press("n");
press("Enter", { ctrlKey: true });
await rest();
"""
AT_ONCE = """
document.querySelector("#claim-keys button").click();
for (const key of "ccc") press(key);
seen.at_once = asked.length;
await rest(focused("decision"));
seen.last = document.activeElement.id;
"""


@needs_chromium
def test_a_key_gives_a_verdict_and_none_does_where_text_is_typed(submitted, office, tmp_path):
    first, second = item_of(submitted, 1), item_of(submitted, 2)
    page = office.get(review_of(submitted)).content.decode()
    data = sent(office, submitted, c1={"verdict": "confirmed"})
    answer = save_contact(office, first, data).content.decode()
    seen = seen_in_browser(page, [answer, answer], "admin/claims.js", ONE_BY_ONE, tmp_path)
    (to_first, gave), (to_second, wrote) = seen.pop("asked")
    assert seen == {
        "outside": 0,
        "first": "contact-1",
        "saved": "contact-2",
        "said": "Contact 1: confirmed. Saved at noon.",
        "signals": True,  # Those that the page had: the answer sends none.
        "note": f"item-{second.pk}-note",
        "typing": 1,
        "left": "contact-2",
        "next": "contact-3",
    }
    assert (to_first, to_second) == (
        of_claim("contact", submitted, first.pk),
        of_claim("contact", submitted, second.pk),
    )
    assert gave[f"item-{first.pk}-verdict"] == "confirmed"
    assert {name for name in gave if name.startswith("item-")} == {
        f"item-{first.pk}-{name}" for name in ("shown", "seen", "verdict", "note", "word")
    }
    assert (wrote[f"item-{second.pk}-verdict"], wrote[f"item-{second.pk}-note"]) == (
        "false",
        "Nadie la conoce.",
    )


@needs_chromium
def test_keys_pressed_while_a_verdict_is_saved_are_for_the_contacts_that_follow(submitted, office, tmp_path):
    page = office.get(review_of(submitted)).content.decode()
    items = list(submitted.items.all())
    answers = [
        save_contact(
            office, item, sent(office, submitted, **{f"c{item.position}": {"verdict": "confirmed"}})
        ).content.decode()
        for item in items
    ]
    seen = seen_in_browser(page, answers, "admin/claims.js", AT_ONCE, tmp_path)
    assert [address for address, _body in seen["asked"]] == [
        of_claim("contact", submitted, item.pk) for item in items
    ]
    assert [
        body[f"item-{item.pk}-verdict"] for item, (_to, body) in zip(items, seen["asked"], strict=True)
    ] == ["confirmed"] * 3
    assert (seen["at_once"], seen["last"]) == (1, "decision")


def test_who_cannot_give_verdicts_has_no_keys(submitted, client_of, appeals):
    page = client_of(appeals).get(review_of(submitted)).content.decode()
    assert 'id="claim-form"' not in page
    assert 'id="claim-keys"' not in page
