"""Opening a business, saying what it is, and S written once."""

from datetime import date

import pytest

from base.registry import invariants
from profiles import invariants as profile_invariants
from profiles.businesses import mark_first_contracted, open_business, save_answers, save_profile
from profiles.current import find_business
from profiles.errors import ProfileError
from profiles.models import Professional, Question
from profiles.phones import read_phone
from profiles.tax_ids import read_tax_id, stem
from tests.making import NOW, make_rfc, make_user
from tests.together import together

GOOD = {"name": "Azulejos Rivera", "phone": "55 1234 5678", "tax_id": make_rfc(4000)}


def open_for(owner, **changes):
    return open_business(owner=owner, now=NOW, **(GOOD | changes))


def refusal(function, *args, **kwargs):
    with pytest.raises(ProfileError) as refused:
        function(*args, **kwargs)
    return refused.value.code, refused.value.field


def test_a_business_is_opened_with_what_was_said(stranger):
    written = f" {GOOD['tax_id'][:4].lower()}-{GOOD['tax_id'][4:]}"
    business = open_for(stranger, name="  Azulejos\u00a0 Rivera ", phone="+52 1 55 1234 5678", tax_id=written)
    business.refresh_from_db()
    assert (business.name, str(business.phone), business.tax_id) == (
        "Azulejos Rivera",
        "+525512345678",
        GOOD["tax_id"],
    )
    assert (business.owner, business.created_at, business.first_contracted_on) == (stranger, NOW, None)
    assert find_business(stranger) == business


def test_two_clicks_open_one_business(stranger):
    assert open_for(stranger) == open_for(stranger)
    assert Professional.objects.count() == 1


@pytest.mark.parametrize(
    "name", ["Gana 5000: https://evil.example/pago", "evil.example", "www.evil", "a@b.mx"]
)
def test_a_business_is_not_called_by_an_address(stranger, pro, name):
    assert refusal(open_for, stranger, name=name) == ("name_has_address", "name")
    said = {"description": "", "phone": "", "tax_id": pro.tax_id}
    assert refusal(save_profile, professional=pro, name=name, **said) == ("name_has_address", "name")


def test_a_business_with_initials_keeps_them(stranger):
    assert open_for(stranger, name="Baños y Más, S.A. de C.V.").name == "Baños y Más, S.A. de C.V."


def test_whoever_has_a_business_opens_no_other(pro):
    assert refusal(open_for, pro.owner, name="Another") == ("has_business", None)


def test_a_member_opens_no_business_of_their_own(pro, stranger):
    pro.members.add(stranger)
    assert refusal(open_for, stranger) == ("has_business", None)


def test_there_is_one_account_per_tax_id(pro, stranger):
    """G10: the chance belongs to the business."""
    written = f"{pro.tax_id[:3]} {pro.tax_id[3:]}".lower()
    assert refusal(open_for, stranger, tax_id=written) == ("tax_id_taken", "tax_id")
    assert Professional.objects.count() == 1


def test_businesses_without_tax_id_are_not_one(stranger, db):
    open_for(stranger, tax_id="")
    open_for(make_user(), tax_id="")
    assert Professional.objects.count() == 2


@pytest.mark.parametrize("text", ["123", "VEGA851332KX4", "XAXX010101000", "x" * 500, "DROP TABLE", "\x00"])
def test_what_is_no_tax_id_is_refused(text):
    assert refusal(read_tax_id, text) == ("tax_id_invalid", "tax_id")


def test_the_stem_of_an_rfc_is_all_but_its_homoclave():
    rfc = make_rfc(7)
    assert stem(rfc) == rfc[:-3]
    assert stem("") == stem("B12345674") == ""


@pytest.mark.parametrize(
    "text",
    ["55 1234 5678", "(55) 1234-5678", "+52 55 1234 5678", "+52 1 55 1234 5678", "0052 55 1234 5678",
     "044 55 1234 5678", "045 55 1234 5678", "01 55 1234 5678"],
)  # fmt: skip
def test_telephones_are_read_as_people_write_them(text):
    assert read_phone(text) == "+525512345678"


def test_a_foreign_telephone_keeps_its_country():
    assert read_phone("+39 06 6982 1234") == "+390669821234"


@pytest.mark.parametrize("text", ["123", "call me", "+52 1", "55 1234 56789999", "<script>", "\x00"])
def test_what_cannot_be_called_is_refused(text):
    assert refusal(read_phone, text, field="mobile") == ("phone_invalid", "mobile")


@pytest.mark.parametrize(
    ("changes", "refused"),
    [
        ({"name": " \u200b\n"}, ("nothing_written", "name")),
        ({"name": "x" * 121}, ("too_long", "name")),
        ({"description": "x" * 5001}, ("too_long", "description")),
        ({"phone": "12"}, ("phone_invalid", "phone")),
    ],
)
def test_a_profile_that_cannot_be_saved_changes_nothing(pro, changes, refused):
    before = Professional.objects.values().get()
    said = {"name": "New name", "description": "New", "phone": "", "tax_id": pro.tax_id} | changes
    assert refusal(save_profile, professional=pro, **said) == refused
    assert Professional.objects.values().get() == before


def test_a_profile_takes_nobody_elses_tax_id(pro, other_pro):
    said = {"name": "n", "description": "", "phone": "", "tax_id": other_pro.tax_id}
    assert refusal(save_profile, professional=pro, **said) == ("tax_id_taken", "tax_id")


def test_a_tax_id_stays_once_a_plan_was_contracted(pro):
    """G10: else its owner could free it for a second account, and a second guarantee."""
    said = {"name": pro.name, "description": "", "phone": ""}
    other = make_rfc(4001)
    save_profile(professional=pro, tax_id=other, **said)
    mark_first_contracted(professional=pro, on=date(2026, 1, 10))
    assert refusal(save_profile, professional=pro, tax_id="", **said) == ("tax_id_fixed", "tax_id")
    assert refusal(save_profile, professional=pro, tax_id=make_rfc(4002), **said) == (
        "tax_id_fixed",
        "tax_id",
    )
    save_profile(professional=pro, tax_id=f" {other.lower()} ", **said)
    pro.refresh_from_db()
    assert pro.tax_id == other


def test_who_changed_a_profile_is_kept_with_before_and_after(pro):
    """X4."""
    save_profile(professional=pro, name="New name", description="", phone="", tax_id=pro.tax_id)
    assert [each.name for each in pro.history.all()] == ["New name", "Reformas Hidalgo"]


def test_s_is_written_once(pro):
    """G20."""
    assert mark_first_contracted(professional=pro, on=date(2026, 1, 10)) == date(2026, 1, 10)
    assert mark_first_contracted(professional=pro, on=date(2026, 5, 1)) == date(2026, 1, 10)
    stale = Professional.objects.get(pk=pro.pk)
    stale.first_contracted_on = None
    assert mark_first_contracted(professional=stale, on=date(2026, 6, 1)) == date(2026, 1, 10)
    pro.refresh_from_db()
    assert pro.first_contracted_on == stale.first_contracted_on == date(2026, 1, 10)


def test_saving_a_profile_never_moves_s(pro):
    stale = Professional.objects.get(pk=pro.pk)
    mark_first_contracted(professional=pro, on=date(2026, 1, 10))
    save_profile(professional=stale, name="x", description="", phone="", tax_id=pro.tax_id)
    pro.refresh_from_db()
    assert pro.first_contracted_on == date(2026, 1, 10)


def test_answers_are_saved_changed_and_taken_away(pro):
    first, second, third = (
        Question.objects.create(text_en=str(n), asked_from=date(2020, 1, 1)) for n in range(3)
    )
    save_answers(professional=pro, answers={first.pk: " one\r\nline ", second.pk: "two", third.pk: " "})
    save_answers(professional=pro, answers={first.pk: "one", second.pk: ""})
    assert {answer.question: answer.text for answer in pro.answers.all()} == {first: "one"}


def test_answers_to_what_nobody_asked_are_refused_whole(pro):
    asked = Question.objects.create(text_en="?", asked_from=date(2020, 1, 1))
    refused = refusal(save_answers, professional=pro, answers={asked.pk: "yes", asked.pk + 99: "no"})
    assert refused == ("unknown_question", None)
    long = refusal(save_answers, professional=pro, answers={asked.pk: "x" * 1001})
    assert long == ("too_long", f"question_{asked.pk}")
    assert pro.answers.count() == 0


def test_the_books_of_profiles_hold_and_a_wrong_count_is_found(pro, other_pro):
    ours = [each for each in invariants if each.broken.__module__ == profile_invariants.__name__]
    assert len(ours) == 5
    assert [line for each in ours for line in each.broken()] == []
    Professional.objects.filter(pk=pro.pk).update(description_length=7, first_contracted_on=date(2020, 1, 1))
    pro.members.add(other_pro.owner)
    assert [line for each in ours for line in each.broken()] == [
        f"professional {pro.pk}: 7 kept, 0 counted",
        f"professional {pro.pk}: contracted on 2020-01-01, opened on 2026-01-10",
        f"professional {pro.pk}",
    ]


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_two_clicks_at_once_open_one_business():
    owner = make_user("two-clicks@example.com")
    opened = together(*[lambda: open_for(owner)] * 2)
    assert [each.pk for each in opened] == [Professional.objects.get().pk] * 2


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_of_two_businesses_that_take_one_tax_id_at_once_one_is_told():
    owners = [make_user(f"race{n}@example.com") for n in range(2)]
    opened = together(*[lambda owner=owner: open_for(owner, name=f"Race {owner.pk}") for owner in owners])
    codes = sorted(getattr(each, "code", "opened") for each in opened)
    assert codes == ["opened", "tax_id_taken"]


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_s_contracted_twice_at_once_is_one_date():
    business = open_for(make_user("s@example.com"))
    days = [date(2026, 1, 10), date(2026, 1, 11)]
    written = together(*[lambda day=day: mark_first_contracted(
        professional=Professional.objects.get(pk=business.pk), on=day) for day in days])  # fmt: skip
    assert written[0] == written[1] == Professional.objects.get().first_contracted_on
