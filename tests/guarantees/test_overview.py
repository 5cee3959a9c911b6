"""The page of the guarantee at every stage: where am I, what is missing, what next, by when (G23)."""

from datetime import date, timedelta

import pytest
import time_machine
from django.urls import reverse

from guarantees.decisions import reject_claim
from marketplace.models import Contact
from tests import making
from tests.making import NOW, at

URL = "/guarantee/"


def see(client_of, who, when):
    """The page as `who` sees it at noon of that day."""
    with time_machine.travel(at(f"{when} 12:00"), tick=False):
        response = client_of(who).get(URL)
    assert response.status_code == 200
    return response


def step_of(response):
    return response.context["standing"].step


def statuses(response):
    return {line.code: line.status for line in response.context["lines"]}


def running(pro, count=0, *, now=NOW, step=timedelta(days=1)):
    """A year's plan, money, and `count` contacts, one each `step`."""
    making.contract(pro, now=now, plan=making.make_plan("year", months=12))
    making.fund(pro, now=now)
    return [making.buy(pro, now=now + step * n)[0] for n in range(1, count + 1)]


def test_the_address_is_that_of_the_guarantee():
    assert reverse("guarantees:overview") == URL


def test_signed_out_leads_to_the_sign_in_and_back(client, db):
    response = client.get(URL)
    assert response.status_code == 302
    assert response["Location"] == f"{reverse('account_login')}?next={URL}"


def test_whoever_has_no_business_is_led_to_open_one(client_of, stranger):
    response = client_of(stranger).get(URL)
    assert (response.status_code, response["Location"]) == (302, reverse("profiles:open"))


def test_a_member_sees_the_page_and_that_only_the_owner_claims(client_of, pro):
    making.make_eligible(pro)
    member = making.make_user()
    pro.members.add(member)
    response = see(client_of, member, "2026-02-11")
    assert "Only the owner of the business can make the claim." in response.content.decode()
    assert f'href="{reverse("guarantees:claim")}"' not in response.content.decode()


def test_before_contracting_it_explains_how_to_start(client_of, pro):
    response = see(client_of, pro, "2026-08-31")
    html = response.content.decode()
    assert "Your guarantee begins on the day you contract your first plan." in html
    assert "How it works" in html
    assert "Your time, if you contracted today" in html
    assert "Nov. 15, 2026" in html  # B, as if contracted today
    assert "Nov. 8, 2026" in html  # B - 7
    assert (step_of(response).code, step_of(response).url) == ("contract", reverse("billing:plans"))
    assert f'href="{reverse("billing:plans")}"' in html


def test_a_newcomer_is_asked_for_the_profile_first(client_of, pro):
    """Homeowners look at it before anything else."""
    running(pro)
    response = see(client_of, pro, "2026-01-11")
    html = response.content.decode()
    assert "Your guarantee is running, and you have bought no contact yet." in html
    assert (step_of(response).code, step_of(response).url) == ("profile", reverse("profiles:completeness"))
    assert "None yet. The contacts that you buy appear here in the order of their purchase." in html


def test_with_a_complete_profile_the_newcomer_is_asked_to_buy_by_the_safe_day(client_of, pro):
    running(pro)
    making.complete_profile(pro)
    step = step_of(see(client_of, pro, "2026-01-11"))
    assert (step.code, step.title, step.by, step.urgent) == (
        "buy",
        "Buy 15 more contacts",
        date(2026, 3, 18),
        False,
    )


def test_seven_in_says_how_many_and_by_when(client_of, pro):
    running(pro, 7)
    response = see(client_of, pro, "2026-01-25")
    html = response.content.decode()
    assert (
        "You cannot claim yet. The guarantee stands behind the MX$1,400.00 that you have spent on contacts."
        in html
    )
    assert "Buy 8 more contacts" in html
    assert (
        "Have them all by March 18, 2026 to be safe. March 25, 2026 is the very last day: bought later, the last one "
        "can never be claimed." in html
    )
    assert "<strong>7 of 15</strong> · MX$1,400.00 at stake" in html
    assert statuses(response) == {
        "contacts": "unmet",
        "no_job_won": "met",
        "bought_in_time": "unmet",
        "waiting_month": "unmet",
        "claim_window": "met",
        "profile": "unmet",
        "contact_review": "unmet",
        "earlier_reviews": "unmet",
        "plan": "met",
        "payments": "met",
        "returns_settled": "met",
        "first_contact": "met",
        "not_suspended": "met",
        "first_claim": "met",
    }
    for line in response.context["lines"]:
        assert line.sentence and line.status_word


def test_a_contact_bought_today_is_to_be_called_first(client_of, pro):
    """G21."""
    running(pro, 1)
    step = step_of(see(client_of, pro, "2026-01-11"))
    assert (step.code, step.title, step.url) == (
        "call",
        "Call your new contact",
        reverse("marketplace:contacts"),
    )


def test_after_the_safe_day_the_last_day_is_urgent(client_of, pro):
    """G6: the warning before the trap."""
    running(pro, 7)
    response = see(client_of, pro, "2026-03-19")
    step = step_of(response)
    assert (step.code, step.by, step.urgent) == ("buy", date(2026, 3, 25), True)
    assert "March 25, 2026 is the very last day: bought later, the last one can never be claimed." in (
        response.content.decode()
    )


def test_in_the_trap_it_says_why_and_what_still_helps(client_of, pro):
    """G6: the fifteenth was bought after 25 March."""
    running(pro, 14)
    making.buy(pro, now=at("2026-03-26 12:00"))
    response = see(client_of, pro, "2026-03-28")
    html = response.content.decode()
    assert "The guarantee can no longer be claimed." in html
    assert (
        "The last counted contact was bought after March 25, 2026, so its waiting month ends only on April 26, 2026, "
        "and the last day to claim is April 25, 2026. If a return or a review of yours waited for us longer than 5 "
        "days, write to apelaciones@quince.example: days can be added." in html
    )
    assert step_of(response).code == "go_on"
    assert statuses(response)["claim_window"] == "lost"


def test_waiting_says_until_when_and_offers_to_write_meanwhile(client_of, pro):
    making.make_eligible(pro)
    response = see(client_of, pro, "2026-02-10")
    html = response.content.decode()
    assert "Nothing is missing but time: you can claim from Feb. 11, 2026." in html
    assert (step_of(response).code, step_of(response).url) == ("wait", reverse("guarantees:claim"))
    assert statuses(response)["waiting_month"] == "waiting"


@pytest.mark.parametrize("day", ["2026-02-11", "2026-04-25"])
def test_eligible_on_the_first_and_on_the_last_day(client_of, pro, day):
    making.make_eligible(pro)
    response = see(client_of, pro, day)
    html = response.content.decode()
    assert "You can claim: MX$3,000.00 would go back to your balance." in html
    step = step_of(response)
    assert (step.code, step.title, step.by) == ("claim", "Make your claim", date(2026, 4, 25))
    assert "14 of 14 in order" in html


def test_no_longer_once_the_window_has_closed(client_of, pro):
    making.make_eligible(pro)
    html = see(client_of, pro, "2026-04-26").content.decode()
    assert "The guarantee can no longer be claimed." in html
    assert "The last day to claim was April 25, 2026." in html


def test_a_job_won_is_congratulated(client_of, pro):
    from marketplace.contacts import set_outcome

    contacts = running(pro, 3)
    set_outcome(
        contact=contacts[1],
        outcome=Contact.Outcome.WON,
        lost_reason="",
        by=pro.owner,
        now=at("2026-01-20 12:00"),
    )
    response = see(client_of, pro, "2026-01-25")
    html = response.content.decode()
    assert "You won a job with your first contacts: the guarantee has kept its promise." in html
    assert "Congratulations on the job" in html
    assert statuses(response)["no_job_won"] == "lost"


def test_suspended_says_where_to_appeal(client_of, pro, reviewer):
    """G19."""
    from profiles.suspensions import suspend

    running(pro, 3)
    suspend(professional=pro, reason="Falso.", decided_by=reviewer, now=NOW)
    response = see(client_of, pro, "2026-01-25")
    assert "Your business is suspended, so nothing can be claimed." in response.content.decode()
    assert (step_of(response).code, step_of(response).url) == ("appeal", reverse("guarantees:suspension"))
    (line,) = (line for line in response.context["lines"] if line.code == "not_suspended")
    assert (line.url, "the page “Your business is suspended”" in line.sentence) == (
        step_of(response).url,
        True,
    )


def test_whoever_has_appealed_is_told_of_the_appeal_and_not_to_appeal(client_of, pro, reviewer, appeals):
    """Each decision is appealed against once (G19)."""
    from guarantees.appeals import appeal_suspension
    from guarantees.decisions import refuse_appeal_against_suspension
    from profiles.suspensions import suspend

    running(pro, 3)
    suspension = suspend(professional=pro, reason="Falso.", decided_by=reviewer, now=NOW)
    appeal_suspension(suspension=suspension, text="No fui yo: aquí está.", by=pro.owner, now=NOW)
    response = see(client_of, pro, "2026-01-25")
    assert (step_of(response).code, step_of(response).url) == (
        "wait_for_appeal",
        reverse("guarantees:suspension"),
    )
    refuse_appeal_against_suspension(suspension=suspension, by=appeals, reason="Sí fue.", now=NOW)
    assert step_of(see(client_of, pro, "2026-01-25")).code == "appeal_refused"


def test_a_rejected_claim_is_a_link_away_though_another_can_be_made(client_of, submitted, reviewer):
    reject_claim(claim=submitted, reason="Falta algo.", by=reviewer, now=at("2026-02-13 12:00"))
    response = see(client_of, submitted.professional, "2026-02-14")
    page = response.content.decode()
    assert step_of(response).code == "claim"
    assert f'href="{reverse("guarantees:claim_status", args=[submitted.public_id])}"' in page
    assert "was rejected." in page


def test_nobody_is_promised_reminders_who_gets_none(client_of, pro, reviewer):
    """As `reminder_rules`: none to the suspended, none once nothing can be claimed."""
    from profiles.suspensions import suspend

    running(pro, 3)
    link = f'href="{reverse("guarantees:reminders")}"'
    assert link in see(client_of, pro, "2026-01-25").content.decode()
    assert link not in see(client_of, pro, "2027-01-05").content.decode()
    suspend(professional=pro, reason="Falso.", decided_by=reviewer, now=NOW)
    assert link not in see(client_of, pro, "2026-01-25").content.decode()


def test_an_invoice_past_due_is_to_be_paid_before_anything_is_bought(client_of, pro):
    making.contract(pro, paid=False, plan=making.make_plan("year", months=12))
    response = see(client_of, pro, "2026-01-20")
    assert (step_of(response).code, step_of(response).url) == ("pay", reverse("billing:invoices"))


def test_without_a_plan_in_force_it_is_contracted_again_and_the_dates_stay(client_of, pro):
    from billing.subscriptions import cancel_plan

    cancel_plan(subscription=making.contract(pro), by=pro.owner, now=NOW)
    response = see(client_of, pro, "2026-02-20")
    assert step_of(response).code == "contract_again"
    assert response.context["eligibility"].purchase_deadline == date(2026, 4, 10)


class TestClaims:
    @pytest.fixture
    def draft(self, pro):
        from guarantees.claims import begin_claim, save_story

        contacts = making.make_eligible(pro)
        now = at("2026-02-11 10:00")
        claim = begin_claim(professional=pro, by=pro.owner, now=now)
        for contact in contacts:
            save_story(
                claim=claim,
                contact=contact,
                text="Llamé tres veces y nunca me contestó.",
                ending="no_answer",
                by=pro.owner,
                now=now,
            )
        return claim

    @pytest.fixture
    def submitted(self, draft, pro):
        from guarantees.claims import submit_claim

        submit_claim(claim=draft, by=pro.owner, now=at("2026-02-11 11:00"))
        draft.refresh_from_db()
        return draft

    def status_url(self, claim):
        return reverse("guarantees:claim_status", args=[claim.public_id])

    def test_a_draft_is_to_be_finished(self, client_of, pro, draft):
        response = see(client_of, pro, "2026-02-12")
        assert (step_of(response).title, step_of(response).button) == (
            "Finish your claim and send it",
            "Continue your claim",
        )

    def test_a_claim_with_us_is_waited_for(self, client_of, pro, submitted):
        response = see(client_of, pro, "2026-02-12")
        html = response.content.decode()
        assert "Your claim for MX$3,000.00 is being looked at." in html
        assert (step_of(response).code, step_of(response).url) == (
            "wait_for_decision",
            self.status_url(submitted),
        )
        assert statuses(response)["first_claim"] == "unmet"

    def test_questions_are_to_be_answered_by_their_date(self, client_of, pro, submitted, reviewer):
        """G17."""
        from guarantees.decisions import ask_questions
        from guarantees.models import ClaimQuestion

        ask_questions(
            claim=submitted,
            questions={submitted.items.first().pk: "¿Qué número marcó?"},
            purpose=ClaimQuestion.Purpose.INFORMATION,
            by=reviewer,
            now=at("2026-02-12 10:00"),
        )
        step = step_of(see(client_of, pro, "2026-02-13"))
        assert (step.code, step.url) == ("answer", self.status_url(submitted))
        assert step.by == ClaimQuestion.objects.get().answer_by

    def test_refunded_it_says_what_came_back_and_leads_to_jobs(self, client_of, pro, submitted, reviewer):
        from guarantees.decisions import approve_claim, give_verdict

        for item in submitted.items.all():
            give_verdict(
                item=item, verdict="confirmed", note="Cierto.", by=reviewer, now=at("2026-02-13 10:00")
            )
        approve_claim(claim=submitted, by=reviewer, now=at("2026-02-13 11:00"))
        response = see(client_of, pro, "2026-02-14")
        html = response.content.decode()
        assert "The guarantee has been paid to you." in html
        assert "MX$3,000.00 went back to your balance, for as many new contacts." in html
        assert (step_of(response).code, step_of(response).url) == ("spend", reverse("marketplace:feed"))
        assert self.status_url(submitted) in html


def test_the_counted_contacts_are_listed_with_a_link_to_each(client_of, pro):
    contacts = running(pro, 3)
    response = see(client_of, pro, "2026-01-25")
    html = response.content.decode()
    assert [each.pk for each in response.context["counted"]] == [each.pk for each in contacts]
    for contact in contacts:
        assert reverse("marketplace:contact", args=[contact.public_id]) in html
        assert contact.lead.title in html
    assert html.count('<li class="is-on"></li>') == 3


def test_no_word_of_the_homeowner_reaches_the_page(client_of, pro, reviewer):
    """G2, M5."""
    from marketplace.contacts import record_homeowner_word

    (contact,) = running(pro, 1)
    before = see(client_of, pro, "2026-01-25").content.decode()
    record_homeowner_word(
        contact=contact, word=Contact.Word.HIRED_THEM, by=reviewer, now=at("2026-01-20 12:00")
    )
    after = see(client_of, pro, "2026-01-25").content.decode()
    assert without_token(before) == without_token(after)
    for secret in (
        contact.lead.homeowner_name,
        contact.lead.homeowner_email,
        str(contact.lead.homeowner_phone),
    ):
        assert secret not in after


def without_token(html):
    import re

    return re.sub(r'name="csrfmiddlewaretoken" value="[^"]*"', "", html)


def test_the_day_is_that_of_the_marketplace(client_of, pro):
    """X1: at 19:30 on 25 April in Mexico City it is 26 April in UTC, and still the last day to claim."""
    making.make_eligible(pro)
    with time_machine.travel(at("2026-04-25 19:30"), tick=False):
        response = client_of(pro).get(URL)
    assert response.context["eligibility"].status == "eligible"


def test_the_page_costs_the_same_with_one_contact_and_with_thirty(
    client_of, pro, other_pro, django_assert_num_queries
):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    running(pro, 1)
    running(other_pro, 30, step=timedelta(hours=1))
    counts = []
    for who in (pro, other_pro):
        with time_machine.travel(at("2026-01-25 12:00"), tick=False):
            browser = client_of(who)
            browser.get(URL)
            with CaptureQueriesContext(
                connection,
            ) as queries:
                browser.get(URL)
            counts.append(len(queries))
    assert counts[0] == counts[1] <= 12


def test_the_picture_has_words_for_whoever_does_not_see_it(client_of, pro):
    running(pro, 7)
    html = see(client_of, pro, "2026-01-25").content.decode()
    assert html.count('role="img"') >= 2
    assert 'aria-describedby="dates"' in html and 'id="dates"' in html
    assert "style=" not in html and "<script" not in html.split("<main", 1)[1]


def test_numbers_of_the_picture_are_written_for_machines_in_every_language(client_of, pro):
    """A decimal comma would break the picture."""
    import re

    running(pro, 7)
    with time_machine.travel(at("2026-01-25 12:00"), tick=False):
        html = client_of(pro).get(URL, headers={"accept-language": "es-mx"}).content.decode()
    numbers = re.findall(r' (?:x|y|x1|x2|y1|y2|cx|cy|width|height)="([^"]*)"', html.split("<svg", 1)[1])
    assert numbers and all(re.fullmatch(r"\d+(\.\d+)?", number) for number in numbers)
