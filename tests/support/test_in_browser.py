"""What the scripts of the desk do, in a browser: what is suggested while a question is typed (S11), who writes an
answer, and what comes in behind it (S8), and another line on a quote (S4)."""

import json

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from support.desk_ticket import last_call
from support.models import Message, SavedReply
from tests.in_browser import needs_chromium, seen_in_browser
from tests.support.desk_pages import at
from tests.support.making import NOW, opened

pytestmark = [pytest.mark.django_db, needs_chromium]
QUESTION = "When does the guarantee end, and by when do I buy?"

TYPE = """
const place = document.querySelector("[data-suggestions]");
const type = (id, value) => {
  const field = document.getElementById(id);
  field.value = value;
  field.dispatchEvent(new Event("input", { bubbles: true }));
};
type("id_text", "Wh");
await rest(() => false);
seen.too_short = asked.length;
for (let end = 4; end <= QUESTION.length; end += 1) type("id_text", QUESTION.slice(0, end));
seen.while_typing = asked.length;
await rest(() => place.textContent.trim());
seen.links = [...place.querySelectorAll("a")].map((link) => [link.textContent, link.target]);
seen.typed = document.getElementById("id_text").value;
"""
WRITE = """
const form = document.getElementById("answer-form");
const text = form.querySelector("textarea");
const files = new DataTransfer();
files.items.add(new File(["a"], "a.txt"));
form.querySelector("[type=file]").files = files.files;
text.value = "Dear Anna,";
text.dispatchEvent(new Event("input"));
await rest(() => document.getElementById("desk-looking").textContent.trim());
seen.looking = document.getElementById("desk-looking").textContent.trim().replace(/\\s+/g, " ");
document.getElementById("answer_reply").value = REPLY;
form.querySelector("[value=reply]").click();
await rest(() => text.value !== "Dear Anna,");
seen.text = text.value;
seen.focused = document.activeElement === text;
seen.files = form.querySelector("[type=file]").files.length;
"""
ADD_LINES = """
const form = document.querySelector("form:has([name=title])");
form.addEventListener("submit", (event) => { seen.submitted = true; event.preventDefault(); });
const more = document.getElementById("more-lines");
form.querySelector("[name=title]").value = "Website";
more.click();
seen.names = [...form.querySelectorAll("#lines [name$=what]")].map((field) => field.name);
seen.total = form.querySelector("[name=lines-TOTAL_FORMS]").value;
seen.focused = document.activeElement.name;
seen.title = form.querySelector("[name=title]").value;
// What the key Enter presses.
seen.first = form.querySelector("button").textContent;
for (let line = 3; line < 60 && !more.hidden; line += 1) more.click();
seen.most = form.querySelectorAll("#lines fieldset").length;
"""


def with_values(steps, **values):
    return "".join(f"const {name} = {json.dumps(value)};\n" for name, value in values.items()) + steps


def test_articles_are_suggested_while_a_question_is_typed_and_once_the_typing_rests(tmp_path):
    browser = Client(headers={"accept-language": "en"})
    page = browser.get(reverse("support:ask")).content.decode()
    answer = browser.post(reverse("support:suggestions"), {"question": QUESTION}).content.decode()
    steps = with_values(TYPE, QUESTION=QUESTION)
    seen = seen_in_browser(page, [answer], "suggestions.js", steps, tmp_path)
    links = seen.pop("links")
    assert ["The dates of the guarantee", "_blank"] in [[title[:26], target] for title, target in links]
    assert seen == {
        "too_short": 0,
        "while_typing": 0,
        "typed": QUESTION,
        "asked": [[reverse("support:suggestions"), {"question": QUESTION}]],
    }


def test_who_begins_to_write_is_told_of_at_once_and_a_saved_reply_comes_in_behind_what_was_typed(
    client_of, agreement, anna, consultant, desk_lead, tmp_path
):
    reply = SavedReply.objects.create(title="Thanks", text_en="Thank you.", written_at=NOW)
    with time_machine.travel(NOW, tick=False):
        ticket = opened(agreement.client, anna, language="en")
        browser, other = client_of(consultant), client_of(desk_lead)
        page = browser.get(at("desk_ticket", ticket)).content.decode()
        other.post(at("desk_looking", ticket), {"writing": "yes"})
        told = browser.post(at("desk_looking", ticket)).content.decode()
        seen_call = last_call(ticket)
        said = {
            "text": "Dear Anna,",
            "seen": ticket.messages.get().pk,
            "seen_call": seen_call,
            "reply": reply.pk,
            "insert": "reply",
        }
        inserted = browser.post(at("desk_answer", ticket), said).content.decode()
    steps = with_values(WRITE, REPLY=str(reply.pk))
    seen = seen_in_browser(page, [told, inserted], "desk.js", steps, tmp_path)
    (to_looking, looks), (to_answer, inserts) = seen.pop("asked")
    assert seen == {
        "looking": f"{desk_lead} is writing an answer",
        "text": "Dear Anna,\n\nThank you.",
        "focused": True,
        "files": 1,
    }
    assert (to_looking, looks["writing"], looks["seen"]) == (
        at("desk_looking", ticket),
        "yes",
        str(said["seen"]),
    )
    assert to_answer.split("#")[0].endswith(at("desk_answer", ticket))
    assert (inserts["text"], inserts["insert"], "files" in inserts) == ("Dear Anna,", "reply", False)
    assert not ticket.messages.filter(kind=Message.Kind.ANSWER).exists()


def test_another_line_on_a_quote_comes_without_asking_the_server_until_there_are_as_many_as_it_takes(
    client_of, agreement, consultant, tmp_path
):
    page = client_of(consultant).get(at("desk_make_quote", agreement.client)).content.decode()
    assert seen_in_browser(page, [], "lines.js", ADD_LINES, tmp_path) == {
        "names": ["lines-0-what", "lines-1-what", "lines-2-what"],
        "total": "3",
        "focused": "lines-2-kind",
        "title": "Website",
        "first": "Save the draft",
        "most": 50,
        "asked": [],
    }
