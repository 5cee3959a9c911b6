"""What the guarantee says to the professional, written once for page, mail, admin and command (G23).

Every sentence is made from a requirement's code, status and detail alone, in the active language: how it stands, and
what to do next. A requirement that is lost says why, and what still helps.
"""

from guarantees.wording.contacts import positions
from guarantees.wording.days import long_date, time_to_answer
from guarantees.wording.requirements import STATUS_WORDS, listed, profile_pieces, sentence, title, titles
from guarantees.wording.verdicts import VERDICT_WORDS, Verdict, verdict

__all__ = [
    "STATUS_WORDS",
    "VERDICT_WORDS",
    "Verdict",
    "listed",
    "long_date",
    "positions",
    "profile_pieces",
    "sentence",
    "time_to_answer",
    "title",
    "titles",
    "verdict",
]
