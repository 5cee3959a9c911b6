"""What the library's pages show, the same to everybody (S11)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.conf import settings
from django.db.models import Count, Q
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation.trans_real import parse_accept_lang_header

from base.registry import public_pages, public_rows
from support.article_text import ARTICLE, Block, Span, blocks, links
from support.models import Article, ArticleCategory, ArticleText
from support.models.library import ArticleTextQuerySet, Language, pages_language

# Beside an article, of its category.
BESIDE_AT_MOST = 5


@dataclass(frozen=True, slots=True)
class Shelf:
    """A category, and its articles in the order of the library."""

    category: ArticleCategory
    texts: Sequence[ArticleText]


@dataclass(frozen=True, slots=True)
class ArticleShown:
    """An article's page: `others` are the same in other languages, `beside` are others of its category."""

    text: ArticleText
    body: Sequence[Block]
    others: Sequence[ArticleText]
    beside: Sequence[ArticleText]


def readers_language(request: HttpRequest) -> str:
    """The language in which somebody reads articles: the one that they chose here or for their account; else the first
    of their browser's in which articles are written, whether or not the pages speak it; else the page's own."""
    in_account = request.user.is_authenticated and bool(request.user.language)
    if settings.LANGUAGE_COOKIE_NAME not in request.COOKIES and not in_account:
        accepted = parse_accept_lang_header(request.headers.get("Accept-Language", "").lower())
        read = (code.split("-")[0] for code, _how_gladly in accepted)
        known = next((code for code in read if code in Language.values), None)
        if known is not None:
            return known
    return pages_language()


def _best(texts: Iterable[ArticleText], language: str) -> dict[int, ArticleText]:
    """Of each article the text in `language`, else in the first language that there is; in the order of `texts`."""
    order = [language, *(each for each in Language.values if each != language)]
    best: dict[int, ArticleText] = {}
    for text in texts:
        standing = best.get(text.article_id)
        if standing is None or order.index(text.language) < order.index(standing.language):
            best[text.article_id] = text
    return best


def _in_order() -> ArticleTextQuerySet:
    return (
        ArticleText.objects.published()
        .bare()
        .select_related("article__category")
        .order_by("article__category__position", "article__category", "article__position", "article")
    )


def shelves(language: str) -> list[Shelf]:
    """Everything there is to read, for a reader of `language`, by category; a category of nothing is left out. One
    query."""
    by_category: dict[int, list[ArticleText]] = {}
    for text in _best(_in_order(), language).values():
        by_category.setdefault(text.article.category_id, []).append(text)
    return [Shelf(texts[0].article.category, texts) for texts in by_category.values()]


def shelf(category: ArticleCategory, language: str) -> Shelf:
    """One category for a reader of `language`. One query."""
    texts = _in_order().filter(article__category=category)
    return Shelf(category, list(_best(texts, language).values()))


def article_shown(text: ArticleText) -> ArticleShown:
    """Three queries, however long it is."""
    others = ArticleText.objects.published().bare().filter(article=text.article_id).exclude(pk=text.pk)
    beside = (
        ArticleText.objects.published()
        .bare()
        .filter(article__category=text.article.category_id, language=text.language)
        .exclude(article=text.article_id)
        .order_by("article__position", "article")
    )
    return ArticleShown(text, body_of(text), list(others), list(beside[:BESIDE_AT_MOST]))


def body_of(text: ArticleText) -> list[Block]:
    """The blocks of a text. Links to other articles lead to where they are read in its language, or in another; those
    to one that nobody can read lead nowhere. One query."""
    keys = [link.removeprefix(ARTICLE) for link in links(text.body) if link.startswith(ARTICLE)]
    linked = ArticleText.objects.published().bare().filter(article__key__in=keys).select_related("article")
    where = {
        f"{ARTICLE}{found.article.key}": address_of(found)
        for found in (_best(linked, text.language).values() if keys else ())
    }

    def led(span: Span) -> Span:
        return (
            replace(span, address=where.get(span.address, "")) if span.address.startswith(ARTICLE) else span
        )

    return [
        replace(block, lines=[[led(span) for span in line] for line in block.lines])
        for block in blocks(text.body)
    ]


def address_of(text: ArticleText) -> str:
    return reverse("support:article", args=[text.slug])


def votes_of(article: Article) -> dict[int, tuple[int, int]]:
    """How many found each text of an article helpful, and how many did not, by the text's number. One query."""
    counted = article.texts.annotate(
        yes=Count("votes", filter=Q(votes__answer="yes")), no=Count("votes", filter=Q(votes__answer="no"))
    )
    return {pk: (yes, no) for pk, yes, no in counted.values_list("pk", "yes", "no")}


def _published() -> Iterable[tuple[str, datetime | None]]:
    """For the map of the site."""
    rows = ArticleText.objects.published().order_by("pk").values_list("slug", "changed_at")
    return [(reverse("support:article", args=[slug]), changed) for slug, changed in rows]


public_pages.append("support:library")
public_rows.append(_published)
