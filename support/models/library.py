"""The library (S11): articles, each with a text per language, what readers said of them, and what was looked for."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from base.models import StateEvent
from base.translated import Translated
from support.article_text import plain
from support.words import words_of

TITLE_AT_MOST = 120
SLUG_AT_MOST = 120
SUMMARY_AT_MOST = 300
BODY_AT_MOST = 30_000
COMMENT_AT_MOST = 1000
PHRASE_AT_MOST = 80
SEARCHED = ["search_title", "search_summary", "search_text"]

is_slug = RegexValidator(
    r"^[a-z0-9]+(-[a-z0-9]+)*\Z", _("Small letters without accents, digits, and single hyphens between them.")
)


class Language(models.TextChoices):
    """What articles are written in: the languages that columns of names have, whether or not the pages speak them."""

    ENGLISH = "en", pgettext_lazy("language", "English")
    SPANISH = "es", pgettext_lazy("language", "Spanish")
    ITALIAN = "it", pgettext_lazy("language", "Italian")


def pages_language() -> str:
    """The language of articles that goes with the language of the page: of "es-mx" it is "es"."""
    language = (get_language() or Language.ENGLISH).split("-")[0]
    return language if language in Language.values else Language.ENGLISH


class ArticleCategory(models.Model):
    """What articles are about; its page lists them."""

    slug = models.CharField(_("part of the address"), max_length=60, unique=True, validators=[is_slug])
    name_en = models.CharField(_("name in English"), max_length=80)
    name_es = models.CharField(_("name in Spanish"), max_length=80)
    name_it = models.CharField(_("name in Italian"), max_length=80)
    name = Translated()
    position = models.PositiveSmallIntegerField(
        _("position"), default=100, help_text=_("Lower ones stand first.")
    )

    history = HistoricalRecords()

    class Meta:
        verbose_name = _("library category")
        verbose_name_plural = _("library categories")
        ordering: ClassVar = ["position", "id"]

    def __str__(self) -> str:
        return str(self.name)


class Article(models.Model):
    """What is said, whatever the language; `key` is how other articles and our files name it, and never changes."""

    key = models.CharField(_("key"), max_length=60, unique=True, editable=False, validators=[is_slug])
    category = models.ForeignKey(
        ArticleCategory, on_delete=models.PROTECT, related_name="articles", verbose_name=_("category")
    )
    position = models.PositiveSmallIntegerField(
        _("position"), default=100, help_text=_("Lower ones stand first.")
    )

    history = HistoricalRecords()

    class Meta:
        verbose_name = _("article")
        verbose_name_plural = _("articles")
        ordering: ClassVar = ["category__position", "category", "position", "id"]

    def __str__(self) -> str:
        return self.key


class ArticleTextQuerySet(models.QuerySet["ArticleText"]):
    def published(self) -> ArticleTextQuerySet:
        """What everybody may read."""
        return self.filter(state=ArticleText.State.PUBLISHED)

    def bare(self) -> ArticleTextQuerySet:
        """Without what only the page of an article shows, and what only searching reads: for lists."""
        return self.defer("body", *SEARCHED)


class ArticleText(models.Model):
    """An article in one language, at an address of its own."""

    class State(models.TextChoices):
        DRAFT = "draft", pgettext_lazy("article", "draft")
        PUBLISHED = "published", pgettext_lazy("article", "published")
        WITHDRAWN = "withdrawn", pgettext_lazy("article", "withdrawn")

    MOVES: ClassVar = {
        State.DRAFT: {State.PUBLISHED},
        State.PUBLISHED: {State.WITHDRAWN},
        State.WITHDRAWN: {State.PUBLISHED},
    }

    article = models.ForeignKey(
        Article, on_delete=models.PROTECT, related_name="texts", verbose_name=_("article")
    )
    language = models.CharField(_("language"), max_length=2, choices=Language)
    slug = models.CharField(
        _("part of the address"), max_length=SLUG_AT_MOST, unique=True, validators=[is_slug]
    )
    title = models.CharField(_("title"), max_length=TITLE_AT_MOST)
    summary = models.CharField(_("summary"), max_length=SUMMARY_AT_MOST)
    body = models.TextField(_("text"), max_length=BODY_AT_MOST)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.DRAFT)
    # Nobody: it came with the product.
    written_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("written by"),
    )
    changed_at = models.DateTimeField(_("changed"))
    # The first time: from then on the address stands.
    published_at = models.DateTimeField(_("published"), null=True, blank=True)
    # The digest of what our file gave it; another digest now is an author's work, which no file replaces.
    from_file = models.CharField(max_length=64, blank=True, editable=False)
    # Plain words as they are written, and folded (support.words): what search looks through. PostgreSQL keeps beside
    # them the column `search`, made of both in the text's own language (migration 0006).
    search_title = models.TextField(editable=False)
    search_summary = models.TextField(editable=False)
    search_text = models.TextField(editable=False)

    history = HistoricalRecords(excluded_fields=SEARCHED)
    objects = ArticleTextQuerySet.as_manager()

    class Meta:
        verbose_name = _("text of an article")
        verbose_name_plural = _("texts of articles")
        ordering: ClassVar = ["article", "language"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["article", "language"], name="article_once_in_each_language"),
            models.CheckConstraint(
                condition=Q(language__in=["en", "es", "it"]), name="article_in_a_known_language"
            ),
            models.CheckConstraint(
                condition=Q(state="draft", published_at=None)
                | Q(state__in=["published", "withdrawn"], published_at__isnull=False),
                name="published_article_says_since_when",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def set_search_words(self) -> None:
        """Writes what search looks through; to be called before saving what was written anew."""
        for column, said in zip(SEARCHED, (self.title, self.summary, plain(self.body)), strict=True):
            setattr(self, column, f"{said}\n {' '.join(words_of(said))} ")


class ArticleTextEvent(StateEvent):
    """One move of a text: written, published, withdrawn (with the reason)."""

    text = models.ForeignKey(
        ArticleText, on_delete=models.CASCADE, related_name="events", verbose_name=_("text of an article")
    )

    class Meta(StateEvent.Meta):
        verbose_name = _("article event")
        verbose_name_plural = _("article events")


class ArticleVote(models.Model):
    """Whether a text helped one reader, who may change their mind, and what it lacked."""

    class Answer(models.TextChoices):
        YES = "yes", _("yes")
        NO = "no", _("no")

    text = models.ForeignKey(
        ArticleText, on_delete=models.CASCADE, related_name="votes", verbose_name=_("text of an article")
    )
    # An account or a browser, by a key made with the site's secret: it can be compared, not read.
    reader = models.CharField(max_length=64, editable=False)
    answer = models.CharField(_("did it help"), max_length=3, choices=Answer)
    comment = models.TextField(_("what was missing"), blank=True, max_length=COMMENT_AT_MOST)
    voted_at = models.DateTimeField(_("voted"))

    class Meta:
        verbose_name = _("opinion of an article")
        verbose_name_plural = _("opinions of articles")
        ordering: ClassVar = ["-voted_at", "-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["text", "reader"], name="reader_votes_once_on_an_article"),
            models.CheckConstraint(condition=Q(answer__in=["yes", "no"]), name="article_vote_is_yes_or_no"),
            models.CheckConstraint(condition=Q(answer="no") | Q(comment=""), name="article_comment_says_no"),
        ]
        # What does an account hold?
        indexes: ClassVar = [models.Index(fields=["reader"], name="article_votes_of_reader")]

    def __str__(self) -> str:
        return f"{self.text_id}: {self.answer}"


class LibrarySearch(models.Model):
    """How often a phrase was looked for on one day, and how many articles that found: a count, and nobody's."""

    day = models.DateField(_("day"))
    language = models.CharField(_("language"), max_length=2, choices=Language)
    phrase = models.CharField(_("searched for"), max_length=PHRASE_AT_MOST)
    found = models.PositiveSmallIntegerField(
        _("articles found"), help_text=_("In the language of the reader, the last time.")
    )
    times = models.PositiveIntegerField(_("times"), default=1)

    class Meta:
        verbose_name = _("search in the library")
        verbose_name_plural = _("searches in the library")
        ordering: ClassVar = ["-day", "-times", "phrase"]
        constraints: ClassVar = [
            # Also finds what is old enough to be forgotten.
            models.UniqueConstraint(fields=["day", "language", "phrase"], name="library_search_once_a_day"),
        ]

    def __str__(self) -> str:
        return self.phrase
