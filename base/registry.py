"""What every app adds to and a command of the top floor reads: a way upwards without an import."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.functional import Promise

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


@dataclass(frozen=True, slots=True)
class PersonalData:
    """What one app keeps about a user (X5).

    `shown` yields it as (what, value), to be read by the person themselves; `warnings` what they lose or still owe
    when they close their account; `erase` takes the person out and keeps what the books need. It raises a Refusal
    where that cannot be now, and then nothing of anything is erased.
    """

    title: str | Promise
    shown: Callable[[Any], Iterable[tuple[str, str]]]
    erase: Callable[[Any, datetime], None]
    warnings: Callable[[Any, datetime], Iterable[str]]


@dataclass(frozen=True, slots=True)
class AnswerLetters:
    """Letters of another app that carry an answer of the desk, as of an appeal that is decided. `kinds` are theirs;
    `of` says which one carries an answer, as (kind, cause), or None where the desk itself wrote it."""

    kinds: Collection[str]
    of: Callable[[Any], tuple[str, str] | None]


answer_letters: list[AnswerLetters] = []

# Who besides the people of a business speaks for somebody who is invoiced: asked with the customer's id and the user.
speak_for_customers: list[Callable[[int, Any], bool]] = []

# In the order of the apps, the ground first.
personal_data: list[PersonalData] = []


@dataclass(frozen=True, slots=True)
class HomeownerData:
    """What an app above the marketplace keeps about whoever made a request, as (what, value), to be read by the person
    themselves (X5); it is erased on `lead_anonymised`. As many queries for one buyer as for thirty."""

    title: str | Promise
    shown: Callable[[Any], Iterable[tuple[str, str]]]


homeowner_data: list[HomeownerData] = []


# Names of pages for everybody that an app publishes outside the directory: the map of the site tells of them (M13).
public_pages: list[str] = []

# Pages for everybody that stand in rows, as (path, when it last changed), for the same map.
public_rows: list[Callable[[], Iterable[tuple[str, datetime | None]]]] = []


# Each measures one or several operations on the bulk data; `bench` runs them in the order of registration.
measures: list[Callable[[int], list[Measurement]]] = []


def measured(run: Callable[[int], list[Measurement]]) -> Callable[[int], list[Measurement]]:
    """Decorator: `bench` calls this with the number of repeats, and prints what it returns."""
    measures.append(run)
    return run


@dataclass(frozen=True, slots=True)
class Origin:
    """What a ledger entry was written for, in the reader's words, and the address of its page, where it has one."""

    words: str
    address: str = ""


# Gives the origins of entries of one kind, by their primary keys, in a query or two.
Resolver = Callable[[Collection[int]], Mapping[int, Origin]]
# Kind of ledger entry → who knows where such entries come from.
origins: dict[str, Resolver] = {}


def origin_of(kind: str) -> Callable[[Resolver], Resolver]:
    """Decorator: a statement asks this for the origins of its entries of that kind. Every kind has one."""

    def register(resolve: Resolver) -> Resolver:
        origins[kind] = resolve
        return resolve

    return register
