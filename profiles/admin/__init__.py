"""People and businesses in the admin."""

from profiles.admin import businesses, users

__all__ = ["businesses", "users"]
