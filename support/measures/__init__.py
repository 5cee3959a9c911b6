"""How fast the desk is, beside the same work by hand."""

from support.measures import library, tickets

__all__ = ["library", "tickets"]
