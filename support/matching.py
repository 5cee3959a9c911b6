"""What of the library may answer a question, for the mail and the page that acknowledge it (S10, S11)."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Match:
    """An article: its title, what it is about in a sentence, and its whole address."""

    title: str
    summary: str
    address: str


def matching_articles(question: str, language: str) -> Sequence[Match]:
    """Articles that may answer `question`, the best first, in the reader's language where there are any."""
    return ()
