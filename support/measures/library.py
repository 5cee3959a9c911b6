"""How fast the library is searched, beside the same search by hand in SQL (S11)."""

from contextlib import closing
from functools import partial

from django.db import connection
from django.utils import timezone

from base.measure import Measurement, by_hand_connection, in_turn
from base.registry import measured
from support.models import Article, ArticleCategory, ArticleText
from support.search import search, suggest

ARTICLES = 10_000
# Of a text; each is one of a few thousand words, the first of them common and the last rare.
WORDS = 400
_BATCH = 1_000

BY_HAND = """
SELECT t.id, t.slug, t.language, t.title, t.summary FROM support_articletext t, to_tsquery('spanish', %(asked)s) q
WHERE t.state = 'published' AND t.language = 'es' AND t.search @@ q
ORDER BY ts_rank(t.search, q, 1) DESC, t.id LIMIT %(limit)s
"""


def make_articles(number: int = ARTICLES) -> None:
    """Articles in Spanish beside those that come with the product: as long as they are, with words as unequally
    spread as in any language."""
    category = ArticleCategory.objects.create(slug="bench", name_en="Bench", name_es="Bench", name_it="Bench")
    now = timezone.now()
    for start in range(0, number, _BATCH):
        articles = Article.objects.bulk_create(
            Article(key=f"bench-{n}", category=category) for n in range(start, min(start + _BATCH, number))
        )
        texts = [
            ArticleText(
                article=article,
                language="es",
                slug=article.key,
                title=_words(7 * n, 6),
                summary=_words(11 * n, 20),
                body=_words(13 * n, WORDS),
                state=ArticleText.State.PUBLISHED,
                changed_at=now,
                published_at=now,
            )
            for n, article in enumerate(articles, start)
        ]
        for text in texts:
            text.set_search_words()
        ArticleText.objects.bulk_create(texts)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE support_articletext")


def _words(seed: int, number: int) -> str:
    """The nth most common of 3,000 words is about n times as rare as the first."""
    said = []
    for _turn in range(number):
        seed = (1_103_515_245 * seed + 12_345) % 2_147_483_648
        rank = int(3_000 ** (seed / 2_147_483_648))
        said.append("contactar" if 600 <= rank < 604 else f"voz{rank}")
    return " ".join(said)


@measured
def library_search(repeats: int) -> list[Measurement]:
    """One word in some hundred articles, two of which one stands in most, and a question that is being typed."""
    make_articles()
    with closing(by_hand_connection()) as beside:
        beside.autocommit = True

        def by_hand(asked: str, limit: int) -> list[tuple[object, ...]]:
            with beside.cursor() as cursor:
                cursor.execute(BY_HAND, {"asked": asked, "limit": limit})
                rows: list[tuple[object, ...]] = cursor.fetchall()
                return rows

        question = "voz3 contactos voz200 voz900 voz1500 voz5 voz77 voz2500"
        return [
            in_turn(
                f"library search over {ARTICLES:,} articles: {what}",
                ours=ours,
                by_hand=partial(by_hand, asked, limit),
                repeats=repeats * 10,
                goal="1 query",
            )
            for what, ours, asked, limit in (
                ("a word", lambda: search("contactos", "es", limit=20), "contacto:*", 20),
                (
                    "a common word and another",
                    lambda: search("voz2 contactos", "es", limit=20),
                    "voz2 & contacto:*",
                    20,
                ),
                (
                    "suggested for a question",
                    lambda: suggest(question, "es", limit=4),
                    " | ".join(question.split()) + ":*",
                    4,
                ),
            )
        ]
