// A press on "Call", "WhatsApp" or "Mail" hands over at once, while it is being noted; what follows is asked on the
// page that one comes back to. Without this script the same form leads to a page with the link.
document.addEventListener("submit", (event) => {
  const form = event.target;
  const address = form.dataset.handsOver;
  if (!address) return;
  event.preventDefault();
  const noted = fetch(form.action, {
    method: "POST",
    body: new FormData(form),
    headers: { "X-Quince-Handed-Over": "yes" },
    keepalive: true,
    redirect: "manual",
  });
  if (address.startsWith("https:")) window.open(address, "_blank", "noopener");
  else window.location.href = address;
  noted
    .then((response) => (response.ok ? response.text() : Promise.reject(response.status)))
    .then((questions) => {
      const place = document.getElementById("attempts");
      place.innerHTML = questions;
      place.focus();
    })
    .catch((status) => {
      // Refused: the page, asked for anew, says why. No connection: it could not be noted, which is said here.
      if (status === 0 || status >= 400) window.location.reload();
      else document.getElementById("not-noted").hidden = false;
    });
});
