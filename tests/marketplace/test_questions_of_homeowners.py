"""What a homeowner asks, as the business that bought their request sees and answers it (G22)."""

from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from marketplace.models import HomeownerQuestion
from marketplace.questions import ask_question
from tests.marketplace.test_homeowner_page import bought, lead, now, pytestmark, text_of

__all__ = ["lead", "now", "pytestmark"]


def test_the_buyer_sees_the_question_answers_it_and_the_mark_goes(client_of, lead, now):
    contact = bought(lead, at=now)
    own = client_of(contact.professional)
    page = reverse("marketplace:contact", args=[contact.public_id])
    listed = reverse("marketplace:contacts")
    assert "They asked you something" not in text_of(own.get(listed))
    question = ask_question(contact=contact, text="¿Incluye el azulejo?", now=now)
    assert "They asked you something" in text_of(own.get(listed))
    assert "¿Incluye el azulejo?" in text_of(own.get(page))
    address = reverse("marketplace:answer_question", args=[contact.public_id, question.public_id])
    refused = own.post(address, {"answer": " "})
    assert 'class="errorlist"' in text_of(refused)
    done = own.post(address, {"answer": "Sí, incluido."}, follow=True)
    assert "Your answer is on its way" in text_of(done)
    assert '<blockquote class="prewrap">Sí, incluido.</blockquote>' in text_of(done)
    assert "They asked you something" not in text_of(own.get(listed))


def test_a_stranger_to_the_contact_answers_nothing(client_of, other_pro, lead, now):
    contact, other = bought(lead, at=now), bought(lead, other_pro, at=now)
    question = ask_question(contact=contact, text="¿Cuándo?", now=now)
    for contact_id in (contact.public_id, other.public_id):
        address = reverse("marketplace:answer_question", args=[contact_id, question.public_id])
        assert client_of(other_pro).post(address, {"answer": "Yo."}).status_code == 404
    question.refresh_from_db()
    assert question.answered_at is None


def test_one_question_and_thirty_cost_the_buyer_the_same_queries(client_of, lead, now):
    contact = bought(lead, at=now)
    own = client_of(contact.professional)

    def queries(address) -> int:
        with CaptureQueriesContext(connection) as counted:
            assert own.get(address).status_code == 200
        return len(counted)

    addresses = [reverse("marketplace:contact", args=[contact.public_id]), reverse("marketplace:contacts")]
    HomeownerQuestion.objects.create(contact=contact, text="¿0?", asked_at=now)
    for address in addresses:
        own.get(address)  # The first visit of a browser writes down whose it is.
    one = [queries(address) for address in addresses]
    for number in range(1, 30):
        HomeownerQuestion.objects.create(contact=contact, text=f"¿{number}?", asked_at=now)
    assert [queries(address) for address in addresses] == one
