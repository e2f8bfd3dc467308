"""Events: the envelope, and how batches of it are sent."""

from __future__ import annotations

import json
import logging
import time
import uuid
from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any

from ._bodies import validate
from ._http import Connection
from ._log import Throttle

PATH = "/v1/events/batch"
LONGEST_EVENT_BYTES = 2**20

#: Answers after which the halves of a batch are sent apart: one bad event must not take the
#: others with it. Their ids let the server see what it has already.
_FAULTS_OF_ONE = frozenset({400, 413, 422})


class EventTooLarge(ValueError):
    """The event is larger than the server would take."""


def now_ns() -> int:
    """Nanoseconds since the epoch."""
    return time.time_ns()


def iso_time(unix_ns: int) -> str:
    """The time in UTC with nanoseconds, as `2026-11-21T20:15:00.123456789Z`."""
    seconds, nanos = divmod(unix_ns, 10**9)
    moment = datetime.fromtimestamp(seconds, timezone.utc)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{nanos:09d}Z"


def encode_event(
    event_type: str,
    body: Mapping[str, Any],
    *,
    project_id: str | None,
    context: Mapping[str, Any],
    sdk: Mapping[str, str],
) -> tuple[str, bytes]:
    """Makes the id and the bytes of an event of this moment.

    What is no JSON, such as a date in the metadata, is sent as its text.

    Raises:
        InvalidBody: the body does not have the form of its type.
        EventTooLarge: it has more than a mebibyte.
        ValueError: it holds NaN or an infinite number, or itself.
    """
    event_id = str(uuid.uuid4())
    envelope = {
        "eventId": event_id,
        # The key says which project it is; a name only lets the server refuse another.
        **({"projectId": project_id} if project_id else {}),
        "type": event_type,
        "timestamp": iso_time(now_ns()),
        "sdk": sdk,
        "context": context,
        "body": validate(event_type, body),
    }
    text = json.dumps(
        envelope, ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=_as_json
    )
    # A lone surrogate has no form in UTF-8; it must not spoil the batch.
    data = text.encode("utf-8", "replace")
    if len(data) > LONGEST_EVENT_BYTES:
        raise EventTooLarge(f"event {event_type}: {len(data)} bytes; at most {LONGEST_EVENT_BYTES}")
    return event_id, data


def _as_json(value: object) -> object:
    if isinstance(value, Mapping):
        return dict(value)
    return str(value)


class EventSender:
    """Sends batches of encoded events."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._refused = Throttle()

    def __call__(self, events: list[bytes]) -> int:
        """Returns how many were stored."""
        body = b'{"events":[' + b",".join(events) + b"]}"
        reply = self._connection.post(PATH, body, "application/json")
        if reply is None:
            return 0
        if reply.is_stored:
            return len(events)
        if reply.status in _FAULTS_OF_ONE and len(events) > 1:
            half = len(events) // 2
            return self(events[:half]) + self(events[half:])
        self._refused.log(
            logging.ERROR,
            "the server refused %d events: %d %s",
            len(events),
            reply.status,
            reply.message,
        )
        return 0
