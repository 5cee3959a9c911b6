"""Everything that runs, in one terminal: the web server, the Celery worker and beat."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.urls import reverse

STOP_WITHIN = 15  # seconds, then a process is killed
UP_WITHIN = 60


class Stopped(Exception):
    """Ctrl-C, or a polite kill."""


class Command(BaseCommand):
    """Starts the three, says where they are, and waits; when one ends, all end.

    Each writes what it does into VAR_DIR/log and what goes wrong to the terminal. The web server is gunicorn
    with one process of several threads: the same server as in production, WhiteNoise hands out the static
    files, and SQLite is happiest when one process writes at a time.
    """

    help = "Runs the web server, the Celery worker and beat until Ctrl-C."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=8000)
        parser.add_argument("--threads", type=int, default=8, help="of the web server")

    def handle(self, *args: Any, host: str, port: int, threads: int, **options: Any) -> None:
        self.refuse_a_port_in_use(host, port)
        address = f"http://{host}:{port}"
        celery = [sys.executable, "-m", "celery", "--app", "config", "--quiet"]
        commands = {
            "web": [sys.executable, "-m", "gunicorn", "config.wsgi", f"--bind={host}:{port}", "--workers=1"]
            + [f"--threads={threads}", "--log-level=warning", "--no-control-socket"]
            # Links in mails work for whoever has them: no log holds their tokens.
            + ["--access-logfile=-", "--logger-class=config.access_log.AccessLog"],
            "worker": celery + ["worker", "--pool=threads", "--concurrency=2", "--loglevel=INFO"],
            "beat": celery + ["beat", "--loglevel=INFO", "--pidfile="],
        }
        for caught in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(caught, self.stop)
        with self.running(commands) as processes:
            self.wait_until_up(f"{address}{reverse('healthz')}", processes)
            self.say_where(address)
            while True:
                self.all_must_run(processes)
                time.sleep(0.5)

    @staticmethod
    def stop(number: int, frame: FrameType | None) -> NoReturn:
        # Said once: a second Ctrl-C must not interrupt the stopping.
        for caught in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(caught, signal.SIG_IGN)
        raise Stopped(signal.Signals(number).name)

    @staticmethod
    def refuse_a_port_in_use(host: str, port: int) -> None:
        with socket.socket() as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                trial.bind((host, port))
            except OSError as error:
                raise CommandError(
                    f"{host}:{port} cannot be used ({error.strerror}). If Quince is running already, it is there;"
                    f" else choose another port: make run PORT={port + 1}"
                ) from error

    @contextmanager
    def running(self, commands: dict[str, list[str]]) -> Iterator[dict[str, subprocess.Popen[bytes]]]:
        """Starts the commands; however the block ends, none of them is left running after it."""
        logs = Path(settings.VAR_DIR) / "log"
        logs.mkdir(parents=True, exist_ok=True)
        processes: dict[str, subprocess.Popen[bytes]] = {}
        try:
            for name, command in commands.items():
                with (logs / f"{name}.log").open("ab") as log:
                    # In a session of its own: Ctrl-C reaches this process alone, which then stops them in order.
                    processes[name] = subprocess.Popen(
                        command, stdout=log, cwd=settings.BASE_DIR, start_new_session=True
                    )
            yield processes
        except Stopped as reason:
            self.stdout.write(f"\nStopping ({reason}).")
        finally:
            self.end(processes)

    @staticmethod
    def end(processes: dict[str, subprocess.Popen[bytes]]) -> None:
        for process in processes.values():
            process.terminate()
        until = time.monotonic() + STOP_WITHIN
        for process in processes.values():
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(timeout=max(0.1, until - time.monotonic()))
            # Also what it may have started itself, which is in its session.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def all_must_run(self, processes: dict[str, subprocess.Popen[bytes]]) -> None:
        for name, process in processes.items():
            if (code := process.poll()) is not None:
                log = Path(settings.VAR_DIR) / "log" / f"{name}.log"
                raise CommandError(
                    f"{name} ended by itself (exit code {code}), so the others were stopped too. See {log}"
                )

    def wait_until_up(self, address: str, processes: dict[str, subprocess.Popen[bytes]]) -> None:
        until = time.monotonic() + UP_WITHIN
        while time.monotonic() < until:
            self.all_must_run(processes)
            with contextlib.suppress(OSError), urllib.request.urlopen(address, timeout=5):
                return
            time.sleep(0.2)
        raise CommandError(f"The web server did not answer at {address} within {UP_WITHIN} seconds.")

    def say_where(self, address: str) -> None:
        places = {
            "Quince": "/",
            "Administration": reverse("admin:index"),
            "Sent mails": reverse("mail:sent_mails") if settings.DEMO else "",
        }
        self.stdout.write("")
        for what, path in places.items():
            if path:
                self.stdout.write(f"  {what:15} {self.style.SUCCESS(address + path)}")
        self.stdout.write(f"  {'Logs':15} {Path(settings.VAR_DIR) / 'log'}\n\n  Ctrl-C stops it.\n")
        self.stdout.flush()
