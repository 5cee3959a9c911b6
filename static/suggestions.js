// Articles of the library that may answer a question while it is typed: below the form, out of the way, and asked for
// only when the typing rests. Without this script the page shows them once the form has been sent.
for (const place of document.querySelectorAll("[data-suggestions]")) {
  const fields = place.dataset.suggestionsFrom.split(" ").flatMap((id) => document.getElementById(id) ?? []);
  let waiting;
  let asking;
  let asked = "";

  async function ask() {
    const question = fields.map((field) => field.value.trim()).join(" ").trim().slice(0, 4000);
    if (question === asked || question.length < 4) return;
    asked = question;
    asking?.abort();
    asking = new AbortController();
    try {
      const response = await fetch(place.dataset.suggestions, {
        method: "POST",
        body: new URLSearchParams({ question }),
        signal: asking.signal,
      });
      // Asked too often, or broken: what stands there stays, for nobody needs to know.
      if (response.ok) place.innerHTML = await response.text();
    } catch {
      // No connection, or typed on meanwhile.
    }
  }

  for (const field of fields) {
    field.addEventListener("input", () => {
      clearTimeout(waiting);
      waiting = setTimeout(ask, 500);
    });
  }
}
