"""How fast the desk is, beside the same work by hand."""

from support.measures import tickets

__all__ = ["tickets"]
