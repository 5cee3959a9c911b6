"""The articles that come with the product (S11): files in `support/articles/`, read into the library after every
migrate. What an author has changed since is never replaced, and what they withdrew stays so.

`contents.toml` says which categories there are, and which articles in which order; each article is a folder with a
file for each language: lines with `title:`, `slug:`, `summary:` and `written:` (a date), an empty line, the text.
"""

import hashlib
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

from django.db import OperationalError, ProgrammingError, connection, transaction

from support.models import Article, ArticleCategory, ArticleText
from support.models.library import Language

FOLDER = Path(__file__).parent / "articles"
_HEAD = {"title", "slug", "summary", "written"}


@dataclass(frozen=True, slots=True)
class Shipped:
    """One text as its file has it."""

    key: str
    language: str
    title: str
    slug: str
    summary: str
    written: date
    body: str

    @property
    def digest(self) -> str:
        return _digest(self.title, self.slug, self.summary, self.body)


def contents() -> list[dict[str, Any]]:
    """The categories, each with its names and the keys of its articles, in their order."""
    found: list[dict[str, Any]] = tomllib.loads((FOLDER / "contents.toml").read_text("utf-8"))["category"]
    return found


def shipped_texts() -> Iterator[Shipped]:
    """Every text there is a file for. Raises ValueError where a file is not written as it should be."""
    for category in contents():
        for key in category["articles"]:
            for language in Language.values:
                path = FOLDER / key / f"{language}.md"
                if path.exists():
                    yield _read(key, language, path)


def _read(key: str, language: str, path: Path) -> Shipped:
    head, _empty, body = path.read_text("utf-8").partition("\n\n")
    said = dict(line.split(": ", 1) for line in head.split("\n"))
    if said.keys() != _HEAD or not body.strip():
        raise ValueError(f"{path} has not the lines {sorted(_HEAD)} and a text after them.")
    written = date.fromisoformat(said.pop("written"))
    return Shipped(key=key, language=language, written=written, body=body.strip(), **said)


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def load_shipped_articles(**kwargs: object) -> None:
    """Puts in what is missing, and what changed in a file and not by an author. Idempotent; run after every migrate."""
    try:
        with transaction.atomic():
            ArticleText.objects.first()
    except (OperationalError, ProgrammingError):
        return  # Migrated to where the library is not, or not as it is now.
    with transaction.atomic():
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                # One lock for two migrates at once.
                cursor.execute("SELECT pg_advisory_xact_lock(1516)")
        _load()


def _load() -> None:
    standing = {(text.article_id, text.language): text for text in ArticleText.objects.all()}
    slugs = {text.slug for text in standing.values()}
    ours = {article for (article, _), text in standing.items() if text.from_file}
    articles = _articles({article for article, _ in standing} - ours)
    missing = []
    for shipped in shipped_texts():
        article = articles.get(shipped.key)
        if article is None:
            continue
        text = standing.get((article.pk, shipped.language))
        if text is None and shipped.slug not in slugs:
            missing.append(_filled(ArticleText(article=article, language=shipped.language), shipped))
        elif text and _is_ours(text) and text.from_file != shipped.digest:
            _filled(text, shipped).save()
    # Bulk, for a database that tests empty is filled anew each time. No version of its own is needed: the file is it.
    ArticleText.objects.bulk_create(missing)


def _articles(authors: set[int]) -> dict[str, Article]:
    """The articles of the files by their keys; those that were missing are made, with their category. One of `authors`'
    own, by its number, that happens to have the same key is none of them."""
    articles = {article.key: article for article in Article.objects.all()}
    categories = {category.slug: category for category in ArticleCategory.objects.all()}
    for place, each in enumerate(contents(), start=1):
        keys = [key for key in each["articles"] if key not in articles]
        if not keys:
            continue
        category = categories.get(each["slug"])
        if category is None:
            names = {f"name_{language}": each[f"name_{language}"] for language in Language.values}
            category = ArticleCategory.objects.create(slug=each["slug"], position=10 * place, **names)
        for key in keys:
            articles[key] = Article.objects.create(
                key=key, category=category, position=10 * (each["articles"].index(key) + 1)
            )
    return {key: article for key, article in articles.items() if article.pk not in authors}


def _is_ours(text: ArticleText) -> bool:
    """Whether nobody has changed it since a file gave it."""
    return bool(text.from_file) and text.from_file == _digest(text.title, text.slug, text.summary, text.body)


def _filled(text: ArticleText, shipped: Shipped) -> ArticleText:
    text.title, text.summary, text.body = shipped.title, shipped.summary, shipped.body
    text.slug, text.from_file = shipped.slug, shipped.digest
    text.changed_at = datetime.combine(shipped.written, time(12), tzinfo=UTC)
    if text.published_at is None:
        text.state, text.published_at = ArticleText.State.PUBLISHED, text.changed_at
    text.set_search_words()
    return text
