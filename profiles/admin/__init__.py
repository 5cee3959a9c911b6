"""People and businesses in the admin."""

from profiles.admin import users

__all__ = ["users"]
