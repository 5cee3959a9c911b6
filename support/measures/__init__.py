"""How fast the desk is, beside the same work by hand."""

from support.measures import by_mail, desk, figures, library, opening, response_times

__all__ = ["by_mail", "desk", "figures", "library", "opening", "response_times"]
