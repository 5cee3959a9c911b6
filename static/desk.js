// The desk while it is open. Without this script the pages show how things stood when they were asked for.
const EVERY = 45 * 1000;

// Puts what the server answered in the place of what there is, and the focus where it was.
function place(text) {
  for (const part of [...new DOMParser().parseFromString(text, "text/html").body.children]) {
    const old = part.id && document.getElementById(part.id);
    if (!old || old.innerHTML === part.innerHTML) continue;
    const focused = old.contains(document.activeElement) && document.activeElement.getAttribute("href");
    old.replaceWith(part);
    if (focused) part.querySelector(`[href="${CSS.escape(focused)}"]`)?.focus();
  }
}

const list = document.getElementById("desk-list");
const looking = document.getElementById("desk-looking");
const form = document.getElementById("answer-form");
const text = form?.querySelector("textarea");
const found = text?.value ?? "";

async function renewList() {
  const response = await fetch(document.getElementById("desk-list").dataset.renew);
  if (response.ok && !response.redirected) place(await response.text());
}

async function renewLooking() {
  const body = new FormData();
  body.append("csrfmiddlewaretoken", document.querySelector("[name=csrfmiddlewaretoken]").value);
  if (form) for (const name of ["seen", "seen_call"]) body.append(name, form.elements[name].value);
  if (text && text.value !== found) body.append("writing", "yes");
  const response = await fetch(looking.dataset.renew, { method: "POST", body, redirect: "manual" });
  if (response.ok) place(await response.text());
}

async function renew() {
  if (document.hidden) return;
  try {
    if (list) await renewList();
    if (looking) await renewLooking();
  } catch {
    // It is an aid: the next turn tries again.
  }
}

// Whoever begins to write is told of to others at once.
let begun = false;
text?.addEventListener("input", () => {
  if (begun) return;
  begun = true;
  renew();
});

// A saved reply or an article comes in behind what was typed, and the files that were chosen stay.
form?.addEventListener("submit", async (event) => {
  if (event.submitter?.name !== "insert") return;
  event.preventDefault();
  const body = new FormData(form, event.submitter);
  body.delete("files");
  const response = await fetch(form.action, { method: "POST", body, redirect: "manual" });
  if (!response.ok) return;
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  const fresh = page.querySelector("#answer-form textarea");
  if (!fresh) return;
  const articles = page.getElementById("desk-articles");
  document.getElementById("desk-articles").replaceWith(articles);
  if (event.submitter.value === "search") {
    articles.querySelector("input").focus();
    return;
  }
  text.value = fresh.value;
  text.focus();
  text.dispatchEvent(new Event("input"));
});

// Enter in the search of the library looks there.
form?.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.target.name !== "article_said") return;
  event.preventDefault();
  form.requestSubmit(form.querySelector("[name=insert][value=search]"));
});

// Ctrl+Enter sends the answer.
text?.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || event.isComposing) return;
  event.preventDefault();
  form.requestSubmit(form.querySelector("[name=send]"));
});

if (list || looking) {
  setInterval(renew, EVERY);
  document.addEventListener("visibilitychange", renew);
}
