"""A job that comes after the guarantee has paid gives its price back, and nothing else follows (G24)."""

from datetime import timedelta

import pytest
import time_machine as travel
from django.urls import reverse

from base.money import money
from base.registry import origins
from guarantees import personal
from guarantees.errors import GuaranteeError
from guarantees.invariants import later_jobs_give_back
from guarantees.later_jobs import note_look, tell_later_job
from guarantees.models import LaterJob, RefundedContact
from mail.models import OutgoingMail
from marketplace.contacts import buy_contact
from marketplace.hiring import say_who_was_hired
from marketplace.models import Contact, Review
from tests import making
from tests.guarantees.claim_making import LATER, approve, balance, give, item_of, refused

pytestmark = pytest.mark.usefixtures("books_hold")

AFTER = LATER + timedelta(days=10)
SECOND = timedelta(seconds=1)


@pytest.fixture
def refunded(confirmed, reviewer):
    """The first of three contacts that the guarantee has paid back; each had cost 20,000."""
    approve(confirmed, reviewer)
    return Contact.objects.select_related("lead", "professional").get(pk=item_of(confirmed, 1).contact_id)


def spend_all_but(cents, pro):
    lead = making.make_lead(now=AFTER, price_cents=balance(pro) - cents)
    buy_contact(professional=pro, lead=lead, price_seen_cents=lead.price_cents, now=AFTER)


def tell(contact, by, seen=20_000, now=AFTER):
    return tell_later_job(contact=contact, by=by, taken_seen_cents=seen, now=now)


def test_the_price_is_taken_back_once_and_nothing_else_follows(refunded, pro):
    held = balance(pro)
    kept = list(pro.claims.values()), list(Contact.objects.order_by("pk").values())
    job = tell(refunded, pro.owner)
    assert tell(refunded, pro.owner, seen=0, now=AFTER + SECOND) == job
    assert (job.price_cents, job.taken_cents, job.told_by, job.told_at) == (20_000, 20_000, pro.owner, AFTER)
    entry = job.entry
    assert (entry.kind, entry.cause, entry.amount_cents) == (
        "later_job",
        f"contact:{refunded.public_id}",
        -20_000,
    )
    assert balance(pro) == entry.balance_after_cents == held - 20_000
    assert (list(pro.claims.values()), list(Contact.objects.order_by("pk").values())) == kept
    (mail,) = OutgoingMail.objects.filter(kind="guarantees/later_job")
    assert (mail.recipient, mail.subject) == (pro.owner.email, "Thank you for telling us about the job")
    assert f"We have taken {money(20_000)} back from your balance, which now holds" in mail.text


def test_the_statement_says_what_it_was_for_and_leads_to_the_contact(refunded, pro):
    entry = tell(refunded, pro.owner).entry
    (origin,) = origins["later_job"]([entry.pk]).values()
    assert origin.words == "Contact that became a job after the refund"
    assert origin.address == reverse("marketplace:contact", args=[refunded.public_id])


@pytest.mark.parametrize(("held", "taken"), [(20_001, 20_000), (20_000, 20_000), (19_999, 19_999), (1, 1)])
def test_no_more_is_taken_than_the_balance_holds(refunded, pro, held, taken):
    spend_all_but(held, pro)
    job = tell(refunded, pro.owner, seen=taken)
    assert (job.taken_cents, job.entry.amount_cents) == (taken, -taken)
    assert balance(pro) == held - taken


def test_of_an_empty_balance_nothing_is_taken_and_the_rest_is_never_asked_for(refunded, pro):
    spend_all_but(0, pro)
    job = tell(refunded, pro.owner, seen=0)
    assert (job.taken_cents, job.entry) == (0, None)
    making.fund(pro, 50_000, now=AFTER)
    assert tell(refunded, pro.owner) == job
    assert balance(pro) == 50_000


def test_what_the_page_showed_is_what_is_taken(refunded, pro):
    assert refused(tell, refunded, pro.owner, seen=19_999) == "amount_changed"
    assert not LaterJob.objects.exists()


def test_only_the_owner_and_only_after_a_refund(submitted, pro, stranger):
    contact = item_of(submitted, 1).contact
    pro.members.add(stranger)
    assert refused(tell, contact, stranger) == "not_the_owner"
    assert refused(tell, contact, pro.owner) == "not_refunded"


def test_the_books_find_what_was_taken_back_wrongly(refunded, pro):
    tell(refunded, pro.owner)
    assert list(later_jobs_give_back()) == []
    Contact.objects.filter(pk=refunded.pk).update(refunded_at=AFTER + SECOND)
    assert len(list(later_jobs_give_back())) == 1
    Contact.objects.filter(pk=refunded.pk).update(refunded_at=LATER)


def test_who_told_it_finds_it_among_their_own_data(refunded, pro):
    tell(refunded, pro.owner)
    assert ("Job that came after the refund, told on March 5, 2026", f"{money(20_000)} taken back") in list(
        personal.shown(pro.owner)
    )


# The pages


def test_the_owner_sees_exactly_what_happens_and_presses_once(refunded, pro, client_of):
    browser = client_of(pro)
    page = reverse("guarantees:later_job", args=[refunded.public_id])
    contact_page = reverse("marketplace:contact", args=[refunded.public_id])
    held = balance(pro)
    with travel.travel(AFTER, tick=False):
        assert page in browser.get(contact_page).text
        shown = browser.get(page)
        assert 'name="taken_cents" value="20000"' in shown.text
        assert balance(pro) == held
        assert browser.post(page, {"taken_cents": "19999"}).status_code == 409
        assert browser.post(page).status_code == 409
        assert browser.post(page, {"taken_cents": "20000"}).headers["Location"] == contact_page
        assert browser.post(page, {"taken_cents": "20000"}).headers["Location"] == contact_page
        assert browser.get(page).headers["Location"] == contact_page
        assert page not in browser.get(contact_page).text
    assert balance(pro) == held - 20_000


@pytest.mark.parametrize(
    ("held", "said"),
    [
        (0, "Your balance held nothing, so nothing was taken back."),
        (1, f"{money(1)} have been taken back from your balance."),
    ],
)
def test_of_an_empty_balance_nothing_is_said_to_have_been_taken(refunded, pro, client_of, held, said):
    spend_all_but(held, pro)
    pro.owner.language = "en"
    pro.owner.save(update_fields=["language"])
    browser = client_of(pro)
    with travel.travel(AFTER, tick=False):
        page = reverse("guarantees:later_job", args=[refunded.public_id])
        told = browser.post(page, {"taken_cents": f"{held}"}, follow=True)
        again = browser.get(reverse("marketplace:contact", args=[refunded.public_id]))
    assert f"Thank you for telling us. {said}" in told.text
    notice = again.text.partition("paid this contact back")[2].partition("</div>")[0]
    assert "it became a job after all" in notice and money(0) not in notice
    assert ("nothing was taken back" in notice) is (held == 0)


def test_a_contact_that_was_not_paid_back_has_no_such_page(submitted, pro, other_pro, client_of):
    contact = item_of(submitted, 1).contact
    page = reverse("guarantees:later_job", args=[contact.public_id])
    assert client_of(pro).get(page).status_code == 404
    assert client_of(other_pro).get(page).status_code == 404


# Where the homeowner says it first


def looked_for():
    return list(RefundedContact.objects.to_be_looked_at().values_list("pk", flat=True))


def test_a_homeowner_who_says_it_first_on_their_own_page_is_looked_at(refunded, reviewer):
    say_who_was_hired(lead=refunded.lead, hired=refunded, word="", now=AFTER)
    assert looked_for() == [refunded.pk]
    note_look(contact=refunded, note="Llamé a los dos.", by=reviewer, now=AFTER + SECOND)
    assert looked_for() == []
    assert list(RefundedContact.objects.called_jobs()) == [refunded]
    # Said anew, it is looked at anew.
    say_who_was_hired(lead=refunded.lead, hired=None, word="undecided", now=AFTER + 2 * SECOND)
    say_who_was_hired(lead=refunded.lead, hired=refunded, word="", now=AFTER + 3 * SECOND)
    assert looked_for() == [refunded.pk]


def test_who_said_it_before_the_refund_and_says_it_again_after_it_is_looked_at(confirmed, reviewer):
    contact = item_of(confirmed, 1).contact
    say_who_was_hired(lead=contact.lead, hired=contact, word="", now=LATER)
    give(item_of(confirmed, 1), "confirmed", reviewer, now=LATER + SECOND)
    approve(confirmed, reviewer, now=LATER + SECOND)
    assert looked_for() == []
    say_who_was_hired(lead=contact.lead, hired=contact, word="", now=AFTER)
    assert looked_for() == [contact.pk]


def test_who_says_it_again_on_their_own_page_within_the_hour_but_after_the_refund_is_looked_at(
    confirmed, reviewer
):
    contact = item_of(confirmed, 1).contact
    say_who_was_hired(lead=contact.lead, hired=contact, word="", now=LATER)
    give(item_of(confirmed, 1), "confirmed", reviewer, now=LATER + SECOND)
    approve(confirmed, reviewer, now=LATER + SECOND)
    say_who_was_hired(lead=contact.lead, hired=contact, word="", now=LATER + 2 * SECOND)
    assert looked_for() == [contact.pk]


def test_a_review_of_the_work_is_looked_at_and_one_of_before_the_refund_is_not(refunded):
    Review.objects.filter(contact=refunded).update(workmanship=5, written_at=LATER - SECOND)
    assert looked_for() == []
    Review.objects.filter(contact=refunded).update(written_at=AFTER)
    assert looked_for() == [refunded.pk]


def test_what_the_business_said_itself_need_not_be_looked_at(refunded, pro):
    say_who_was_hired(lead=refunded.lead, hired=refunded, word="", now=AFTER)
    tell(refunded, pro.owner)
    assert looked_for() == []
    assert list(RefundedContact.objects.called_jobs()) == [refunded]


def test_a_look_wants_a_note_and_somebody_else_than_the_business(refunded, reviewer, pro):
    assert refused(note_look, contact=refunded, note="  ", by=reviewer, now=AFTER) == "note_needed"
    assert refused(note_look, contact=refunded, note="x" * 2001, by=reviewer, now=AFTER) == "note_too_long"
    pro.members.add(reviewer)
    assert refused(note_look, contact=refunded, note="Sí.", by=reviewer, now=AFTER) == "own_business"
    with pytest.raises(GuaranteeError):
        note_look(contact=refunded, note="Sí.", by=pro.owner, now=AFTER)


def test_a_reviewer_marks_it_as_looked_at_and_nothing_else_changes(refunded, reviewer, pro, client_of):
    say_who_was_hired(lead=refunded.lead, hired=refunded, word="", now=AFTER)
    held = balance(pro)
    browser = client_of(reviewer)
    listed = reverse("admin:guarantees_refundedcontact_changelist")
    page = reverse("admin:guarantees_refundedcontact_change", args=[refunded.pk])
    look = reverse("admin:guarantees_refundedcontact_look", args=[refunded.pk])
    with travel.travel(AFTER + SECOND, tick=False):
        assert "the homeowner: hired this business" in browser.get(listed).text
        assert "Nobody has looked at it yet." in browser.get(page).text
        assert browser.get(look).status_code == 405
        assert browser.post(look, {"note": ""}).status_code == 409
        assert browser.post(look, {"note": "La llamé."}).headers["Location"] == listed
        assert "Reformas Hidalgo" not in browser.get(listed).text
        assert "Reformas Hidalgo" in browser.get(listed, {"state": "all"}).text
        assert "La llamé." in browser.get(page).text
    assert balance(pro) == held


def test_the_list_costs_the_same_with_one_and_with_three(
    confirmed, reviewer, client_of, django_assert_max_num_queries
):
    approve(confirmed, reviewer)
    browser = client_of(reviewer)
    listed = reverse("admin:guarantees_refundedcontact_changelist")
    contacts = [item.contact for item in confirmed.items.select_related("contact__lead")]
    say_who_was_hired(lead=contacts[0].lead, hired=contacts[0], word="", now=AFTER)
    browser.get(listed)
    with django_assert_max_num_queries(100) as one:
        browser.get(listed)
    for contact in contacts[1:]:
        say_who_was_hired(lead=contact.lead, hired=contact, word="", now=AFTER)
    with django_assert_max_num_queries(100) as three:
        browser.get(listed)
    assert len(one) == len(three)


def test_whoever_belongs_to_the_business_does_not_see_what_its_homeowner_said(
    refunded, reviewer, pro, client_of
):
    say_who_was_hired(lead=refunded.lead, hired=refunded, word="", now=AFTER)
    pro.members.add(reviewer)
    page = reverse("admin:guarantees_refundedcontact_change", args=[refunded.pk])
    assert client_of(reviewer).get(page).status_code == 404
