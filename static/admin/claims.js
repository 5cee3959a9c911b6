// The review of a claim from the keyboard: a key gives the contact in focus its verdict, which is saved by itself.
// The keys work while the focus is inside a contact, and not in a field that is typed into (WCAG 2.1.4). Without this
// script the buttons “Save” save the whole page.
const form = document.getElementById("claim-form");
const said = document.getElementById("claim-said");
const VERDICTS = { c: "confirmed", u: "unreachable", f: "false" };
const TYPED_INTO = "textarea, select, input[type=text]";

const contacts = () => [...document.querySelectorAll(".claim-card")];
const field = (contact, name) => contact.querySelector(`[name="${contact.dataset.prefix}${name}"]`);

function say(text) {
  said.textContent = text;
}

function go(contact) {
  if (!contact) return;
  contact.focus({ preventScroll: true });
  contact.scrollIntoView({ block: "start" });
}

function step(contact, by) {
  const all = contacts();
  go(all[all.indexOf(contact) + by]);
}

// The next contact that wants a verdict, from the start again after the last; after the last verdict the decision.
function goOn(contact) {
  const all = contacts();
  const at = all.indexOf(contact) + 1;
  const wanting = [...all.slice(at), ...all.slice(0, at)].find((each) => "undecided" in each.dataset);
  go(wanting || document.getElementById("decision"));
}

// Puts what the server answered in the place of what there is. What was typed and not sent, or since, stays.
function place(text, sent) {
  for (const part of [...new DOMParser().parseFromString(text, "text/html").body.children]) {
    const old = document.getElementById(part.id);
    if (!old) continue;
    for (const typed of old.querySelectorAll(TYPED_INTO)) {
      const fresh = typed.id && part.querySelector(`#${CSS.escape(typed.id)}`);
      if (fresh && typed.value !== sent.get(typed.name)) fresh.value = typed.value;
    }
    // What this did not change is not sent again.
    for (const stays of part.querySelectorAll("[data-stays]")) {
      const there = document.getElementById(stays.id);
      if (there) stays.replaceWith(there);
    }
    const focused = old.contains(document.activeElement) && document.activeElement.id;
    old.replaceWith(part);
    if (focused) document.getElementById(focused)?.focus();
  }
}

async function post(address, body) {
  const response = await fetch(address, { method: "POST", body, redirect: "manual" });
  if (response.status !== 200 && response.status !== 409) throw new Error(response.status);
  return response;
}

// Verdicts pressed while the contact is being saved: each is for the contact that the focus goes on to.
const pressed = [];

function giveWhatWasPressed() {
  while (pressed.length) {
    const contact = document.activeElement.closest(".claim-card");
    // A text field is open, or there is no contact left: what was pressed had something else in mind.
    if (!contact || document.activeElement.matches(TYPED_INTO)) pressed.length = 0;
    else if (contact.getAttribute("aria-busy")) return;
    else give(contact, pressed.shift());
  }
}

async function save(contact) {
  if (contact.getAttribute("aria-busy")) return;
  contact.setAttribute("aria-busy", "true");
  const sent = new FormData();
  for (const [name, value] of new FormData(form)) {
    const ours = name.startsWith(contact.dataset.prefix) && !name.endsWith("-question");
    if (ours || name === "csrfmiddlewaretoken") sent.append(name, value);
  }
  try {
    const response = await post(contact.dataset.saves, sent);
    const text = await response.text();
    // Whoever has gone on meanwhile stays where they are: what they type next is not for another contact.
    const here = contact.contains(document.activeElement) || document.activeElement === document.body;
    place(text, sent);
    const fresh = document.getElementById(contact.id);
    if (response.ok) {
      say(fresh.dataset.said);
      if (here) {
        goOn(fresh);
        giveWhatWasPressed();
      } else pressed.length = 0;
    } else {
      pressed.length = 0;
      const wrong = fresh.querySelector(`[aria-invalid="true"]:is(${TYPED_INTO})`);
      if (here) go(fresh);
      if (here && wrong) wrong.focus();
      say([...fresh.querySelectorAll(".errorlist li")].map((each) => each.textContent).join(" "));
    }
  } catch {
    pressed.length = 0;
    contact.removeAttribute("aria-busy");
    say(form.dataset.notSaved);
  }
}

// One key, or two where a note is wanted: then the note is in focus, and Ctrl+Enter saves both.
function give(contact, verdict) {
  if (contact.getAttribute("aria-busy")) {
    pressed.push(verdict);
    return;
  }
  const choice = contact.querySelector(`[name="${contact.dataset.prefix}verdict"][value="${verdict}"]`);
  const note = field(contact, "note");
  const reason = field(contact, "reason");
  if (!choice) return;
  choice.checked = true;
  if (verdict === "false" || (verdict === "unreachable" && !note.value.trim())) note.focus();
  else if (reason && !reason.value.trim()) reason.focus();
  else save(contact);
}

function onKey(event) {
  const contact = event.target.closest(".claim-card");
  if (!contact || event.repeat || event.isComposing || event.altKey) return;
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    save(contact);
    return;
  }
  if (event.ctrlKey || event.metaKey) return;
  if (event.key === "Enter" && event.target.matches("input")) {
    // Else the browser presses the first button of the form, which is the first contact's.
    event.preventDefault();
    save(contact);
    return;
  }
  if (event.target.matches(TYPED_INTO)) {
    if (event.key === "Escape") contact.focus();
    return;
  }
  const keys = {
    j: () => step(contact, 1),
    k: () => step(contact, -1),
    n: () => field(contact, "note")?.focus(),
    "?": () => say(document.querySelector("#claim-keys p").textContent),
  };
  const key = event.key.toLowerCase();
  const act = VERDICTS[key] ? () => give(contact, VERDICTS[key]) : keys[key];
  if (!act) return;
  event.preventDefault();
  act();
}

if (form) {
  const keys = document.getElementById("claim-keys");
  keys.hidden = false;
  keys.querySelector("button").addEventListener("click", () => goOn(null));
  form.addEventListener("keydown", onKey);
  form.addEventListener("submit", (event) => {
    const contact = event.submitter?.closest(".claim-card");
    if (!contact) return;
    event.preventDefault();
    save(contact);
  });
}

// While the page is open and in front of somebody, others are told so.
setInterval(async () => {
  const looking = document.getElementById("claim-looking");
  if (document.hidden || !looking) return;
  const body = new FormData();
  body.append("csrfmiddlewaretoken", document.querySelector("[name=csrfmiddlewaretoken]").value);
  try {
    place(await (await post(looking.dataset.renew, body)).text(), body);
  } catch {
    // It is an aid: the next turn tries again.
  }
}, 3 * 60 * 1000);
