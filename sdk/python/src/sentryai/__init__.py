"""Sends what AI agents do to a SENTRY server.

Start with `init`; `capture_*`, `span` and `monitor` say what happens. Nothing here raises into the
program that is observed, and nothing waits but `flush` and `shutdown`.
"""

from ._api import (
    capture_error,
    capture_event,
    capture_llm_usage,
    capture_log,
    capture_model_response,
    flush,
    init,
    shutdown,
    span,
    stats,
)
from ._batcher import Stats
from ._monitor import monitor
from ._spans import Span
from ._version import VERSION as __version__

__all__ = [
    "Span",
    "Stats",
    "__version__",
    "capture_error",
    "capture_event",
    "capture_llm_usage",
    "capture_log",
    "capture_model_response",
    "flush",
    "init",
    "monitor",
    "shutdown",
    "span",
    "stats",
]
