"""The one thing to do next for the guarantee, and by when (G23): the largest button of the page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from base.money import money
from guarantees import rules
from guarantees.models import Appeal, Claim
from guarantees.wording import listed, long_date, profile_pieces, sentence


@dataclass(frozen=True, slots=True)
class NextStep:
    """What to do: `code` for programs, the rest for the reader. `by` is the last day that is still in time; `urgent`:
    the recommended day has passed, and the last one draws near (G6)."""

    code: str
    title: str
    sentence: str
    button: str
    url: str
    by: date | None = None
    urgent: bool = False


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a professional stands; `claim` is the one that is not decided, else the last one, else None."""

    facts: rules.Facts
    terms: rules.Terms
    eligibility: rules.Eligibility
    today: date
    claim: Claim | None
    answer_by: date | None
    # Its state, "" where there was none.
    appeal: str

    def requirement(self, code: str) -> rules.Requirement:
        return self.eligibility.requirements[rules.REQUIREMENT_CODES.index(code)]

    def lacks(self, code: str) -> bool:
        return self.requirement(code).status != "met"

    @property
    def last_day(self) -> date | None:
        return self.eligibility.claim_until


def next_step(
    facts: rules.Facts,
    terms: rules.Terms,
    eligibility: rules.Eligibility,
    today: date,
    claim: Claim | None,
    answer_by: date | None = None,
    appeal: str = "",
) -> NextStep:
    """The single next action. `answer_by` is the first date by which an answer about the claim is waited for;
    `appeal` the state of the one against the false finding or the suspension that stands, "" for none."""
    place = _Place(facts, terms, eligibility, today, claim, answer_by, appeal)
    return next(step for steps in (_with_a_claim, _before, _at_the_end, _to_mend) if (step := steps(place)))


def _claim_url(claim: Claim) -> str:
    return reverse("guarantees:claim_status", args=[claim.public_id])


def _appeal(appeal: str, text: str, url: str) -> NextStep:
    """Each decision can be appealed against once, so whoever has done it is not told to do it again (G19)."""
    if not appeal:
        return NextStep("appeal", _("Appeal, if we are wrong"), text, _("See why, and how to appeal"), url)
    if appeal == Appeal.State.WAITING:
        return NextStep(
            "wait_for_appeal",
            _("Your appeal is with us"),
            _("Somebody other than the person who decided looks at it; you get the answer by mail."),
            _("See your appeal"),
            url,
        )
    return NextStep(
        "appeal_refused",
        _("Your appeal was not upheld"),
        _("The answer says why. If there is something new, write to %(address)s.")
        % {"address": settings.APPEALS_ADDRESS},
        _("Read the answer"),
        url,
    )


def _with_a_claim(place: _Place) -> NextStep | None:
    """A claim that is open or paid, or a suspension, leaves nothing else to do here."""
    claim = place.claim
    if claim is not None and claim.state == Claim.State.MORE_INFORMATION:
        return NextStep(
            "answer",
            _("Answer our questions"),
            _(
                "We want to know more about some of your contacts. Your claim keeps its date while you answer."
            ),
            _("Answer now"),
            _claim_url(claim),
            place.answer_by,
        )
    if claim is not None and claim.state == Claim.State.SUBMITTED:
        return NextStep(
            "wait_for_decision",
            _("Your claim is with us"),
            _(
                "We look at each of its contacts and ask the homeowners. You get a mail as soon as it is decided."
            ),
            _("See your claim"),
            _claim_url(claim),
        )
    if claim is not None and claim.state == Claim.State.APPROVED:
        return NextStep(
            "spend",
            _("Find your next job"),
            _("%(amount)s went back to your balance, for as many new contacts.")
            % {"amount": money(claim.amount_cents or 0)},
            _("See jobs"),
            reverse("marketplace:feed"),
        )
    if place.facts.rejected_as_false:
        false = claim is not None and claim.state == Claim.State.REJECTED_AS_FALSE
        url = _claim_url(claim) if claim is not None and false else reverse("guarantees:suspension")
        return _appeal(place.appeal, sentence(place.requirement("first_claim")), url)
    if place.facts.suspended:
        return _appeal(
            place.appeal, sentence(place.requirement("not_suspended")), reverse("guarantees:suspension")
        )
    return None


def _before(place: _Place) -> NextStep | None:
    """Nothing runs until a plan was contracted."""
    if place.facts.contracted_on is not None:
        return None
    return NextStep(
        "contract",
        _("Contract a plan"),
        ngettext(
            "With a plan you can buy contacts. If the first one brings no job, its price goes back to your balance.",
            "With a plan you can buy contacts. If the first %(count)s bring no job, their price goes back to your "
            "balance.",
            place.terms.contacts,
        )
        % {"count": place.terms.contacts},
        _("See the plans"),
        reverse("billing:plans"),
    )


def _at_the_end(place: _Place) -> NextStep | None:
    """It can be claimed, or never more."""
    if place.eligibility.status == "eligible":
        draft = place.claim is not None and place.claim.state == Claim.State.DRAFT
        return NextStep(
            "claim",
            _("Finish your claim and send it") if draft else _("Make your claim"),
            _("Tell us in a few words what happened with each contact. You can save and go on later."),
            _("Continue your claim") if draft else _("Begin your claim"),
            reverse("guarantees:claim"),
            place.last_day,
        )
    if place.eligibility.status != "no_longer":
        return None
    if place.lacks("no_job_won"):
        return NextStep(
            "won",
            _("Congratulations on the job"),
            sentence(place.requirement("no_job_won")),
            _("See your contacts"),
            reverse("marketplace:contacts"),
        )
    first_lost = next(each for each in place.eligibility.requirements if each.status == "lost")
    # Of several, the window tells most: what the dates were, and whether days can be added to them.
    window = place.requirement("claim_window")
    return NextStep(
        "go_on",
        _("Go on with your contacts"),
        sentence(window if window.status == "lost" else first_lost),
        _("See your contacts"),
        reverse("marketplace:contacts"),
    )


def _to_mend(place: _Place) -> NextStep | None:
    """Not yet: the most pressing of what is missing, in the order in which it is asked below."""
    return next((step for step in (ask(place) for ask in _ORDER) if step), _wait(place))


def _call(place: _Place) -> NextStep | None:
    open_contacts = place.requirement("first_contact").detail["open"]
    if place.terms.first_contact == "ignore" or not isinstance(open_contacts, tuple) or not open_contacts:
        return None
    count = len(open_contacts)
    return NextStep(
        "call",
        ngettext("Call your new contact", "Call your %(count)s new contacts", count) % {"count": count},
        _("Whoever calls within %(hours)s hours wins the most jobs. Write each call in the contact's diary.")
        % {"hours": place.terms.first_contact_hours},
        _("See your contacts"),
        reverse("marketplace:contacts"),
    )


def _pay(place: _Place) -> NextStep | None:
    """Its day has passed: the last day to claim, months away, would read as if there were time."""
    if not place.lacks("payments"):
        return None
    return NextStep(
        "pay",
        _("Pay the invoice that is past due"),
        sentence(place.requirement("payments")),
        _("See your invoices"),
        reverse("billing:invoices"),
    )


def _contract_again(place: _Place) -> NextStep | None:
    if not place.lacks("plan"):
        return None
    return NextStep(
        "contract_again",
        _("Contract a plan again"),
        _(
            "No plan of yours is in force. You need one to buy contacts and to claim; the dates of your guarantee stay."
        ),
        _("See the plans"),
        reverse("billing:plans"),
        place.last_day,
    )


def _buy(place: _Place) -> NextStep | None:
    missing = place.terms.contacts - len(place.eligibility.counted)
    buy_by = place.eligibility.buy_by
    if not missing or buy_by is None:
        return None
    if not place.eligibility.counted and place.lacks("profile"):
        return None  # A homeowner looks at the profile before anything else, so it comes before the first purchase.
    safe = rules.safe_buy_by(buy_by)
    if place.today <= safe:
        text = _(
            "Have them all by %(safe)s to be safe. %(buy_by)s is the very last day: bought later, the last one can "
            "never be claimed."
        )
    else:
        text = _("%(buy_by)s is the very last day: bought later, the last one can never be claimed.")
    return NextStep(
        "buy",
        ngettext("Buy %(count)s more contact", "Buy %(count)s more contacts", missing) % {"count": missing},
        text % {"safe": long_date(safe), "buy_by": long_date(buy_by)},
        _("See jobs"),
        reverse("marketplace:feed"),
        safe if place.today <= safe else buy_by,
        urgent=place.today > safe,
    )


def _complete_profile(place: _Place) -> NextStep | None:
    if not place.lacks("profile"):
        return None
    pieces = list(profile_pieces(place.requirement("profile")).values())
    return NextStep(
        "profile",
        _("Complete your profile"),
        _(
            "Homeowners look at it before they decide, and the guarantee asks for it. Still missing: %(pieces)s."
        )
        % {"pieces": listed(pieces)},
        _("Complete it"),
        reverse("profiles:completeness"),
        place.last_day,
    )


def _ask_earlier_clients(place: _Place) -> NextStep | None:
    if not place.lacks("earlier_reviews"):
        return None
    return NextStep(
        "earlier_reviews",
        _("Ask earlier clients for a review"),
        sentence(place.requirement("earlier_reviews")),
        _("Ask for reviews"),
        reverse("marketplace:reviews"),
        place.last_day,
    )


def _ask_a_homeowner(place: _Place) -> NextStep | None:
    if not place.lacks("contact_review"):
        return None
    return NextStep(
        "contact_review",
        _("Ask a homeowner for a review"),
        sentence(place.requirement("contact_review")),
        _("Ask for reviews"),
        reverse("marketplace:reviews"),
        place.last_day,
    )


def _wait(place: _Place) -> NextStep:
    """Nothing is missing but time, or our own decision on a return: the stories can be written meanwhile."""
    begun = place.claim is not None and place.claim.state == Claim.State.DRAFT
    returns, month = place.requirement("returns_settled"), place.requirement("waiting_month")
    if returns.status != "met":
        title, text = _("Wait for our decision on a return"), sentence(returns)
    else:
        title = _("Write down what happened")
        text = _(
            "Nothing is missing but time: you can claim from %(day)s. Until then, follow up those who have not "
            "decided, and write your claim bit by bit: it is saved."
        ) % {"day": long_date(month.met_on)}
    return NextStep(
        "wait",
        title,
        text,
        _("Continue your claim") if begun else _("Begin your claim"),
        reverse("guarantees:claim"),
        place.last_day,
    )


# What runs out first comes first: hours, then money that stops everything, then days; a homeowner's review takes
# longest of the rest, but can be asked for only after the contacts are bought.
_ORDER: tuple[Callable[[_Place], NextStep | None], ...] = (
    _call,
    _pay,
    _contract_again,
    _buy,
    _complete_profile,
    _ask_a_homeowner,
    _ask_earlier_clients,
)
