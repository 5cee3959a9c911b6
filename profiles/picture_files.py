"""The files of pictures: written before the row that names them, taken away with it, swept where nobody has them.

No row ever points at nothing. A transaction that fails takes its files away again; what a killed process leaves
behind, `sweep_files` finds. Every model that keeps files, pictures or others, is named to `keeps_files`, from which the
sweep knows what is not a leftover, in whichever storage.
"""

import logging
import secrets
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.core.files.base import ContentFile
from django.core.files.storage import Storage, storages
from django.db import transaction
from django.db.models import Model

# Long enough that no upload still under way is taken for a leftover.
SWEEP_AFTER = timedelta(days=1)

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Place:
    """Where the files of a kind lie: a storage, by its name in the settings, and a folder with nothing else in."""

    storage: str
    folder: str

    @property
    def files(self) -> Storage:
        return storages[self.storage]


@dataclass(frozen=True, slots=True)
class StoredFile:
    place: Place
    name: str

    def __str__(self) -> str:
        return self.name


# What a business shows of itself: everybody may see it.
PUBLIC_PHOTOS = Place("default", "photos")

# In which place the files lie that a model's rows name, and in which of its columns they are named.
_keepers: dict[type[Model], tuple[Place, tuple[str, ...]]] = {}


def keeps_files(model: type[Model], place: Place, *columns: str) -> None:
    """Says that the files which these columns of `model` name are in use."""
    _keepers[model] = place, columns


def store(place: Place, **parts: bytes) -> dict[str, str]:
    """Writes the files of one picture ("image", "thumbnail", …), under a name that cannot be guessed and holds nothing
    of the original's; all or none. Returns their names, by part."""
    token = secrets.token_hex(16)
    names = {part: f"{place.folder}/{token[:2]}/{token}-{part}.webp" for part in parts}
    try:
        for part, content in parts.items():
            place.files.save(names[part], ContentFile(content))
    except BaseException:
        delete(StoredFile(place, name) for name in names.values())
        raise
    return names


def files_of(row: Model) -> list[StoredFile]:
    """The files that a row of a model that keeps pictures names."""
    place, columns = _keepers[type(row)]
    return [StoredFile(place, name) for column in columns if (name := getattr(row, column).name)]


def forget_files(rows: Iterable[Model]) -> None:
    """Deletes the files of rows that are being deleted, once the transaction has committed."""
    files = [file for row in rows for file in files_of(row)]
    transaction.on_commit(lambda: delete(files))


def delete(files: Iterable[StoredFile]) -> None:
    """Deletes files now; one that cannot be deleted is left to the sweep."""
    for file in files:
        try:
            file.place.files.delete(file.name)
        except OSError:
            logger.exception("A file of a picture could not be deleted; the sweep will try again")


def leftover_files(*, now: datetime) -> Iterator[StoredFile]:
    """Stored files, older than a day, that no row has."""
    known: dict[str, set[str]] = {}
    for model, (place, columns) in _keepers.items():
        # By storage, not by folder: a row may name a file that was written for a row of another model.
        names = known.setdefault(place.storage, set())
        for column in columns:
            names.update(model._default_manager.values_list(column, flat=True))
    for place in dict.fromkeys(place for place, _columns in _keepers.values()):
        for name in _names_in(place.files, place.folder):
            if name not in known[place.storage] and _is_old(place.files, name, now):
                yield StoredFile(place, name)


def sweep_files(*, now: datetime) -> int:
    """Deletes what was left behind; returns how many files. Runs again without harm."""
    files = list(leftover_files(now=now))
    delete(files)
    return len(files)


def _is_old(files: Storage, name: str, now: datetime) -> bool:
    return files.get_modified_time(name) < now - SWEEP_AFTER


def _names_in(storage: Storage, folder: str) -> Iterator[str]:
    try:
        folders, files = storage.listdir(folder)
    except FileNotFoundError:
        return
    for name in files:
        yield f"{folder}/{name}"
    for name in folders:
        yield from _names_in(storage, f"{folder}/{name}")
