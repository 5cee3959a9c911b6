"""How fast the desk's first screen is at full size, beside a signed-in page with one SELECT in the same frame."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.template import engines
from django.test import Client
from django.test.utils import override_settings
from django.urls import include, path, reverse
from django.utils import timezone

from base.measure import Measurement, in_turn
from base.registry import measured
from mail.models import IncomingMail
from profiles.models import User
from support.models import Ticket, Wait

BARE = engines["django"].from_string("""{% extends "base.html" %}{% block content %}<ul>
{% for subject in subjects %}<li>{{ subject }}</li>{% endfor %}</ul>{% endblock %}""")


def bare(request: HttpRequest) -> HttpResponse:
    """What a page costs that is signed in and does next to nothing."""
    assert request.user.is_authenticated
    subjects = Ticket.objects.order_by("-pk").values_list("subject", flat=True)[:50]
    return HttpResponse(BARE.render({"subjects": subjects}, request))


urlpatterns = [path("bench/bare/", bare), path("", include(settings.ROOT_URLCONF))]


def _leave_a_mail_waiting() -> None:
    """The screen says how many mails wait for whoever reads it: of one it has to find out whether it is theirs."""
    now = timezone.now()
    IncomingMail.objects.get_or_create(
        message_id="<waiting@of-the-bench.example>",
        recipient=settings.DESK_ADDRESS.lower(),
        said_hash="",
        defaults={
            "way": IncomingMail.Way.MAILBOX,
            "received_at": now,
            "stored_at": now,
            "due_at": now,
            "sender": "somebody@of-the-bench.example",
            "size": 1_000,
            "state": IncomingMail.State.PARKED,
            "reason": IncomingMail.Reason.NO_REPLY,
        },
    )


@measured
def desk_first_screen(repeats: int) -> list[Measurement]:
    """The first fifty of all that is open, for a consultant."""
    somebody = User.objects.filter(groups__name="consultant").order_by("pk")[0]
    number, ended = Wait.objects.open().count(), Wait.objects.exclude(ended_at=None).count()
    browser = Client(HTTP_HOST=settings.ALLOWED_HOSTS[0])

    _leave_a_mail_waiting()

    def get(address: str) -> None:
        response = browser.get(address, secure=True)
        if response.status_code != 200:
            raise RuntimeError(f"{address} answered {response.status_code}")

    with override_settings(ROOT_URLCONF=__name__):
        browser.force_login(somebody, settings.AUTHENTICATION_BACKENDS[0])
        screen = reverse("support:desk")
        get(screen)  # The first page of a browser remembers the network.
        return [
            in_turn(
                f"the desk's first screen, {number:,} open and {ended:,} ended",
                ours=lambda: get(screen),
                by_hand=lambda: get("/bench/bare/"),
                repeats=repeats * 4,
                goal="ratio ≤ 3, constant queries",
            )
        ]
