"""The package's logger, and a way not to flood it."""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Iterator

logger = logging.getLogger("sentryai")


class Throttle:
    """Says a thing at most once a minute, and how often it was left unsaid in between.

    It has no lock, so that no forked child can inherit a locked one: two threads at once may both
    say it.
    """

    def __init__(self, interval_s: float = 60.0) -> None:
        self._interval_s = interval_s
        self._next_at = float("-inf")
        self._unsaid = 0

    def log(self, level: int, message: str, *args: object) -> None:
        """Logs as `logging.Logger.log` does, or counts."""
        now = time.monotonic()
        if now < self._next_at:
            self._unsaid += 1
            return
        self._next_at = now + self._interval_s
        unsaid, self._unsaid = self._unsaid, 0
        if unsaid:
            message += " (%d more since the last such line)"
            args = (*args, unsaid)
        logger.log(level, message, *args)


_defects: dict[str, Throttle] = {}


@contextlib.contextmanager
def harmless(what: str) -> Iterator[None]:
    """Logs an exception instead of letting it into the program that is observed."""
    try:
        yield
    except Exception as error:
        throttle = _defects.setdefault(what, Throttle())
        throttle.log(logging.ERROR, "%s failed: %s: %s", what, type(error).__name__, error)
