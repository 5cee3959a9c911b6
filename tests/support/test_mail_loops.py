"""Two machines that answer each other come to an end by themselves (S10): whatever the other one does, we write a few
mails, and what it opens with us is bounded by them."""

from collections.abc import Callable
from datetime import timedelta
from email.message import EmailMessage, Message

import pytest

from mail import answers, outbox
from mail.models import OutgoingMail
from support.clients import name_person
from support.messages import answer_ticket
from support.models import Ticket, Wait
from support.tickets import take_ticket
from tests.mail.fakes import Fake
from tests.mail.messages import take_in
from tests.support.mailing import write
from tests.support.making import NOW, registrar

pytestmark = pytest.mark.django_db
THEIRS = "mesa@example.com"
ROUNDS = 40
MINUTE = timedelta(minutes=1)


class Echo:
    """A machine behind an address, which answers every mail that it gets and says nothing of being one: `to` is where
    it sends its answer, `names` whether it says what it answers."""

    def __init__(
        self, *, to: Callable[[Message], str], names: bool, says: dict[str, str] | None = None
    ) -> None:
        self.to, self.names, self.says, self.count = to, names, says or {}, 0

    def answer(self, got: Message) -> bytes:
        self.count += 1
        reply = EmailMessage()
        reply["From"], reply["To"] = THEIRS, self.to(got)
        reply["Subject"] = f"We have your message [{self.count}]"
        reply["Message-ID"] = f"<{self.count}@example.com>"
        if self.names:
            reply["In-Reply-To"] = reply["References"] = got["Message-ID"]
        for name, value in self.says.items():
            reply[name] = value
        reply.set_content("Thank you for your message. Somebody will answer you soon.")
        return reply.as_bytes()


def where_it_asks(got: Message) -> str:
    return str(got["Reply-To"] or got["From"])


def the_desk(got: Message) -> str:
    """It knows no tags."""
    return "soporte@quince.example"


def pump(echo: Echo, *, now, every=MINUTE) -> int:
    """Sends what we wrote, and takes in what comes back, until nobody writes any more or it goes on for ever; returns
    how many mails we sent them."""
    ours = 0
    for _round in range(ROUNDS):
        Fake.sent.clear()
        outbox.send_due(now=now)
        got = [message.message() for message in Fake.sent if message.to == [THEIRS]]
        ours += len(got)
        if not got:
            return ours
        for message in got:
            now += every
            take_in(echo.answer(message), now=now)
    pytest.fail("they go on answering each other")


@pytest.fixture(autouse=True)
def _server(settings, private_files):
    settings.EMAIL_BACKEND = "tests.mail.fakes.Fake"
    Fake.sent.clear()


@pytest.fixture(params=["client", "stranger"])
def known(request, agreement):
    if request.param == "client":
        name_person(client=agreement.client, name="Mesa", email=THEIRS, role="asks", by=registrar())
    OutgoingMail.objects.all().delete()
    return request.param


@pytest.mark.parametrize("to", [where_it_asks, the_desk])
@pytest.mark.parametrize("names", [True, False])
def test_a_desk_that_answers_everything_and_says_nothing_of_it_stops(known, to, names):
    write(f"Mesa <{THEIRS}>", number=0)
    sent = pump(Echo(to=to, names=names), now=NOW)
    # Where it can be known by what it answers or where it writes to, one mail is all; else the few of six hours.
    follows = names or to is where_it_asks
    assert sent == (1 if follows else answers.AT_MOST)
    assert Ticket.objects.count() == (1 if follows else answers.AT_MOST + (known == "client"))
    assert Wait.objects.count() == (Ticket.objects.count() if known == "client" else 0)


def test_a_desk_like_ours_is_not_answered_at_all(known):
    write(f"Mesa <{THEIRS}>", number=0)
    echo = Echo(to=where_it_asks, names=True, says={"Auto-Submitted": "auto-replied"})
    assert (pump(echo, now=NOW), Ticket.objects.count(), echo.count) == (1, 1, 1)


def test_a_persons_answer_begins_no_loop_either(agreement, consultant):
    """The other desk takes it for a new request and says that it has it; ours takes that for a reply, which a person
    has to look at, and nobody is answered by a machine."""
    name_person(client=agreement.client, name="Mesa", email=THEIRS, role="asks", by=registrar())
    write(f"Mesa <{THEIRS}>", number=0)
    ticket = Ticket.objects.get()
    take_ticket(ticket=ticket, by=consultant, now=NOW)
    answer_ticket(ticket=ticket, text="So.", by=consultant, now=NOW)
    assert pump(Echo(to=where_it_asks, names=False), now=NOW) == 2
    assert (Ticket.objects.count(), Wait.objects.count()) == (1, 2)


def test_a_loop_that_is_slow_is_bounded_by_the_hours(agreement):
    """An answer every three hours: never more than a few in six."""
    name_person(client=agreement.client, name="Mesa", email=THEIRS, role="asks", by=registrar())
    now = NOW
    for number in range(24):
        now += timedelta(minutes=30)
        write(f"Mesa <{THEIRS}>", number=number, now=now)
    written = list(OutgoingMail.objects.filter(recipient=THEIRS).values_list("written_at", flat=True))
    for at in written:
        assert sum(at - answers.WITHIN < other <= at for other in written) <= answers.AT_MOST
    assert Ticket.objects.count() == 24


def test_without_the_limit_they_would_go_on_for_ever(known, monkeypatch):
    """The control: it is the limit that ends it."""
    monkeypatch.setattr(answers, "AT_MOST", 10_000)
    write(f"Mesa <{THEIRS}>", number=0)
    with pytest.raises(pytest.fail.Exception, match="go on"):
        pump(Echo(to=the_desk, names=False), now=NOW)
