"""The first screen of the desk: what now (S8)."""

from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from support.desk import COUNTED, Who, screen
from support.desk_forms import ScreenForm
from support.in_session import session_of
from support.mails_shown import how_many_wait, reads_desk_mail
from support.sessions_shown import held_next
from support.views.desk.doors import desk_only, reader_of


@require_safe
@desk_only
def desk(request: HttpRequest) -> HttpResponse:
    """What is to be done, in its order. `?part=list` is the list alone, for a page that is open."""
    form = ScreenForm(request.GET)
    wanted = form.wanted()
    now = timezone.now()
    reader = reader_of(request)
    shown = screen(reader=reader, wanted=wanted, after=request.GET.get("after", ""), now=now)
    kept = {name: value for name, value in (("q", wanted.said), ("kind", wanted.kind)) if value}
    context = {
        "screen": shown,
        "wanted": wanted,
        "counted": COUNTED,
        "now": now,
        "form": form,
        "session": session_of(reader, now),
        "tabs": [
            (who.label, urlencode(kept | ({"who": who.value} if who.value else {})), wanted.who == who)
            for who in Who
        ],
    }
    if request.GET.get("part") == "list":
        return render(request, "support/desk/list.html", context)
    context["reads_mail"] = reads_desk_mail(reader)
    context["mails_waiting"] = how_many_wait(reader)
    if shown.first and shown.late is not None:
        context["sessions"] = held_next(reader, now)
    return render(request, "support/desk/screen.html", context)
