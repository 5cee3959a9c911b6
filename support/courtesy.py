"""What is helped although no agreement includes it (S5): nothing of Django."""

# S5: 10 minutes or less in all on a ticket are helped anyway, as a courtesy, and never charged to an allowance; more
# than that cannot be logged as one. Whole minutes, this bound included.
COURTESY_MINUTES = 10
