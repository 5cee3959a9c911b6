"""What a data migration works out of mails that came before, as it is written when they come."""

from importlib import import_module

import pytest
from django.apps import apps

from mail.models import IncomingMail
from tests.mail.messages import FALSE, make_message, take_in

pytestmark = pytest.mark.django_db
filling = import_module("mail.migrations.0010_fill_said_hash")


@pytest.mark.parametrize("times", [1, 2])
def test_it_knows_old_mails_again_in_batches_and_as_often_as_it_runs(
    settings, private_files, monkeypatch, times
):
    settings.MAIL_AUTHSERV_ID = "mx.quince.example"
    for number in range(5):
        take_in(
            make_message(f"Text\n {number}", message_id=f"<{number}@x>", **(FALSE if number == 2 else {}))
        )
    known = dict(IncomingMail.objects.values_list("pk", "said_hash"))
    cleared = IncomingMail.objects.order_by("pk")[3]
    IncomingMail.objects.update(said_hash="of its bytes")
    IncomingMail.objects.filter(pk=cleared.pk).update(cleared_at=cleared.received_at)
    monkeypatch.setattr(filling, "AT_ONCE", 2)
    for _time in range(times):
        filling.hash_what_was_said(apps, None)
    found = dict(IncomingMail.objects.values_list("pk", "said_hash"))
    assert found == known | {cleared.pk: "of its bytes"}
