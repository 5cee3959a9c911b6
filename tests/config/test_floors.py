"""An app imports only from the floors below it."""

from importlinter.cli import lint_imports


def test_the_floors_stand():
    assert lint_imports(config_filename="pyproject.toml", no_cache=True) == 0
