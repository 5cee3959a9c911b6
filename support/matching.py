"""What of the library may answer a question, for the mail and the page that acknowledge it (S10, S11)."""

from collections.abc import Sequence

from django.conf import settings

from support.library_shown import address_of
from support.models import ArticleText
from support.search import suggest

AT_MOST = 3


def matching_articles(question: str, language: str) -> Sequence[ArticleText]:
    """Articles that may answer `question`, the best first, in the reader's language (es-mx) where there are any."""
    return suggest(question, language.split("-")[0], limit=AT_MOST)


def with_addresses(articles: Sequence[ArticleText]) -> list[tuple[str, str]]:
    """Titles with the whole addresses, for mails."""
    return [(article.title, settings.SITE_URL + address_of(article)) for article in articles]
