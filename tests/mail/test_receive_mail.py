"""The pipe of a mail server, as one process: what it is told decides whether the message is kept, tried again or
sent back."""

import io
import os
import sqlite3
import subprocess
import sys
from datetime import timedelta
from email.utils import format_datetime
from pathlib import Path
from types import SimpleNamespace
from unittest import mock

import pytest
from django.conf import settings as django_settings
from django.core.management import CommandError, call_command
from django.db import OperationalError
from django.utils import timezone

from mail import kept_files
from mail.models import IncomingMail
from tests.mail.messages import make_message

ROOT = Path(django_settings.BASE_DIR)


def pipe(monkeypatch, raw: bytes, **options) -> str:
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(raw)))
    out = io.StringIO()
    call_command("receive_mail", stdout=out, stderr=out, **options)
    return out.getvalue()


@pytest.mark.django_db
def test_one_message_goes_the_whole_way(monkeypatch):
    said = pipe(monkeypatch, make_message(to="x@y.example"), recipient="Garantia@quince.example")
    mail = IncomingMail.objects.get()
    assert said == f"{mail.pk}: taken in\n"
    assert (mail.state, mail.way, mail.recipient) == ("taken", "pipe", "garantia@quince.example")


@pytest.mark.django_db
def test_a_message_to_the_desk_becomes_a_question_or_a_ticket(monkeypatch):
    said = pipe(monkeypatch, make_message(to="x@y.example"), recipient="Soporte@quince.example")
    mail = IncomingMail.objects.get()
    assert said == f"{mail.pk}: taken in\n"
    assert (mail.route, mail.cause.partition(":")[0]) == ("support.by_mail.take_desk_mail", "ticket")


@pytest.mark.django_db
def test_a_message_that_is_tried_again_came_when_the_mail_server_took_it(monkeypatch):
    at = timezone.now().replace(microsecond=0) - timedelta(minutes=30)
    pipe(monkeypatch, f"Received: by mx; {format_datetime(at)}\n".encode() + make_message())
    assert IncomingMail.objects.get().received_at == at


@pytest.mark.django_db
def test_a_message_whose_handling_fails_is_stored_and_that_is_enough(monkeypatch, settings):
    settings.MAIL_ROUTES = ["tests.mail.routes.fails"]
    pipe(monkeypatch, make_message())
    assert IncomingMail.objects.get().state == "received"


@pytest.mark.django_db
def test_where_there_is_no_message_that_is_said(monkeypatch):
    with pytest.raises(CommandError) as refused:
        pipe(monkeypatch, b" \n")
    assert refused.value.returncode == 65


@pytest.mark.django_db
def test_of_too_large_a_message_the_headers_are_taken_in(monkeypatch, settings):
    """On the last day, with all the photographs: it was sent back, and the day was lost (G12)."""
    settings.INBOX_MAX_BYTES = 2_000
    raw = make_message("x" * 5_000_000, subject="Grande")
    said = pipe(monkeypatch, raw)
    mail = IncomingMail.objects.get()
    assert said == f"{mail.pk}: taken in\n"
    assert (mail.sender, mail.subject, mail.text, mail.size) == ("ana@example.com", "Grande", "", len(raw))
    assert len(kept_files.message_of(mail)) < 1_000


@pytest.mark.django_db
def test_a_message_for_two_addresses_of_ours_is_told_of_twice(monkeypatch):
    said = pipe(monkeypatch, make_message(Cc="hola@quince.example"), recipient="hola@quince.example")
    assert [line.partition(": ")[2] for line in said.splitlines()] == ["taken in", "waiting for a person"]


@pytest.mark.django_db
@pytest.mark.parametrize("failure", [OperationalError("gone"), OSError(28, "No space left")])
def test_what_cannot_be_stored_now_is_tried_again(monkeypatch, failure):
    with (
        mock.patch("mail.inbox.kept_files.keep", side_effect=failure),
        pytest.raises(CommandError) as refused,
    ):
        pipe(monkeypatch, make_message())
    assert refused.value.returncode == 75


def test_the_mail_server_is_told_by_the_exit_code(tmp_path):
    """A real process: without a table there, the message is not lost but tried again."""
    sqlite3.connect(tmp_path / "quince.sqlite3").close()
    done = subprocess.run(
        [sys.executable, "manage.py", "receive_mail"],
        cwd=ROOT,
        env=os.environ | {"VAR_DIR": str(tmp_path), "DATABASE_URL": f"sqlite:///{tmp_path}/quince.sqlite3"},
        input=make_message(),
        capture_output=True,
        check=False,
    )
    assert done.returncode == 75, done.stderr
    assert not [path for path in (tmp_path / "private").rglob("*") if path.is_file()]


def test_where_the_product_cannot_even_start_the_message_is_tried_again(tmp_path):
    """It was sent back, with a traceback that may quote a password."""
    done = subprocess.run(
        [sys.executable, "manage.py", "receive_mail"],
        cwd=ROOT,
        env=os.environ
        | {
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "DEBUG": "1",
            "VAR_DIR": str(tmp_path),
            "EMAIL_URL": "nonsense://ana:secret@x",
        },
        input=make_message(),
        capture_output=True,
        check=False,
    )
    assert (done.returncode, b"secret" in done.stderr) == (75, False), done.stderr
