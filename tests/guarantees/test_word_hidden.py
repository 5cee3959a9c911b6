"""What homeowners said reaches nobody of the staff who may not see it, and no detail of theirs either (G2, M5)."""

import pytest

from guarantees.models import SecondLook
from guarantees.second_looks import look_again
from marketplace.models import Lead
from tests.guarantees.claim_making import (
    LATER,
    SUBMITTED_AT,
    approve,
    confirm_all,
    give,
    item_of,
    make_submitted,
    say_hired,
)
from tests.guarantees.office import QUEUE, review_of, words_of

pytestmark = pytest.mark.django_db
TOLD = "La señora dice que sí los contrató."


@pytest.fixture(autouse=True)
def _now(time_machine):
    time_machine.move_to(LATER, tick=False)


def read_by(user, client_of, claim):
    return words_of(client_of(user).get(review_of(claim)))


def test_the_queue_tells_of_a_contradiction_to_who_may_see_the_word(
    submitted, office, client_of, appeals, reviewer
):
    say_hired(item_of(submitted, 1), reviewer)
    assert "contradiction" in words_of(office.get(QUEUE))
    assert "contradiction" not in words_of(client_of(appeals).get(QUEUE))


def test_no_page_marks_the_contact_for_them(submitted, client_of, appeals, reviewer):
    confirm_all(submitted, reviewer, now=SUBMITTED_AT)
    say_hired(item_of(submitted, 1), reviewer)
    assert "data-undecided" not in client_of(appeals).get(review_of(submitted)).content.decode()


def test_stars_for_the_work_tell_that_they_hired(submitted, office, client_of, appeals):
    review = item_of(submitted, 1).contact.review
    review.workmanship = 4
    review.text = "Terminaron el baño en tres días."
    review.save(update_fields=["workmanship", "text"])
    told = ("rates finished work: 4 of 5", "rates finished work (4 of 5)")
    page = words_of(office.get(review_of(submitted)))
    assert [each in page for each in told] == [True, True]
    page = read_by(appeals, client_of, submitted)
    assert [each in page for each in told] == [False, False]


def test_a_review_that_speaks_of_finished_work_is_a_signal_for_who_may_see_it(
    submitted, office, client_of, appeals
):
    review = item_of(submitted, 1).contact.review
    review.text = "Terminaron el baño en tres días."
    review.save(update_fields=["text"])
    told = "It speaks of finished work, and the contact is not marked as won."
    assert told in words_of(office.get(review_of(submitted)))
    assert told not in read_by(appeals, client_of, submitted)


def test_notes_of_verdicts_and_second_looks_are_for_who_may_see_it(
    pro, client_of, office, appeals, reviewer, other_reviewer, settings
):
    settings.SECOND_LOOK_PERCENT = 100
    claim = make_submitted(pro)
    confirm_all(claim, reviewer)
    give(item_of(claim, 1), "unreachable", reviewer, note=TOLD)
    approve(claim, reviewer)
    noted = "Al vecino también le hicieron la cocina."
    look_again(look=SecondLook.objects.get(), result="cannot_tell", note=noted, by=other_reviewer, now=LATER)
    page = words_of(office.get(review_of(claim)))
    assert [each in page for each in (TOLD, noted)] == [True, True]
    page = read_by(appeals, client_of, claim)
    assert [each in page for each in (TOLD, noted)] == [False, False]
    # That there was one, and what it found, they see.
    assert "could not be reached" in page and "cannot tell" in page


def test_titles_and_towns_are_masked_for_who_does_not_see_homeowners(submitted, office, client_of, appeals):
    Lead.objects.filter(contacts__claim_items__claim=submitted).update(
        title="Un baño, 55 1234 5678",
        title_masked="Un baño, …",
        town="Coyoacán, calle Hidalgo 3",
        town_masked="Coyoacán, …",
    )
    page = words_of(office.get(review_of(submitted)))
    assert "55 1234 5678" in page and "calle Hidalgo 3" in page
    page = read_by(appeals, client_of, submitted)
    assert "Un baño, …" in page and "Coyoacán, …" in page
    assert "1234" not in page and "Hidalgo 3" not in page


def test_a_job_that_came_later_is_listed_without_details(confirmed, client_of, office, reviewer):
    """Its page shows them to whoever sees homeowners, and that is written down (X5)."""
    approve(confirmed, reviewer)
    contact = item_of(confirmed, 1).contact
    say_hired(item_of(confirmed, 1), reviewer)
    Lead.objects.filter(pk=contact.lead_id).update(title="Un baño, 55 1234 5678", title_masked="Un baño, …")
    address = "/admin/guarantees/refundedcontact/"
    page = words_of(office.get(address))
    assert "Un baño, …" in page and "1234" not in page
    look = f"{address}{contact.pk}/change/"
    assert "55 1234 5678" in words_of(office.get(look))
    assert contact.lead.seen_by.filter(user=reviewer).exists()
    reviewer.groups.first().permissions.remove(permission("view_homeowner"))
    page = words_of(office.get(look))
    assert "Un baño, …" in page and "1234" not in page


def permission(codename):
    from django.contrib.auth.models import Permission

    return Permission.objects.get(codename=codename)
