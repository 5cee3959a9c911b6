"""The page of sent mails, for development: what the product has sent, read from the real messages."""

import email
import email.policy
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from functools import wraps
from pathlib import Path
from typing import Concatenate, ParamSpec

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.clickjacking import xframe_options_sameorigin

from mail.models import OutgoingMail

P = ParamSpec("P")
NEWEST = 100


@dataclass(frozen=True, slots=True)
class SentMail:
    """One .eml file, parsed."""

    name: str
    message: EmailMessage

    @property
    def subject(self) -> str:
        return str(self.message["Subject"])

    @property
    def recipient(self) -> str:
        return str(self.message["To"])

    @property
    def sent_at(self) -> datetime:
        return self.message["Date"].datetime

    @property
    def headers(self) -> list[tuple[str, str]]:
        return [(name, str(value)) for name, value in self.message.items()]

    def part(self, subtype: str) -> str:
        """The text of that kind ("plain", "html"), or nothing."""
        part = self.message.get_body((subtype,))
        return part.get_content() if part else ""

    @property
    def text(self) -> str:
        return self.part("plain")


def only_in_the_demo(
    view: Callable[Concatenate[HttpRequest, P], HttpResponseBase],
) -> Callable[Concatenate[HttpRequest, P], HttpResponseBase]:
    """Elsewhere the page does not exist: mails are their readers' own."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if not settings.DEMO:
            raise Http404
        return view(request, *args, **kwargs)

    return guarded


def _parsed(path: Path) -> SentMail:
    message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    return SentMail(path.stem, message)


def _files() -> list[Path]:
    """The .eml files, the one written last first."""
    return sorted(Path(settings.MAIL_FOLDER).glob("*.eml"), key=lambda path: -path.stat().st_mtime_ns)


def _mail_or_404(name: str) -> SentMail:
    for path in _files():
        if path.stem == name:
            return _parsed(path)
    raise Http404


@only_in_the_demo
def sent_mails(request: HttpRequest) -> HttpResponse:
    """What went out, and how many mails wait for the worker that sends them."""
    mails = [_parsed(path) for path in _files()[:NEWEST]]
    waiting = OutgoingMail.objects.filter(state=OutgoingMail.State.QUEUED).count()
    return render(request, "mail/sent_mails.html", {"mails": mails, "waiting": waiting})


@only_in_the_demo
def sent_mail(request: HttpRequest, name: str) -> HttpResponse:
    return render(request, "mail/sent_mail.html", {"mail": _mail_or_404(name)})


@only_in_the_demo
@xframe_options_sameorigin
def sent_mail_html(request: HttpRequest, name: str) -> HttpResponse:
    """The HTML alternative as a mailbox shows it: styles of its own, and nothing that runs or loads."""
    return HttpResponse(
        _mail_or_404(name).part("html"),
        headers={
            "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox; frame-ancestors 'self'"
        },
    )
