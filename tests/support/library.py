"""Makes articles for tests of the library."""

from typing import Any

from support.library import publish_text, write_article, write_text
from support.models import ArticleCategory, ArticleText
from tests.support.making import NOW


def make_category(slug: str = "tests") -> ArticleCategory:
    names = {"name_en": "Tests", "name_es": "Pruebas", "name_it": "Prove"}
    return ArticleCategory.objects.get_or_create(slug=slug, defaults=names)[0]


def make_draft(
    by: Any, title: str = "Quinces in winter", language: str = "en", **changes: Any
) -> ArticleText:
    said = {"summary": "How to keep them.", "body": "Dry, cool and apart.", "now": NOW}
    return write_article(category=make_category(), language=language, title=title, by=by, **(said | changes))


def make_article(
    by: Any, title: str = "Quinces in winter", language: str = "en", **changes: Any
) -> ArticleText:
    return publish_text(text=make_draft(by, title, language, **changes), by=by, now=NOW)


def translate(text: ArticleText, by: Any, language: str, title: str, **changes: Any) -> ArticleText:
    said = {"summary": "…", "body": "…", "now": NOW}
    written = write_text(article=text.article, language=language, title=title, by=by, **(said | changes))
    return publish_text(text=written, by=by, now=NOW)
