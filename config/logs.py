"""Which log lines go where, and what none of them says."""

import logging


class BelowWarning(logging.Filter):
    """What happens, as against what goes wrong."""

    def filter(self, record: logging.LogRecord) -> bool:
        return record.levelno < logging.WARNING


class AddressesAsPatterns(logging.Filter):
    """Where Django names the page that went wrong, its pattern stands: /request/<token>/ and not the token, as in
    the access log. Links to a request or a review work for whoever has them."""

    def filter(self, record: logging.LogRecord) -> bool:
        path = getattr(getattr(record, "request", None), "path", None)
        if path and isinstance(record.args, tuple):
            # Addresses are known only once the product has started, which is after logging has.
            from config.patterns import pattern_of

            record.args = tuple(pattern_of(path) if arg == path else arg for arg in record.args)
        return True
