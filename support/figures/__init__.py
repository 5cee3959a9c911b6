"""The figures of the desk (S12) as tables, counted from the rows as they are whenever somebody looks.

A wait is counted in the month in which it was asked, by the desk's zone, and by what was promised then. Its promise is
kept by an answer or a call back in time; broken by one that came late, or by none although the time has passed, by the
clock. What needed no answer, what its client closed and what was merged is neither, and stands apart.

Half and 95 of 100 are real answers, each the first within which so many of them came (the nearest rank): counted by the
database, exactly and alike on PostgreSQL and SQLite, and said in whole minutes, rounded up, so that none that was late
reads as if it had been in time.
"""

from support.figures.period import Period, period
from support.figures.sheets import heads_of, sheets_of, shown_of

__all__ = ["Period", "heads_of", "period", "sheets_of", "shown_of"]
