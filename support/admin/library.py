"""The library in the office (S11): articles written, translated, published and withdrawn; what readers say, and what
they looked for and did not find."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Prefetch, Q, QuerySet, Sum
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from base.admin import OfficeHistoryAdmin
from base.errors import Refusal
from billing.admin.recorded import LookOnly
from support.admin.office import DeskAdmin, status_of, user_of
from support.admin_forms import show_refusal
from support.desk_calendar import desk_day
from support.library import (
    SINGLE_SEARCHES_KEPT,
    place_article,
    publish_text,
    withdraw_text,
    write_article,
    write_text,
)
from support.library_forms import ArticleForm, PlaceForm, TextForm, WithdrawTextForm
from support.library_shown import body_of, votes_of
from support.models import Article, ArticleCategory, ArticleText, ArticleVote, LibrarySearch
from support.models.library import Language, pages_language

# Of what readers missed, on an article's page.
COMMENTS_SHOWN = 50
PHRASES_SHOWN = 100
SEARCH_DAYS = (7, 30, 90, 365)


@admin.register(ArticleCategory)
class ArticleCategoryAdmin(OfficeHistoryAdmin):
    list_display = ("__str__", "slug", "position")
    actions = None

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class TextStateFilter(admin.SimpleListFilter):
    """Of the text in any language."""

    title = _("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return list(ArticleText.State.choices)

    def queryset(self, request: HttpRequest, articles: QuerySet[Article]) -> QuerySet[Article]:
        with_state = ArticleText.objects.filter(state=self.value()).order_by().values("article")
        return articles.filter(pk__in=with_state) if self.value() in ArticleText.State.values else articles


@admin.register(Article)
class ArticleAdmin(DeskAdmin):
    list_display = ("shown_title", "in_english", "in_spanish", "in_italian", "helped", "did_not_help")
    list_filter = ("category", TextStateFilter)
    search_fields = ("key", "texts__title")
    ordering = ("category__position", "category", "position", "pk")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        # They are no client's.
        return (
            Article.objects.select_related("category")
            .prefetch_related(Prefetch("texts", ArticleText.objects.bare()))
            .annotate(
                yes=Count("texts__votes", filter=Q(texts__votes__answer="yes"), distinct=True),
                no=Count("texts__votes", filter=Q(texts__votes__answer="no"), distinct=True),
            )
        )

    @admin.display(description=_("title"))
    def shown_title(self, article: Article) -> str:
        titles = {text.language: text.title for text in article.texts.all()}
        return titles.get(pages_language()) or next(iter(titles.values()), article.key)

    def _state(self, article: Article, language: str) -> str:
        states = {text.language: text.get_state_display() for text in article.texts.all()}
        return states.get(language, "–")

    @admin.display(description=Language.ENGLISH.label)
    def in_english(self, article: Article) -> str:
        return self._state(article, Language.ENGLISH)

    @admin.display(description=Language.SPANISH.label)
    def in_spanish(self, article: Article) -> str:
        return self._state(article, Language.SPANISH)

    @admin.display(description=Language.ITALIAN.label)
    def in_italian(self, article: Article) -> str:
        return self._state(article, Language.ITALIAN)

    @admin.display(description=_("helped"), ordering="yes")
    def helped(self, article: Any) -> int:
        return int(article.yes)

    @admin.display(description=_("did not help"), ordering="no")
    def did_not_help(self, article: Any) -> int:
        return int(article.no)

    def get_urls(self) -> list[URLPattern]:
        view, text = self.admin_site.admin_view, "<int:pk>/in/<slug:language>/"
        return [
            path("<int:pk>/place/", view(require_POST(self.place)), name="support_article_place"),
            path(text, view(self.text), name="support_article_text"),
            path(f"{text}publish/", view(require_POST(self.publish)), name="support_article_publish"),
            path(f"{text}withdraw/", view(require_POST(self.withdraw)), name="support_article_withdraw"),
            *super().get_urls(),
        ]

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = ArticleForm(
            request.POST if request.method == "POST" else None, initial={"language": pages_language()}
        )
        if form.is_valid():
            try:
                text = write_article(**form.cleaned_data, by=user_of(request), now=timezone.now())
            except Refusal as refusal:
                show_refusal(form, refusal)
            else:
                self.note(request, text.article, f"{text.language}: {text.title}")
                messages.success(
                    request, gettext("The draft is saved. Nobody outside of the desk reads it yet.")
                )
                return redirect("admin:support_article_text", text.article_id, text.language)
        title = gettext("A new article")
        return self.page(request, "article_text", title, status=status_of(form), form=form, may_change=True)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        article = self.row(request, object_id)
        if request.method == "POST":
            raise PermissionDenied
        return self._show(request, article)

    def place(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Its category, and where it stands in it."""
        article = self.row(request, pk, change=True)
        form = PlaceForm(request.POST)
        if not form.is_valid():
            return self._show(request, article, placing=form)
        place_article(article=article, **form.cleaned_data, by=user_of(request))
        messages.success(request, gettext("The article has its place."))
        return redirect("admin:support_article_change", pk)

    def _show(
        self, request: HttpRequest, article: Article, *, placing: PlaceForm | None = None
    ) -> HttpResponse:
        votes = votes_of(article)
        texts = {text.language: text for text in article.texts.all()}
        placing = placing or PlaceForm(
            initial={"category": article.category_id, "position": article.position}
        )
        missed = ArticleVote.objects.filter(text__article=article, answer="no").exclude(comment="")
        return self.page(
            request,
            "article",
            self.shown_title(article),
            status=status_of(placing),
            article=article,
            languages=[
                (code, name, texts.get(code), votes[texts[code].pk] if code in texts else (0, 0))
                for code, name in Language.choices
            ],
            comments=missed.select_related("text").defer("text__body")[:COMMENTS_SHOWN],
            placing=placing,
            may_change=self.has_change_permission(request),
        )

    def text(self, request: HttpRequest, pk: int, language: str) -> HttpResponse:
        """An article in one language: as it is read, its versions, and for who may, the form to write it."""
        article, text = self._text(request, pk, language, missing_is_fine=True)
        may_change = self.has_change_permission(request)
        if request.method != "POST":
            if text is None and not may_change:
                raise Http404
            return self._show_text(request, article, language, text)
        if not may_change:
            raise PermissionDenied
        form = TextForm(request.POST)
        if form.is_valid():
            try:
                saved = write_text(
                    article=article,
                    language=language,
                    **form.cleaned_data,
                    by=user_of(request),
                    now=timezone.now(),
                )
            except Refusal as refusal:
                show_refusal(form, refusal)
            else:
                self.note(request, article, f"{language}: {saved.title}")
                messages.success(request, gettext("The text is saved."))
                return redirect("admin:support_article_text", pk, language)
        return self._show_text(request, article, language, text, form=form)

    def publish(self, request: HttpRequest, pk: int, language: str) -> HttpResponse:
        article, text = self._text(request, pk, language, change=True)
        try:
            publish_text(text=text, by=user_of(request), now=timezone.now())
        except Refusal as refusal:
            messages.error(request, str(refusal))
            return self._show_text(request, article, language, text, status=409)
        messages.success(request, gettext("Published: everybody can read it."))
        return redirect("admin:support_article_text", pk, language)

    def withdraw(self, request: HttpRequest, pk: int, language: str) -> HttpResponse:
        article, text = self._text(request, pk, language, change=True)
        form = WithdrawTextForm(request.POST, auto_id="withdraw_%s")
        if form.is_valid():
            try:
                withdraw_text(text=text, **form.cleaned_data, by=user_of(request), now=timezone.now())
            except Refusal as refusal:
                show_refusal(form, refusal)
            else:
                messages.success(request, gettext("Withdrawn: only the desk reads it now."))
                return redirect("admin:support_article_text", pk, language)
        return self._show_text(request, article, language, text, withdrawing=form)

    def _text(
        self,
        request: HttpRequest,
        pk: int,
        language: str,
        *,
        change: bool = False,
        missing_is_fine: bool = False,
    ) -> tuple[Article, Any]:
        article = self.row(request, pk, change=change)
        text = article.texts.filter(language=language).select_related("written_by").first()
        if language not in Language.values or not (text or missing_is_fine):
            raise Http404
        return article, text

    def _show_text(
        self,
        request: HttpRequest,
        article: Article,
        language: str,
        text: ArticleText | None,
        *,
        form: TextForm | None = None,
        withdrawing: WithdrawTextForm | None = None,
        status: int | None = None,
    ) -> HttpResponse:
        if form is None:
            names = ("title", "slug", "summary", "body")
            written = {name: getattr(text, name) for name in names} if text else {}
            form = TextForm(initial=written | ({"seen": text.changed_at} if text else {}))
        withdrawing = withdrawing or WithdrawTextForm(auto_id="withdraw_%s")
        State = ArticleText.State
        title = text.title if text else gettext("A new translation")
        return self.page(
            request,
            "article_text",
            f"{title} ({Language(language).label})",
            status=status or status_of(form, withdrawing),
            article=article,
            article_title=self.shown_title(article),
            language=language,
            text=text,
            body=body_of(text) if text else [],
            form=form,
            withdrawing=withdrawing,
            may_change=self.has_change_permission(request),
            others=article.texts.exclude(language=language),
            versions=text.history.select_related("history_user") if text else [],
            events=[(event, State(event.to_state).label) for event in text.events.select_related("actor")]
            if text
            else [],
        )


@admin.register(LibrarySearch)
class LibrarySearchAdmin(LookOnly, DeskAdmin):
    """Its list is a page of our own: phrases, and how often each was looked for, those first that found nothing."""

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return LibrarySearch.objects.all()

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        said = request.GET.get("days", "")
        days = int(said) if said in map(str, SEARCH_DAYS) else 30
        since = desk_day(timezone.now()) - timedelta(days=days)
        phrases = (
            LibrarySearch.objects.filter(day__gt=since)
            .order_by()
            .values("phrase", "language")
            .annotate(asked=Sum("times"), missed=Sum("times", filter=Q(found=0)))
        )
        return self.page(
            request,
            "library_searches",
            gettext("Looked for in the library"),
            days=days,
            choices=SEARCH_DAYS,
            single_kept=SINGLE_SEARCHES_KEPT.days,
            missed=phrases.filter(missed__gt=0).order_by("-missed", "phrase", "language")[:PHRASES_SHOWN],
            found=phrases.filter(missed=None).order_by("-asked", "phrase", "language")[:PHRASES_SHOWN],
        )
