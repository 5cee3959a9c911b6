"""The database itself refuses to change or delete rows of append-only tables, on both databases (M8)."""

import re

import pytest
from django.core import checks
from django.core.management import call_command
from django.db import DatabaseError, connection, models, transaction

from base.append_only import lifted
from base.triggers import install_triggers, missing_triggers, registered
from billing.models import WalletEntry
from guarantees.models import GuaranteeTerms
from support.models import AllowanceEntry
from tests import making

REFUSED = "append-only"


@pytest.fixture
def entry(pro):
    return making.fund(pro, 100_00).entries.get()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE billing_walletentry SET amount_cents = 1",
        "UPDATE billing_walletentry SET cause = cause",
        "DELETE FROM billing_walletentry",
        "UPDATE guarantees_guaranteeterms SET contacts = 3",
        "DELETE FROM guarantees_guaranteeterms",
    ],
)
def test_sql_that_changes_the_ledger_or_the_terms_is_refused(entry, statement):
    with (
        pytest.raises(DatabaseError, match=REFUSED),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)
    assert WalletEntry.objects.get() == entry


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_truncate_is_refused(entry):
    """PostgreSQL's own, which no row trigger sees."""
    with pytest.raises(DatabaseError, match=REFUSED), connection.cursor() as cursor:
        cursor.execute("TRUNCATE billing_walletentry CASCADE")
    assert WalletEntry.objects.get() == entry


@pytest.mark.parametrize(
    "change",
    [
        lambda entry: WalletEntry.objects.update(amount_cents=1),
        lambda entry: WalletEntry.objects.filter(pk=entry.pk)._raw_delete("default"),
        lambda entry: WalletEntry.objects.bulk_update([entry], ["amount_cents"]),
        lambda entry: entry.save(),
        lambda entry: GuaranteeTerms.objects.update(contacts=1),
    ],
    ids=["update", "delete", "bulk update", "save", "terms"],
)
def test_the_orm_cannot_change_the_ledger_or_the_terms(entry, change):
    with pytest.raises(DatabaseError, match=REFUSED), transaction.atomic():
        change(entry)


def test_rows_can_be_added(entry):
    making.fund(entry.wallet.professional, 5_00)
    assert list(WalletEntry.objects.order_by("id").values_list("amount_cents", flat=True)) == [100_00, 5_00]


def test_after_migrating_all_triggers_stand(db):
    assert missing_triggers() == []
    assert [
        problem.id for problem in checks.run_checks(databases=["default"]) if problem.id == "base.W001"
    ] == []


def test_making_the_triggers_again_changes_nothing(db):
    install_triggers()
    install_triggers()
    assert missing_triggers() == []


def wider_cause() -> tuple[models.Field, models.Field]:
    """A field of the ledger and what a later migration might make of it."""
    old = WalletEntry._meta.get_field("cause")
    new = models.CharField("cause", max_length=120)
    new.set_attributes_from_name("cause")
    new.model = WalletEntry
    return old, new


@pytest.mark.django_db(transaction=True)
def test_triggers_come_back_after_a_later_migration_has_rebuilt_the_table(capsys):
    old, new = wider_cause()
    with connection.schema_editor() as editor:
        editor.alter_field(WalletEntry, old, new)
    lost = missing_triggers()
    # SQLite rebuilt the table and dropped them without a word; PostgreSQL altered the column.
    ours = {"billing_walletentry_no_update", "billing_walletentry_no_delete"}
    assert set(lost) == (ours if connection.vendor == "sqlite" else set())

    reported = {
        re.search(r"trigger (\w+)", problem.msg)[1]
        for problem in checks.run_checks(databases=["default"])
        if problem.id == "base.W001"
    }
    assert reported == set(lost)
    if lost:
        with pytest.raises(SystemExit) as ended:
            call_command("check_books")
        assert ended.value.code == 1
        assert "billing_walletentry_no_update" in capsys.readouterr().out

    with connection.schema_editor() as editor:
        editor.alter_field(WalletEntry, new, old)
    call_command("migrate", verbosity=0)
    assert missing_triggers() == []
    call_command("check_books")


@pytest.mark.django_db(transaction=True)
def test_lifting_is_for_the_length_of_the_block_only(capsys):
    making.fund(making.make_pro(), 100_00)
    with lifted():
        # Of each append-only table: UPDATE and DELETE, and TRUNCATE where there is one.
        tables = {trigger.table for trigger in registered if trigger.name in missing_triggers()}
        assert {WalletEntry._meta.db_table, AllowanceEntry._meta.db_table} <= tables
        assert len(missing_triggers()) == len(tables) * (3 if connection.vendor == "postgresql" else 2)
    assert missing_triggers() == []
    with pytest.raises(DatabaseError, match=REFUSED):
        WalletEntry.objects.update(amount_cents=1)


@pytest.mark.django_db(transaction=True)
def test_what_migrations_wrote_is_there_also_after_another_tests_flush():
    assert GuaranteeTerms.objects.count() >= 1
