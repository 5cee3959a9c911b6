"""A real mail server for the tests of what goes out and of the pipe: Debian's exim, in a folder of its own, on a free
port. Whoever runs the tests, it runs as an ordinary person: told of another configuration, it gives root up."""

import getpass
import os
import pwd
import re
import shutil
import smtplib
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import pytest
from django.conf import settings

PROGRAM = shutil.which("exim4") or shutil.which("exim4", path="/usr/sbin:/usr/local/sbin")
DOCS = Path(settings.BASE_DIR) / "docs" / "settings.md"

# Everybody's mail at example.com lies in one Maildir. Nobody there is called nobody; that there is no gone either is
# found out only after the mail was taken. Mail for grey is always to be tried again.
CONFIG = """
primary_hostname = mx.example.com
spool_directory = {here}/spool
log_file_path = {here}/log-%s
pid_file_path = {here}/pid
local_interfaces = 127.0.0.1
daemon_smtp_ports = {port}
deliver_drop_privilege
exim_user = {person.pw_uid}
exim_group = {person.pw_gid}
keep_environment =
tls_advertise_hosts =
host_lookup =
acl_smtp_connect = connection
acl_smtp_rcpt = recipient
acl_smtp_data = message

begin acl
connection:
  defer condition = ${{if exists{{{here}/busy}}}}
        message = Too busy
  accept
recipient:
  deny recipients = nobody@example.com
       message = No such person
  defer recipients = grey@example.com
        message = Come again
  accept domains = example.com : quince.example
message:
  defer condition = ${{if exists{{{here}/full}}}}
        message = No room left
  accept

begin routers
{router}
gone:
  driver = redirect
  local_parts = gone
  allow_fail
  data = :fail: No such person after all
people:
  driver = accept
  domains = example.com
  transport = maildir

begin transports
{transport}
maildir:
  driver = appendfile
  directory = {here}/mail
  maildir_format
  envelope_to_add
  return_path_add

begin retry
* * F,4d,1s
"""

# In the place of the user whom the transport names: whoever runs the tests does what the server asks for here, and
# says how that ended. The server's own person may be unable to read the checkout, or to reach the database.
AS_QUINCE = """#!/bin/sh
set -e
piped=$(mktemp -d {here}/piped/XXXXXX)
printf '%s\\n' "$@" >"$piped/command"
cat >"$piped/message"
mv "$piped" "$piped.ready"
while [ ! -e "$piped.ready/code" ]; do
  [ -e "$piped.ready" ] || exit 75
  sleep 0.05
done
cat "$piped.ready/said" >&2
code=$(cat "$piped.ready/code")
rm -r "$piped.ready"
exit "$code"
"""


@dataclass
class Exim:
    """The server. It runs, but while it is `being` away."""

    here: Path
    port: int
    person: pwd.struct_passwd
    daemon: subprocess.Popen[bytes] | None = None

    def delivered(self, count: int = 1) -> list[EmailMessage]:
        """The `count` messages that lie in the Maildir, once they do, in the order in which they came."""
        box = self.here / "mail" / "new"
        self.wait_until(lambda: len(list(box.glob("*"))) >= count)
        found = [
            message_from_bytes(file.read_bytes(), policy=policy.default) for file in sorted(box.glob("*"))
        ]
        assert len(found) == count, self.log()
        return found

    @contextmanager
    def being(self, manner: str) -> Iterator[None]:
        """It is "busy" meanwhile, and talks to nobody, "full", and takes no message, or "away"."""
        if manner == "away":
            self.stop()
        else:
            (self.here / manner).touch()
        try:
            yield
        finally:
            if manner == "away":
                self.listen()
            else:
                (self.here / manner).unlink()

    def hand_over(self, raw: bytes, *, sender: str = "ana@example.com", to: str) -> None:
        """Hands a message over, as another mail server would."""
        with smtplib.SMTP("127.0.0.1", self.port, timeout=10) as client:
            client.sendmail(sender, to, raw)

    def next_piped(
        self, run: Callable[[list[str], bytes], subprocess.CompletedProcess[bytes]]
    ) -> subprocess.CompletedProcess[bytes]:
        """Waits for the command that the server wants run, runs it with `run`, and tells the server."""
        folder = self.here / "piped"
        self.wait_until(lambda: any(folder.glob("*.ready")))
        (piped,) = folder.glob("*.ready")
        done = run((piped / "command").read_text().splitlines(), (piped / "message").read_bytes())
        (piped / "said").write_bytes(done.stderr)
        (piped / "code.unfinished").write_text(str(done.returncode))
        (piped / "code.unfinished").rename(piped / "code")
        self.wait_until(lambda: not piped.exists())
        return done

    def waits(self) -> int:
        """How many messages it still has, those included that it is just handing on."""
        return len(list((self.here / "spool" / "input").rglob("*-H")))

    def empty(self) -> None:
        """Forgets all that it ever had; what it still wants run comes to its end."""
        for folder in ("mail", "spool/input", "spool/msglog", "spool/db", *self.here.glob("piped/*")):
            shutil.rmtree(self.here / folder, ignore_errors=True)

    def listen(self) -> None:
        with (self.here / "log-said").open("ab") as said:
            self.daemon = subprocess.Popen(
                # It looks every second whether there is something to try again.
                [str(PROGRAM), "-C", str(self.here / "conf"), "-bdf", "-q1s"],
                user=self.person.pw_uid,
                group=self.person.pw_gid,
                extra_groups=[self.person.pw_gid] if os.getuid() == 0 else None,
                cwd="/",
                stderr=said,
            )
        self.wait_until(self._greets)

    def _greets(self) -> bool:
        assert self.daemon is not None
        if self.daemon.poll() is not None:
            pytest.fail(f"exim did not start: {self.log()}")
        try:
            smtplib.SMTP("127.0.0.1", self.port, timeout=10).quit()
        except OSError:
            return False
        return True

    def stop(self) -> None:
        assert self.daemon is not None
        self.daemon.terminate()
        self.daemon.wait(timeout=20)

    def log(self) -> str:
        return "".join(file.read_text() for file in sorted(self.here.glob("log-*")))

    def wait_until(self, holds: Callable[[], Any]) -> None:
        until = time.monotonic() + 20
        while not holds():
            assert time.monotonic() < until, self.log()
            time.sleep(0.02)


def _from_docs(kind: str) -> str:
    """What docs/settings.md tells an operator to write for a router or a transport."""
    found = re.findall(r"^```\n(quince:\n.*?)^```$", DOCS.read_text(), re.M | re.S)
    (block,) = (each for each in found if kind in each.splitlines()[1])
    return str(block)


@contextmanager
def running() -> Iterator[Exim]:
    """Starts the server, waits for it, and stops it."""
    if PROGRAM is None:
        why = "needs exim: apt-get install exim4-daemon-light"
        if os.environ.get("CI"):
            pytest.fail(why)
        pytest.skip(why)
    here = Path(mkdtemp(prefix="quince-exim-"))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    person = pwd.getpwnam("nobody" if os.getuid() == 0 else getpass.getuser())
    (here / "as-quince").write_text(AS_QUINCE.format(here=here))
    (here / "as-quince").chmod(0o755)
    transport = _from_docs("pipe").replace("user = quince", f"user = {person.pw_name}")
    transport = transport.replace("command = ", f"command = {here}/as-quince ")
    (here / "conf").write_text(
        CONFIG.format(here=here, port=port, person=person, router=_from_docs("accept"), transport=transport)
    )
    (here / "piped").mkdir()
    for path in (here, *here.iterdir()):
        if os.getuid() == 0:
            os.chown(path, person.pw_uid, person.pw_gid)
    server = Exim(here, port, person)
    try:
        server.listen()
        yield server
    finally:
        server.empty()
        server.stop()
        shutil.rmtree(here, ignore_errors=True)
