"""Finding articles (S11): on PostgreSQL by full text in the language of each, elsewhere by the beginnings of folded
words. What somebody typed becomes words before it reaches a database, and nothing of it is an operator there.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from django.db import connection
from django.db.models import BooleanField, Case, FloatField, IntegerField, Q, QuerySet, Value, When
from django.db.models.expressions import RawSQL

from support.models.library import ArticleText, Language
from support.words import Held, answers, asked_words, beginning, held_in

# Of what somebody searches for, and of a question that is being typed.
WORDS_OF_A_SEARCH = 10
WORDS_OF_A_QUESTION = 24
SEARCH_AT_MOST = 200
QUESTION_AT_MOST = 4_000
# How many of those that hold any word of a question are judged.
CANDIDATES = 16

_CONFIGS = {Language.ENGLISH: "english", Language.SPANISH: "spanish", Language.ITALIAN: "italian"}
_POINTS = {"search_title": 8, "search_summary": 3, "search_text": 1}
Words = Sequence[tuple[str, str]]


def search(text: str, language: str, *, limit: int) -> list[ArticleText]:
    """Up to `limit` published articles in `language` that hold all words of `text`, the best first; those of other
    languages where there are none. The last word may be a beginning. Two queries at most."""
    words = asked_words(text[:SEARCH_AT_MOST], WORDS_OF_A_SEARCH)
    return _first(words, language, lambda languages: list(_ranked(words, languages, every=True)[:limit]))


def suggest(question: str, language: str, *, limit: int) -> list[ArticleText]:
    """Up to `limit` published articles that may answer a question, whose subject and text are typed or sent, the best
    first: what an article is about has to be what is asked (`support.words.answers`), for nothing is better than what
    has nothing to do with it. In `language`, or where there is none in others. Two queries at most."""
    words = asked_words(question[:QUESTION_AT_MOST], WORDS_OF_A_QUESTION)
    enough = partial(answers, asked=len(words))
    return _first(words, language, lambda languages: _judged(words, languages, enough)[:limit])


def near(text: str, language: str, *, limit: int) -> list[ArticleText]:
    """Up to `limit` published articles in `language` whose title or summary has a word of `text`, for a search that
    found nothing. One query."""
    words = asked_words(text[:SEARCH_AT_MOST], WORDS_OF_A_SEARCH)
    return _judged(words, [language], lambda held: held.in_head > 0)[:limit] if words else []


def _first(
    words: Words, language: str, found_in: Callable[[Sequence[str]], list[ArticleText]]
) -> list[ArticleText]:
    if not words:
        return []
    return found_in([language]) or found_in([each for each in Language.values if each != language])


def _judged(words: Words, languages: Sequence[str], enough: Callable[[Held], bool]) -> list[ArticleText]:
    """Of the articles that hold any of the words, those that hold `enough` of them; what holds most of them where it
    counts stands first."""
    candidates = _ranked(words, languages, every=False).defer(None).defer("body")[:CANDIDATES]
    judged = [(held_by(text, words), text) for text in candidates]
    judged.sort(key=lambda each: (-each[0].in_head, -each[0].anywhere))
    return [text for held, text in judged if enough(held)]


def held_by(text: ArticleText, words: Words) -> Held:
    """How many of `words` stand in an article."""
    head = f"{text.search_title} {text.search_summary}"
    return held_in(head, text.search_text, [folded for _written, folded in words], text.language)


def _ranked(words: Words, languages: Sequence[str], every: bool) -> QuerySet[ArticleText]:
    texts = ArticleText.objects.published().bare().select_related("article__category")
    if connection.vendor == "postgresql":
        return _by_full_text(texts, words, languages, every)
    return _by_beginnings(texts, words, languages, every)


def _by_full_text(
    texts: QuerySet[ArticleText], words: Words, languages: Sequence[str], every: bool
) -> QuerySet[ArticleText]:
    """In each language by its own rules: a word as it is written or as it is folded, for both are kept."""
    sign = " & " if every else " | "
    joined = sign.join(f"('{word}' | '{folded}')" for word, folded in words[:-1])
    last_word, last_folded = words[-1]
    last = f"('{last_word}':* | '{last_folded}':*)"
    found = Q()
    ranks = []
    for language in languages:
        config = _CONFIGS[Language(language)]
        # The last one also as it stands in titles, for the beginning of a word is not always that of its stem.
        asked = "(to_tsquery(%s::regconfig, %s) || to_tsquery('simple', %s))"
        parameters: list[Any] = [config, last, last]
        if joined:
            asked = f"(to_tsquery(%s::regconfig, %s) {'&&' if every else '||'} {asked})"
            parameters = [config, joined, *parameters]
        matches = RawSQL(f"support_articletext.search @@ {asked}", parameters, output_field=BooleanField())
        found |= Q(matches, language=language)
        # Divided by 1 + the logarithm of the length: a long text holds any word.
        rank = RawSQL(
            f"ts_rank(support_articletext.search, {asked}, 1)", parameters, output_field=FloatField()
        )
        ranks.append(When(language=language, then=rank))
    return texts.filter(found).annotate(rank=Case(*ranks, default=Value(0.0))).order_by("-rank", "pk")


def _by_beginnings(
    texts: QuerySet[ArticleText], words: Words, languages: Sequence[str], every: bool
) -> QuerySet[ArticleText]:
    """Good enough: words of the text that begin as those asked for do, without case, accents and endings."""
    found = Q()
    points: Any = Value(0)
    for language in languages:
        in_it = Q()
        for _written, folded in words:
            start = f" {beginning(folded, language)}"
            holds = Q()
            for column in _POINTS:
                here = Q(**{f"{column}__contains": start}, language=language)
                holds |= here
                worth = When(here, then=Value(_POINTS[column]))
                points = points + Case(worth, default=Value(0), output_field=IntegerField())
            in_it = in_it & holds if every else in_it | holds
        found |= in_it
    return texts.filter(found).annotate(rank=points).order_by("-rank", "pk")
