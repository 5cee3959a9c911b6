"""How fast the desk is, beside the same work by hand."""

from support.measures import desk, library, tickets

__all__ = ["desk", "library", "tickets"]
