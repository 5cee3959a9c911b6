"""What is noticed about a claim, from the rows to the sentence that a reviewer reads (G2, G8, G10, G14, G21)."""

from datetime import timedelta
from importlib import import_module
from pathlib import Path

import pytest
from django.apps import apps
from django.contrib.auth.models import Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import translation

from base.append_only import lifted
from base.erased import ERASED
from base.registry import invariants
from billing.customers import customer_of
from guarantees import claims, migrations
from guarantees.admin.signals import noticed_about
from guarantees.copies import fingerprint
from guarantees.models import Claim, ClaimItem, HomeownerSurvey
from guarantees.noticed import noticed
from guarantees.survey import Said, answer_survey, correct_answer
from marketplace import reviews
from marketplace.anonymising import erase_lead
from marketplace.contacts import record_homeowner_word, set_outcome
from marketplace.diary import write_diary
from marketplace.models import Review
from marketplace.withdrawal import withdraw_lead
from profiles.models import NetworkUse, Photo, Professional, User
from profiles.photos import add_photo
from tests import making
from tests.guarantees.claim_making import (
    LATER,
    SUBMITTED_AT,
    approve,
    confirm_all,
    give,
    item_of,
    make_claimable,
    make_draft,
    make_reviews_ordinary,
    make_submitted,
    say_hired,
    tell_story,
)
from tests.making import NOW, at

pytestmark = pytest.mark.django_db
HOUR, SECOND = timedelta(hours=1), timedelta(seconds=1)
STORIES = (
    "Fui a medir y mandé la cotización; eligió a otro.",
    "Contestó una vez y ya no quiso saber nada más.",
    "La obra se aplazó hasta el próximo año, según dijo.",
)


@pytest.fixture
def bought(pro):
    """Three contacts, each called an hour after it was bought."""
    contacts = claimable(pro)
    for contact in contacts:
        write(contact, contact.bought_at + HOUR)
    return contacts


def claimable(pro, *, contacts=3):
    """Contacts that can be claimed, and of whose reviews nothing is noticed."""
    bought = make_claimable(pro, contacts=contacts)
    make_reviews_ordinary(pro)
    return bought


def write(contact, happened_at, *, kind="call", after=timedelta(minutes=5)):
    write_diary(
        contact=contact,
        kind=kind,
        happened_at=happened_at,
        text="Hablamos.",
        by=contact.professional.owner,
        now=happened_at + after,
    )


def submit(contacts, *, stories=STORIES, now=SUBMITTED_AT):
    pro = contacts[0].professional
    claim = claims.begin_claim(professional=pro, by=pro.owner, now=now)
    for contact, story in zip(contacts, stories, strict=True):
        tell_story(claim, contact, text=story, now=now)
    return claims.submit_claim(claim=claim, by=pro.owner, now=now)


def codes(claim, now=LATER):
    """Code and position of the contact of every signal."""
    positions = {None: 0} | dict(claim.items.values_list("contact", "position"))
    return [(signal.code, positions[signal.contact]) for signal in noticed(claim, now)]


def sentences(claim, user, now=LATER):
    return [each.sentence for signals in noticed_about(claim, user, now).values() for each in signals]


def answer(claim, position, *, now=LATER, **said):
    survey = HomeownerSurvey.objects.get(item=item_of(claim, position))
    survey = answer_survey(survey=survey, hired=said["hired"], now=now)
    correct_answer(survey=survey, said=Said(**said), now=now)


def test_nothing_is_noticed_about_an_ordinary_claim(bought, reviewer):
    claim = submit(bought)
    assert codes(claim) == []
    assert sentences(claim, reviewer) == []


# The outcome, and the diary


def test_won_earlier_is_told_with_both_moments(bought, pro, reviewer):
    set_outcome(contact=bought[1], outcome="won", lost_reason="", by=pro.owner, now=at("2026-02-01 10:00"))
    set_outcome(
        contact=bought[1], outcome="lost", lost_reason="price", by=pro.owner, now=at("2026-02-02 11:30")
    )
    claim = submit(bought)
    assert codes(claim) == [("won_earlier", 2)]
    assert sentences(claim, reviewer) == [
        "Marked as won on Feb. 1, 2026, 10 a.m., and corrected on Feb. 2, 2026, 11:30 a.m. to “lost”."
    ]


@pytest.mark.parametrize(("after", "seen"), [(24 * HOUR, False), (24 * HOUR + SECOND, True)])
def test_an_entry_is_written_late_after_more_than_24_hours(bought, reviewer, after, seen):
    write(bought[2], at("2026-01-15 10:00"), kind="visit", after=after)
    claim = submit(bought)
    assert codes(claim) == ([("written_late", 3)] if seen else [])
    if seen:
        assert sentences(claim, reviewer) == [
            "1 diary entry was written down more than 24 hours after it happened (visit on Jan. 15, 2026, 10 a.m., "
            "written down on Jan. 16, 2026, 10 a.m.)."
        ]


def test_of_many_late_entries_three_are_named_and_all_are_counted(bought, reviewer):
    for day in range(15, 20):
        write(bought[0], at(f"2026-01-{day} 10:00"), after=30 * HOUR)
    (sentence,) = sentences(submit(bought), reviewer)
    assert sentence.startswith("5 diary entries were written down")
    assert sentence.count("written down on") == 3
    assert sentence.endswith("; …).")


@pytest.mark.parametrize(("after", "seen"), [(24 * HOUR, False), (24 * HOUR + SECOND, True)])
def test_a_first_contact_is_late_after_more_than_24_hours(pro, reviewer, after, seen):
    contacts = claimable(pro)
    for contact in contacts:
        write(contact, contact.bought_at + (after if contact == contacts[0] else HOUR))
    claim = submit(contacts)
    assert codes(claim) == ([("first_contact_late", 1)] if seen else [])
    if seen:
        assert sentences(claim, reviewer) == [
            "The first contact came 24 h after the purchase, later than the 24 hours."
        ]


@pytest.mark.parametrize(
    ("hours", "first_contact", "after", "seen"),
    [
        (36, "advise", 36 * HOUR, None),
        (36, "advise", 36 * HOUR + SECOND, "later than the 36 hours"),
        (
            12,
            "require",
            13 * HOUR,
            "The first contact came 13 h after the purchase, later than the 12 hours.",
        ),
        (12, "ignore", 13 * HOUR, None),
    ],
)
def test_a_delay_is_judged_by_the_terms_of_the_claim(
    pro, office, time_machine, hours, first_contact, after, seen
):
    """G20, G21: the signal, and the badge beside the first contact."""
    time_machine.move_to(LATER, tick=False)
    contacts = claimable(pro)
    for contact in contacts:
        write(contact, contact.bought_at + (after if contact == contacts[0] else HOUR))
    claim = submit(contacts)
    with lifted():
        type(claim.terms).objects.filter(pk=claim.terms_id).update(
            first_contact_hours=hours, first_contact=first_contact
        )
    claim = Claim.objects.get(pk=claim.pk)
    assert codes(claim) == ([("first_contact_late", 1)] if seen else [])
    page = office.get(reverse("admin:guarantees_claim_change", args=[claim.pk]))
    assert seen is None or seen in page.text
    (first, *_) = page.context["page"].evidence
    assert first.clock_badge == {"ignore": "", None: "ok"}.get(
        first_contact if first_contact == "ignore" else seen, "warn"
    )


def test_where_the_terms_ignore_it_nobody_who_never_called_is_noticed(pro):
    claim = make_submitted(pro)
    assert ("never_contacted", 1) in codes(claim)
    with lifted():
        type(claim.terms).objects.filter(pk=claim.terms_id).update(first_contact="ignore")
    assert "never_contacted" not in dict(codes(Claim.objects.get(pk=claim.pk)))


def test_nobody_ever_called_is_told_also_where_the_homeowner_has_withdrawn_since(pro, reviewer):
    claim = make_submitted(pro)
    first = item_of(claim, 1).contact
    expected = [("never_contacted", 1), ("never_contacted", 2), ("never_contacted", 3)]
    assert [each for each in codes(claim) if each[0] == "never_contacted"] == expected
    assert "By the diary nobody ever tried to contact the homeowner." in sentences(claim, reviewer)
    withdraw_lead(lead=first.lead, now=LATER)
    assert ("never_contacted", 1) in codes(claim)


@pytest.mark.parametrize(("after", "seen"), [(24 * HOUR, False), (24 * HOUR + SECOND, True)])
def test_a_homeowner_who_withdrew_within_the_24_hours_could_not_be_called(bought, pro, after, seen):
    contact = making.buy(pro, 1, now=NOW + timedelta(days=1, hours=1))[0]
    claim = submit(bought)
    withdraw_lead(lead=contact.lead, now=contact.bought_at + after)
    item_of(claim, 3).contact.claim_items.update(contact=contact)
    assert codes(claim) == ([("never_contacted", 3)] if seen else [])


# Stories


def test_the_same_story_of_several_contacts_is_noticed_however_it_is_set(bought, reviewer):
    claim = submit(
        bought,
        stories=(
            "Llamé tres veces; nunca contestó el teléfono.",
            "La obra se aplazó hasta el próximo año.",
            "  LLAME   tres veces:\nnunca contesto el telefono!! ",
        ),
    )
    assert codes(claim) == [("same_story", 1), ("same_story", 3)]
    assert sentences(claim, reviewer) == [
        "The same story is told of contact 3.",
        "The same story is told of contact 1.",
    ]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Llamé a la señora Núñez.", "llame a la senora nunez", True),
        ("Llamé\u202e a <b>la</b> señora", "Llamé a b la b señora", True),
        ("Straße 5, İzmir", "STRASSE 5 i̇zmir", True),
        ("Llamé 3 veces", "Llamé 4 veces", False),
        ("…¡¡!!  — 🙂🙂🙂", "??", False),  # Neither says anything, so neither is a copy.
        ("Не ответили на звонок", "не ответили на звонок.", True),
    ],
)
def test_a_fingerprint_is_of_letters_and_digits_alone(one, other, same):
    assert (fingerprint(one) == fingerprint(other) != "") is same


def test_a_story_of_another_business_is_named_with_its_claim_and_a_link(bought, other_pro, reviewer):
    others = claimable(other_pro)
    first = submit(others)
    claim = submit(
        bought, stories=(STORIES[1].upper(), *("Otra cosa, y muy distinta.", "Nada que ver con aquello."))
    )
    assert codes(claim) == [("story_elsewhere", 1)]
    ((told,),) = noticed_about(claim, reviewer, LATER).values()
    assert told.sentence == (
        "The same story stands in the claim of “Pinturas Juárez” made on Feb. 20, 2026, contact 2."
    )
    assert told.address == reverse("admin:guarantees_claim_change", args=[first.pk])
    # Both sides show it; and one's own earlier claim is no copy.
    assert ("story_elsewhere", 2) in codes(first)


def test_of_a_long_story_the_later_claim_is_the_copy_however_often_it_goes_round(bought, other_pro, reviewer):
    """An earlier claim is named also where three later ones tell the same."""
    long = (
        "Fui a medir el martes, mandé la cotización el miércoles y el jueves contestó que lo haría su cuñado."
    )
    first = submit(claimable(other_pro), stories=(long, *STORIES[1:]))
    claim = submit(bought, stories=(long, "Otra cosa, y muy distinta.", "Nada que ver con aquello."))
    for number in range(3):
        submit(claimable(making.make_pro(f"Techos {number}")), stories=(long, *STORIES[1:]))
    assert codes(claim) == [("copied_story", 1), ("story_elsewhere", 1), ("story_elsewhere", 1)]
    assert "copied_story" not in {code for code, _position in codes(first)}


def test_ones_own_earlier_claim_is_not_copied_from(bought, pro):
    first = submit(bought)
    claims.withdraw_claim(claim=first, by=pro.owner, now=SUBMITTED_AT)
    assert codes(submit(bought)) == []


def test_of_a_story_that_goes_round_the_latest_claims_are_named(bought, reviewer):
    for number in range(5):
        submit(claimable(making.make_pro(f"Techos {number}")))
    claim = submit(bought)
    named = [each for each in sentences(claim, reviewer) if each.startswith("The same story stands")]
    assert len(named) == 9
    assert [name for name in ("Techos 4", "Techos 3", "Techos 2", "Techos 1") if name in "".join(named)] == [
        "Techos 4",
        "Techos 3",
        "Techos 2",
    ]


def test_nobody_reads_here_of_the_business_that_they_belong_to(bought, other_pro, reviewer):
    submit(claimable(other_pro))
    claim = submit(bought)
    assert len(sentences(claim, reviewer)) == 3
    other_pro.members.add(reviewer)
    assert sentences(claim, reviewer) == []


def test_an_erased_story_has_no_fingerprint(bought, reviewer):
    claim = submit(bought, stories=(STORIES[0],) * 3)
    approve(confirm_all(claim, reviewer), reviewer)
    erase_lead(lead=withdraw_lead(lead=bought[0].lead, now=LATER), now=LATER)
    item = item_of(claim, 1)
    assert (item.story, item.story_fingerprint) == (ERASED, "")
    assert [code for code in codes(claim) if code[0] == "same_story"] == [
        ("same_story", 2),
        ("same_story", 3),
    ]


def test_the_books_know_a_fingerprint_of_another_story(bought):
    (holds,) = [each for each in invariants if "fingerprint" in each.name]
    claim = submit(bought)
    assert list(holds.broken()) == []
    ClaimItem.objects.filter(claim=claim, position=2).update(story="Otra.")
    assert list(holds.broken()) == [
        f"claim {claim.public_id}: contact 2 is known by the fingerprint of another story"
    ]


def test_stories_that_were_told_before_get_their_fingerprints_too(bought):
    claim = submit(bought)
    known_by = list(claim.items.values_list("position", "story_fingerprint"))
    claim.items.update(story_fingerprint="")
    (migration,) = Path(migrations.__path__[0]).glob("*_signals_and_second_looks.py")
    import_module(f"{migrations.__name__}.{migration.stem}").give_fingerprints(apps, None)
    assert list(claim.items.values_list("position", "story_fingerprint")) == known_by


# What homeowners say


def test_the_homeowner_says_hired(bought, reviewer):
    claim = submit(bought)
    say_hired(item_of(claim, 2), reviewer)
    assert codes(claim) == [("says_hired", 2)]
    assert sentences(claim, reviewer) == [
        "The homeowner says that they hired this business (Feb. 23, 2026, noon), and the contact is not marked as won."
    ]
    give(item_of(claim, 2), "confirmed", reviewer, now=LATER + HOUR)
    assert codes(claim) == [("says_hired", 2)]  # Settled is not unsaid.


def test_nobody_contacted_me_disagrees_with_a_call_that_was_answered(bought, reviewer):
    claim = submit(bought)
    record_homeowner_word(contact=bought[0], word="never_contacted", by=reviewer, now=LATER)
    assert codes(claim) == [("says_never_contacted", 1)]
    assert sentences(claim, reviewer) == [
        "The homeowner says that nobody contacted them; the diary has “call, spoken to” (Jan. 11, 2026, 1 p.m.)."
    ]


def test_nobody_contacted_me_does_not_disagree_with_calls_that_were_not_answered(pro, reviewer):
    contacts = claimable(pro)
    for contact in contacts:
        write(contact, contact.bought_at + HOUR, kind="call_unanswered")
        write(contact, contact.bought_at + 2 * HOUR, kind="note")
    claim = submit(contacts)
    record_homeowner_word(contact=contacts[0], word="never_contacted", by=reviewer, now=LATER)
    assert codes(claim) == []


def test_an_answer_by_mail_is_compared_with_the_diary(bought, reviewer):
    claim = submit(bought)
    answer(claim, 1, hired="hired_other", contacted="no")
    answer(claim, 2, hired="hired_other", contacted="yes", contacted_on=at("2026-01-20 12:00").date())
    answer(claim, 3, hired="hired_other", contacted="yes", contacted_when="later")
    assert codes(claim) == [
        ("says_never_contacted", 1),
        ("says_contacted_otherwise", 2),
        ("says_contacted_otherwise", 3),
    ]
    assert sentences(claim, reviewer)[1:] == [
        "The homeowner says that they were contacted on Jan. 20, 2026; by the diary it was on Jan. 11, 2026.",
        "The homeowner says that they were contacted on Jan. 19, 2026 or later; by the diary it was on Jan. 11, 2026.",
    ]


def test_what_homeowners_say_is_for_those_who_may_see_their_word(bought, reviewer):
    claim = submit(bought)
    answer(claim, 1, hired="hired_them", contacted="yes", contacted_when="later")
    answer(claim, 2, hired="never_contacted", contacted="no")
    narrow = making.make_user("narrow@quince.example", is_staff=True)
    narrow.user_permissions.add(Permission.objects.get(codename="review_claim"))
    assert len(sentences(claim, reviewer)) == 3
    assert sentences(claim, User.objects.get(pk=narrow.pk)) == []


# Reviews


def review_of(contact, *, workmanship=None, text="Explicaron todo con paciencia.", network="", user=None):
    asked = reviews.ask_homeowner(contact=contact, by=contact.professional.owner, now=NOW + timedelta(days=2))
    return reviews.write_review(
        request=asked,
        author_name="Ana <b>Núñez</b>",
        handling=5,
        workmanship=workmanship,
        text=text,
        user=user,
        browser_of=None,
        network=network,
        now=NOW + timedelta(days=3),
    )


def test_stars_for_the_work_speak_of_a_job_unless_it_is_won(bought, pro, reviewer):
    claim = submit(bought)
    review_of(bought[1], workmanship=4, text="Terminaron el baño en tres días.")
    assert codes(claim) == [("work_rated", 2)]
    assert sentences(claim, reviewer) == [
        "Its review of Jan. 13, 2026 rates finished work (4 of 5), and the contact is not marked as won."
    ]


def test_words_that_speak_of_finished_work_are_told_as_the_moderator_reads_them(bought, reviewer):
    claim = submit(bought)
    review_of(bought[1], text="Terminaron el baño en tres días.")
    assert codes(claim) == [("work_without_a_job", 2)]
    assert sentences(claim, reviewer) == [
        "Its review: It speaks of finished work, and the contact is not marked as won."
    ]


def test_a_review_by_the_business_itself_or_from_its_telephone_or_network(bought, pro, reviewer):
    claim = submit(bought)
    review_of(bought[1], user=pro.owner)
    NetworkUse.objects.create(professional=pro, key="office", last_used_on=NOW.date())
    review_of(bought[2], network="office", text="Muy atentos y claros, de verdad.")
    lead = bought[2].lead
    lead.homeowner_phone = pro.phone
    lead.save(update_fields=["homeowner_phone"])
    assert codes(claim) == [("own_hand", 2), ("same_network", 3), ("same_phone", 3)]
    assert sentences(claim, reviewer)[0] == "Its review: written from the professional's own account"


def test_an_earlier_client_who_has_joined_the_business_since_is_noticed_while_the_review_counts(
    bought, pro, reviewer
):
    claim = submit(bought)
    review = Review.objects.filter(professional=pro, contact=None).latest("pk")
    pro.members.add(making.make_user(review.author_key.upper().replace("@EXAMPLE", "+x@EXAMPLE")))
    assert codes(claim) == [("same_mail", 0)]
    assert sentences(claim, reviewer) == [
        f"The review by “{review.author_name}” of Jan. 12, 2026: Its author has the e-mail of somebody who works or "
        "worked for the business, or of its invoices."
    ]
    Review.objects.filter(pk=review.pk).update(state="taken_down")
    assert codes(claim) == []


# The whole claim


def test_photos_that_came_on_the_day_of_the_claim_are_noticed_where_they_were_needed(bought, pro, reviewer):
    for seed in (21, 22):
        add_photo(professional=pro, use=Photo.Use.WORK, upload=making.picture(seed), now=SUBMITTED_AT - HOUR)
    claim = submit(bought)
    assert codes(claim) == []  # The terms of these tests ask for none; they are never saved otherwise.
    claim.terms.work_photos = 2
    (signal,) = noticed(claim, LATER)
    assert (signal.code, signal.contact) == ("photos_on_claim_day", None)
    Photo.objects.filter(use="work").update(uploaded_at=at("2026-02-19 23:59"))
    assert noticed(claim, LATER) == []
    # What was deleted since was there before, for all that we know; how many there were is frozen (G13).
    Photo.objects.filter(use="work").last().delete()
    assert noticed(claim, LATER) == []
    add_photo(professional=pro, use=Photo.Use.WORK, upload=making.picture(22), now=LATER)
    assert noticed(claim, LATER) == []
    # The same picture from before counts from then on, and what came later was not there.
    Photo.objects.filter(use="work").update(uploaded_at=at("2026-02-20 00:00"))
    assert [signal.code for signal in noticed(claim, LATER)] == ["photos_on_claim_day"]
    # Made by mail the day before, it was made before they came (G12).
    claim.made_on -= timedelta(days=1)
    Photo.objects.filter(use="work").update(uploaded_at=at("2026-02-19 23:59"))
    assert [signal.code for signal in noticed(claim, LATER)] == ["photos_on_claim_day"]


def test_a_shared_telephone_tax_id_or_payer_is_flagged_with_the_other_business(
    bought, pro, other_pro, reviewer
):
    claim = submit(bought)
    assert codes(claim) == []
    Professional.objects.filter(pk=other_pro.pk).update(phone=pro.phone, tax_id=f"{pro.tax_id[:-3]}ZZ9")
    customer, other = customer_of(pro), customer_of(other_pro)
    other.email = customer.email.upper()
    other.save()
    assert codes(claim) == [("shared_phone", 0), ("shared_tax_id", 0), ("shared_payer", 0)]
    assert sentences(claim, reviewer)[2] == (
        "“Pinturas Juárez” may be the same business: invoiced under the same tax id, or to the same e-mail."
    )
    other.email, other.tax_id = "otra@example.com", customer.tax_id
    other.save()
    assert ("shared_payer", 0) in codes(claim)
    customer.tax_id = other.tax_id = "XAXX010101000"  # Of nobody in particular.
    customer.save(), other.save()
    assert ("shared_payer", 0) not in codes(claim)


# The page


def test_as_many_queries_for_one_contact_as_for_fifteen(pro, other_pro):
    def count(business, number):
        contacts = claimable(business, contacts=15)
        claim = submit(contacts[:3])
        claim.items.filter(position__gt=number).delete()
        for position, contact in enumerate(contacts[3:number], start=4):
            ClaimItem.objects.create(
                claim=claim,
                contact=contact,
                position=position,
                price_cents=1,
                story=STORIES[0],
                story_fingerprint=fingerprint(STORIES[0]),
                ending="other",
            )
        for item in claim.items.select_related("contact"):
            write(item.contact, item.contact.bought_at + 30 * HOUR, after=30 * HOUR)
            if item.position > 1:  # The first has its review.
                review_of(item.contact, workmanship=5, text=f"Todo bien, número {item.pk}.")
        business.reviews.update(network="home")
        claim = Claim.objects.select_related("professional", "terms").get(pk=claim.pk)
        with CaptureQueriesContext(connection) as queries:
            found = noticed(claim, LATER)
        assert len({signal.contact for signal in found}) >= number
        return len(queries)

    assert count(pro, 1) == count(other_pro, 15)


def test_hostile_words_are_shown_as_they_are_and_do_nothing(
    bought, other_pro, client_of, reviewer, time_machine
):
    time_machine.move_to(LATER, tick=False)
    hostile = "<script>alert(1)</script> \u202edoblada la historia & “más”"
    Professional.objects.filter(pk=other_pro.pk).update(name="<img src=x onerror=alert(2)>")
    submit(claimable(other_pro), stories=(hostile, *STORIES[1:]))
    claim = submit(bought, stories=(hostile, "Otra cosa, muy distinta.", "Y otra más, nada que ver."))
    page = client_of(reviewer).get(reverse("admin:guarantees_claim_change", args=[claim.pk])).content.decode()
    assert "<script>alert" not in page
    assert "\u202e" not in page
    assert "<img src=x" not in page
    assert "&lt;img src=x onerror=alert(2)&gt;" in page


def test_nothing_of_it_reaches_a_page_of_the_professional(
    bought, other_pro, client_of, reviewer, time_machine
):
    time_machine.move_to(LATER, tick=False)
    submit(claimable(other_pro))
    claim = submit(bought)
    answer(claim, 1, hired="hired_them", contacted="yes", contacted_when="later")
    told = sentences(claim, reviewer)
    assert len(told) == 5
    browser = client_of(claim.professional)
    for name in ("guarantees:claim_status", "guarantees:overview", "home"):
        args = [claim.public_id] if name == "guarantees:claim_status" else []
        page = browser.get(reverse(name, args=args)).content.decode()
        assert "Pinturas Juárez" not in page
        assert [each for each in told if each in page] == []


def test_the_sentences_speak_the_readers_language(bought, reviewer):
    claim = submit(bought, stories=(STORIES[0],) * 3)
    with translation.override("es-mx"):
        (first, *_) = noticed_about(claim, reviewer, LATER).values()
        assert [each.code for each in first] == ["same_story"]


def test_a_draft_is_not_looked_at(pro):
    with pytest.raises(AssertionError):
        noticed(make_draft(pro), LATER)


def test_the_reviews_of_earlier_clients_stand_on_the_page_with_what_speaks_against_them(
    bought, pro, office, time_machine
):
    """G8: two at least are asked for, and the reviewer reads them."""
    time_machine.move_to(LATER, tick=False)
    claim = submit(bought)
    newest, oldest = Review.objects.filter(professional=pro, contact=None).order_by("-pk")
    pro.members.add(making.make_user(newest.author_key.upper().replace("@EXAMPLE", "+x@EXAMPLE")))
    page = office.get(reverse("admin:guarantees_claim_change", args=[claim.pk])).context["page"]
    shown = [(review.pk, [each.code for each in signals]) for review, signals in page.earlier_reviews]
    assert shown == [(newest.pk, ["same_mail"]), (oldest.pk, [])]
    assert page.signals == []  # It stands with its review, and once.
    text = office.get(reverse("admin:guarantees_claim_change", args=[claim.pk])).content.decode()
    for review in (newest, oldest):
        assert review.text in text
    assert text.count("Its author has the e-mail of somebody") == 1
