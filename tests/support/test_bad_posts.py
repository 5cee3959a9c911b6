"""Whatever is sent to the desk's forms, the answer is a page that says what to do: never an error of ours, and never
a change of what is another client's (X5, X6). What a form reads is seen by listening to it, so a new one is tried as
soon as it stands among the doors."""

import uuid
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django import forms
from django.contrib import admin
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.http import QueryDict
from django.test import Client
from django.urls import reverse
from django.utils.datastructures import MultiValueDict

from base.shown_forms import show_form
from support import models
from tests import making
from tests.doors import WHEN, addresses, make_world
from tests.office_doors import make_office_world
from tests.support.office import make_agreement, make_client, make_draft, pdf

pytestmark = pytest.mark.django_db
MISSING = object()
# Stands in what is sent, so that it is known from what an address asks.
MARK = "sent"
HUGE = str(10**30)
OTHERS = "others@example.com"
# Told to do something else, or done: all but an error of ours.
BAD: dict[str, Any] = {
    "missing": MISSING,
    "empty": "",
    "long": "x" * 100_000,
    "NUL": "a\x00b",
    "no UTF-8": b"\xff\xed\xa0\x80",
    "huge": HUGE,
    "negative": "-1",
    "year 1": "0001-01-01",
    "year 9999": "9999-12-31",
    "file": SimpleUploadedFile("a.txt", b"a"),
}
# Which of them could do harm to a field of each kind; the last is for fields of other kinds.
WAYS: list[tuple[Any, str]] = [
    ((forms.DateField, forms.DateTimeField), "missing,NUL,huge,year 1,year 9999"),
    (forms.FileField, "missing,empty,file"),
    (forms.CharField, "missing,empty,long,NUL,no UTF-8,file"),
    (type(None), "missing,long,NUL,no UTF-8,huge,file"),
    (object, "missing,NUL,huge,negative"),
]
# Words like others to whatever is behind the form, which takes none of a field apart from what it takes of the rest.
HARMLESS = {"missing", "empty", "no UTF-8", "file"}
# What Django's own office reads, on each of its pages alike: "_save", "_to_field".
OF_DJANGO = "empty,NUL"
# Content that is none, or other than it says it is. The first tells whose form it is, the last what it reads.
NO_FORM = ("text/xml; charset=no-such", b"<a>\xff")
CUT_OFF = ("multipart/form-data; boundary=x", b"--x\r\nContent-Disp")
GARBLED = ("application/x-www-form-urlencoded", b"text=%FF%ED%A0%80&form_id=%00&sent=1&=&&%")


class Listener:
    """Hears which fields are read of what is sent, and of which form each is."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.read: dict[str, forms.Field | None] = {}
        clean = forms.BaseForm.full_clean

        def full_clean(form: Any) -> None:
            for name, field in form.fields.items():
                if form.is_bound and not field.disabled:
                    self.read[form.add_prefix(name)] = field
            clean(form)

        patch.setattr(forms.BaseForm, "full_clean", full_clean)
        # Nobody asks here what was shown with which context: to keep all of them costs more than to show them.
        patch.setattr("django.test.client.store_rendered_templates", lambda *args, **kwargs: None)
        for method in ("get", "getlist", "__getitem__"):
            patch.setattr(QueryDict, method, self._listening(getattr(QueryDict, method)))

    def _listening(self, read: Any) -> Any:
        def listening(data: QueryDict, name: str, *args: Any, **kwargs: Any) -> Any:
            if isinstance(name, str) and MARK in data:
                self.read.setdefault(name, None)
            return read(data, name, *args, **kwargs)

        return listening


def valid(name: str, field: forms.Field | None) -> Any:
    """Something that a field of this kind takes."""
    if name == "leave_empty":
        return ""
    if name == "form":
        return show_form("question", WHEN - timedelta(minutes=1)).token
    if isinstance(field, forms.FileField):
        return pdf()
    if isinstance(field, forms.ModelChoiceField):
        row = field.queryset.first()
        return "" if row is None else str(field.prepare_value(row))
    if isinstance(field, forms.ChoiceField):
        return next(
            (str(value) for value, _label in field.choices if value and isinstance(value, str | int)), ""
        )
    if isinstance(field, forms.DateTimeField):
        return "2026-02-12T12:00"
    if isinstance(field, forms.DateField):
        return "2026-03-12"
    if isinstance(field, forms.UUIDField) or name.endswith("form_id"):
        return str(uuid.uuid4())
    if isinstance(field, forms.EmailField):
        return "new@example.com"
    if isinstance(field, forms.IntegerField | forms.DecimalField) or name.endswith("FORMS"):
        return "1"
    return "1" if field is None or "amount" in name else "on"


def all_valid(fields: Mapping[str, forms.Field | None]) -> dict[str, Any]:
    """What somebody sends who fills in all that is asked. How Django's own office was come to, as from another's page,
    is said by nobody who sends its forms there."""
    return {name: valid(name, field) for name, field in fields.items() if not name.startswith("_")}


class Prober:
    """Somebody at a form. Whatever they do is undone. `others` is what they may not change, and `found` what went
    wrong."""

    def __init__(self, user: Any, listener: Listener, others: Any = None) -> None:
        self.browser = Client(raise_request_exception=False)
        if user is not None:
            self.browser.force_login(user, "allauth.account.auth_backends.AuthenticationBackend")
        self.listener, self.others = listener, others
        self.found: list[str] = []

    def send(self, address: str, data: Any, kind: str = "") -> tuple[int, str, bool]:
        """The status, what was said (of an error: which), and whether anything of `others` has changed by it."""
        with transaction.atomic():
            response = (
                self.browser.generic("POST", address, data, kind)
                if kind
                else self.browser.post(address, data)
            )
            changed = self.others is not None and response.status_code < 400 and of_others() != self.others
            if response.streaming:
                b"".join(response.streaming_content)
            transaction.set_rollback(True)
        if response.status_code >= 500:
            return response.status_code, repr(getattr(response, "exc_info", [None, ""])[1])[:200], changed
        return response.status_code, "" if response.streaming else response.content.decode(), changed

    def probe(self, address: str, what: str, data: Any, kind: str = "") -> int:
        """Sends it, and writes down what went wrong. Returns the status."""
        status, page, changed = self.send(address, data, kind)
        if status >= 500:
            self.found.append(f"{address} {what}: {status} {page}")
        elif not told_what_to_do(status, page):
            self.found.append(f"{address} {what}: {status}, and nothing said")
        elif changed:
            self.found.append(f"{address} {what}: changed what is another's")
        return status

    def fields(self, address: str) -> dict[str, forms.Field | None]:
        """What is read there: a form that is there twice asks for how many, and then for the lines of it."""
        self.listener.read, known, data = {}, -1, {MARK: "1"}
        self.probe(address, *with_type(GARBLED))
        while len(self.listener.read) > known:
            known = len(self.listener.read)
            data |= all_valid(self.listener.read)
            self.send(address, data)
        self.listener.read.pop(MARK, None)
        return dict(self.listener.read)


def with_type(content: tuple[str, bytes]) -> tuple[str, bytes, str]:
    """What it is, itself, and its type."""
    return content[0], content[1], content[0]


def of_others() -> list[Any]:
    """All that is another client's."""
    client = {"client__customer__email": OTHERS}
    tables = (
        (models.Client, {"customer__email": OTHERS}),
        (models.ClientPerson, client),
        (models.Agreement, client),
        (models.AgreementVersion, {"agreement__client__customer__email": OTHERS}),
        (models.Allowance, client),
        (models.Quote, client),
        (models.Offer, client),
        (models.Ticket, client),
        (models.Message, {"ticket__client__customer__email": OTHERS}),
        (models.Wait, {"ticket__client__customer__email": OTHERS}),
    )
    return [list(model.objects.filter(**which).order_by("pk").values()) for model, which in tables]


def make_others(lead: Any) -> list[str]:
    """A client that nobody here speaks for, and the ids of what is its own."""
    from support.quotes import send_quote
    from tests.doors import make_sent_offer
    from tests.support.making import opened

    client = make_client("Bottega Verdi", OTHERS)
    agreement = make_agreement(client, lead, now=WHEN)
    quote = send_quote(quote=make_draft(client, lead, now=WHEN), by=lead, now=WHEN)
    ticket = opened(client, None, email=OTHERS, now=WHEN)
    allowance = agreement.current.lines.get().allowance
    rows = (client, client.people.get(), agreement, quote, make_sent_offer(client, lead), ticket, allowance)
    ids = {str(row.pk) for row in rows} | {str(row.public_id) for row in rows if hasattr(row, "public_id")}
    return sorted(ids)


def distance(status: int) -> int:
    """From a form of one's own, by what is told to who sends it empty."""
    return 1 if status == 302 else 2 if status in (403, 404, 405) else 0


def furthest(probers: Sequence[Prober], address: str) -> tuple[Prober, int]:
    """Whoever gets furthest there, and what they are told: of the rest the table of doors says what that is."""
    told = []
    for prober in probers:
        told.append((prober, prober.probe(address, *with_type(NO_FORM))))
        if distance(told[-1][1]) == 0:
            break
    return min(told, key=lambda each: distance(each[1]))


def told_what_to_do(status: int, page: str) -> bool:
    """Done and led on, or a page with what is wrong, also where what the form was for is over and the form is gone from
    the page; of what is not theirs, that it is not there."""
    return status < 400 or status in (400, 403, 404, 405, 429) or "error" in page or "alert" in page


def bad_for(name: str, field: forms.Field | None, others: Sequence[str]) -> dict[str, Any]:
    """What could do harm to a field, each by its name."""
    ways = next(said for kind, said in WAYS if isinstance(field, kind))
    bad = {way: BAD[way] for way in (OF_DJANGO if name.startswith("_") else ways).split(",")}
    if isinstance(field, forms.DateTimeField):
        bad |= {"year 1": "0001-01-01T00:00", "year 9999": "9999-12-31T23:59"}
    if field is None or isinstance(field, forms.ChoiceField | forms.ModelChoiceField | forms.UUIDField):
        bad |= {f"of others {each}": each for each in others}
    return bad


def outcome(name: str, field: forms.Field, value: Any) -> tuple[bool, str]:
    """Whether the field takes it, and as what, or why not: two alike are one to whatever comes after the field."""
    data, files = QueryDict(mutable=True), MultiValueDict[str, Any]()
    if isinstance(value, SimpleUploadedFile):
        files[name] = value
    elif value is not MISSING:
        data[name] = value.decode(errors="replace") if isinstance(value, bytes) else value
    try:
        given = field.widget.value_from_datadict(data, files, name)
        return True, repr(field.clean(given))
    except forms.ValidationError as refused:
        return False, str(sorted(each.code or "" for each in refused.error_list))
    except Exception as error:  # It is sent, and seen there.
        return True, repr(error)


def attempts(
    fields: dict[str, forms.Field | None], others: Sequence[str]
) -> Iterator[tuple[str, dict[str, Any]]]:
    """What is sent. What a field takes, though it is bad, is sent with all else as it should be: so it reaches what is
    behind the form. What fields refuse is told by the form and reaches nothing, so it is sent for all of them at once,
    as often as one of them refuses for another reason; and so are words left out and odd letters, which fields of text
    take. Of what is one and the same to a field, one is sent."""
    good, refused = all_valid(fields), []
    together: dict[str, dict[str, Any]] = {}
    for name, field in fields.items():
        known = {outcome(name, field, good[name])} if field is not None and name in good else set()
        not_taken = []
        for what, value in bad_for(name, field, others).items():
            # What nobody cleans is all taken.
            found = (True, what) if field is None else outcome(name, field, value)
            if found in known:
                continue
            known.add(found)
            if found[0] and type(field) is forms.CharField and what in HARMLESS:
                together.setdefault(what, {})[name] = value
            elif found[0]:
                yield f"{name}: {what}", sent(good, {name: value})
            else:
                not_taken.append(value)
        if not_taken:
            refused.append((name, not_taken))
    for what, odd in together.items():
        yield f"{', '.join(odd)}: {what}", sent(good, odd)
    for each in range(max((len(values) for _name, values in refused), default=0)):
        # Not the same of all of them: some forms are left out where nothing of them is filled in.
        mixed = {name: values[(each + place) % len(values)] for place, (name, values) in enumerate(refused)}
        yield f"{', '.join(mixed)}: refused {each}", sent(good, mixed)


def sent(good: Mapping[str, Any], bad: Mapping[str, Any]) -> dict[str, Any]:
    data = {name: value for name, value in (good | bad).items() if value is not MISSING}
    for value in data.values():
        if isinstance(value, SimpleUploadedFile):
            # It was read when it was sent before, and an empty file is refused.
            value.seek(0)
    return data


def probe(prober: Prober, address: str, others: Sequence[str] = ()) -> None:
    fields = prober.fields(address)
    prober.probe(address, *with_type(CUT_OFF))
    for what, data in attempts(fields, others):
        prober.probe(address, what, data)


@pytest.fixture
def listener(monkeypatch: pytest.MonkeyPatch) -> Listener:
    return Listener(monkeypatch)


@pytest.fixture(autouse=True)
def _when(private_files: Any) -> Iterator[None]:
    with time_machine.travel(WHEN, tick=False):
        yield


def test_the_desk_the_clients_pages_and_the_library_take_whatever_is_sent(listener):
    world = make_world()
    lead = making.make_staff("consultant", "desk lead", email="both@quince.example")
    others = make_others(lead)
    probers = [
        Prober(world.people["pro"], listener, of_others()),
        Prober(lead, listener),
        Prober(None, listener),
    ]
    for name in sorted(set(addresses())):
        if not name.startswith("support:"):
            continue
        address = reverse(name, args=world.args.get(name, []))
        prober, status = furthest(probers, address)
        if status != 405:
            probe(prober, address, others if prober.others else ())
    found = [fault for prober in probers for fault in prober.found]
    assert not found, "\n".join(found)


def test_the_office_of_support_takes_whatever_is_sent(listener):
    args = make_office_world()
    prober = Prober(making.make_staff("consultant", "desk lead", email="both@quince.example"), listener)
    pages = [reverse(name, args=given) for name, given in args.items() if name.startswith("admin:support_")]
    for model in admin.site._registry:
        if model._meta.app_label == "support":
            page = f"admin:support_{model._meta.model_name}"
            pages += [reverse(f"{page}_add"), reverse(f"{page}_changelist")]
            row = model._default_manager.first()
            pages += [reverse(f"{page}_change", args=[row.pk])] if row else []
    for address in pages:
        prober.probe(address, *with_type(NO_FORM))
        probe(prober, address)
    assert not prober.found, "\n".join(prober.found)
