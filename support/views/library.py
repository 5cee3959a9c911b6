"""The library, for everybody (S11): to read, to search, to be suggested what answers a question, to say if it helps."""

import uuid
from datetime import timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone, translation
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from base.errors import Refusal
from base.links import absolute
from base.public_pages import public_page, says_language
from profiles.addresses import network_of
from profiles.networks import take_turn
from support.admin_forms import show_refusal
from support.desk_calendar import desk_day
from support.library import account_key, note_search, reader_key, vote
from support.library_forms import MissingForm, SearchForm
from support.library_shown import address_of, article_shown, readers_language, shelf, shelves
from support.models import ArticleCategory, ArticleText, ArticleVote
from support.search import near, search, suggest

SHOWN = 20
SUGGESTED = 4
_MINUTE = timedelta(minutes=1)
# Of one network, where many may sit; a question that is typed asks every half second or so.
SEARCHES_A_MINUTE = 40
SUGGESTIONS_A_MINUTE = 120
VOTES_A_DAY = 60

_COOKIE = "quince_reader"
_SALT = "quince.reader"
_COOKIE_KEPT = timedelta(days=365)


@public_page
def library(request: HttpRequest) -> HttpResponse:
    """GET: where the library begins: the search, and every article by category."""
    language = readers_language(request)
    return render(
        request,
        "support/library/index.html",
        {
            "form": SearchForm(),
            "shelves": shelves(language),
            "language": language,
            "canonical": absolute("support:library"),
        },
    )


@public_page
def topic(request: HttpRequest, slug: str) -> HttpResponse:
    """GET: the articles of a category. One that has none is not there."""
    language = readers_language(request)
    shown = shelf(get_object_or_404(ArticleCategory, slug=slug), language)
    if not shown.texts:
        raise Http404
    return render(
        request,
        "support/library/topic.html",
        {
            "shelf": shown,
            "language": language,
            "canonical": absolute("support:library_topic", slug=slug),
        },
    )


@public_page
def article(request: HttpRequest, slug: str) -> HttpResponse:
    """GET: an article in the language of its address. Whoever says no language, as search engines do, gets the whole
    page in that one, where the site speaks it."""
    text = get_object_or_404(_published(), slug=slug)
    spoken = next((code for code, _name in settings.LANGUAGES if code.split("-")[0] == text.language), None)
    if spoken is None or says_language(request):
        return _article(request, text)
    with translation.override(spoken):
        request.LANGUAGE_CODE = spoken
        return _article(request, text)


def _article(request: HttpRequest, text: ArticleText) -> HttpResponse:
    return render(
        request,
        "support/library/article.html",
        {
            "shown": article_shown(text),
            "text": text,
            "language": readers_language(request),
            "canonical": settings.SITE_URL + address_of(text),
            "site": settings.SITE_URL,
        },
    )


def _published():  # type: ignore[no-untyped-def]
    return ArticleText.objects.published().select_related("article__category")


@never_cache
@require_safe
def search_library(request: HttpRequest) -> HttpResponse:
    """GET: what is found for `?q=`, and what to do where that is nothing. What was looked for is counted."""
    form = SearchForm(request.GET)
    # What is no text at all, as a null byte makes it, finds nothing and is told so.
    said = form.cleaned_data["q"] if form.is_valid() else ""
    now = timezone.now()
    language = readers_language(request)
    context = {"form": form, "said": said, "language": language}
    if not take_turn(
        network_of(request), "library searches", most=SEARCHES_A_MINUTE, window=_MINUTE, now=now
    ):
        return render(request, "support/library/search.html", context | {"too_many": True}, status=429)
    texts = search(said, language, limit=SHOWN)
    found = sum(text.language == language for text in texts)
    if request.method == "GET":
        note_search(text=said, language=language, found=found, today=desk_day(now))
    context["elsewhere"] = bool(texts) and not found
    # Where nothing has all of the words, what is about some of them is better than nothing.
    context["near"] = [] if texts else near(said, language, limit=SUGGESTED)
    return render(request, "support/library/search.html", context | {"texts": texts})


@csrf_exempt
@require_POST
def suggestions(request: HttpRequest) -> HttpResponse:
    """POST `question`: a piece of page with the articles that may answer what is being typed, or nothing.

    Posted, so that a question stands in no log of addresses; it changes nothing, so it needs no token, and pages that
    many share can ask.
    """
    now = timezone.now()
    if not take_turn(
        network_of(request), "library suggestions", most=SUGGESTIONS_A_MINUTE, window=_MINUTE, now=now
    ):
        return HttpResponse(status=429)
    language = readers_language(request)
    texts = suggest(request.POST.get("question", ""), language, limit=SUGGESTED)
    response = render(request, "support/library/suggested.html", {"texts": texts, "language": language})
    response.headers["Cache-Control"] = "private, no-store"
    return response


@never_cache
@csrf_exempt
def helpful(request: HttpRequest, slug: str) -> HttpResponse:
    """POST `answer` from the article, and `comment` from this page: whether it helped. GET: thanks, and what was said.

    The article's page is one that many share, so its form holds no token; another site's is refused by where it comes
    from.
    """
    text = get_object_or_404(_published(), slug=slug)
    if request.method == "POST":
        return _voted(request, text)
    standing = ArticleVote.objects.filter(text=text, reader=_reader_of(request)).first()
    if standing is None:
        return redirect(address_of(text))
    return _thanks(request, text, standing, MissingForm(initial={"comment": standing.comment}))


def _voted(request: HttpRequest, text: ArticleText) -> HttpResponse:
    if not _is_from_here(request):
        raise PermissionDenied
    answer = request.POST.get("answer", "")
    if answer not in ArticleVote.Answer.values:
        return redirect(address_of(text))
    now = timezone.now()
    if not take_turn(
        network_of(request), "library votes", most=VOTES_A_DAY, window=timedelta(days=1), now=now
    ):
        return render(request, "support/library/enough_votes.html", {"text": text}, status=429)
    fresh = "" if _reader_of(request) else uuid.uuid4().hex
    form = MissingForm(request.POST)
    reader = reader_key("browser", fresh) if fresh else _reader_of(request)
    if not form.is_valid():
        standing = ArticleVote(text=text, answer=answer)
        return _thanks(request, text, standing, form, status=422)
    try:
        vote(text=text, reader=reader, answer=answer, comment=form.cleaned_data["comment"], now=now)
    except Refusal as refusal:
        show_refusal(form, refusal)
        return _thanks(request, text, ArticleVote(text=text, answer=answer), form, status=422)
    response = redirect("support:library_helpful", text.slug)
    if fresh:
        response.set_signed_cookie(
            _COOKIE, fresh, salt=_SALT, max_age=_COOKIE_KEPT, httponly=True, samesite="Lax",
            secure=settings.SESSION_COOKIE_SECURE,
        )  # fmt: skip
    return response


def _thanks(
    request: HttpRequest, text: ArticleText, standing: ArticleVote, form: MissingForm, status: int = 200
) -> HttpResponse:
    context = {"text": text, "vote": standing, "form": form, "beside": article_shown(text).beside}
    return render(request, "support/library/helpful.html", context, status=status)


def _reader_of(request: HttpRequest) -> str:
    """The key of whoever reads: their account, else their browser by its signed cookie; "" where it has none yet."""
    if request.user.is_authenticated:
        return account_key(request.user)
    value = request.get_signed_cookie(_COOKIE, default="", salt=_SALT, max_age=_COOKIE_KEPT)
    return reader_key("browser", value) if value else ""


def _is_from_here(request: HttpRequest) -> bool:
    """Whether the form was on a page of ours, as far as the browser says; one that says nothing is an old one."""
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site in ("same-origin", "none")
    origin = request.headers.get("Origin")
    if origin is None:
        return True
    try:
        return urlsplit(origin).netloc == request.get_host()
    except ValueError:  # No address at all.
        return False
