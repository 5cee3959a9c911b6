"""The library's articles: written, published, withdrawn, and what readers say of them and look for (S11)."""

from datetime import date, datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import F, Min, Q, QuerySet, Sum
from django.utils.crypto import salted_hmac
from django.utils.text import slugify
from django.utils.translation import gettext as _

from base.models import move_to
from profiles.models import User
from support.article_text import ARTICLE, links
from support.errors import SupportError
from support.models import (
    Article,
    ArticleCategory,
    ArticleText,
    ArticleTextEvent,
    ArticleVote,
    LibrarySearch,
)
from support.models.library import (
    BODY_AT_MOST,
    COMMENT_AT_MOST,
    PHRASE_AT_MOST,
    SLUG_AT_MOST,
    SUMMARY_AT_MOST,
    TITLE_AT_MOST,
    is_slug,
)
from support.words import phrase_of

State = ArticleText.State
# The library's own pages.
_RESERVED = {"search", "suggestions", "topic"}
# Whoever makes up phrases does not fill the table; an honest day has far fewer.
PHRASES_A_DAY = 5_000
SEARCHES_KEPT = timedelta(days=365)
SINGLE_SEARCHES_KEPT = timedelta(days=30)
_LIMITS = {
    "title": (1, TITLE_AT_MOST),
    "summary": (1, SUMMARY_AT_MOST),
    "body": (1, BODY_AT_MOST),
    "slug": (1, SLUG_AT_MOST),
}


def write_article(
    *,
    category: ArticleCategory,
    language: str,
    title: str,
    summary: str,
    body: str,
    by: User,
    now: datetime,
    slug: str = "",
) -> ArticleText:
    """A new article, as a draft in its first language. The same form sent twice writes one.

    Raises SupportError as `write_text`.
    """
    slug = slug or slugify(title)[:SLUG_AT_MOST].strip("-")
    said = {"title": title.strip(), "summary": summary.strip(), "body": body.strip()}
    with transaction.atomic():
        # Of two sendings at once the second waits here, and then sees what the first wrote.
        ArticleCategory.objects.select_for_update(no_key=True).get(pk=category.pk)
        standing = ArticleText.objects.filter(slug=slug, language=language, written_by=by, **said).first()
        if standing:
            return standing
        _refuse_text(slug=slug, text=None, **said)
        article = Article(key=_free_key(slug), category=category)
        article._history_user = by  # type: ignore[attr-defined]
        article.save()
        return write_text(
            article=article,
            language=language,
            title=title,
            summary=summary,
            body=body,
            slug=slug,
            by=by,
            now=now,
        )


def write_text(
    *,
    article: Article,
    language: str,
    title: str,
    summary: str,
    body: str,
    by: User,
    now: datetime,
    slug: str = "",
    seen: datetime | None = None,
) -> ArticleText:
    """Writes an article in `language`: a new draft, or what stands there anew; every version is kept (X4).

    `seen` is when the text that its author had in front of them was last changed, None where there was none. Empty,
    `slug` is made of the title; once published, the address stands. Raises SupportError: "changed_meanwhile",
    "blank", "too_long", "bad_slug", "slug_taken", "slug_stands".
    """
    said = {"title": title.strip(), "summary": summary.strip(), "body": body.strip()}
    with transaction.atomic():
        # The article, for where a language is missing there is no row to lock.
        Article.objects.select_for_update(no_key=True).get(pk=article.pk)
        text = ArticleText.objects.filter(article=article, language=language).first()
        slug = slug or (text.slug if text else slugify(title)[:SLUG_AT_MOST].strip("-"))
        if text and said | {"slug": slug} == {name: getattr(text, name) for name in (*said, "slug")}:
            return text
        if (text.changed_at if text else None) != seen:
            raise SupportError(
                "changed_meanwhile",
                _(
                    "Somebody has changed this text since you opened it. Nothing was saved: keep what you wrote, open "
                    "the page anew, and put it in there."
                ),
            )
        if text and text.published_at and slug != text.slug:
            raise SupportError(
                "slug_stands",
                _("The address stays as it was when the article was first published: others link to it."),
                field="slug",
            )
        _refuse_text(slug=slug, text=text, **said)
        fresh = text is None
        text = text or ArticleText(article=article, language=language)
        for name, value in (said | {"slug": slug}).items():
            setattr(text, name, value)
        text.written_by, text.changed_at = by, now
        text.set_search_words()
        text._history_user, text._history_date = by, now  # type: ignore[attr-defined]
        text.save()
        if fresh:
            _note(text, "", by, now)
        return text


def _refuse_text(*, slug: str, text: ArticleText | None, **said: str) -> None:
    for name, value in {**said, "slug": slug}.items():
        least, most = _LIMITS[name]
        if len(value) < least:
            raise SupportError("blank", _("Write something here."), field=name)
        if len(value) > most:
            raise SupportError("too_long", _("At most %(number)d characters.") % {"number": most}, field=name)
    if not is_slug.regex.match(slug) or slug in _RESERVED:  # type: ignore[union-attr]
        raise SupportError("bad_slug", str(is_slug.message), field="slug")
    others = ArticleText.objects.filter(slug=slug)
    if (others.exclude(pk=text.pk) if text else others).exists():
        raise SupportError("slug_taken", _("Another article has this address."), field="slug")


def _free_key(slug: str) -> str:
    wanted = slug[:50].strip("-")
    taken = set(Article.objects.filter(key__startswith=wanted).values_list("key", flat=True))
    return next(key for key in (wanted, *(f"{wanted}-{n}" for n in range(2, 1_000))) if key not in taken)


def place_article(*, article: Article, category: ArticleCategory, position: int, by: User) -> Article:
    """Where an article stands in the library."""
    with transaction.atomic():
        article = Article.objects.select_for_update(no_key=True).get(pk=article.pk)
        if (article.category_id, article.position) == (category.pk, position):
            return article
        article.category, article.position = category, position
        article._history_user = by  # type: ignore[attr-defined]
        article.save(update_fields=["category", "position"])
        return article


def publish_text(*, text: ArticleText, by: User, now: datetime) -> ArticleText:
    """Everybody may read it from now on. Raises SupportError: "broken_link", with the link."""
    with transaction.atomic():
        text = _locked(text)
        if text.state == State.PUBLISHED:
            return text
        if broken := broken_links(text.body):
            raise SupportError(
                "broken_link",
                _("There is no article “%(key)s”, to which this one links. It was not published.")
                % {"key": broken[0]},
            )
        _move(text, State.PUBLISHED, by, now)
        return text


def withdraw_text(*, text: ArticleText, reason: str, by: User, now: datetime) -> ArticleText:
    """Nobody outside of the desk reads it any more. Raises SupportError: "no_reason", "not_published"."""
    if not reason.strip():
        raise SupportError("no_reason", _("Say why, for whoever finds it withdrawn."), field="reason")
    with transaction.atomic():
        text = _locked(text)
        if text.state == State.WITHDRAWN:
            return text
        if text.state != State.PUBLISHED:
            raise SupportError("not_published", _("This text is a draft: nobody else reads it."))
        _move(text, State.WITHDRAWN, by, now, reason.strip())
        return text


def broken_links(body: str) -> list[str]:
    """The keys of articles to which a text links and which are not there."""
    keys = [address.removeprefix(ARTICLE) for address in links(body) if address.startswith(ARTICLE)]
    known = set(Article.objects.filter(key__in=keys).values_list("key", flat=True)) if keys else set()
    return [key for key in keys if key not in known]


def _locked(text: ArticleText) -> ArticleText:
    return ArticleText.objects.select_for_update(no_key=True).get(pk=text.pk)


def _move(text: ArticleText, to: str, by: User, now: datetime, reason: str = "") -> None:
    before = move_to(text, to)
    text.published_at = text.published_at or now
    text._history_user, text._history_date = by, now  # type: ignore[attr-defined]
    text.save(update_fields=["state", "published_at"])
    _note(text, before, by, now, reason)


def _note(text: ArticleText, before: str, by: User, now: datetime, reason: str = "") -> None:
    ArticleTextEvent.objects.create(
        text=text, actor=by, from_state=before, to_state=text.state, reason=reason, at=now
    )


def reader_key(kind: str, value: str) -> str:
    """Who votes, as it is kept: `kind` is "account" or "browser"."""
    return salted_hmac(f"quince.library.{kind}", value, algorithm="sha256").hexdigest()


def account_key(user: User) -> str:
    return reader_key("account", str(user.pk))


def vote(*, text: ArticleText, reader: str, answer: str, now: datetime, comment: str = "") -> ArticleVote:
    """What one reader (`reader_key`) thinks of a text: once each, and the last word counts. Only who says no is asked
    what was missing. Raises SupportError: "not_published", "unknown_answer", "too_long"."""
    if answer not in ArticleVote.Answer.values:
        raise SupportError("unknown_answer", _("Say yes or no."), field="answer")
    comment = comment.strip() if answer == ArticleVote.Answer.NO else ""
    if len(comment) > COMMENT_AT_MOST:
        raise SupportError(
            "too_long", _("At most %(number)d characters.") % {"number": COMMENT_AT_MOST}, field="comment"
        )
    with transaction.atomic():
        # Two presses at once: the second waits here, and finds the first.
        text = _locked(text)
        if text.state != State.PUBLISHED:
            raise SupportError("not_published", _("This article is not in the library any more."))
        standing = ArticleVote.objects.filter(text=text, reader=reader).first()
        if standing is None:
            return ArticleVote.objects.create(
                text=text, reader=reader, answer=answer, comment=comment, voted_at=now
            )
        # No, pressed once more, does not take away what was said with it.
        comment = comment or (standing.comment if answer == ArticleVote.Answer.NO else "")
        if (standing.answer, standing.comment) != (answer, comment):
            standing.answer, standing.comment, standing.voted_at = answer, comment, now
            standing.save(update_fields=["answer", "comment", "voted_at"])
        return standing


def note_search(*, text: str, language: str, found: int, today: date) -> None:
    """Counts what was looked for, by phrase and day, with how many articles in the reader's language that found.

    Nobody's name stands there: mail addresses and long numbers are left out (`phrase_of`), and so is who asked.
    """
    phrase = phrase_of(text, PHRASE_AT_MOST)
    if not phrase:
        return
    row = {"day": today, "language": language, "phrase": phrase}
    counted = LibrarySearch.objects.filter(**row)
    again = {"times": F("times") + 1, "found": found}
    if counted.update(**again) or LibrarySearch.objects.filter(day=today).count() >= PHRASES_A_DAY:
        return
    try:
        with transaction.atomic():
            LibrarySearch.objects.create(**row, found=found)
    except IntegrityError:
        # Somebody looked for the same at this very moment.
        counted.update(**again)


def old_searches(today: date) -> QuerySet[LibrarySearch]:
    """What is to be forgotten: after a year everything; after a month what was looked for a single time, for that is
    no article to be written, and may be the name that somebody typed (X5)."""
    asked_once = (
        LibrarySearch.objects.order_by()
        .values("phrase", "language")
        .annotate(row=Min("pk"), asked=Sum("times"))
        .filter(asked=1)
        .values("row")
    )
    single = Q(day__lt=today - SINGLE_SEARCHES_KEPT, pk__in=asked_once)
    return LibrarySearch.objects.filter(Q(day__lt=today - SEARCHES_KEPT) | single)


def forget_searches(*, today: date) -> int:
    """Deletes `old_searches`; returns how many rows."""
    return old_searches(today).delete()[0]
