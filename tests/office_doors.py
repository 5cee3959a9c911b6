"""What stands behind the addresses of the office, a thing of each kind."""

from typing import Any

from tests import making
from tests.doors import WHEN, make_drafted_offer, make_parked_mail
from tests.guarantees.claim_making import approve, confirm_all, make_submitted, reject, say_hired
from tests.making import NOW


def make_office_world() -> dict[str, list[Any]]:
    """One of each thing that staff decide about; the arguments of the office's page about it."""
    from guarantees.appeals import appeal_suspension
    from guarantees.counting import count_guarantee
    from guarantees.models import CountedDay
    from marketplace.senders import block_sender
    from profiles.suspensions import suspend

    pro, other_pro = making.make_pro(), making.make_pro()
    claim = make_submitted(pro)
    subscription = making.contract(other_pro)
    making.fund(other_pro)
    (contact,) = making.buy(other_pro)
    asked = making.ask_return_with_picture(contact, now=NOW)
    blocked = making.make_lead(published=False)
    (block,) = block_sender(
        lead=blocked, by_mail=True, by_phone=False, by=making.make_user(), reason="Spam.", now=NOW
    )
    suspension = suspend(
        professional=making.make_pro(), reason="Dijo lo que no era.", decided_by=making.make_user(), now=NOW
    )
    appeal = appeal_suspension(
        suspension=suspension, text="No fue así.", by=suspension.professional.owner, now=NOW
    )
    parked = make_parked_mail()
    count_guarantee(now=WHEN)
    return {
        "admin:billing_invoice_year": [2026],
        "admin:billing_gatewayevent_settle": [make_told().pk],
        "admin:billing_subscription_cancel": [subscription.pk],
        "admin:guarantees_claim_contact": [claim.pk, claim.items.all()[0].pk],
        "admin:guarantees_claim_decide": [claim.pk, "approve"],
        "admin:guarantees_claim_looking": [claim.pk],
        "admin:guarantees_claim_preview": [claim.pk, "approve"],
        "admin:guarantees_claim_review": [claim.pk],
        "admin:mail_incomingmail_attachment": [parked.pk, 1],
        "admin:mail_incomingmail_message": [parked.pk],
        "admin:mail_incomingmail_set_aside": [parked.pk],
        "admin:mail_incomingmail_take_in": [parked.pk],
        "admin:guarantees_countedday_sheet": [CountedDay.objects.get().pk, "claims"],
        "admin:guarantees_guaranteeterms_what_if": [],
        "admin:guarantees_extradays_decide": [],
        "admin:guarantees_extradays_proposed": [],
        "admin:guarantees_refundedcontact_look": [make_called_a_job().pk],
        "admin:guarantees_secondlook_record": [make_second_look().pk],
        "admin:marketplace_contact_word": [contact.pk],
        "admin:marketplace_blockedsender_lift": [block.pk],
        "admin:marketplace_lead_block": [blocked.pk],
        "admin:marketplace_lead_verify_phone": [blocked.pk],
        "admin:marketplace_lead_decide": [making.make_lead(published=False).pk],
        "admin:marketplace_pricerule_preview": [],
        "admin:marketplace_returnrequest_decide": [asked.pk],
        "admin:marketplace_returnrequest_evidence": [asked.pk, asked.evidence.get().pk],
        "admin:marketplace_review_decide": [making.make_review(contact, published=False).pk],
        "admin:guarantees_appeal_hear": [appeal.pk, "refuse_appeal"],
        "admin:guarantees_appeal_answer": [appeal.pk, "refuse_appeal"],
        "admin:profiles_professional_suspend": [pro.pk],
        "admin:profiles_suspension_lift": [suspension.pk],
        **make_desk_office(),
    }


def make_desk_office() -> dict[str, list[Any]]:
    """One of each thing of the desk; the arguments of the office's pages about it."""
    from support.models import Article
    from tests.support.office import make_agreement, make_client, make_draft, pdf

    of_text = [Article.objects.get(key="first-call").pk, "en"]
    lead = making.make_staff("desk lead", email="plans@quince.example")
    client = make_client()
    agreement = make_agreement(client, lead, document=pdf(), now=WHEN)
    make_draft(client, lead, document=pdf(), now=WHEN)
    make_drafted_offer(client, lead)
    anna = client.people.get()
    return {
        "admin:support_agreement_document": [agreement.pk, 1],
        "admin:support_agreement_version": [agreement.pk],
        "admin:support_allowance_extend": [agreement.current.lines.get().allowance_id],
        "admin:support_article_place": of_text[:1],
        "admin:support_article_publish": of_text,
        "admin:support_article_text": of_text,
        "admin:support_article_withdraw": of_text,
        "admin:support_checkedyear_confirm": [2020],
        "admin:support_client_change_person": [client.pk, anna.pk],
        "admin:support_client_end_person": [client.pk, anna.pk],
        "admin:support_client_language": [client.pk],
        "admin:support_client_person": [client.pk],
    }


def make_called_a_job() -> Any:
    """A contact of which the homeowner says, after it was paid back, that it became a job."""
    reviewer = making.make_staff("reviewer", email="decides@quince.example")
    claim = confirm_all(make_submitted(making.make_pro()), reviewer)
    approve(claim, reviewer)
    item = claim.items.get(position=1)
    say_hired(item, reviewer)
    return item.contact


def make_second_look() -> Any:
    """One that waits, at a claim that somebody else has rejected without a requirement that fails."""
    decides = making.make_staff("reviewer", email="rejects@quince.example")
    claim = reject(make_submitted(making.make_pro()), decides)
    return claim.events.get(kind="rejected").second_look


def make_told() -> Any:
    """A message of the gateway that needs a person."""
    from billing.models import GatewayEvent

    return GatewayEvent.objects.create(
        gateway="test", event_id="event_1", kind="payment.paid", word="paid", state="needs_person",
        why="unknown_payment", happened_at=WHEN, received_at=WHEN, due_at=WHEN,
    )  # fmt: skip
