// Clients are looked for while their name is typed, once the typing rests. Without this script a button does it.
for (const place of document.querySelectorAll("[data-find]")) {
  const field = document.getElementById(place.dataset.findFrom);
  let waiting;
  let asking;

  async function find() {
    const said = field.value.trim();
    if (said.length < 2) return;
    asking?.abort();
    asking = new AbortController();
    const address = new URL(place.dataset.find, window.location.href);
    address.searchParams.set("q", said);
    try {
      const response = await fetch(address, { signal: asking.signal });
      if (response.ok) place.innerHTML = await response.text();
    } catch {
      // No connection, or typed on meanwhile.
    }
  }

  field?.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(find, 300);
  });
}
