"""The client's pages of tickets: opened, followed, added to, closed, rated; and what they never show (S1, S2, S4)."""

import re
import uuid
from datetime import timedelta

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from support.agreements import Line, change_agreement, sign_agreement
from support.attachments import NewFile
from support.clients import name_person
from support.merging import merge_tickets
from support.messages import add_note, answer_ticket, ask_again
from support.models import Attachment, Client, Ticket, TicketLook, Wait, Work
from support.questions import link_to_client
from support.tickets import close_ticket, hand_over, place_ticket
from support.work import log_work, take_back_work
from tests.making import contract, make_user
from tests.support.making import NOW, opened, registrar, rome

LATER = rome("2026-11-02 11:00")
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _later(private_files):
    with time_machine.travel(LATER, tick=False):
        yield


@pytest.fixture
def browser(client_of, anna, agreement):
    return client_of(anna)


def text_of(response):
    return " ".join(response.content.decode().split())


def page_of(ticket):
    return reverse("support:ticket", args=[ticket.public_id])


def form_of(response):
    """What the hidden field of the form on a page holds."""
    return re.search(r'name="form" value="([^"]+)"', response.content.decode())[1]


def send(browser, **said):
    form = said.pop("form", None) or form_of(browser.get(reverse("support:open_ticket")))
    typed = {"form": form, "subject": "Publishing", "text": "How do I publish?"} | said
    return browser.post(reverse("support:open_ticket"), typed)


def test_before_sending_the_page_says_by_when_it_would_be_answered(browser):
    page = text_of(browser.get(reverse("support:open_ticket")))
    assert "answered by <strong>Tuesday, Nov. 3, 2026, 11 a.m.</strong> (Europe/Rome) at the latest." in page
    assert "One working day is 8 h of opening hours" in page


def test_a_client_opens_a_ticket_with_a_file_about_a_line_of_the_agreement(browser, anna, agreement):
    line = agreement.current.lines.get()
    response = send(
        browser,
        about=f"line-{line.pk}",
        phone="+39 06 1234 5678",
        files=[SimpleUploadedFile("../plan.svg", b"<svg onload=alert(1)>", "image/svg+xml")],
    )
    ticket = Ticket.objects.get()
    assert response.headers["Location"] == page_of(ticket)
    message = ticket.messages.get()
    assert (ticket.client, ticket.asker, ticket.email, str(ticket.phone)) == (
        agreement.client,
        anna,
        anna.email,
        "+390612345678",
    )
    assert (ticket.about, ticket.agreement_version, ticket.placement, ticket.allowance) == (
        f"Website ({agreement.number})",
        agreement.current,
        "",
        None,
    )
    assert (message.text, ticket.waits.get().due_at) == ("How do I publish?", rome("2026-11-03 11:00"))
    file = message.attachments.get()
    answer = browser.get(reverse("support:ticket_file", args=[ticket.public_id, file.public_id]))
    assert answer.headers["Content-Disposition"] == 'attachment; filename="plan.svg"'
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer.headers["Content-Security-Policy"]


def test_of_several_files_the_empty_one_is_named(browser, agreement):
    files = [SimpleUploadedFile("a.txt", b"x"), SimpleUploadedFile("b.txt", b"")]
    response = send(browser, files=files)
    assert response.status_code == 422
    assert "“b.txt” is empty." in response.context["form"].errors["files"][0]
    assert not Ticket.objects.exists()


def test_one_account_fills_no_disk_in_a_day(browser, anna, agreement, settings):
    settings.DESK_FILES_A_DAY_MAX_BYTES = 10
    by_mail = {"channel": Ticket.Channel.MAIL, "files": [NewFile("mail.txt", b"x" * 9)]}
    opened(agreement.client, anna, now=NOW, **by_mail)
    files = {"files": [SimpleUploadedFile("a.txt", b"x" * 6)]}
    assert send(browser, **files).status_code == 302
    ticket = Ticket.objects.latest("pk")
    more = {"form": form_of(browser.get(page_of(ticket))), "text": "Two more."}
    say_more = reverse("support:say_more", args=[ticket.public_id])
    five, four = SimpleUploadedFile("b.txt", b"x" * 5), SimpleUploadedFile("c.txt", b"x" * 4)
    refusals = [browser.post(say_more, more | {"files": [five]})]
    refusals.append(send(browser, files=[SimpleUploadedFile("b.txt", b"x" * 5)]))
    for refused in refusals:
        assert refused.status_code == 422
        assert "Files of at most 10\xa0bytes can be sent here within a day" in refused.content.decode()
        assert "or by mail to soporte@quince.example" in refused.content.decode()
    assert browser.post(say_more, more | {"files": [four]}).status_code == 302
    assert send(browser).status_code == 302
    with time_machine.travel(LATER + timedelta(days=1), tick=False):
        assert send(browser, files=[SimpleUploadedFile("d.txt", b"x" * 10)]).status_code == 302


def test_a_form_sent_twice_does_not_count_its_own_files_again(browser, settings):
    settings.DESK_FILES_A_DAY_MAX_BYTES = 10
    form = form_of(browser.get(reverse("support:open_ticket")))
    opening = [
        send(browser, form=form, files=[SimpleUploadedFile("a.txt", b"x" * 6)]).status_code
        for _time in range(2)
    ]
    ticket = Ticket.objects.get()
    more = {"form": form_of(browser.get(page_of(ticket))), "text": "One more."}
    say_more = reverse("support:say_more", args=[ticket.public_id])
    adding = [
        browser.post(say_more, more | {"files": [SimpleUploadedFile("b.txt", b"x" * 4)]}).status_code
        for _time in range(2)
    ]
    assert (opening, adding, Attachment.objects.count()) == ([302, 302], [302, 302], 2)


def test_the_same_form_sent_twice_opens_one_ticket(browser):
    form = form_of(browser.get(reverse("support:open_ticket")))
    first, second = send(browser, form=form), send(browser, form=form)
    assert first.headers["Location"] == second.headers["Location"] == page_of(Ticket.objects.get())


def test_the_same_form_with_something_else_in_it_keeps_what_was_typed(browser):
    form = form_of(browser.get(reverse("support:open_ticket")))
    send(browser, form=form)
    response = send(browser, form=form, text="Another thing altogether.")
    page = text_of(response)
    assert response.status_code == 409
    assert f"This form has already made “{Ticket.objects.get().number}”" in page
    assert "Another thing altogether." in page
    assert send(browser, form=form_of(response), text="Another thing altogether.").status_code == 302
    assert Ticket.objects.count() == 2


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"subject": ""}, "This field is required."),
        ({"text": " \n\u202e"}, "This field is required."),
        ({"text": "a\x00b"}, "Null characters are not allowed."),
        ({"subject": "x" * 201}, "at most 200 characters"),
        ({"text": "x" * 20_001}, "at most 20000 characters"),
        ({"about": "line-999999"}, "Select a valid choice."),
        ({"phone": "12"}, "This is not a telephone number"),
    ],
)
def test_what_is_missing_or_wrong_is_said_and_nothing_is_lost(browser, said, told):
    response = send(browser, **({"subject": "Publishing"} | said))
    assert response.status_code == 422
    assert told in text_of(response)
    assert not Ticket.objects.exists()


def test_too_many_and_too_large_files_are_refused_before_they_are_read(browser, settings):
    settings.DESK_FILES_AT_MOST, settings.DESK_FILE_MAX_BYTES = 2, 10
    many = [SimpleUploadedFile(f"{number}.txt", b"x") for number in range(3)]
    response = send(browser, files=many)
    assert (response.status_code, Ticket.objects.count()) == (422, 0)
    assert "At most 2 files" in text_of(response)
    response = send(browser, files=[SimpleUploadedFile("big<b>.txt", b"x" * 11)])
    assert response.status_code == 422
    page = text_of(response)
    assert "at most 10 bytes are kept" in page and "big<b>" not in page
    assert "Please choose your files again." in page
    assert send(browser, files=[SimpleUploadedFile("small.txt", b"x" * 10)]).status_code == 302


def test_whoever_speaks_for_several_clients_says_for_which(browser, anna, other_agreement):
    name_person(client=other_agreement.client, name="Anna", email=anna.email, role="asks", by=registrar())
    line = other_agreement.current.lines.get()
    studio, shop = (Client.objects.get(customer__name=name) for name in ("Studio Bianchi", "Bottega Verdi"))
    response = send(browser)
    assert (response.status_code, Ticket.objects.count()) == (422, 0)
    assert "Choose for whom you ask." in text_of(response)
    response = send(browser, client=str(studio.public_id), about=f"line-{line.pk}")
    assert "That was agreed with another client." in text_of(response)
    send(browser, client=str(shop.public_id), about=f"line-{line.pk}")
    ticket = Ticket.objects.get()
    assert (ticket.client, ticket.agreement_version.agreement) == (shop, other_agreement)


def test_of_a_client_of_others_nothing_can_be_opened_by_its_id(browser, other_agreement):
    response = send(browser, client=str(other_agreement.client.public_id))
    assert Ticket.objects.get().client.customer.name == "Studio Bianchi"
    assert response.status_code == 302


def test_whoever_is_no_client_is_led_to_where_everybody_asks(client_of, stranger, studio, anna, consultant):
    for user in (stranger, anna):  # Anna was only sent a quote.
        browser = client_of(user)
        assert browser.get(reverse("support:open_ticket")).headers["Location"] == reverse("support:ask")
        page = text_of(browser.get(reverse("support:tickets")))
        assert reverse("support:ask") in page and reverse("support:library") in page
        assert reverse("support:open_ticket") not in page


def test_a_business_with_a_plan_is_a_client_and_so_are_its_members(client_of, pro):
    member = make_user("member@example.com")
    pro.members.add(member)
    contract(pro)
    for user in (pro.owner, member):
        assert send(client_of(user), subject=f"Of {user.email}").status_code == 302
    assert set(Ticket.objects.values_list("client__customer__professional", flat=True)) == {pro.pk}
    page = text_of(client_of(pro).get(reverse("support:tickets")))
    assert "Of member@example.com" in page


def test_the_list_shows_what_goes_on_first_and_turns_its_pages(browser, anna, agreement, consultant):
    client = agreement.client
    for number in range(23):
        ticket = opened(client, anna, subject=f"Thing {number:02}", now=NOW + timedelta(seconds=number))
        if number >= 21:  # The newest are done.
            close_ticket(ticket=ticket, by=anna, now=LATER, by_client=True)
    merged = opened(client, anna, subject="Merged away")
    merge_tickets(ticket=merged, into=Ticket.objects.get(subject="Thing 00"), by=consultant, now=LATER)
    first = browser.get(reverse("support:tickets"))
    subjects = re.findall(r"Thing \d\d", text_of(first))
    assert subjects == [f"Thing {number:02}" for number in range(20, 0, -1)]
    older = re.search(r'href="(\?older=[^"]+)"', first.content.decode())[1]
    page = text_of(browser.get(reverse("support:tickets") + older))
    assert re.findall(r"Thing \d\d", page) == ["Thing 00", "Thing 22", "Thing 21"]
    assert "Merged away" not in page


def test_an_address_that_names_no_page_shows_the_first(browser, anna, agreement):
    opened(agreement.client, anna)
    for older in ("x", "\x00", "00000000-0000-0000-0000-000000000000"):
        assert "Publishing" in text_of(browser.get(reverse("support:tickets"), {"older": older}))


def test_the_list_and_the_page_cost_the_same_with_one_and_with_thirty_of_everything(
    browser, anna, agreement, allowance, consultant, django_assert_max_num_queries
):
    ticket = opened(agreement.client, anna, files=[NewFile("a.txt", b"a")])
    answer_ticket(ticket=ticket, text="Yes.", by=consultant, now=LATER, files=[NewFile("b.txt", b"b")])
    log(ticket, consultant)
    addresses = [reverse("support:tickets"), page_of(ticket), reverse("support:open_ticket")]
    for address in addresses:
        browser.get(address)
    counts = []
    for address in addresses:
        with django_assert_max_num_queries(40) as queries:
            browser.get(address)
        counts.append(len(queries))
    for number in range(30):
        opened(agreement.client, anna, subject=f"Other {number}")
        ask_again(
            ticket=ticket, text=f"More {number}", channel="web", at=LATER, now=LATER, by=anna,
            files=[NewFile(f"{number}.txt", b"a")],
        )  # fmt: skip
        log(ticket, consultant)
        sign_agreement(
            client=agreement.client, title=f"Page {number}", text="", now=NOW, signed="paper", by=consultant,
            lines=[Line(kind="tool", what=f"Page {number}", unit="minutes", amount=60)],
        )  # fmt: skip
    for address, count in zip(addresses, counts, strict=True):
        with django_assert_max_num_queries(count):
            assert browser.get(address).status_code == 200


def log(ticket, by, **changes):
    said = {"kind": "courtesy", "unit": "minutes", "amount": 5, "done": "Explained publishing."}
    return Work.objects.create(form_id=uuid.uuid4(), ticket=ticket, by=by, at=LATER, **(said | changes))


def test_the_page_says_who_said_what_what_was_agreed_and_what_was_done(
    browser, anna, agreement, allowance, consultant, desk_lead
):
    ticket = opened(agreement.client, anna, quoted="> what I wrote before")
    change_agreement(
        agreement=agreement,
        text="A website of twenty pages.",
        lines=[Line(kind="tool", what="Website", unit="minutes", amount=600, allowance=allowance)],
        why="More pages.",
        by=desk_lead,
        now=LATER,
    )
    place_ticket(ticket=ticket, placement="allowance", allowance=allowance, by=consultant, now=LATER)
    log(ticket, consultant)
    Ticket.objects.filter(pk=ticket.pk).update(courtesy_minutes=5)
    page = text_of(browser.get(page_of(ticket)))
    assert "Anna Bianchi" in page
    assert "<summary>Quoted text</summary>" in page and "&gt; what I wrote before" in page
    assert "<strong>Tuesday, Nov. 3, 2026, 10 a.m.</strong> (Europe/Rome) at the latest." in page
    # Later versions leave it as it was (S4).
    assert "A website of ten pages." in page and "A website of twenty pages." not in page
    assert "10 h left of 10 h" in page
    assert "Explained publishing." in page and "courtesy, free of charge" in page
    assert "Given as a courtesy, free of charge: 5 min" in page
    answer_ticket(ticket=ticket, text="Press <b>Publish</b>.", by=consultant, now=LATER)
    page = text_of(browser.get(page_of(ticket)))
    assert "Press &lt;b&gt;Publish&lt;/b&gt;." in page
    assert (
        "Answered on Nov. 2, 2026, 11 a.m.; it was promised by Nov. 3, 2026, 10 a.m. (Europe/Rome)." in page
    )


def test_the_client_reads_the_reasons_of_work_also_of_what_was_merged(
    browser, client_of, anna, agreement, allowance, consultant, stranger
):
    question = opened(None, stranger, kind=Ticket.Kind.QUESTION)
    question = link_to_client(ticket=question, client=agreement.client, by=consultant, now=LATER)
    request, into = opened(agreement.client, anna), opened(agreement.client, anna, subject="Both")
    said = {"unit": "minutes", "done": "Moved the shop.", "by": consultant, "now": LATER}
    for ticket in (question, request):
        log_work(
            **said, ticket=ticket, amount=30, rest="exception", why="Our own mistake.", form_id=uuid.uuid4()
        )
        place_ticket(ticket=ticket, placement="allowance", allowance=allowance, by=consultant, now=LATER)
        work = log_work(**said, ticket=ticket, amount=20, allowance=allowance, form_id=uuid.uuid4())[0]
    # Whoever asked and does not speak for the client reads what was done, and not what was agreed.
    page = text_of(client_of(stranger).get(page_of(question)))
    assert "Moved the shop." in page and str(allowance) not in page
    take_back_work(work=work, why="Counted twice.", by=consultant, now=LATER)
    merge_tickets(ticket=request, into=into, by=consultant, now=LATER)
    page = text_of(browser.get(page_of(into)))
    assert "Why an exception: Our own mistake." in page and "Taken back: Counted twice." in page


def test_late_is_said_by_the_clock(browser, anna, agreement):
    ticket = opened(agreement.client, anna, now=rome("2026-10-29 10:00"))
    with time_machine.travel(rome("2026-10-30 10:00"), tick=False):
        assert "at the latest." in text_of(browser.get(page_of(ticket)))
    with time_machine.travel(rome("2026-10-30 10:00:01"), tick=False):
        assert "and are late." in text_of(browser.get(page_of(ticket)))
        assert "and are late." in text_of(browser.get(reverse("support:tickets")))


def test_notes_looks_and_the_desks_own_moves_never_show(browser, anna, agreement, consultant, desk_lead):
    ticket = opened(agreement.client, anna)
    note = add_note(ticket=ticket, text="SECRET-NOTE", by=consultant, now=LATER)
    from support.attachments import attach

    attach(note, [NewFile("SECRET-FILE.txt", b"x")])
    hand_over(ticket=ticket, to=desk_lead, by=consultant, now=LATER, why="SECRET-REASON")
    TicketLook.objects.create(ticket=ticket, user=consultant, at=LATER, writing_at=LATER)
    page = text_of(browser.get(page_of(ticket)))
    for hidden in ("SECRET", str(desk_lead), str(consultant)):
        assert hidden not in page
    address = reverse("support:ticket_file", args=[ticket.public_id, note.attachments.get().public_id])
    assert browser.get(address).status_code == 404


def say(browser, ticket, **said):
    form = said.pop("form", None) or form_of(browser.get(page_of(ticket)))
    return browser.post(reverse("support:say_more", args=[ticket.public_id]), {"form": form} | said)


def test_what_the_desk_names_in_an_answer_can_be_pressed(browser, anna, agreement, consultant):
    ticket = opened(agreement.client, anna, text="See https://example.com/mine <b>")
    answer_ticket(
        ticket=ticket, text="Read https://example.com/how & <i>press</i>.", by=consultant, now=LATER
    )
    page = browser.get(page_of(ticket)).text
    assert 'href="https://example.com/how"' in page and "&amp; &lt;i&gt;press" in page
    assert 'href="https://example.com/mine"' not in page


def test_more_is_written_and_the_same_form_twice_says_it_once(browser, anna, agreement, consultant):
    ticket = opened(agreement.client, anna)
    answer_ticket(ticket=ticket, text="Yes.", by=consultant, now=LATER)
    form = form_of(browser.get(page_of(ticket)))
    for _time in range(2):
        response = say(browser, ticket, form=form, text="And then?", files=[])
        # To the top, where that is confirmed, and not to the form, whose address says where a refusal stands.
        assert response.headers["Location"] == page_of(ticket) + "#main"
    ticket.refresh_from_db()
    assert (ticket.state, ticket.messages.count(), Wait.objects.open().count()) == ("open", 3, 1)
    response = say(browser, ticket, form=form, text="Something else")
    assert response.status_code == 409 and "Something else" in text_of(response)


def test_nothing_written_is_said_beside_the_field(browser, anna, agreement):
    ticket = opened(agreement.client, anna)
    response = say(browser, ticket, text=" ")
    assert response.status_code == 422
    assert "Write something, or choose a file." in text_of(response)
    response = say(browser, ticket, files=[SimpleUploadedFile("a.txt", b"a")])
    assert response.status_code == 302


def test_closing_ends_the_wait_and_writing_opens_it_again(browser, anna, agreement):
    ticket = opened(agreement.client, anna)
    close = reverse("support:close_ticket", args=[ticket.public_id])
    assert browser.get(close).headers["Location"] == page_of(ticket)
    browser.post(close)
    browser.post(close)
    ticket.refresh_from_db()
    assert (ticket.state, ticket.waits.get().ending) == ("closed", Wait.Ending.CLIENT)
    assert "What you write opens it again." in text_of(browser.get(page_of(ticket)))
    say(browser, ticket, text="Once more.")
    ticket.refresh_from_db()
    assert (ticket.state, Wait.objects.open().count()) == ("open", 1)


@pytest.mark.parametrize(("later", "opens"), [(timedelta(), True), (timedelta(seconds=1), False)])
def test_one_closed_long_ago_is_followed_by_another(browser, anna, agreement, later, opens):
    ticket = opened(agreement.client, anna)
    close_ticket(ticket=ticket, by=anna, now=NOW, by_client=True)
    with time_machine.travel(NOW + Ticket.REOPENED_WITHIN + later, tick=False):
        page = text_of(browser.get(page_of(ticket)))
        assert ("opens it again" in page, "opens another one that follows it" in page) == (opens, not opens)
        response = say(browser, ticket, text="Once more.")
        ticket.refresh_from_db()
        newest = Ticket.objects.earliest("-pk")
        assert response.headers["Location"] == page_of(newest) + "#main"
        assert (ticket.state, newest == ticket) == (("open", True) if opens else ("closed", False))
        if not opens:
            assert "It goes on here:" in text_of(browser.get(page_of(ticket)))
            assert ticket.number in text_of(browser.get(page_of(newest)))


def test_what_was_merged_leads_to_where_it_goes_on(browser, anna, agreement, consultant):
    ticket, into = opened(agreement.client, anna), opened(agreement.client, anna, subject="Both")
    form = form_of(browser.get(page_of(ticket)))
    merge_tickets(ticket=ticket, into=into, by=consultant, now=LATER)
    assert browser.get(page_of(ticket)).headers["Location"] == page_of(into)
    assert say(browser, ticket, form=form, text="More.").headers["Location"] == page_of(into) + "#main"
    response = browser.post(reverse("support:close_ticket", args=[ticket.public_id]))
    assert response.status_code == 409


def test_it_is_rated_once_it_was_answered(browser, anna, agreement, consultant):
    ticket = opened(agreement.client, anna)
    rate = reverse("support:rate_ticket", args=[ticket.public_id])
    assert "Say how it went" not in text_of(browser.get(page_of(ticket)))
    response = browser.post(rate, {"rating": 5, "text": "x"})
    assert response.status_code == 409 and "Nobody has answered this yet." in text_of(response)
    # Also where what was sent is no rating: nothing of that stands on the page.
    response = browser.post(rate, {"rating": "six"})
    assert response.status_code == 409 and "Nobody has answered this yet." in text_of(response)
    answer_ticket(ticket=ticket, text="Yes.", by=consultant, now=LATER)
    for wrong in ("", "0", "6", "five", "1.5"):
        assert browser.post(rate, {"rating": wrong}).status_code == 422
    for mark in (1, 5):
        assert browser.post(rate, {"rating": mark, "text": "Quick."}).status_code == 302
    ticket.refresh_from_db()
    assert (ticket.rating, ticket.rating_text, ticket.rated_at) == (5, "Quick.", LATER)


def test_that_the_client_saw_it_is_noted_once_answered_and_once_a_minute(
    browser, client_of, anna, agreement, consultant
):
    ticket = opened(agreement.client, anna)
    browser.get(page_of(ticket))
    ticket.refresh_from_db()
    assert ticket.client_saw_at is None
    answer_ticket(ticket=ticket, text="Yes.", by=consultant, now=LATER)
    browser.head(page_of(ticket))
    client_of(consultant).get(page_of(ticket))
    ticket.refresh_from_db()
    assert ticket.client_saw_at is None
    seen = []
    for seconds in (0, 59, 60):
        with time_machine.travel(LATER + timedelta(seconds=seconds), tick=False):
            browser.get(page_of(ticket))
        ticket.refresh_from_db()
        seen.append((ticket.client_saw_at - LATER).total_seconds())
    assert seen == [0, 0, 60]


def test_whoever_sends_very_many_is_told_and_nothing_is_lost(browser, monkeypatch):
    monkeypatch.setattr("support.turns.TICKETS_A_DAY", 1)
    assert send(browser).status_code == 302
    response = send(browser, text="One too many.")
    assert response.status_code == 429
    assert "One too many." in text_of(response)
