"""Which log lines go where."""

import logging


class BelowWarning(logging.Filter):
    """What happens, as against what goes wrong."""

    def filter(self, record: logging.LogRecord) -> bool:
        return record.levelno < logging.WARNING
