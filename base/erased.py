"""What stands where a person's words or name stood (X5)."""

ERASED = "—"
