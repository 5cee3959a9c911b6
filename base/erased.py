"""What stands where a person's words or name stood (X5)."""

ERASED = "—"

# How the domain of what stands in the place of an address ends: no mail server is ever there (RFC 2606).
NOWHERE = ".invalid"
