"""The files of pictures: written before the row that names them, taken away with it, swept where nobody has them.

No row ever points at nothing. A transaction that fails takes its files away again; what a killed process leaves
behind, `sweep_files` finds. Every model that keeps pictures is named to `keeps_pictures`, from which the sweep knows
what is not a leftover.
"""

import logging
import secrets
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from django.core.files.base import ContentFile
from django.core.files.storage import Storage, default_storage
from django.db import transaction
from django.db.models import Model

from profiles.pictures import Picture

FOLDER = "photos"
# Long enough that no upload still under way is taken for a leftover.
SWEEP_AFTER = timedelta(days=1)

logger = logging.getLogger(__name__)
_keepers: list[type[Model]] = []


class Kept(Protocol):
    """A row of a model that keeps pictures."""

    image: Any
    thumbnail: Any


@dataclass(frozen=True, slots=True)
class Files:
    """The names under which the two files of a picture are kept."""

    image: str
    thumbnail: str


def keeps_pictures(model: type[Model]) -> None:
    """Says that the files which this model's `image` and `thumbnail` name are in use."""
    if model not in _keepers:
        _keepers.append(model)


def store(picture: Picture) -> Files:
    """Writes both files, under a name that cannot be guessed and holds nothing of the original's; both or none."""
    token = secrets.token_hex(16)
    names = [f"{FOLDER}/{token[:2]}/{token}-{part}.webp" for part in ("image", "thumbnail")]
    try:
        image = default_storage.save(names[0], ContentFile(picture.large))
        thumbnail = default_storage.save(names[1], ContentFile(picture.thumbnail))
    except BaseException:
        delete(names)
        raise
    return Files(image, thumbnail)


def forget_files(rows: Iterable[Kept]) -> None:
    """Deletes the files of rows that are being deleted, once the transaction has committed."""
    names = [name for row in rows for name in (row.image.name, row.thumbnail.name)]
    transaction.on_commit(lambda: delete(names))


def delete(names: Iterable[str | None]) -> None:
    """Deletes files now; one that cannot be deleted is left to the sweep."""
    for name in names:
        if not name:
            continue
        try:
            default_storage.delete(name)
        except OSError:
            logger.exception("A file of a photo could not be deleted; the sweep will try again")


def leftover_files(*, now: datetime) -> Iterator[str]:
    """Names of stored files, older than a day, that no row has."""
    storage = default_storage
    known: set[str] = set()
    for model in _keepers:
        for field in ("image", "thumbnail"):
            known.update(model._default_manager.values_list(field, flat=True))
    for name in _files_in(storage, FOLDER):
        if name not in known and storage.get_modified_time(name) < now - SWEEP_AFTER:
            yield name


def sweep_files(*, now: datetime) -> int:
    """Deletes what a killed process left behind; returns how many files. Runs again without harm."""
    names = list(leftover_files(now=now))
    delete(names)
    return len(names)


def _files_in(storage: Storage, folder: str) -> Iterator[str]:
    try:
        folders, files = storage.listdir(folder)
    except FileNotFoundError:
        return
    for name in files:
        yield f"{folder}/{name}"
    for name in folders:
        yield from _files_in(storage, f"{folder}/{name}")
