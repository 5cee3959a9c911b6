"""The marketplace's office."""

from marketplace.admin import (  # noqa: F401 - registering is what they are imported for
    contacts,
    leads,
    prices,
    returns,
    reviews,
    senders,
)
