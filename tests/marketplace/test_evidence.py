"""M7, M5, X5: pictures that show why a contact is given back: taken in, seen by two sides, gone with the person."""

import io
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from PIL import Image

from marketplace import returns
from marketplace.errors import MarketplaceError
from marketplace.evidence import (
    PICTURES_AN_HOUR,
    add_evidence,
    read_evidence,
    remove_evidence,
)
from marketplace.models import ReturnEvidence, ReturnRequest
from profiles.picture_files import leftover_files, sweep_files
from tests.making import NOW, ask_return_with_picture, buy, contract, fund, make_user, picture

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def _clock(private_files):
    with time_machine.travel(NOW + HOUR, tick=False):
        yield


@pytest.fixture
def contacts(pro):
    contract(pro)
    fund(pro)
    return buy(pro, 2)


@pytest.fixture
def contact(contacts):
    return contacts[0]


def page(contact, name="return", *more):
    return reverse(f"marketplace:{name}", args=[contact.public_id, *more])


def said(*uploads, reason="not_real"):
    return {"reason": reason, "explanation": "Nobody knows of any bathroom.", "evidence": list(uploads)}


def files(private_files) -> list[Path]:
    return [path for path in private_files.rglob("*") if path.is_file()]


def test_a_return_is_asked_for_with_its_pictures_encoded_anew(contact, pro, client_of, private_files):
    photo = Image.new("RGB", (3000, 900), (9, 99, 199))
    exif = Image.Exif()
    exif[0x010E] = "Lucía, 55 1234 5678"
    raw = io.BytesIO()
    photo.save(raw, "JPEG", exif=exif)
    upload = SimpleUploadedFile("../../etc/Lucía.jpg", raw.getvalue() + b"<script>alert(1)</script>")
    response = client_of(pro).post(page(contact), said(upload, picture(2)))
    assert response.status_code == 302
    assert ReturnEvidence.objects.count() == 2
    kept = files(private_files)
    assert len(kept) == 2 and all(path.suffix == ".webp" for path in kept)
    for path in kept:
        content = path.read_bytes()
        assert b"<script>" not in content and b"55 1234" not in content and "Lucía" not in str(path)
        assert max(Image.open(io.BytesIO(content)).size) <= 1600


HOSTILE = {
    "svg": (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "a.svg"),
    "html as jpg": (b"<html><script>alert(1)</script></html>", "a.jpg"),
    "empty": (b"", "a.jpg"),
    "cut off": (picture(1).read()[:200], "a.jpg"),
    "pdf": (b"%PDF-1.7 ...", "a.pdf"),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_what_is_no_picture_is_refused_beside_its_field_and_nothing_is_asked(
    contact, pro, client_of, private_files, what
):
    content, name = HOSTILE[what]
    response = client_of(pro).post(page(contact), said(picture(1), SimpleUploadedFile(name, content)))
    assert list(response.context["form"].errors) == ["evidence"]
    assert "Nobody knows of any bathroom." in response.text
    assert not ReturnRequest.objects.exists() and files(private_files) == []


def test_five_pictures_pass_and_six_do_not(contact, pro, client_of, private_files):
    browser = client_of(pro)
    response = browser.post(page(contact), said(*(picture(seed) for seed in range(6))))
    assert list(response.context["form"].errors) == ["evidence"]
    assert not ReturnRequest.objects.exists()
    browser.post(page(contact), said(*(picture(seed) for seed in range(4))))
    add = page(contact, "add_evidence")
    browser.post(add, {"evidence": [picture(3), picture(4)]})  # One of them is there already.
    assert ReturnEvidence.objects.count() == len(files(private_files)) == 5
    response = browser.post(add, {"evidence": [picture(9)]})
    assert (response.status_code, ReturnEvidence.objects.count()) == (200, 5)
    assert "up to 5 pictures" in response.text


def test_a_failure_leaves_neither_rows_nor_files(contact, pro, private_files, monkeypatch):
    pictures = read_evidence([picture(1), picture(2)], contact=contact, now=NOW)
    saved = ReturnEvidence.save
    calls = []

    def fail_at_the_second(self, *args, **kwargs):
        calls.append(self)
        if len(calls) == 2:
            raise RuntimeError
        return saved(self, *args, **kwargs)

    monkeypatch.setattr(ReturnEvidence, "save", fail_at_the_second)
    with pytest.raises(RuntimeError):
        returns.ask_return(
            contact=contact,
            reason="not_real",
            explanation="Nobody knows.",
            by=pro.owner,
            now=NOW,
            pictures=pictures,
        )
    assert files(private_files) == []
    assert not ReturnRequest.objects.exists()


def test_after_the_decision_nothing_is_added(contact, moderator, pro, client_of):
    asked = ask_return_with_picture(contact)
    returns.refuse_return(return_request=asked, by=moderator, note="It rang.", now=NOW)
    pictures = read_evidence([picture(3)], contact=contact, now=NOW)
    with pytest.raises(MarketplaceError) as refused:
        add_evidence(return_request=asked, pictures=pictures, now=NOW)
    assert refused.value.code == "return_decided"
    assert client_of(pro).post(page(contact, "add_evidence"), {"evidence": [picture(3)]}).status_code == 404


def test_so_many_files_an_hour_are_decoded_and_no_more(contact):
    for _ in range(PICTURES_AN_HOUR):
        read_evidence([picture(1)], contact=contact, now=NOW)
    with pytest.raises(MarketplaceError) as refused:
        read_evidence([picture(1)], contact=contact, now=NOW)
    assert (refused.value.code, refused.value.field) == ("too_many_uploads", "evidence")
    assert read_evidence([picture(1)], contact=contact, now=NOW + HOUR)


def test_who_sees_a_picture(contacts, pro, other_pro, stranger, moderator, reviewer, finance, client_of):
    """M5: the business that sent it, and whoever decides; by no public address, and as no page."""
    contact, other = contacts
    evidence = ask_return_with_picture(contact).evidence.get()
    ask_return_with_picture(other, reason="not_real")
    member = make_user()
    pro.members.add(member)
    own = page(contact, "evidence", evidence.public_id)
    office = reverse(
        "admin:marketplace_returnrequest_evidence", args=[evidence.return_request_id, evidence.pk]
    )
    wrong = page(other, "evidence", evidence.public_id)
    # (its own page, the same under another contact, the office)
    table = {
        pro: (200, 404, 302),
        member: (200, 404, 302),
        other_pro: (404, 404, 302),
        stranger: (302, 302, 302),
        moderator: (302, 302, 200),
        reviewer: (302, 302, 403),
        finance: (302, 302, 403),
        None: (302, 302, 302),
    }
    seen = {}
    for who in table:
        browser = client_of(who) if who else Client()
        seen[who] = tuple(browser.get(address).status_code for address in (own, wrong, office))
    assert seen == table
    response = client_of(pro).get(own)
    assert response["Content-Disposition"].startswith("attachment")
    assert (response["X-Content-Type-Options"], response["Content-Type"]) == ("nosniff", "image/webp")
    assert response["Cache-Control"] == "private, no-store"
    assert own in client_of(pro).get(page(contact)).text
    assert Client().get(f"/media/{evidence.image.name}").status_code == 404


def test_whoever_belongs_to_the_business_sees_it_as_the_business_alone(contact, pro, moderator, client_of):
    evidence = ask_return_with_picture(contact).evidence.get()
    pro.members.add(moderator)
    office = reverse(
        "admin:marketplace_returnrequest_evidence", args=[evidence.return_request_id, evidence.pk]
    )
    assert client_of(moderator).get(office).status_code == 404


def test_a_picture_whose_file_is_gone_is_not_found(contact, pro, client_of, private_files):
    evidence = ask_return_with_picture(contact).evidence.get()
    for path in files(private_files):
        path.unlink()
    assert client_of(pro).get(page(contact, "evidence", evidence.public_id)).status_code == 404


def test_with_the_homeowner_the_pictures_go_and_others_stay(
    contacts, private_files, django_capture_on_commit_callbacks
):
    """X5."""
    for contact in contacts:
        ask_return_with_picture(contact)
    with django_capture_on_commit_callbacks(execute=True):
        remove_evidence(ReturnRequest.objects.filter(contact=contacts[0]))
    assert [row.return_request.contact_id for row in ReturnEvidence.objects.all()] == [contacts[1].pk]
    assert len(files(private_files)) == 1
    assert ReturnRequest.objects.count() == 2


def test_what_a_killed_process_left_behind_is_swept_a_day_later(contact, private_files, capsys):
    ask_return_with_picture(contact)
    left = private_files / "evidence" / "ab" / "left.webp"
    left.parent.mkdir(parents=True, exist_ok=True)
    left.write_bytes(b"x")
    import os

    old = (NOW - timedelta(days=2)).timestamp()
    for path in files(private_files):
        os.utime(path, (old, old))
    assert [str(file) for file in leftover_files(now=NOW)] == ["evidence/ab/left.webp"]
    call_command("sweep_pictures", "--dry-run")
    assert capsys.readouterr().out == "private: evidence/ab/left.webp\n"
    assert (sweep_files(now=NOW), sweep_files(now=NOW)) == (1, 0)
    assert len(files(private_files)) == 1
