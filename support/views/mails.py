"""Mails as they were sent, for whoever answers them (S10)."""

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from mail.kept_files import message_of
from mail.sanitised import html_response
from support.models import Message, Ticket


@require_safe
@login_required
def message_html(request: HttpRequest, public_id: str) -> HttpResponse:
    """The HTML of a mail on a ticket, made harmless, to be shown in a frame beside its text."""
    at_the_desk = Ticket.objects.at_the_desk(request.user)
    message = get_object_or_404(
        Message.objects.filter(mail__isnull=False, ticket__in=at_the_desk).select_related("mail"),
        public_id=public_id,
    )
    assert message.mail is not None
    try:
        shown = html_response(message_of(message.mail))
    except FileNotFoundError as error:
        raise Http404 from error
    if shown is None:
        raise Http404
    return shown
