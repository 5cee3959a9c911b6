"""What must hold in the books of claims, at every moment; `check_books` asks."""

from collections.abc import Iterable

from django.db.models import Count, Exists, F, OuterRef, Q, Sum

from base.days import marketplace_day
from base.registry import invariant
from billing.models import WalletEntry
from guarantees.appeals import REJECTED
from guarantees.copies import fingerprint
from guarantees.models import (
    Appeal,
    Claim,
    ClaimEvent,
    ClaimItem,
    ClaimQuestion,
    HomeownerSurvey,
    LaterJob,
    SecondLook,
)
from guarantees.replaying import replayed
from guarantees.second_looks import verdicts_by
from marketplace.models import Contact


@invariant("a claim is approved if, and only if, its contacts' prices were credited to its business once")
def refunds_match_claims() -> Iterable[str]:
    approved = Claim.objects.filter(state=Claim.State.APPROVED).select_related("refund_entry__wallet")
    for claim in approved.annotate(paid=Sum("items__price_cents")).iterator():
        entry = claim.refund_entry
        assert entry is not None  # approved_means_refunded
        if entry.wallet.professional_id != claim.professional_id:
            yield f"claim {claim.public_id}: refunded to another business (entry {entry.pk})"
        if entry.amount_cents != claim.paid or entry.amount_cents != claim.amount_cents:
            yield (
                f"claim {claim.public_id}: refunded {entry.amount_cents}, its contacts cost {claim.paid}, "
                f"the claim says {claim.amount_cents}"
            )
        if (entry.kind, entry.cause) != (WalletEntry.Kind.REFUND, f"claim:{claim.public_id}"):
            yield f"claim {claim.public_id}: its refund is entry {entry.pk}, of {entry.kind} {entry.cause}"
    for entry in WalletEntry.objects.filter(kind=WalletEntry.Kind.REFUND, claim_refunded=None).iterator():
        yield f"entry {entry.pk}: a refund for {entry.cause}, and no approved claim points at it"


@invariant("no business was refunded while a claim of it stands rejected as false")
def nobody_false_is_refunded() -> Iterable[str]:
    false = Claim.objects.filter(professional=OuterRef("professional"), state=Claim.State.REJECTED_AS_FALSE)
    for claim in Claim.objects.filter(Exists(false), state=Claim.State.APPROVED).iterator():
        yield f"claim {claim.public_id}: approved, and another of its business stands rejected as false"


@invariant("a contact is frozen if, and only if, an open claim counts it")
def frozen_contacts_are_in_open_claims() -> Iterable[str]:
    in_open_claim = Exists(ClaimItem.objects.filter(contact=OuterRef("pk"), claim__state__in=Claim.OPEN))
    contacts = Contact.objects.annotate(in_open_claim=in_open_claim).order_by()
    for contact in contacts.filter(frozen_at__isnull=False, in_open_claim=False).iterator():
        yield f"contact {contact.public_id}: frozen, and no open claim counts it"
    # Returned before an appeal brought the claim back: it stays returned, and the claim cannot be approved.
    for contact in contacts.filter(frozen_at=None, returned_at=None, in_open_claim=True).iterator():
        yield f"contact {contact.public_id}: counted by an open claim, and not frozen"


@invariant("a contact is marked as refunded if, and only if, an approved claim paid for it")
def refunded_contacts_are_in_approved_claims() -> Iterable[str]:
    paid = Exists(ClaimItem.objects.filter(contact=OuterRef("pk"), claim__state=Claim.State.APPROVED))
    wrong = (
        Contact.objects.annotate(paid=paid)
        .order_by()
        .filter(Q(refunded_at=None, paid=True) | Q(refunded_at__isnull=False, paid=False))
    )
    for contact in wrong.iterator():
        yield f"contact {contact.public_id}: refunded on {contact.refunded_at}, paid by a claim: {contact.paid}"


@invariant("a submitted claim has as many contacts as its terms ask for, and is for the sum of their prices")
def claims_count_their_contacts() -> Iterable[str]:
    claims = Claim.objects.exclude(submitted_at=None).annotate(
        count=Count("items"), paid=Sum("items__price_cents")
    )
    for claim in claims.exclude(count=F("terms__contacts"), paid=F("amount_cents")).iterator():
        yield f"claim {claim.public_id}: {claim.count} contacts for {claim.paid}, it says {claim.amount_cents}"


@invariant("what was frozen gives the same verdict when it is judged again")
def snapshots_replay() -> Iterable[str]:
    for each in replayed(Claim.objects.all()):
        if each.differs:
            yield (
                f"claim {each.claim.public_id}: what was frozen at {each.frozen_at} gives another verdict today "
                f"({'; '.join(each.differs)})"
            )


@invariant("a claim is rejected as false if, and only if, it points at the suspension that came with it")
def false_claims_suspend() -> Iterable[str]:
    false = Q(state=Claim.State.REJECTED_AS_FALSE)
    for claim in Claim.objects.filter(false, suspension=None).iterator():
        yield f"claim {claim.public_id}: rejected as false, and suspended nobody"
    for claim in Claim.objects.filter(~false, suspension__isnull=False).iterator():
        yield f"claim {claim.public_id}: is {claim.state}, and points at a suspension"
    wrong = Claim.objects.filter(suspension__isnull=False).exclude(suspension__professional=F("professional"))
    for claim in wrong.iterator():
        yield f"claim {claim.public_id}: suspended another business"


@invariant("whoever decided a claim under four eyes gave none of the verdicts that stand (G18)")
def four_eyes_are_four() -> Iterable[str]:
    own = ClaimItem.objects.filter(claim=OuterRef("pk"), verdict_by=OuterRef("decided_by")).exclude(
        verdict=""
    )
    for claim in Claim.objects.filter(Exists(own), four_eyes_applied_at__isnull=False).iterator():
        yield f"claim {claim.public_id}: decided under four eyes by somebody who gave one of its verdicts"


@invariant("a decision was made under four eyes if, and only if, it says that they applied (G18)")
def four_eyes_are_kept() -> Iterable[str]:
    # An appeal that was refused leaves the state as it is, and is another kind of event.
    decided = ClaimEvent.objects.filter(kind__in=Claim.DECIDED, kind=F("to_state"), at=F("claim__decided_at"))
    for event in decided.select_related("claim").order_by().iterator():
        claim = event.claim
        if claim.state == event.to_state and bool(event.stood_on.get("four_eyes")) != bool(
            claim.four_eyes_applied_at
        ):
            yield f"claim {claim.public_id}: its decision and the claim say different things of four eyes"


@invariant(
    "an appeal that waits is against a decision that stands, and is of somebody who is there (G19, X5)"
)
def appeals_wait_for_an_answer() -> Iterable[str]:
    stands = Q(claim__decided_at=F("decided_at"), claim__state__in=REJECTED) | Q(
        suspension__isnull=False, suspension__lifted_at=None
    )
    for appeal in Appeal.objects.waiting().exclude(stands).iterator():
        yield f"appeal {appeal.pk}: waits, and what it is against stands no more"
    for appeal in Appeal.objects.waiting().filter(professional__closed_at__isnull=False).iterator():
        yield f"appeal {appeal.pk}: waits, and its business has closed its account"


@invariant("more information is wanted if, and only if, an answer is waited for (G16, G17)")
def somebody_is_waited_for() -> Iterable[str]:
    waited_for = Exists(ClaimQuestion.objects.waiting().filter(item__claim=OuterRef("pk")))
    claims = Claim.objects.open().annotate(waited_for=waited_for).order_by()
    for claim in claims.filter(state=Claim.State.MORE_INFORMATION, waited_for=False).iterator():
        yield f"claim {claim.public_id}: more information is wanted, and no answer is waited for"
    for claim in claims.filter(state=Claim.State.SUBMITTED, waited_for=True).iterator():
        yield f"claim {claim.public_id}: an answer is waited for, and the claim does not say so"


@invariant(
    "a claim was made on the day on which it was submitted, or on that of a mail which was in time for it (G12)"
)
def claims_were_made_when_they_say() -> Iterable[str]:
    claims = Claim.objects.exclude(submitted_at=None).prefetch_related("mails").order_by()
    for claim in claims.iterator(chunk_size=1000):
        assert claim.submitted_at is not None
        submitted_on = marketplace_day(claim.submitted_at)
        in_time = {mail.received_on for mail in claim.mails.all() if mail.submit_by >= submitted_on}
        if claim.made_on not in {submitted_on, *in_time}:
            yield f"claim {claim.public_id}: made on {claim.made_on}, submitted on {submitted_on}, and no mail says why"


@invariant(
    "of a job that came later no more is taken back than the guarantee had paid, once, and after it had paid (G24)"
)
def later_jobs_give_back() -> Iterable[str]:
    for job in LaterJob.objects.select_related("contact", "entry__wallet").iterator():
        contact, entry = job.contact, job.entry
        if contact.refunded_at is None or job.told_at < contact.refunded_at:
            yield f"contact {contact.public_id}: taken back on {job.told_at}, refunded on {contact.refunded_at}"
        if job.price_cents != contact.price_cents:
            yield f"contact {contact.public_id}: cost {contact.price_cents}, its later job says {job.price_cents}"
        if entry is None:
            continue
        said = (entry.kind, entry.cause, entry.amount_cents, entry.wallet.professional_id)
        cause = f"contact:{contact.public_id}"
        if said != (WalletEntry.Kind.LATER_JOB, cause, -job.taken_cents, contact.professional_id):
            yield f"contact {contact.public_id}: {job.taken_cents} taken back, entry {entry.pk} does not say the same"
    for entry in WalletEntry.objects.filter(kind=WalletEntry.Kind.LATER_JOB, later_job=None).iterator():
        yield f"entry {entry.pk}: taken back for {entry.cause}, and no job that came later points at it"


@invariant("what a homeowner is taken to have answered is the last that they answered (G14)")
def surveys_hold_the_last_answer() -> Iterable[str]:
    answered = HomeownerSurvey.objects.filter(answered_at__isnull=False).exclude(hired="")
    for survey in answered.prefetch_related("answers").iterator(chunk_size=500):
        last = list(survey.answers.all())[-1:]
        if not last or any(
            getattr(last[0], name) != getattr(survey, name)
            for name in ("hired", "contacted", "contacted_when", "contacted_on")
        ):
            yield f"survey {survey.public_id}: what it holds is not its last answer"


@invariant("each story of a claim is known by its own fingerprint")
def stories_are_known_by_their_fingerprints() -> Iterable[str]:
    stories = ClaimItem.objects.order_by().values_list(
        "claim__public_id", "position", "story", "story_fingerprint"
    )
    for public_id, position, story, known_by in stories.iterator():
        if known_by != fingerprint(story):
            yield f"claim {public_id}: contact {position} is known by the fingerprint of another story"


@invariant("a second look is at a decision, by somebody who had no part in it (G25)")
def second_looks_are_by_others() -> Iterable[str]:
    for look in SecondLook.objects.whole().iterator():
        about = f"second look {look.pk} at claim {look.claim.public_id}"
        if look.decision.to_state not in Claim.DECIDED:
            yield f"{about}: it is at “{look.decision.kind}”, which decided nothing"
        if look.by_id is not None and look.by_id in {look.decision.actor_id, *verdicts_by(look.decision)}:
            yield f"{about}: by person {look.by_id}, who decided or gave a verdict that it stood on"
