"""Pages and their scripts in a real browser."""

import json
import os
import re
import subprocess
from collections.abc import Sequence
from html import unescape
from pathlib import Path
from shutil import which
from typing import Any

import pytest
from django.conf import settings

# Where CI has no browser, that is a failure.
needs_chromium = pytest.mark.skipif(
    not which("chromium") and "CI" not in os.environ, reason="Chromium is not installed."
)


DRIVE = """
const asked = [];
const answers = JSON.parse(document.getElementById("answers").textContent);
window.fetch = async (address, { body }) => {
  asked.push([address, Object.fromEntries(body)]);
  return new Response(answers.shift(), { status: 200 });
};
const press = (key, more = {}) =>
  document.activeElement.dispatchEvent(
    new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, ...more }),
  );
// For as long as it takes an answer to arrive, and no longer than three seconds.
const rest = async (until = () => true) => {
  for (let left = 60; left; left -= 1) {
    await new Promise((done) => setTimeout(done, 50));
    if (until()) return;
  }
};
const focused = (id) => () => document.activeElement.id === id;
addEventListener("load", async () => {
  const seen = {};
  %s
  document.body.innerHTML = "";
  document.body.append(Object.assign(document.createElement("pre"), {
    textContent: "@@" + JSON.stringify({ ...seen, asked }) + "@@",
  }));
});
"""


def seen_in_browser(
    page: str, answers: Sequence[str], script: str, steps: str, tmp_path: Path
) -> dict[str, Any]:
    """What `steps`, in JavaScript, put into `seen`, and under "asked" the address and the fields of each request: of
    the page and its `script` (a path below static/) as they are, in a browser whose requests are answered, in their
    order, by what the server answered."""
    (tag,) = re.findall(rf'<script src="[^"]*{re.escape(script)}" defer></script>', page)
    source = Path(settings.BASE_DIR, "static", script).read_text()
    page = page.replace(tag, "")
    page = re.sub(r"<(script|link)\b[^>]*(src|href)=[^>]*>(</script>)?", "", page)  # Nothing else is loaded.
    told = json.dumps(answers).replace("<", "\\u003c")
    page = page.replace(
        "</body>",
        f'<script type="application/json" id="answers">{told}</script>'
        f"<script>{DRIVE % steps}</script><script>{source}</script></body>",
    )
    file = tmp_path / "page.html"
    file.write_text(page)
    browser = ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=10000"]
    done = subprocess.run(
        [*browser, f"--user-data-dir={tmp_path}/profile", "--dump-dom", file.as_uri()],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    found: dict[str, Any] = json.loads(unescape(re.search("@@(.*)@@", done.stdout, re.DOTALL)[1]))
    return found
