"""What consultants fill in about calls: parsed here, judged by `calls` and `in_session`."""

import uuid
from collections.abc import Sequence
from datetime import datetime, time, timedelta
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from profiles.models import User
from support.callers import read_number
from support.calls import LONGEST_SECONDS
from support.in_session import AT_MOST
from support.models import Call, Client, Ticket

Direction, Outcome = Call.Direction, Call.Outcome
# What came of a call, as one choice: who called whom goes with it.
WHAT = {
    "in_answered": (Direction.IN, Outcome.ANSWERED, _("They called, and somebody answered")),
    "in_missed": (Direction.IN, Outcome.MISSED, _("They called, and nobody answered")),
    "out_answered": (Direction.OUT, Outcome.ANSWERED, _("We called and reached them")),
    "out_left_message": (Direction.OUT, Outcome.LEFT_MESSAGE, _("We called and left a message")),
    "out_mail_sent": (
        Direction.OUT,
        Outcome.MAIL_SENT,
        _("We called, reached nobody, and write a mail (Quince does)"),
    ),
    "out_nobody": (Direction.OUT, Outcome.NOBODY, _("We called and reached nobody")),
}


class CallForm(forms.Form):
    """A call, to us or by us. Where the client was chosen, it may be about a ticket of theirs that `reader` answers: of
    appeals whoever does not hear them learns nothing (G19)."""

    form_id = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)
    # What was typed as a number and is none, once the reader was asked whether the telephone showed it so.
    as_shown = forms.CharField(widget=forms.HiddenInput, required=False, max_length=60)
    what = forms.ChoiceField(
        label=_("What came of it"),
        choices=[(code, label) for code, (_direction, _outcome, label) in WHAT.items()],
        widget=forms.RadioSelect,
    )
    phone = forms.CharField(
        label=_("Number"),
        max_length=60,
        required=False,
        help_text=_("As you see it. Empty: it was withheld. Whose it is, Quince finds."),
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "off"}),
    )
    name = forms.CharField(label=_("Who it was"), max_length=120, required=False)
    ticket = forms.ModelChoiceField(label=_("About"), queryset=Ticket.objects.none(), required=False)
    summary = forms.CharField(
        label=_("What was said"),
        max_length=20_000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("Clients read what was said in their calls."),
    )
    waits = forms.BooleanField(
        label=_("They asked something that we still have to answer"),
        required=False,
        help_text=_("It becomes a ticket, due one working day after the call."),
    )
    subject = forms.CharField(
        label=_("Subject of a new ticket"),
        max_length=200,
        required=False,
        help_text=_("Only if the call is to stand as a ticket of its own."),
    )
    at = forms.DateTimeField(
        label=_("When"), widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
    )
    minutes = forms.IntegerField(
        label=_("How long (minutes)"), min_value=0, max_value=LONGEST_SECONDS // 60, required=False
    )

    def __init__(self, *args: Any, client: Client | None, reader: User, now: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._now = now
        self.fields["at"].initial = timezone.localtime(now).replace(second=0, microsecond=0)
        if client is None:
            del self.fields["ticket"]
        else:
            about = self.fields["ticket"]
            assert isinstance(about, forms.ModelChoiceField)
            of_client = Ticket.objects.at_the_desk(reader).open().filter(client=client)
            about.queryset = of_client.order_by("-asked_at")
            about.empty_label = str(_("No ticket there is"))
            about.to_field_name = "public_id"

    def clean(self) -> dict[str, Any]:
        """A number that nobody could call back is asked about once: with one digit too few a client's call would be
        nobody's, and its promise lost. The same press once more keeps it as it was shown."""
        data = super().clean() or self.cleaned_data
        typed = data.get("phone", "")
        _number, shown = read_number(typed)
        if shown and data.get("as_shown") != typed:
            again = QueryDict(mutable=True)
            again.update(self.data)
            again["as_shown"] = typed
            self.data = again
            self.add_error(
                "phone",
                _(
                    "“%(typed)s” is no number that can be called. Correct it; if the telephone showed it so, press "
                    "again and the call is kept as one of an unknown number."
                )
                % {"typed": typed},
            )
        return data

    def said(self) -> dict[str, Any]:
        """The arguments of `log_call`."""
        data = self.cleaned_data
        direction, outcome, _label = WHAT[data["what"]]
        # A form knows minutes: of this one it is now.
        at = min(data["at"], self._now) if data["at"] - self._now < timedelta(minutes=1) else data["at"]
        return {
            "direction": direction,
            "outcome": outcome,
            "at": at,
            "phone": data["phone"],
            "name": data["name"],
            "ticket": data.get("ticket"),
            "subject": data["subject"],
            "summary": data["summary"],
            "seconds": None if data["minutes"] is None else data["minutes"] * 60,
            "waits": data["waits"],
            "public_id": data["form_id"],
        }


class LinkCallForm(forms.Form):
    """Whose a call was: one of those who have its number, or one that was looked for."""

    client = forms.ModelChoiceField(
        label=_("Client"),
        queryset=Client.objects.none(),
        to_field_name="public_id",
        widget=forms.RadioSelect,
        empty_label=None,
    )
    with_others = forms.BooleanField(
        label=_("The other calls of this number that are listed were theirs too"), required=False
    )

    def __init__(self, *args: Any, clients: Sequence[Client], others: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        chosen = self.fields["client"]
        assert isinstance(chosen, forms.ModelChoiceField)
        if self.is_bound:
            # Whoever was looked for on the page is looked up among all.
            chosen.queryset = Client.objects.signed()
        else:
            chosen.queryset = Client.objects.filter(pk__in=[each.pk for each in clients])
        if not others:
            del self.fields["with_others"]


class FindClientForm(forms.Form):
    q = forms.CharField(
        label=_("Look for a client"),
        max_length=120,
        help_text=_("A part of a name or address, a whole number or tax id."),
        widget=forms.TextInput(attrs={"type": "search", "autocomplete": "off"}),
    )


class InSessionForm(forms.Form):
    until = forms.TimeField(
        label=_("In session until"), widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
    )

    def moment(self, now: datetime) -> datetime:
        """The next moment at which the reader's clock shows that time; one that is further off than anybody is in
        session was today's, and is over."""
        here = timezone.localtime(now)
        said: time = self.cleaned_data["until"]
        today = datetime.combine(here.date(), said, here.tzinfo)
        tomorrow = datetime.combine(here.date() + timedelta(days=1), said, here.tzinfo)
        return tomorrow if today <= here and tomorrow <= now + AT_MOST else today
