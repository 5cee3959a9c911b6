"""What an operator reads about settings is what the settings read."""

import re
from pathlib import Path

from django.conf import settings

ROOT = Path(settings.BASE_DIR)
READ = set(re.findall(r'env(?:\.\w+)?\(\s*"([A-Z_]+)"', (ROOT / "config" / "settings.py").read_text()))


def test_every_setting_is_explained_and_nothing_else_is():
    explained = set()
    for row in re.findall(
        r"^\| (`[A-Z`_, ]+`) \|", (ROOT / "docs" / "settings.md").read_text(), re.MULTILINE
    ):
        explained |= set(re.findall(r"[A-Z_]+", row))
    assert explained == READ


def test_the_examples_name_settings_that_exist():
    example = set(re.findall(r"^([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))
    assert example <= READ
    compose = (ROOT / "docker-compose.yml").read_text()
    anchor = compose.split("environment: &environment")[1].split("volumes:")[0]
    assert set(re.findall(r"^    ([A-Z_]+):", anchor, re.MULTILINE)) <= READ
