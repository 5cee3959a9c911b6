"""Several things at once, in real threads with a database connection each."""

import threading
from collections.abc import Callable
from typing import Any

from django.db import connections


def together(*jobs: Callable[[], Any]) -> list[Any]:
    """Runs the jobs at the same moment; what each returned, or the exception that it raised, in their order.

    For PostgreSQL: `@pytest.mark.postgres` and `django_db(transaction=True)`.
    """
    ready = threading.Barrier(len(jobs))
    results: list[Any] = [None] * len(jobs)

    def run(number: int, job: Callable[[], Any]) -> None:
        try:
            ready.wait(timeout=20)
            results[number] = job()
        except Exception as error:
            results[number] = error
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(jobs)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
        assert not thread.is_alive(), "a job did not end within a minute"
    return results


def after_both(job: Callable[..., Any]) -> Callable[..., Any]:
    """`job` in two threads, each of which goes on only once it is done in both: what both read before either writes."""
    both_are_done = threading.Barrier(2)

    def done_in_both(*args: Any, **kwargs: Any) -> Any:
        result = job(*args, **kwargs)
        both_are_done.wait(timeout=20)
        return result

    return done_in_both
