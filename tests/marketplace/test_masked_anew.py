"""M5: a better masking reaches the requests that were written before it, once, with the upgrade."""

import importlib
import pkgutil
import threading
from io import StringIO

import pytest
from django.apps import apps
from django.core.management import call_command
from django.forms import model_to_dict

from marketplace import invariants, masked_anew, migrations
from marketplace.anonymising import erase_lead
from marketplace.leads import correct_lead
from marketplace.masked_anew import mask_anew, masked_otherwise
from marketplace.models import Lead
from marketplace.withdrawal import withdraw_lead
from tests.making import NOW, make_lead, make_staff
from tests.marketplace.test_at_once import lock_off
from tests.together import together

pytestmark = pytest.mark.django_db
SAID = {"title": "Baño, lopez_obras en insta", "description": "Mi correo es jperez en hotmail, gracias."}
SHOWN = {
    "town_masked": "",
    "title_masked": "Baño, ••• en insta",
    "description_masked": "Mi correo es •••, gracias.",
}
HARMLESS = dict.fromkeys(SHOWN, "")


def from_before(**shown) -> Lead:
    """A request that was masked by rules that knew less: not at all, unless told otherwise."""
    lead = make_lead(**SAID)
    Lead.objects.filter(pk=lead.pk).update(**(HARMLESS | shown))
    return lead


def shown() -> list[dict[str, str]]:
    return list(Lead.objects.order_by("pk").values(*SHOWN))


def run(*args) -> str:
    printed = StringIO()
    call_command("mask_leads", *args, stdout=printed)
    return printed.getvalue().strip()


def test_the_command_masks_what_was_written_before_and_again_has_nothing_to_do():
    before = from_before()
    make_lead()
    make_lead(**SAID)
    half = from_before(title_masked=SHOWN["title_masked"])
    assert run("--dry-run") == "Due: 2 requests. Nothing was changed."
    assert shown() == [HARMLESS, HARMLESS, SHOWN, HARMLESS | {"title_masked": SHOWN["title_masked"]}]
    kept = [model_to_dict(lead) for lead in (before, half)]

    assert run() == "Masked anew: 2 requests."
    assert shown() == [SHOWN, HARMLESS, SHOWN, SHOWN]
    assert [model_to_dict(Lead.objects.get(pk=lead.pk)) for lead in (before, half)] == kept
    assert run() == "Masked anew: 0 requests."
    assert run("--dry-run") == "Due: 0 requests. Nothing was changed."


def test_what_was_masked_and_is_harmless_by_todays_rules_is_shown_again():
    lead = make_lead(description="IG: ideas para sala")
    Lead.objects.filter(pk=lead.pk).update(description_masked="IG: ••• para sala")
    assert mask_anew(Lead.objects.all()) == 1
    assert shown() == [HARMLESS]


def test_the_books_name_the_command_and_hold_after_it():
    lead = from_before()
    assert list(invariants.requests_are_masked()) == [
        f"lead {lead.pk}: title_masked, description_masked not as its texts are masked: run `manage.py mask_leads`"
    ]
    run()
    assert list(invariants.requests_are_masked()) == []


@pytest.mark.parametrize("batch", [1, 2, 3, 500])
def test_each_is_masked_whatever_the_batch(batch):
    for _number in range(3):
        from_before()
        make_lead()
    assert mask_anew(Lead.objects.all(), batch=batch) == 3
    assert shown() == [SHOWN, HARMLESS] * 3


@pytest.mark.parametrize("number", [1, 30])
def test_what_is_right_is_only_read_and_many_at_a_time(number, django_assert_num_queries):
    for _number in range(number):
        make_lead(**SAID)
    with django_assert_num_queries(2):  # The requests, and that there are no more.
        assert mask_anew(Lead.objects.all()) == 0


def test_one_that_fails_holds_up_no_other_and_is_done_by_the_next_run(monkeypatch):
    leads = [from_before() for _number in range(3)]
    save = Lead.save

    def fails_for_the_second(self, **kwargs):
        if self.pk == leads[1].pk:
            raise OSError("the disk is full")
        return save(self, **kwargs)

    monkeypatch.setattr(Lead, "save", fails_for_the_second)
    assert mask_anew(Lead.objects.all()) == 2
    assert shown() == [SHOWN, HARMLESS, SHOWN]
    monkeypatch.undo()
    assert mask_anew(Lead.objects.all()) == 1
    assert shown() == [SHOWN] * 3


def test_who_is_erased_after_they_were_read_is_not_shown_by_what_was_read(monkeypatch):
    lead = from_before()
    for_each = masked_anew.for_each

    def erased_meanwhile(*args, **kwargs):
        erase_lead(lead=withdraw_lead(lead=lead, now=NOW), now=NOW)
        return for_each(*args, **kwargs)

    monkeypatch.setattr(masked_anew, "for_each", erased_meanwhile)
    assert mask_anew(Lead.objects.all()) == 0
    assert shown() == [HARMLESS]


@pytest.mark.parametrize(
    "name", [each.name for each in pkgutil.iter_modules(migrations.__path__) if "masked_anew" in each.name]
)
def test_each_migration_masks_them_by_itself(name):
    """As requests stand at that migration, without what the model can do today."""
    from_before()
    importlib.import_module(f"marketplace.migrations.{name}").mask(apps, None)
    assert shown() == [SHOWN]


# Two at once


def corrected_meanwhile(monkeypatch) -> tuple[threading.Thread, list[bool]]:
    """Somebody corrects the title of a waiting request at the worst moment: it was read to be masked, and is not saved
    yet. And whether they waited."""
    lead = make_lead(published=False, **SAID)
    Lead.objects.update(**HARMLESS)
    moderator = make_staff("moderator")
    hide_details = masked_anew.hide_details
    correction = threading.Thread(
        target=lambda: together(lambda: correct_lead(lead=lead, by=moderator, now=NOW, title="Cocina nueva"))
    )
    looks: list[bool] = []
    waited: list[bool] = []

    def correct(lead):
        columns = hide_details(lead)
        looks.append(True)
        if len(looks) == 2:  # The first was without a lock, to find it.
            correction.start()
            correction.join(timeout=1)
            waited.append(correction.is_alive())
        return columns

    monkeypatch.setattr(masked_anew, "hide_details", correct)
    return correction, waited


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_a_correction_waits_and_its_title_is_the_one_that_is_shown(monkeypatch):
    correction, waited = corrected_meanwhile(monkeypatch)
    assert mask_anew(Lead.objects.all()) == 1
    correction.join(timeout=20)
    lead = Lead.objects.get()
    assert (waited, lead.title, lead.masked_title) == ([True], "Cocina nueva", "Cocina nueva")
    assert list(masked_otherwise(Lead.objects.all())) == [{}]


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_without_the_lock_the_title_of_before_would_be_shown(monkeypatch):
    """Negative control."""
    lock_off(monkeypatch, Lead)
    correction, waited = corrected_meanwhile(monkeypatch)
    mask_anew(Lead.objects.all())
    correction.join(timeout=20)
    lead = Lead.objects.get()
    assert (waited, lead.title, lead.masked_title) == ([False], "Cocina nueva", SHOWN["title_masked"])
