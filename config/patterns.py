"""An address as the pattern that it matched: what may be written into a log."""

from django.urls import Resolver404, resolve


def pattern_of(path: str) -> str:
    """The pattern of the address `path`, or a word where there is none."""
    if path.startswith(("/static/", "/media/")):
        return "/" + path.split("/")[1] + "/"
    try:
        return "/" + resolve(path).route.replace("^", "").replace("$", "")
    except (Resolver404, ValueError):
        return "(no such page)"
