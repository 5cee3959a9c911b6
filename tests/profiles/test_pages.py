"""The pages of a profile: what they show, refuse, and hide from strangers."""

import re
from datetime import date

import pytest
from django.urls import reverse
from django.utils.html import escape

from profiles.businesses import mark_first_contracted, save_profile
from profiles.forms import CaptionForm, ProjectForm
from profiles.models import Photo, Professional, Project, Question
from profiles.photos import add_photo
from profiles.pictures import read_picture
from profiles.projects import add_project
from profiles.uploads import MOST_FILES
from tests.making import NOW, complete_profile, make_rfc, picture
from tests.profiles.pictures import encoded, noise, upload

ROOMS = ("profile", "questions", "photos", "projects", "new_project", "completeness", "members")
PRESSES = ("logo", "remove_logo", "remove_member", "withdraw_invitation", "leave")
HOSTILE = "<script>alert(1)</script>{{ 7|add:7 }}\u202e\x00%(x)s"


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


def url(name, *args):
    return reverse(f"profiles:{name}", args=args)


def text_of(page):
    return page.content.decode()


def errors_of(page, form="form"):
    return {field: list(errors) for field, errors in page.context[form].errors.items()}


def things_of(pro):
    """Every page that speaks of one thing of a business."""
    project = add_project(professional=pro, title="Bath", description="", now=NOW)
    photo = add_photo(professional=pro, use="work", upload=picture(1), now=NOW)
    return [
        url("photo", photo.public_id),
        url("remove_photo", photo.public_id),
        url("project", project.public_id),
        url("project_photos", project.public_id),
        url("remove_project", project.public_id),
    ]


@pytest.mark.parametrize("name", [*ROOMS, "open", "settings"])
def test_whoever_is_signed_out_is_sent_to_sign_in_and_back(name, client, db):
    answer = client.get(url(name))
    assert answer.status_code == 302
    assert answer.url == f"{reverse('account_login')}?next={url(name)}"


@pytest.mark.parametrize("name", ROOMS)
def test_whoever_has_no_business_yet_is_sent_to_open_one(name, client_of, stranger):
    assert client_of(stranger).get(url(name)).url == url("open")


@pytest.mark.parametrize("name", PRESSES)
def test_a_press_is_not_a_visit(name, client_of, pro):
    assert client_of(pro).get(url(name)).status_code == 405


@pytest.mark.parametrize("name", [*ROOMS, "settings"])
def test_owner_and_member_see_every_room(name, client_of, pro, stranger):
    pro.members.add(stranger)
    for who in (pro, stranger):
        page = client_of(who).get(url(name))
        assert page.status_code == 200
        assert not re.search(r"<script|style=", text_of(page))


def test_what_belongs_to_others_is_not_there(client_of, pro, other_pro):
    for address in things_of(other_pro):
        for method in ("get", "post"):
            answer = getattr(client_of(pro), method)(address)
            # A visit to what is pressed is refused before anybody is looked for.
            assert answer.status_code == (405 if (method == "get" and "remove" in address) or
                                          (method == "get" and address.endswith("/photos/")) else 404)  # fmt: skip
    assert Photo.objects.count() == Project.objects.count() == 1


def test_what_nobody_has_is_not_there(client_of, pro):
    nobody = "00000000-0000-4000-8000-000000000000"
    assert client_of(pro).get(url("photo", nobody)).status_code == 404
    assert client_of(pro).get("/business/photos/1/").status_code == 404


def test_opening_a_business_leads_to_what_is_missing(client_of, stranger):
    said = {"name": "Azulejos Rivera", "phone": "55 1234 5678", "tax_id": make_rfc(4100)}
    browser = client_of(stranger)
    assert browser.get(url("open")).status_code == 200
    assert browser.post(url("open"), said).url == url("completeness")
    assert Professional.objects.get().owner == stranger
    assert browser.get(url("open")).url == url("profile")


def test_a_form_that_is_refused_keeps_what_was_typed_and_says_why_beside_the_field(client_of, stranger, pro):
    said = {"name": HOSTILE.replace("\x00", ""), "phone": "12", "tax_id": pro.tax_id}
    page = client_of(stranger).post(url("open"), said)
    assert page.status_code == 422
    assert list(errors_of(page)) == ["phone"]
    both = client_of(stranger).post(url("open"), said | {"tax_id": "ABC"})
    assert list(errors_of(both)) == ["phone", "tax_id"]
    assert escape(said["name"]) in text_of(page)
    assert "<script>" not in text_of(page)
    page = client_of(stranger).post(url("open"), said | {"phone": "55 1234 5678"})
    assert list(errors_of(page)) == ["tax_id"]
    page = client_of(stranger).post(url("open"), {"name": "\x00", "phone": "", "tax_id": ""})
    assert list(errors_of(page)) == ["name", "phone", "tax_id"]
    assert Professional.objects.count() == 1


def test_a_profile_is_saved_and_shown_without_what_harms(client_of, pro):
    said = {
        "name": "Baños <b>&",
        "description": HOSTILE.replace("\x00", ""),
        "phone": "55 1234 5678",
        "tax_id": pro.tax_id,
    }
    page = client_of(pro).post(url("profile"), said, follow=True)
    assert page.status_code == 200
    pro.refresh_from_db()
    assert pro.description == "<script>alert(1)</script>{{ 7|add:7 }}%(x)s"
    assert "<script>" not in text_of(page)
    assert "&lt;script&gt;" in text_of(page)
    assert f"{pro.description_length} characters" in text_of(page)


def test_the_tax_id_is_fixed_on_the_form_once_a_plan_was_contracted(client_of, pro):
    mark_first_contracted(professional=pro, on=date(2026, 1, 10))
    said = {"name": "New", "description": "", "phone": "55 1234 5678", "tax_id": make_rfc(4101)}
    before = pro.tax_id
    assert client_of(pro).post(url("profile"), said).status_code == 302
    pro.refresh_from_db()
    assert (pro.name, pro.tax_id) == ("New", before)


def test_a_logo_is_added_replaced_and_removed(client_of, pro):
    browser = client_of(pro)
    for seed in (1, 2):
        assert browser.post(url("logo"), {"photo": picture(seed)}).url == url("profile")
    assert Photo.objects.get().use == "logo"
    assert Photo.objects.get().thumbnail.url in text_of(browser.get(url("profile")))
    browser.post(url("remove_logo"))
    assert not Photo.objects.exists()


@pytest.mark.parametrize(
    ("file", "words"),
    [
        (upload(b"<svg xmlns='http://www.w3.org/2000/svg'/>", "logo.svg"), "is not a JPEG, PNG or WebP"),
        (upload(b"hello", "logo.jpg"), "is not a JPEG, PNG or WebP"),
        (upload(b"", "logo.jpg"), "empty"),
        (upload(bytes(30_000_000), "logo.jpg"), "too heavy"),
        (upload(encoded(noise())[:-500], "logo.jpg"), "damaged"),
        (None, "required"),
    ],
    ids=["svg", "words", "empty", "30MB", "cut", "none"],
)
def test_a_logo_that_is_none_is_told_beside_the_field(client_of, pro, file, words):
    if file:
        file.seek(0)
    page = client_of(pro).post(url("logo"), {"photo": file} if file else {})
    assert page.status_code == 422
    ((field, (sentence,)),) = errors_of(page, "logo_form").items()
    assert (field, words in sentence) == ("photo", True)
    assert escape(sentence) in text_of(page)
    assert not Photo.objects.exists()


def test_several_photos_are_added_at_once_and_the_bad_ones_named(client_of, pro):
    files = [picture(1), upload(b"no", "bad<b>.jpg"), picture(2), picture(1), upload(b"", "empty.jpg")]
    page = client_of(pro).post(url("photos"), {"photo": files})
    assert page.status_code == 422
    first, second = errors_of(page)["photo"]
    assert first.startswith("bad<b>.jpg: ")
    assert second.startswith("empty.jpg: ")
    assert "bad<b>" not in text_of(page)
    assert Photo.objects.filter(use="work").count() == 2
    assert [str(message) for message in page.context["messages"]] == [
        "2 photos added.",
        "1 photo was already here. The same photograph counts once.",
    ]


def test_the_limit_of_photos_is_told_once(client_of, pro, settings):
    settings.PHOTOS_PER_PROFESSIONAL = 1
    page = client_of(pro).post(url("photos"), {"photo": [picture(seed) for seed in range(4)]})
    assert len(errors_of(page)["photo"]) == 1
    assert "up to 1 photos" in text_of(page)


def test_more_files_than_a_request_may_hold_are_told_of(client_of, pro, settings):
    settings.DATA_UPLOAD_MAX_NUMBER_FILES = 2
    page = client_of(pro).post(url("photos"), {"photo": [picture(seed) for seed in range(3)]})
    assert page.status_code == 400
    assert "choose up to twenty at once" in text_of(page)
    assert not Photo.objects.exists()


def test_too_many_files_at_once_are_told_beside_the_field_and_none_is_decoded(client_of, pro, monkeypatch):
    monkeypatch.setattr("profiles.photos.read_picture", None)
    said = {"photo": [upload(b"x") for _ in range(MOST_FILES + 1)], "title": "A bath"}
    project = add_project(professional=pro, title="A", description="", now=NOW)
    for page, form in (
        (url("photos"), "form"),
        (url("new_project"), "form"),
        (url("project_photos", project.public_id), "photos_form"),
    ):
        answer = client_of(pro).post(page, said)
        assert answer.status_code == 422
        assert errors_of(answer, form) == {"photo": ["Please choose up to 20 photos at once."]}


def test_the_same_file_twice_in_a_request_is_decoded_once(client_of, pro, monkeypatch):
    decoded = []

    def counted(upload):
        decoded.append(upload.name)
        return read_picture(upload)

    monkeypatch.setattr("profiles.photos.read_picture", counted)
    page = client_of(pro).post(url("photos"), {"photo": [picture(1), picture(1), picture(2)]}, follow=True)
    assert len(decoded) == 2
    assert [str(message) for message in page.context["messages"]] == [
        "2 photos added.",
        "1 photo was already here. The same photograph counts once.",
    ]


def test_files_that_wait_on_the_disk_are_photos_like_others(client_of, pro, settings):
    settings.FILE_UPLOAD_MAX_MEMORY_SIZE = 100
    page = client_of(pro).post(url("photos"), {"photo": [picture(1), picture(1), upload(b"no" * 200)]})
    assert len(errors_of(page)["photo"]) == 1
    assert Photo.objects.count() == 1


def test_no_photo_chosen_is_told(client_of, pro):
    page = client_of(pro).post(url("photos"), {})
    assert errors_of(page) == {"photo": ["This field is required."]}


def test_a_caption_is_written_emptied_and_the_photo_removed(client_of, pro):
    browser = client_of(pro)
    photo = add_photo(professional=pro, use="work", upload=picture(1), now=NOW)
    page = url("photo", photo.public_id)
    for caption in ("A wall <i>", ""):
        assert browser.post(page, {"caption": caption}).url == url("photos")
        photo.refresh_from_db()
        assert photo.caption == caption
    assert browser.post(page, {"caption": "x" * 151}).status_code == 422
    assert browser.post(url("remove_photo", photo.public_id)).url == url("photos")
    assert browser.get(page).status_code == 404


def test_what_was_removed_in_another_tab_is_told(client_of, pro, monkeypatch):
    project = add_project(professional=pro, title="A", description="", now=NOW)
    photo = add_photo(professional=pro, use="work", upload=picture(1), now=NOW)
    for model, page, form, said in (
        (Photo, url("photo", photo.public_id), CaptionForm, {"caption": "A wall"}),
        (Project, url("project", project.public_id), ProjectForm, {"title": "B"}),
    ):
        is_valid = form.is_valid

        def meanwhile(form, model=model, is_valid=is_valid):
            model.objects.all().delete()
            return is_valid(form)

        monkeypatch.setattr(form, "is_valid", meanwhile)
        answer = client_of(pro).post(page, said)
        assert answer.status_code == 409
        assert "no longer there" in text_of(answer)


def test_a_project_is_told_with_photos_in_one_step(client_of, pro):
    browser = client_of(pro)
    said = {
        "title": "Bath",
        "description": "Done",
        "photo": [picture(1), picture(2), upload(b"no", "no.jpg")],
    }
    page = browser.post(url("new_project"), said, follow=True)
    project = Project.objects.get()
    assert page.redirect_chain == [(url("project", project.public_id), 302)]
    assert project.photos.count() == 2
    assert any("no.jpg" in str(message) for message in page.context["messages"])
    assert browser.post(url("new_project"), {"title": "", "description": "kept"}).status_code == 422


def test_a_project_is_changed_added_to_and_removed(client_of, pro):
    browser = client_of(pro)
    project = add_project(professional=pro, title="Bath", description="", now=NOW)
    page = url("project", project.public_id)
    assert browser.post(page, {"title": "Kitchen", "description": "x"}).url == page
    assert browser.post(page, {"title": " ", "description": "x"}).status_code == 422
    assert browser.post(url("project_photos", project.public_id), {"photo": picture(1)}).url == page
    answer = browser.post(url("project_photos", project.public_id), {"photo": upload(b"no")})
    assert (answer.status_code, list(errors_of(answer, "photos_form"))) == (422, ["photo"])
    project.refresh_from_db()
    assert (project.title, project.photos.count()) == ("Kitchen", 1)
    assert browser.post(url("remove_project", project.public_id)).url == url("projects")
    assert not Project.objects.exists()


def test_questions_are_answered_in_the_readers_language(client_of, pro):
    asked = Question.objects.create(
        text_en="Since when?", text_es="¿Desde cuándo?", asked_from=date(2020, 1, 1)
    )
    Question.objects.create(text_en="Later", asked_from=date(2120, 1, 1))
    browser = client_of(pro)
    field = f"question_{asked.pk}"
    assert "Since when?" in text_of(browser.get(url("questions")))
    assert "¿Desde cuándo?" in text_of(browser.get(url("questions"), headers={"accept-language": "es-mx"}))
    assert browser.post(url("questions"), {field: "2011"}).status_code == 302
    assert pro.answers.get().text == "2011"
    page = browser.post(url("questions"), {field: "y" * 1001})
    assert list(errors_of(page)) == [field]
    assert "y" * 1001 in text_of(page)


def test_what_is_missing_is_said_piece_by_piece_and_linked(client_of, pro):
    Question.objects.create(text_en="Since when?", asked_from=date(2020, 1, 1))
    save_profile(professional=pro, name=pro.name, description="x" * 143, phone="", tax_id=pro.tax_id)
    browser = client_of(pro)
    page = text_of(browser.get(url("completeness")))
    for words in (
        "143 of 201 characters",
        "0 of 1 answered",
        "0 of 2 different photos",
        "0 of 4 different photos",
    ):
        assert words in page
    for name in ("profile", "questions", "projects", "photos"):
        assert page.count(f'href="{url(name)}') >= 2  # the room's tab, and the place to mend it
    assert page.count("is-unmet") == 5
    complete_profile(pro)
    page = text_of(browser.get(url("completeness")))
    assert (page.count("is-unmet"), page.count("is-met")) == (0, 5)


def test_language_and_time_zone_are_chosen(client_of, stranger):
    browser = client_of(stranger)
    page = browser.post(url("settings"), {"language": "es-mx", "time_zone": "America/Tijuana"}, follow=True)
    stranger.refresh_from_db()
    assert (stranger.language, stranger.time_zone) == ("es-mx", "America/Tijuana")
    assert '<html lang="es-mx"' in text_of(page)
    browser.post(url("settings"), {"language": "auto", "time_zone": "auto"})
    stranger.refresh_from_db()
    assert (stranger.language, stranger.time_zone) == ("", "")
    page = browser.post(url("settings"), {"language": "xx", "time_zone": "../../etc/passwd"})
    assert list(errors_of(page)) == ["language", "time_zone"]


def queries_of(browser, address, counter):
    with counter() as found:
        assert browser.get(address).status_code == 200
    return len(found)


def test_no_page_asks_more_of_the_database_for_thirty_than_for_one(
    client_of, pro, stranger, django_user_model
):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    def counter():
        return CaptureQueriesContext(connection)

    browser = client_of(pro)
    project = add_project(professional=pro, title="0", description="", now=NOW)

    def fill(numbers):
        for number in numbers:
            Question.objects.create(text_en=str(number), asked_from=date(2020, 1, 1))
            other = add_project(professional=pro, title=f"p{number}", description="", now=NOW)
            Photo.objects.bulk_create(
                Photo(
                    professional=pro,
                    project=where,
                    use="project" if where else "work",
                    image="a.webp",
                    thumbnail="b.webp",
                    width=1,
                    height=1,
                    content_hash=str(number),
                    uploaded_at=NOW,
                )
                for where in (None, project, other)
            )
            pro.members.add(django_user_model.objects.create_user(f"m{number}@example.com"))
            pro.invitations.create(email=f"i{number}@example.com", invited_at=NOW)

    addresses = [url(name) for name in ROOMS] + [url("project", project.public_id)]
    fill([0])
    for address in addresses:  # what is read once per process
        browser.get(address)
    one = {address: queries_of(browser, address, counter) for address in addresses}
    fill(range(1, 30))
    assert {address: queries_of(browser, address, counter) for address in addresses} == one
    assert max(one.values()) <= 12
