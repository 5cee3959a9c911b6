"""A real mail server for the tests of mailboxes: Debian's dovecot, in a folder of its own, on a free port."""

import getpass
import imaplib
import os
import pwd
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp

import pytest

PROGRAM = shutil.which("dovecot") or shutil.which("dovecot", path="/usr/sbin:/usr/local/sbin")


@dataclass(frozen=True)
class Dovecot:
    """A running server, with one mailbox."""

    port: int
    user: str = "inbox"
    password: str = "pass%word/?"

    @property
    def url(self) -> str:
        return f"imap://inbox:pass%25word%2F%3F@127.0.0.1:{self.port}/INBOX?done=Taken"

    def client(self) -> imaplib.IMAP4:
        client = imaplib.IMAP4("127.0.0.1", self.port, timeout=10)
        client.login(self.user, self.password)
        return client

    def deliver(self, raw: bytes, *, at: str = "", flags: str = "") -> None:
        """Puts a message into the inbox; `at` is when it reached it, as "10-Jan-2026 12:00:00 -0600"."""
        client = self.client()
        status, said = client.append("INBOX", flags, f'"{at}"' if at else None, raw)
        assert status == "OK", said
        client.logout()

    def count(self, folder: str = "INBOX") -> int:
        client = self.client()
        status, said = client.select(folder, readonly=True)
        assert status == "OK", said
        client.logout()
        return int(said[0])

    def empty(self) -> None:
        client = self.client()
        for folder in ("INBOX", "Taken", "Taken-failed"):
            status, said = client.select(folder)
            if status == "OK" and int(said[0]):
                client.store("1:*", "+FLAGS", "\\Deleted")
                client.expunge()
        client.logout()


def _version(program: str) -> str:
    return subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout


CONFIG = """
base_dir = {here}/run
state_dir = {here}/state
log_path = {here}/log
instance_name = {name}
protocols = imap
listen = 127.0.0.1
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
first_valid_uid = 1
ssl = no
disable_plaintext_auth = no
mail_location = maildir:{here}/mail/%u
mail_uid = {uid}
mail_gid = {gid}
passdb {{
  driver = passwd-file
  args = scheme=PLAIN {here}/users
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={here}/mail/%u
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
service anvil {{
  chroot =
}}
service stats {{
  chroot =
}}
namespace inbox {{
  inbox = yes
}}
"""


@contextmanager
def running() -> Iterator[Dovecot]:
    """Starts the server, waits for it, and stops it."""
    if PROGRAM is None or not _version(PROGRAM).startswith("2.3"):
        why = "needs dovecot 2.3, as Debian 12 has it: apt-get install dovecot-imapd"
        if os.environ.get("CI"):
            pytest.fail(why)
        pytest.skip(why)
    here = Path(mkdtemp(prefix="quince-dovecot-"))  # A short path: it holds sockets.
    # Where root runs the tests, the server does not: mailboxes belong to nobody.
    person = pwd.getpwnam("nobody" if os.getuid() == 0 else getpass.getuser())
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = Dovecot(port)
    group = subprocess.run(
        ["id", "-gn", person.pw_name], capture_output=True, text=True, check=True
    ).stdout.strip()
    config = here / "dovecot.conf"
    config.write_text(
        CONFIG.format(
            here=here,
            name=here.name,
            user=person.pw_name,
            group=group,
            uid=person.pw_uid,
            gid=person.pw_gid,
            port=port,
        )
    )
    (here / "users").write_text(f"{server.user}:{{PLAIN}}{server.password}\n")
    for folder in (here, here / "mail"):
        folder.mkdir(exist_ok=True)
        if os.getuid() == 0:
            os.chown(folder, person.pw_uid, person.pw_gid)
    process = subprocess.Popen([PROGRAM, "-F", "-c", str(config)], stderr=subprocess.PIPE)
    try:
        until = time.monotonic() + 20
        while True:
            try:
                server.client().logout()
                break
            except (OSError, imaplib.IMAP4.error, ssl.SSLError):
                if process.poll() is not None or time.monotonic() > until:
                    log = (here / "log").read_text() if (here / "log").exists() else ""
                    said = (
                        process.stderr.read().decode()
                        if process.poll() is not None and process.stderr
                        else ""
                    )
                    pytest.fail(f"dovecot did not start: {said} {log}")
                time.sleep(0.1)
        yield server
    finally:
        process.terminate()
        process.wait(timeout=20)
        if process.stderr:
            process.stderr.close()
        shutil.rmtree(here, ignore_errors=True)
