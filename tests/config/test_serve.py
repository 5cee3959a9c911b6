"""`make run` for real: web, worker and beat as processes, on SQLite and a broker that is a folder."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from django.conf import settings

# Generous, for a machine that does much else.
PATIENCE = 120


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """An environment as a newcomer has it: nothing set but for development, and a database of its own."""
    unset = ("DATABASE_URL", "REDIS_URL", "EMAIL_URL", "DJANGO_SETTINGS_MODULE", "SECRET_KEY")
    kept = {name: value for name, value in os.environ.items() if name not in unset}
    environment = kept | {"DEBUG": "1", "DEMO": "1", "VAR_DIR": str(tmp_path_factory.mktemp("var"))}
    for command in ("migrate", "createcachetable"):
        subprocess.run(
            [sys.executable, "manage.py", command, "--verbosity=0"],
            cwd=settings.BASE_DIR,
            env=environment,
            check=True,
        )
    return environment


def free_port() -> int:
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        return trial.getsockname()[1]


def start(place: dict[str, str], port: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "manage.py", "serve", f"--port={port}"],
        cwd=settings.BASE_DIR,
        env=place,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def wait_for(condition) -> None:
    until = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.3)


def descendants(place: dict[str, str]) -> dict[int, str]:
    """The processes that were started in that place, by their environment."""
    found = {}
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if f"VAR_DIR={place['VAR_DIR']}".encode() in (process / "environ").read_bytes().split(b"\0"):
                found[int(process.name)] = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        except OSError:
            continue
    return found


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="looks for processes in /proc")
def test_web_worker_and_beat_run_and_ctrl_c_leaves_none_of_them(place):
    port = free_port()
    log = Path(place["VAR_DIR"]) / "log"

    def at_work(name: str, line: str) -> bool:
        return (log / f"{name}.log").exists() and line in (log / f"{name}.log").read_text()

    serve = start(place, port)
    try:
        wait_for(lambda: at_work("beat", "mail.send_due_mail") and at_work("worker", "mail.send_due_mail"))
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz") as answer:
            assert answer.status == 200
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/static/quince.css") as answer:
            assert answer.status == 200

        secret = f"http://127.0.0.1:{port}/review/secret-token/?q=secret-query"
        with pytest.raises(urllib.error.HTTPError, match="404"):
            urllib.request.urlopen(urllib.request.Request(secret, headers={"Referer": secret}))
        wait_for(lambda: at_work("web", "GET /review/<str:token>/"))
        assert not any("secret" in written.read_text() for written in log.iterdir())

        second = start(place, port)
        printed, _ = second.communicate(timeout=PATIENCE)
        assert second.returncode == 1
        assert f"127.0.0.1:{port} cannot be used" in printed
    finally:
        serve.send_signal(signal.SIGINT)
        printed, _ = serve.communicate(timeout=PATIENCE)
    assert serve.returncode == 0
    assert f"http://127.0.0.1:{port}/" in printed
    assert f"http://127.0.0.1:{port}/dev/mail/" in printed
    assert descendants(place) == {}


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="looks for processes in /proc")
def test_when_one_of_them_dies_the_others_stop_and_it_is_named(place):
    serve = start(place, free_port())
    try:
        wait_for(lambda: any(" beat " in command for command in descendants(place).values()))
        (beat,) = [pid for pid, command in descendants(place).items() if " beat " in command]
        os.kill(beat, signal.SIGKILL)
        printed, _ = serve.communicate(timeout=PATIENCE)
    finally:
        serve.kill()
    assert serve.returncode == 1
    assert "beat ended by itself" in printed
    assert descendants(place) == {}
