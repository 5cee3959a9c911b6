"""The consultants' desk: its first screen, one ticket, and what is kept for answers (S8)."""
