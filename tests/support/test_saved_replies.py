"""Saved replies: one's own, and those that the whole desk shares."""

import uuid

import pytest
from django.urls import reverse

from support.errors import SupportError
from support.models import SavedReply
from support.replies import remove_reply, save_reply
from tests.support.making import NOW

pytestmark = pytest.mark.django_db


def write(by, *, shared=False, **more):
    said = {"title": "Thanks", "texts": {"es": "Gracias."}, "now": NOW}
    return save_reply(by=by, shared=shared, **(said | more))


def test_a_consultants_own_reply_is_theirs_alone(consultant, desk_lead):
    own, shared = write(consultant), write(desk_lead, shared=True, title="For all")
    assert set(SavedReply.objects.usable_by(consultant)) == {own, shared}
    assert set(SavedReply.objects.usable_by(desk_lead)) == {shared}
    assert set(SavedReply.objects.kept_by(consultant)) == {own}
    assert set(SavedReply.objects.kept_by(desk_lead)) == {shared}


def test_what_everybody_shares_the_desk_lead_writes(consultant, desk_lead):
    shared = write(desk_lead, shared=True)
    for attempt in (
        lambda: write(consultant, shared=True),
        lambda: write(consultant, reply=shared),
        lambda: remove_reply(reply=shared, by=consultant),
    ):
        with pytest.raises(SupportError) as refused:
            attempt()
        assert refused.value.code == "not_yours"


def test_a_reply_without_a_text_is_refused(consultant):
    with pytest.raises(SupportError) as refused:
        write(consultant, texts={"es": "  ", "en": ""})
    assert refused.value.code == "no_text"


def test_one_form_makes_one_reply(consultant):
    form = uuid.uuid4()
    assert write(consultant, public_id=form) == write(consultant, public_id=form)
    with pytest.raises(SupportError) as refused:
        write(consultant, public_id=form, title="Something else")
    assert (refused.value.code, SavedReply.objects.count()) == ("form_used", 1)


@pytest.mark.parametrize(
    ("language", "text"), [("es-mx", "Gracias."), ("en", "Thanks."), ("it", "Thanks."), ("", "Thanks.")]
)
def test_it_is_said_in_the_language_of_whoever_asks(consultant, language, text):
    reply = write(consultant, texts={"es": "Gracias.", "en": "Thanks."})
    assert reply.text_in(language) == text


def test_it_is_written_changed_and_removed_on_its_pages(client_of, consultant):
    browser = client_of(consultant)
    new = reverse("support:new_reply")
    said = {"title": "Thanks", "text_es": "", "text_en": "", "text_it": "", "form_id": uuid.uuid4()}
    assert browser.get(new).status_code == 200
    assert browser.post(new, said).status_code == 409
    assert browser.post(new, said | {"title": ""}).status_code == 422
    assert browser.post(new, said | {"text_es": "Gracias."}).status_code == 302
    reply = SavedReply.objects.get()
    assert (reply.owner, reply.text_es) == (consultant, "Gracias.")
    page = reverse("support:reply", args=[reply.public_id])
    assert "Gracias." in browser.get(page).content.decode()
    browser.post(page, said | {"text_es": "Muchas gracias.", "shared": "on"})
    reply.refresh_from_db()
    # Sharing it is the desk lead's to say.
    assert (reply.owner, reply.text_es) == (consultant, "Muchas gracias.")
    assert "Muchas gracias." in browser.get(reverse("support:replies")).content.decode()
    assert browser.post(reverse("support:remove_reply", args=[reply.public_id])).status_code == 302
    assert not SavedReply.objects.exists()


def test_a_reply_of_others_is_not_there_and_one_that_is_shared_is_not_changed(
    client_of, consultant, desk_lead, pro_user
):
    theirs, shared = write(desk_lead), write(desk_lead, shared=True, title="For all")
    browser = client_of(consultant)
    for reply in (theirs, shared):
        assert browser.get(reverse("support:reply", args=[reply.public_id])).status_code == 404
        assert browser.post(reverse("support:remove_reply", args=[reply.public_id])).status_code == 404
    assert client_of(pro_user).get(reverse("support:replies")).status_code == 403


def test_with_an_account_go_its_own_replies(consultant, desk_lead):
    write(consultant), write(desk_lead, shared=True)
    consultant.delete()
    assert SavedReply.objects.get().owner is None
