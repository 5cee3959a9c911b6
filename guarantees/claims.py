"""What a professional does with a claim: begin it, tell its stories, submit it, answer, withdraw it (G10 to G17)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext as _

from base.days import marketplace_day
from guarantees import facts, rules, snapshots
from guarantees.blockers import Action, Case
from guarantees.copies import fingerprint
from guarantees.errors import GuaranteeError, refuse
from guarantees.letters import tell
from guarantees.mailed import judge_draft
from guarantees.models import Claim, ClaimItem, ClaimQuestion, Ending, Story
from guarantees.moves import Happened, lock_claim, move, not_now, note
from guarantees.survey import ask_homeowners
from guarantees.wording import sentence
from marketplace.contacts import freeze_contacts, unfreeze_contacts
from marketplace.models import Contact
from profiles.models import Professional, User
from profiles.plain_text import length_as_read, many_lines

STORY_AT_LEAST = 20  # characters, as a reader counts them (G11)
STORY_AT_MOST = 3000


def begin_claim(*, professional: Professional, by: User, now: datetime) -> Claim:
    """The draft to work on: the draft or open claim there is, else a new one (G10, G11).

    Any time after S. Raises GuaranteeError: not_the_owner, no_plan_yet, suspended, refunded, rejected_as_false.
    """
    _only_the_owner(professional, by)
    with transaction.atomic():
        professional = Professional.objects.select_for_update(no_key=True).get(pk=professional.pk)
        undecided = professional.claims.filter(state__in=[Claim.State.DRAFT, *Claim.OPEN]).first()
        if undecided:
            return undecided
        refuse(why_not_begin(professional, marketplace_day(now)))
        claim = Claim.objects.create(professional=professional, begun_at=now)
        note(claim, kind=Happened.BEGUN, by=by, now=now, began=True)
    return claim


def why_not_begin(professional: Professional, today: date) -> list[GuaranteeError]:
    """What stands in the way of a first draft, each a sentence; also what the page says before the button."""
    if professional.first_contracted_on is None or professional.first_contracted_on > today:
        return [
            GuaranteeError(
                "no_plan_yet",
                _("The guarantee begins when you contract a plan. You can prepare a claim from that day on."),
            )
        ]
    states = set(professional.claims.values_list("state", flat=True))
    if Claim.State.APPROVED in states:
        return [
            GuaranteeError(
                "refunded", _("The guarantee has been paid to this business, and it is paid once only.")
            )
        ]
    if Claim.State.REJECTED_AS_FALSE in states:
        return [
            GuaranteeError(
                "rejected_as_false",
                _(
                    "A claim of this business was rejected as false, so there cannot be another unless an appeal "
                    "is upheld. Your earlier claim says how to appeal."
                ),
            )
        ]
    suspension = professional.suspensions.standing().first()
    if suspension:
        return [
            GuaranteeError(
                "suspended",
                _("Your profile is suspended, so no claim can be made: %(reason)s")
                % {"reason": suspension.reason},
            )
        ]
    return []


def save_story(*, claim: Claim, contact: Contact, text: str, ending: str, by: User, now: datetime) -> Story:
    """Keeps what happened with one contact, however short: it is the draft of a sentence too (G11).

    The story stays with the contact, whichever contacts a claim counts later. Raises GuaranteeError: not_the_owner,
    not_a_draft, not_your_contact, contact_returned, story_too_long, unknown_ending.
    """
    _only_the_owner(claim.professional, by)
    text = many_lines(text)
    if len(text) > STORY_AT_MOST:
        raise GuaranteeError(
            "story_too_long",
            _("This is longer than %(most)s characters. Please shorten it.") % {"most": STORY_AT_MOST},
            field="text",
        )
    if ending and ending not in Ending.values:
        raise GuaranteeError("unknown_ending", _("Please choose one of the endings."), field="ending")
    with transaction.atomic():
        # The claim's row serialises two devices that save at once, and a saving with the submission.
        claim = Claim.objects.select_for_update(no_key=True).get(pk=claim.pk)
        if claim.state != Claim.State.DRAFT:
            raise GuaranteeError("not_a_draft", not_now(claim))
        contact = Contact.objects.get(pk=contact.pk)
        if contact.professional_id != claim.professional_id:
            raise GuaranteeError("not_your_contact", _("This contact is not one of yours."))
        if contact.returned_at:
            raise GuaranteeError(
                "contact_returned", _("This contact was returned, so the guarantee does not count it.")
            )
        story, _made = Story.objects.update_or_create(
            contact=contact, defaults={"text": text, "ending": ending, "written_at": now}
        )
    return story


def is_told(story: Story | None) -> bool:
    """Whether a story is enough for submitting: 20 characters, and how it ended (G11)."""
    return story is not None and bool(story.ending) and length_as_read(story.text) >= STORY_AT_LEAST


def unmet(eligibility: rules.Eligibility) -> list[GuaranteeError]:
    """For each requirement that is not met how it stands, and what to do next (G23)."""
    return [
        GuaranteeError(each.code, sentence(each)) for each in eligibility.requirements if each.status != "met"
    ]


def missing_stories(contacts: Sequence[Contact], stories: dict[int, Story]) -> list[GuaranteeError]:
    """For each of the counted `contacts` (in their order) what its story still lacks; `stories` by contact id."""
    found = []
    for position, contact in enumerate(contacts, start=1):
        story = stories.get(contact.pk)
        which = {"number": position, "title": contact.lead.title_for_buyers, "least": STORY_AT_LEAST}
        if story is None or length_as_read(story.text) < STORY_AT_LEAST:
            lacks = _(
                "Contact %(number)s, “%(title)s”: write what happened, in %(least)s characters or more."
            )
        elif not story.ending:
            lacks = _("Contact %(number)s, “%(title)s”: choose how it ended.")
        else:
            continue
        found.append(GuaranteeError("story_missing", lacks % which))
    return found


def submit_claim(*, claim: Claim, by: User, now: datetime) -> Claim:
    """Submits a draft: judges it as of today, or as of the day of a mail of its (G12), and freezes what it was judged
    by, and its contacts (G11, G13).

    Submitted already: returns it and does nothing. Raises GuaranteeError: not_the_owner, not_a_draft, not_eligible
    (its problems are the requirements in the way, and the stories that lack something) or incomplete (stories only).
    """
    _only_the_owner(claim.professional, by)
    today = marketplace_day(now)
    with transaction.atomic():
        # The professional's lock makes the deciding of a return, and another submission, wait.
        professional = Professional.objects.select_for_update(no_key=True).get(pk=claim.professional_id)
        contacts = {
            contact.pk: contact
            for contact in Contact.objects.select_for_update(no_key=True, of=("self",))
            .filter(professional=professional, returned_at=None)
            .select_related("lead")
            .order_by("pk")
        }
        claim = Claim.objects.select_for_update(no_key=True).get(pk=claim.pk)
        if claim.is_open:
            return claim
        if claim.state != Claim.State.DRAFT:
            raise GuaranteeError("not_a_draft", not_now(claim))
        judged = facts.load_facts([professional.pk], today)[professional.pk]
        judged_on, eligibility, _mail = judge_draft(claim, judged, today)
        counted = [contacts[contact_id] for contact_id in eligibility.counted]
        stories = {story.contact_id: story for story in Story.objects.filter(contact__in=counted)}
        problems = [*unmet(eligibility), *missing_stories(counted, stories)]
        if problems:
            raise GuaranteeError(
                "not_eligible" if eligibility.status != "eligible" else "incomplete",
                _("The claim cannot be submitted yet."),
                problems=problems,
            )
        _freeze(claim, judged, judged_on, eligibility, counted, stories, by, now)
    return claim


def _freeze(
    claim: Claim,
    judged: facts.JudgedFacts,
    judged_on: date,
    eligibility: rules.Eligibility,
    counted: list[Contact],
    stories: dict[int, Story],
    by: User,
    now: datetime,
) -> None:
    move(
        claim,
        Claim.State.SUBMITTED,
        kind=Happened.SUBMITTED,
        by=by,
        now=now,
        submitted_at=now,
        made_on=judged_on,
        terms=judged.terms,
        amount_cents=eligibility.amount_cents,
        submission_snapshot=snapshots.freeze(judged.facts, judged.terms.as_rules(), judged_on, eligibility),
    )
    items = ClaimItem.objects.bulk_create(
        ClaimItem(
            claim=claim,
            contact=contact,
            position=position,
            price_cents=contact.price_cents,
            story=stories[contact.pk].text,
            story_fingerprint=fingerprint(stories[contact.pk].text),
            ending=stories[contact.pk].ending,
        )
        for position, contact in enumerate(counted, start=1)
    )
    freeze_contacts(contacts=counted, now=now)
    submitted_on = marketplace_day(now)
    tell(claim, "claim_received", now=now, submitted_on=submitted_on, by_mail=judged_on != submitted_on)
    ask_homeowners(claim=claim, items=items, now=now)


def withdraw_claim(*, claim: Claim, by: User, now: datetime) -> Claim:
    """Takes a draft or an open claim back; its contacts are free again, its stories stay (G16, G17).

    Withdrawn already: returns it and does nothing. Raises GuaranteeError: not_the_owner, move_not_allowed (it has
    been decided), under_doubt (a finding of *false* stands, or a doubt on which no verdict was given since).
    """
    _only_the_owner(claim.professional, by)
    with transaction.atomic():
        claim = lock_claim(claim)
        if claim.state == Claim.State.WITHDRAWN:
            return claim
        refuse(Case(claim, now).blockers(Action.WITHDRAW, by))
        unfreeze_contacts(contact_ids=list(claim.items.values_list("contact_id", flat=True)))
        move(claim, Claim.State.WITHDRAWN, kind=Happened.WITHDRAWN, by=by, now=now)
    return claim


def answer_question(*, question: ClaimQuestion, answer: str, by: User, now: datetime) -> ClaimQuestion:
    """Answers a question about one contact. With the last answer the claim goes on, with its date (G16, G17).

    Also after the last day, as long as nobody has decided. Answered already: refused, unless it is the same answer.
    Raises GuaranteeError: not_the_owner, already_answered, move_not_allowed (decided), answer_needed, answer_too_long.
    """
    claim = question.item.claim
    _only_the_owner(claim.professional, by)
    answer = many_lines(answer)
    with transaction.atomic():
        claim = (
            Claim.objects.select_for_update(no_key=True, of=("self",))
            .select_related("professional")
            .get(pk=claim.pk)
        )
        question = ClaimQuestion.objects.select_related("item").get(pk=question.pk)
        if question.answered_at:
            if question.answer == answer:
                return question
            raise GuaranteeError("already_answered", _("This question has been answered already."))
        if not claim.is_open:
            raise GuaranteeError("move_not_allowed", not_now(claim))
        if not answer:
            raise GuaranteeError("answer_needed", _("Please write an answer."), field="answer")
        if len(answer) > STORY_AT_MOST:
            raise GuaranteeError(
                "answer_too_long",
                _("This is longer than %(most)s characters. Please shorten it.") % {"most": STORY_AT_MOST},
                field="answer",
            )
        question.answer = answer
        question.answered_at = now
        question.save(update_fields=["answer", "answered_at"])
        go_on(claim, kind=Happened.ANSWERED, by=by, now=now)
    return question


def go_on(claim: Claim, *, kind: Happened, by: User, now: datetime) -> None:
    """Back to the reviewer once nothing is waited for any more; until then only an answer is written down."""
    if claim.state == Claim.State.MORE_INFORMATION and not Case(claim, now).waited_for:
        move(claim, Claim.State.SUBMITTED, kind=kind, by=by, now=now)
    elif kind == Happened.ANSWERED:
        note(claim, kind=kind, by=by, now=now)


def _only_the_owner(professional: Professional, by: User) -> None:
    """One owner, who alone claims."""
    if professional.owner_id != by.pk:
        raise GuaranteeError("not_the_owner", _("Only the owner of the business can do this."))
