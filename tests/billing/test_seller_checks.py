"""A live site invoices in its own name (M14, billing.E007)."""

import subprocess
import sys
from pathlib import Path

import pytest
from django.core.checks import run_checks

from billing.checks import the_seller_is_named

OWN = {
    "SELLER_NAME": "Mediación Sur, S.A.", "SELLER_TAX_ID": "ABC110515AA4", "SELLER_ADDRESS": "Oaxaca",
    "BANK_NAME": "Banco del Sur", "BANK_ACCOUNT": "012 345",
}  # fmt: skip


def said(settings, **changes):
    settings.DEBUG = settings.DEMO = False
    for name, value in (OWN | changes).items():
        setattr(settings, name, value)
    return [(error.id, error.msg, bool(error.hint)) for error in the_seller_is_named(app_configs=None)]


def test_who_says_all_of_it_may_invoice(settings):
    assert said(settings) == []


@pytest.mark.parametrize("name", OWN)
@pytest.mark.parametrize("forgotten", ["of the demonstration", "empty"])
def test_whatever_is_forgotten_is_an_error_that_names_it(settings, name, forgotten):
    value = settings.OF_THE_DEMONSTRATION[name] if forgotten == "of the demonstration" else ""
    assert said(settings, **{name: value}) == [
        ("billing.E007", f"Invoices would be the demonstration's, or nobody's: {name} not set.", True)
    ]


@pytest.mark.parametrize("tax_id", ["ABC110515AA5", "X", "ABC111315AA4"])
def test_a_tax_id_that_cannot_be_right_is_an_error(settings, tax_id):
    [(code, words, _hint)] = said(settings, SELLER_TAX_ID=tax_id)
    assert (code, words.split()[0]) == ("billing.E007", "SELLER_TAX_ID")


@pytest.mark.parametrize("mode", ["DEBUG", "DEMO"])
def test_development_and_the_demonstration_need_none_of_it(settings, mode):
    settings.DEBUG = settings.DEMO = False
    assert "billing.E007" in [error.id for error in run_checks()]
    setattr(settings, mode, True)
    assert "billing.E007" not in [error.id for error in run_checks()]


def test_a_process_of_a_live_site_is_stopped_by_it(settings, tmp_path):
    def check(**environment):
        return subprocess.run(
            [sys.executable, "manage.py", "check"],
            cwd=Path(settings.BASE_DIR),
            env={"PATH": "/usr/bin:/bin", "SECRET_KEY": "k" * 50, "VAR_DIR": str(tmp_path)} | environment,
            capture_output=True,
            text=True,
            check=False,
        )

    refused = check()
    assert (refused.returncode, "billing.E007" in refused.stderr) == (1, True)
    assert check(**OWN).returncode == 0
