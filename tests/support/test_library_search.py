"""Finding articles: right for each language, and harmless whatever is typed (S11)."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from support.library import withdraw_text
from support.models import ArticleText
from support.search import near, search, suggest
from support.words import Held, asked_words, beginning, fold, held_in, phrase_of, words_of
from tests.support.library import make_article, make_draft, translate
from tests.support.making import NOW

pytestmark = pytest.mark.django_db


@pytest.fixture
def shelf(desk_lead):
    """Only what these tests write."""
    ArticleText.objects.all().delete()
    return desk_lead


def titles(texts):
    return [text.title for text in texts]


@pytest.mark.parametrize(
    ("language", "text", "asked"),
    [
        ("es", "Cómo llamar a un cliente", "llamadas"),
        ("es", "Garantías de quince días", "garantia"),
        ("es", "Devolución del dinero", "DEVOLUCIONES"),
        ("it", "La prima chiamata", "chiamate"),
        ("it", "Perché la qualità conta", "qualita"),
        ("it", "Com’è fatta l’assistenza", "assistenza"),
        ("en", "Missed calls", "call"),
        ("en", "Calling back", "calls"),
    ],
)
@pytest.mark.postgres
def test_a_word_finds_its_other_forms_in_the_language_of_the_article(shelf, language, text, asked):
    make_article(shelf, text, language)
    assert titles(search(asked, language, limit=5)) == [text]


@pytest.mark.parametrize(
    ("language", "text", "asked"),
    [
        ("es", "Las llamadas perdidas", "llamada"),
        ("es", "Garantías de quince días", "GARANTIA"),
        ("it", "La qualità delle chiamate", "chiamata qualita"),
        ("en", "Missed calls", "call"),
    ],
)
def test_everywhere_case_accents_and_plain_endings_make_no_difference(shelf, language, text, asked):
    make_article(shelf, text, language)
    assert titles(search(asked, language, limit=5)) == [text]


def test_a_search_asks_for_all_its_words_and_so_does_a_question_of_two(shelf):
    make_article(shelf, "Bathrooms and kitchens")
    make_article(shelf, "Kitchens")
    assert titles(search("kitchen bathroom", "en", limit=5)) == ["Bathrooms and kitchens"]
    assert titles(suggest("kitchen bathroom", "en", limit=5)) == ["Bathrooms and kitchens"]


def test_what_is_about_some_of_the_words_is_near_and_what_only_names_them_is_not(shelf):
    make_article(shelf, "Bathrooms and kitchens")
    make_article(shelf, "Kitchens")
    make_article(shelf, "Gardens", body="Seen from the kitchen.")
    said = "kitchen bathroom tiles"
    assert titles(near(said, "en", limit=5)) == ["Bathrooms and kitchens", "Kitchens"]
    assert titles(near(said, "en", limit=1)) == ["Bathrooms and kitchens"]


# Of what somebody asks, in each language, and which of the articles that come with the product may answer it.
QUESTIONS = [
    ("es", "¿Cómo confirmo mi teléfono?", []),
    ("en", "How do I confirm my telephone?", []),
    ("it", "Come confermo il mio telefono?", []),
    ("es", "¿Cómo cambio mi contraseña?", []),
    ("en", "My shop does not accept debit cards", []),
    ("it", "Il negozio non accetta carte di debito", []),
    ("es", "Mi página web no carga desde ayer y no puedo ver los pedidos que tengo hoy", []),
    ("es", "¿Qué fotos necesito en mi perfil?", ["complete-profile"]),
    ("en", "What photos does my profile need?", ["complete-profile"]),
    ("it", "Il mio profilo: quali fotografie?", ["complete-profile"]),
    ("es", "¿Qué pasa si se acaban mis horas de soporte?", ["allowances"]),
    ("en", "What happens when my hours of support are used up?", ["allowances"]),
    ("it", "Che cosa succede quando finiscono le ore di assistenza?", ["allowances"]),
    ("es", "¿Cuándo puedo reclamar la garantía?", ["guarantee-claim"]),
    ("en", "When can I claim the guarantee?", ["guarantee-claim"]),
    ("it", "Quando posso chiedere la garanzia?", ["guarantee-overview"]),
    ("es", "No me contestan el teléfono, ¿qué hago?", ["first-call"]),
    ("en", "Nobody answers the phone, what do I do?", ["first-call"]),
    ("it", "Non rispondono al telefono, che faccio?", ["first-call"]),
    ("es", "¿Cómo subo las fotos de mis trabajos?", ["complete-profile"]),
    ("es", "¿Cuánto tardan en responderme?", ["one-working-day"]),
    ("it", "In quanto tempo mi rispondete?", ["one-working-day"]),
    ("es", "Quiero pedir el reembolso de la garantía", ["guarantee-overview"]),
]


@pytest.mark.parametrize(("language", "question", "first"), QUESTIONS)
def test_what_answers_a_question_is_suggested_and_nothing_where_nothing_does(language, question, first):
    suggested = [text.article.key for text in suggest(question, language, limit=4)]
    assert suggested[:1] == first


@pytest.mark.parametrize(
    ("question", "suggested"),
    [
        # One word, and it is about it.
        ("quinces", ["Quinces"]),
        # About one of the words, and the other stands nowhere.
        ("quinces refunded", []),
        # About one, and the other is in the text.
        ("quinces cool", ["Quinces"]),
        # Names both, and is about neither.
        ("dry apart", []),
        # A story: two of its words in the title and summary, and a third anywhere.
        ("quinces bought yesterday, soft already, colour gone, cool cellar", []),
        ("quinces kept yesterday, soft already, colour gone, cool cellar", ["Quinces"]),
    ],
)
def test_how_much_of_a_question_an_article_has_to_hold(shelf, question, suggested):
    make_article(shelf, "Quinces", summary="How they are kept.", body="Dry, cool and apart.")
    assert titles(suggest(question, "en", limit=4)) == suggested


def test_a_form_of_a_word_counts_and_another_word_that_begins_like_it_does_not():
    head, body = " llamadas perdidas ", " llamadas perdidas particulares diario telefonos "
    assert held_in(head, body, ["llamada", "perdida"]) == Held(2, 2)
    assert held_in(head, body, ["telefono"]) == Held(0, 1)
    assert held_in(head, body, ["parte", "dia", "telefonicamente"]) == Held(0, 0)


@pytest.mark.parametrize(
    ("language", "stands", "asked"),
    [
        ("es", "contesta", ["contestan", "contestar", "contestaron", "contestarme"]),
        ("it", "risponde", ["rispondete", "rispondono", "rispondere", "rispondendo"]),
        ("en", "answer", ["answers", "answered", "answering"]),
    ],
)
def test_people_ask_with_other_forms_of_a_verb_than_an_article_has(language, stands, asked):
    assert held_in(f" {stands} ", "", asked, language) == Held(len(asked), len(asked))
    # What ends the verbs of one language ends words of others that mean something else.
    assert held_in(" appeal ", "", ["appear"], "en") == Held(0, 0)


def test_words_that_stand_everywhere_are_not_asked_for(shelf):
    make_article(shelf, "Missed calls")
    assert titles(search("What about the missed calls of mine?", "en", limit=5)) == []
    assert titles(search("What about the missed calls?", "en", limit=5)) == ["Missed calls"]


def test_the_title_weighs_more_than_the_summary_and_the_summary_more_than_the_text(shelf):
    make_article(shelf, "First", body="About tiles. Nothing else, only one word more.")
    make_article(shelf, "Second", summary="About tiles.")
    make_article(shelf, "Tiles")
    assert titles(search("tiles", "en", limit=5)) == ["Tiles", "Second", "First"]


@pytest.mark.parametrize("typed", ["guar", "guarant", "guarantee", "guarantees", "the guaran"])
def test_the_last_word_may_be_the_beginning_of_one(shelf, typed):
    make_article(shelf, "Guarantees")
    assert titles(search(typed, "en", limit=5)) == ["Guarantees"]


def test_only_the_last_word_may_be_a_beginning_of_another(shelf):
    make_article(shelf, "Guarantees explained")
    assert titles(search("guarantees expl", "en", limit=5)) == ["Guarantees explained"]


def test_other_languages_answer_where_the_readers_own_does_not(shelf):
    text = make_article(shelf, "Quinces")
    translate(text, shelf, "es", "Membrillos")
    make_article(shelf, "Mele cotogne", "it", slug="mele")
    assert titles(search("quinces", "en", limit=5)) == ["Quinces"]
    assert titles(search("quinces", "es", limit=5)) == ["Quinces"]
    assert titles(search("cotogne", "es", limit=5)) == ["Mele cotogne"]
    assert titles(suggest("le mele cotogne", "en", limit=5)) == ["Mele cotogne"]


def test_drafts_and_what_was_withdrawn_are_found_by_nobody(shelf):
    make_draft(shelf, "Quinces")
    gone = make_article(shelf, "More quinces")
    withdraw_text(text=gone, reason="Wrong.", by=shelf, now=NOW)
    assert search("quinces", "en", limit=5) == suggest("quinces", "it", limit=5) == []


HOSTILE = [
    "",
    "   ",
    "\x00",
    "' OR 1=1 --",
    "& | ! ( ) :* <-> <2>",
    "'; DROP TABLE support_articletext; --",
    "a" * 10_000,
    "word " * 5_000,
    "%_\\%",
    '"unclosed',
    "\\",
    "quinces:*",
    "٣ ½ ﬁ 🙂 日本語 İ ẞ",
    "\ud800",
    "e\u0301" * 500,
    "${7*7} {{7*7}} <script>",
]


@pytest.mark.parametrize("typed", HOSTILE)
def test_whatever_is_typed_is_harmless(shelf, typed):
    make_article(shelf, "Something else")
    for language in ("en", "es", "it"):
        assert search(typed, language, limit=5) == []
        assert suggest(typed, language, limit=5) == []
        assert near(typed, language, limit=5) == []


def test_signs_around_a_word_do_not_hide_it(shelf):
    make_article(shelf, "Quinces")
    assert titles(search("&|!('quinces':*)\x00", "en", limit=5)) == ["Quinces"]


class AnythingTest(TestCase):
    @settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow])
    @given(st.text(max_size=60))
    def test_no_text_breaks_a_search(self, typed):
        for language in ("en", "es", "it"):
            search(typed, language, limit=3)
            suggest(typed, language, limit=3)


def test_a_search_takes_one_query_and_two_where_other_languages_are_asked(shelf, django_assert_num_queries):
    for number in range(30):
        make_article(shelf, f"Quinces {number}")
    with django_assert_num_queries(1):
        assert len(search("quinces", "en", limit=20)) == 20
    with django_assert_num_queries(2):
        assert len(search("quinces", "es", limit=20)) == 20


def test_words_are_folded_and_told_apart():
    assert fold("GARANTÍA Straße ﬁn") == "garantia strasse fin"
    assert words_of("¿Cuándo? L’e-mail, 24 h") == ["cuando", "l", "e", "mail", "24", "h"]
    assert asked_words("¿Cuándo llega la Garantía, la garantia?", 10) == [
        ("llega", "llega"),
        ("garantía", "garantia"),
    ]
    assert asked_words("the and", 10) == [("the", "the"), ("and", "and")]
    assert asked_words("one two three", 1) == [("two", "two")]
    assert [beginning(word) for word in ("llamadas", "calls", "casa", "es")] == [
        "llamad",
        "call",
        "casa",
        "es",
    ]


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("Garantía: ¿cuándo?", "garantia cuando"),
        ("ask ana@example.com about it", "ask about it"),
        ("call +52 55 1234 5678 now", "call now"),
        ("call 5512345678", "call"),
        ("the 15 contacts of 2026", "the 15 contacts of 2026"),
        ("\x00'&|", ""),
        ("x" * 500, "x" * 40),
        ("word " * 100, ("word " * 16).strip()),
    ],
)
def test_what_is_kept_of_a_search_says_nothing_of_who_asked(typed, kept):
    assert phrase_of(typed, 80) == kept
