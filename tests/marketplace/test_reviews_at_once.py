"""One link, used twice at the same moment (M12): real threads, and what happens without the lock."""

import threading

import pytest
from django.db.models import QuerySet

from marketplace import reviews
from marketplace.errors import MarketplaceError
from marketplace.models import Review, ReviewRequest
from marketplace.reviews import writing as writing_room
from tests.making import NOW, contract, make_pro
from tests.together import together

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


def contracted():
    pro = make_pro()
    contract(pro)
    return pro


def ask(pro, email="ana@example.com"):
    return reviews.ask_earlier_client(
        professional=pro, name="Ana", email=email, language="es-mx", by=pro.owner, now=NOW
    )


def writing(asked, handling):
    return lambda: reviews.write_review(
        request=asked,
        author_name="Ana",
        handling=handling,
        workmanship=None,
        text="Llegaron a la hora y explicaron todo.",
        user=None,
        browser_of=None,
        now=NOW,
    )


def test_a_double_click_makes_one_review(db):
    asked = ask(contracted())
    first, second = together(writing(asked, 5), writing(asked, 5))
    assert first == second == Review.objects.get()


def test_two_different_reviews_by_one_link_make_one(db):
    asked = ask(contracted())
    results = together(writing(asked, 5), writing(asked, 1))
    assert sorted(type(result).__name__ for result in results) == ["MarketplaceError", "Review"]
    assert Review.objects.count() == 1


def test_without_the_lock_the_second_click_breaks(db, monkeypatch):
    """The database still holds to one review per link, but whoever clicked twice is shown an error."""
    asked = ask(contracted())
    everybody_has_read = threading.Barrier(2)
    monkeypatch.setattr(QuerySet, "select_for_update", lambda queryset, **options: queryset.all())
    why = reviews.why_ended

    def wait_and_ask(request, now):
        everybody_has_read.wait(timeout=20)
        return why(request, now)

    monkeypatch.setattr(writing_room, "why_ended", wait_and_ask)
    results = together(writing(asked, 5), writing(asked, 5))
    assert sorted(type(result).__name__ for result in results) == ["IntegrityError", "Review"]


def test_the_day_s_last_request_is_given_to_one_of_two(db):
    pro = contracted()
    for number in range(reviews.ASKED_BY_ONE_A_DAY - 1):
        ask(pro, f"client{number}@example.com")
    results = together(lambda: ask(pro, "x@example.com"), lambda: ask(pro, "y@example.com"))
    assert [error.code for error in results if isinstance(error, MarketplaceError)] == ["too_many_today"]
    assert ReviewRequest.objects.count() == reviews.ASKED_BY_ONE_A_DAY
