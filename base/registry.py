"""What every app adds to and a command of the top floor reads: a way upwards without an import."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from base.measure import Measurement


@dataclass(frozen=True, slots=True)
class Invariant:
    """Something that must hold in the books; `broken` yields a line for every place where it does not."""

    name: str
    broken: Callable[[], Iterable[str]]


invariants: list[Invariant] = []


def invariant(name: str) -> Callable[[Callable[[], Iterable[str]]], Callable[[], Iterable[str]]]:
    """Decorator: `check_books` runs this and prints what it yields."""

    def register(broken: Callable[[], Iterable[str]]) -> Callable[[], Iterable[str]]:
        invariants.append(Invariant(name, broken))
        return broken

    return register


# Role (a group's name) → the permissions that it has, as "app.codename".
roles: dict[str, set[str]] = {}


def grant(role: str, *permissions: str) -> None:
    """Gives a role permissions; the group is made, and gets them, when the database is migrated."""
    roles.setdefault(role, set()).update(permissions)


# Each measures one or several operations on the bulk data; `bench` runs them in the order of registration.
measures: list[Callable[[int], list[Measurement]]] = []


def measured(run: Callable[[int], list[Measurement]]) -> Callable[[int], list[Measurement]]:
    """Decorator: `bench` calls this with the number of repeats, and prints what it returns."""
    measures.append(run)
    return run
