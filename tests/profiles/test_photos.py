"""Photos are kept under names that nobody guesses, counted once, and taken away with their files."""

import os
import time
from datetime import timedelta

import pytest
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.db import transaction

from profiles import photos
from profiles.errors import ProfileError
from profiles.models import Photo, Professional
from profiles.photos import add_photo, change_caption, remove_photo
from profiles.picture_files import leftover_files, sweep_files
from profiles.projects import MOST_PROJECTS, TWO_CLICKS, add_project, change_project, remove_project
from tests.making import NOW, make_pro, picture
from tests.profiles.pictures import encoded, exif, noise, upload
from tests.together import together


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"
    return settings.MEDIA_ROOT


def stored(media):
    """Every file that is kept."""
    return {path.relative_to(media).as_posix() for path in media.rglob("*") if path.is_file()}


def names_of(*photos):
    return {name for photo in photos for name in (photo.image.name, photo.thumbnail.name)}


def add(pro, seed=1, use="work", **changes):
    return add_photo(professional=pro, use=use, **({"upload": picture(seed), "now": NOW} | changes))


def refusal(function, *args, **kwargs):
    with pytest.raises(ProfileError) as refused:
        function(*args, **kwargs)
    return refused.value.code, refused.value.field


def test_a_photo_is_kept_with_its_thumbnail(pro, media):
    photo = add(pro, upload=upload(noise(size=(2000, 1000))), caption=" The\nkitchen ")
    photo.refresh_from_db()
    assert (photo.width, photo.height, photo.caption, photo.uploaded_at) == (1600, 800, "The kitchen", NOW)
    assert stored(media) == names_of(photo)


def test_the_name_says_nothing_and_cannot_be_guessed(pro, media):
    first = add(pro, upload=upload(noise(), name="../../María's home <b>.php"))
    second = add(pro, 2, upload=upload(noise(2), name="../../María's home <b>.php"))
    for name in names_of(first, second):
        assert not set("María's home <b>.php").issubset(name)
        assert name.startswith("photos/") and name.endswith(".webp") and ".." not in name
        assert str(pro.pk) != name.split("/")[1] and str(first.public_id) not in name
        assert len(name.split("/")[2].split("-")[0]) == 32
    assert len(names_of(first, second)) == 4


def test_where_a_photo_was_taken_is_in_no_stored_file(pro, media):
    data = encoded(noise(), exif=exif())
    photo = add(pro, upload=upload(data))
    for name in names_of(photo):
        kept = (media / name).read_bytes()
        assert b"SecretPhoneMaker" not in kept
        assert b"EXIF" not in kept
        assert b"Exif" not in kept


def test_the_same_photograph_in_the_same_place_is_the_photo_that_stands(pro, media):
    first = add(pro)
    assert add(pro, caption="again") == first
    project = add_project(professional=pro, title="A", description="", now=NOW)
    other = add_project(professional=pro, title="B", description="", now=NOW)
    elsewhere = [add(pro, use="project", project=each) for each in (project, other)]
    assert Photo.objects.count() == 3
    assert stored(media) == names_of(first, *elsewhere)


def test_a_refused_upload_leaves_nothing(pro, media):
    assert refusal(add, pro, upload=upload(b"no")) == ("photo_not_a_picture", "photo")
    assert refusal(add, pro, caption="x" * 151) == ("too_long", "caption")
    assert (Photo.objects.count(), stored(media)) == (0, set())


def test_a_photo_that_cannot_be_saved_leaves_no_file(pro, media, monkeypatch):
    def broken(self, *args, **kwargs):
        assert len(stored(media)) == 2
        raise RuntimeError("the database went away")

    monkeypatch.setattr(Photo, "save", broken)
    with pytest.raises(RuntimeError):
        add(pro)
    assert stored(media) == set()


def test_a_disk_that_fills_up_between_the_two_files_leaves_none(pro, media, monkeypatch):
    save = default_storage.save
    saved = []

    def full(name, content, max_length=None):
        if saved:
            raise OSError("no space left")
        saved.append(name)
        return save(name, content, max_length)

    monkeypatch.setattr(default_storage, "save", full)
    with pytest.raises(OSError, match="no space"):
        add(pro)
    assert (stored(media), Photo.objects.count()) == (set(), 0)


def test_a_removed_photo_takes_its_files_along_once_that_is_certain(
    pro, media, django_capture_on_commit_callbacks
):
    photo = add(pro)
    names = names_of(photo)
    with django_capture_on_commit_callbacks(execute=True):
        remove_photo(photo=photo)
        assert stored(media) == names
    assert (stored(media), Photo.objects.count()) == (set(), 0)
    with django_capture_on_commit_callbacks(execute=True):
        remove_photo(photo=Photo(pk=photo.pk, professional=pro))


@pytest.mark.django_db(transaction=True)
def test_a_photo_whose_removal_fails_keeps_its_files(media):
    photo = add(make_pro())
    with pytest.raises(RuntimeError), transaction.atomic():
        remove_photo(photo=photo)
        raise RuntimeError
    assert (stored(media), Photo.objects.count()) == (names_of(photo), 1)


def test_a_new_logo_takes_the_place_of_the_old(pro, media, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        first = add(pro, use="logo")
        second = add(pro, 2, use="logo")
        assert add(pro, 2, use="logo") == second
    assert list(Photo.objects.all()) == [second] != [first]
    assert stored(media) == names_of(second)


def test_a_profile_holds_so_many_photos_and_no_more(pro, media, settings, monkeypatch):
    settings.PHOTOS_PER_PROFESSIONAL = 2
    project = add_project(professional=pro, title="A", description="", now=NOW)
    add(pro, 1)
    add(pro, 2, use="project", project=project)
    before = stored(media)
    assert refusal(add, pro, 3) == ("too_many_photos", "photo")
    assert stored(media) == before
    with monkeypatch.context() as undecoded:
        undecoded.setattr(photos, "read_picture", None)
        assert refusal(add, pro, 3) == ("too_many_photos", "photo")
    assert add(pro, 4, use="logo")  # a logo is always possible


def test_a_business_sends_so_many_files_an_hour_refused_ones_too(pro, other_pro, media, monkeypatch):
    monkeypatch.setattr(photos, "PHOTOS_AN_HOUR", 2)
    add(pro, 1)
    assert refusal(add, pro, upload=upload(b"no")) == ("photo_not_a_picture", "photo")
    assert refusal(add, pro, 2) == ("too_many_uploads", "photo")
    assert refusal(add, pro, 2, use="logo") == ("too_many_uploads", "photo")
    assert add(other_pro, 2)
    assert add(pro, 2, now=NOW + timedelta(hours=1))


def test_a_photo_goes_into_no_project_of_another_business(pro, other_pro):
    project = add_project(professional=other_pro, title="A", description="", now=NOW)
    assert refusal(add, pro, use="project", project=project) == ("project_gone", None)


def test_a_photo_goes_into_no_project_that_was_removed(pro, media):
    project = add_project(professional=pro, title="A", description="", now=NOW)
    stale = pro.projects.get()
    remove_project(project=project)
    assert refusal(add, pro, use="project", project=stale) == ("project_gone", None)
    assert stored(media) == set()


def test_a_caption_is_changed(pro):
    photo = add(pro)
    change_caption(photo=photo, caption=" \u202eA wall\x00 ")
    photo.refresh_from_db()
    assert photo.caption == "A wall"


def test_a_project_is_told_anew_and_removed_with_its_photos(pro, media, django_capture_on_commit_callbacks):
    project = add_project(professional=pro, title=" Bath ", description="a\r\nb", now=NOW)
    change_project(project=project, title="Bathroom", description="")
    project.refresh_from_db()
    assert (project.title, project.description) == ("Bathroom", "")
    for seed in (1, 2):
        add(pro, seed, use="project", project=project)
    kept = add(pro, 3)
    with django_capture_on_commit_callbacks(execute=True):
        remove_project(project=project)
    assert stored(media) == names_of(kept)


def test_a_project_needs_a_title_and_there_are_only_so_many(pro):
    assert refusal(add_project, professional=pro, title=" ", description="", now=NOW) == (
        "nothing_written",
        "title",
    )
    first = add_project(professional=pro, title="0", description="", now=NOW)
    # Two clicks are one project; the same words another day are another.
    assert add_project(professional=pro, title="0", description="", now=NOW) == first
    assert add_project(professional=pro, title="0", description="", now=NOW + TWO_CLICKS) != first
    for number in range(2, MOST_PROJECTS):
        add_project(professional=pro, title=str(number), description="", now=NOW)
    refused = refusal(add_project, professional=pro, title="one more", description="", now=NOW)
    assert refused == ("too_many_projects", None)


def test_what_a_killed_process_left_behind_is_swept_and_nothing_else(pro, media, private_files):
    photo = add(pro)
    fresh, left = media / "photos/aa/fresh.webp", media / "photos/bb/left.webp"
    for path in (fresh, left):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")
    now = NOW + timedelta(days=3)
    for path, age in ((fresh, 1), (left, 25), *((media / name, 99) for name in names_of(photo))):
        moment = (now - timedelta(hours=age)).timestamp()
        os.utime(path, (moment, moment))
    assert [str(file) for file in leftover_files(now=now)] == ["photos/bb/left.webp"]
    assert sweep_files(now=now) == 1
    assert sweep_files(now=now) == 0
    assert stored(media) == names_of(photo) | {"photos/aa/fresh.webp"}


def test_sweeping_where_nothing_was_ever_uploaded_does_nothing(db, private_files, capsys):
    call_command("sweep_pictures", "--dry-run")
    call_command("sweep_pictures")
    assert capsys.readouterr().out == "done: 0 files\n"


def upload_logos_at_once(pro):
    uploads = [picture(seed) for seed in (1, 2)]
    return together(*[lambda each=each: add(pro, use="logo", upload=each) for each in uploads])


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_two_logos_at_once_leave_one_with_its_files(media):
    pro = make_pro()
    assert [type(each) for each in upload_logos_at_once(pro)] == [Photo, Photo]
    assert stored(media) == names_of(Photo.objects.get())


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_without_the_lock_two_logos_at_once_collide(media, monkeypatch):
    """The negative control: what the lock is for. The constraint still leaves one, and no orphan."""
    monkeypatch.setattr(photos, "lock", lambda pro: Professional.objects.get(pk=pro.pk))
    store = photos.store

    def slowly(*args, **parts):
        files = store(*args, **parts)
        time.sleep(0.3)  # both have seen that there is no logo
        return files

    monkeypatch.setattr(photos, "store", slowly)
    pro = make_pro()
    found = sorted(type(each).__name__ for each in upload_logos_at_once(pro))
    assert found == ["IntegrityError", "Photo"]
    assert stored(media) == names_of(Photo.objects.get())


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_two_uploads_at_once_do_not_pass_the_limit(media, settings):
    settings.PHOTOS_PER_PROFESSIONAL = 1
    pro = make_pro()
    uploads = [picture(seed) for seed in (1, 2)]
    found = together(*[lambda each=each: add(pro, upload=each) for each in uploads])
    assert sorted(getattr(each, "code", "added") for each in found) == ["added", "too_many_photos"]
