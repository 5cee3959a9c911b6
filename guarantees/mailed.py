"""The day as of which a draft is judged: today, or the day of a mail that it was begun with, or joined (G12)."""

from collections.abc import Iterable
from datetime import date, timedelta

from guarantees import rules
from guarantees.facts import JudgedFacts
from guarantees.models import Claim, ClaimMail

# Local days to submit in, counted from the answer to the mail.
SUBMIT_WITHIN = timedelta(days=5)


def judge_draft(
    claim: Claim, known: JudgedFacts, today: date
) -> tuple[date, rules.Eligibility, ClaimMail | None]:
    """How a draft is judged if it is submitted today: on which date, the verdict, and by which mail, if by one.

    By today's facts in any case. Of the days of its mails, the earliest first, and today, that day holds on which it
    is eligible; where there is none, today, unless today it is too late and on one of the others it was not. So a mail
    never takes anything away: one that came before the waiting month was over does not count.
    """
    return judge_by_mails(claim.mails.good_on(today), known, today)


def judge_by_mails(
    mails: Iterable[ClaimMail], known: JudgedFacts, today: date
) -> tuple[date, rules.Eligibility, ClaimMail | None]:
    """As `judge_draft`, where the mails of the draft that are good today were read already."""
    by_mail = [(mail.received_on, known.judge(mail.received_on), mail) for mail in mails]
    as_of_today = (today, known.judge(today), None)
    for judged in (*by_mail, as_of_today):
        if judged[1].status == "eligible":
            return judged
    for judged in (as_of_today, *by_mail):
        if judged[1].status != "no_longer":
            return judged
    return as_of_today


def last_day_by(mail: ClaimMail, eligibility: rules.Eligibility) -> date:
    """The last day to submit a draft that is judged by `mail`: of the window, or what the mail gives beyond it."""
    return max(mail.submit_by, eligibility.claim_until or mail.submit_by)
