"""Requests to the server, repeated until it has decided."""

from __future__ import annotations

import itertools
import json
import logging
import random
import threading
import time
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

import requests
import requests.auth

# The one way to keep instrumentations of HTTP libraries from tracing these requests, which would
# make new spans for ever; OpenTelemetry's own exporters use it too.
from opentelemetry.context import _SUPPRESS_INSTRUMENTATION_KEY, attach, get_value, set_value

from ._log import Throttle
from ._version import VERSION

CONNECT_TIMEOUT_S = 5.0
READ_TIMEOUT_S = 30.0
FIRST_BACKOFF_S = 0.5
LONGEST_BACKOFF_S = 30.0
#: A server that asks for more is asked again after this.
LONGEST_RETRY_AFTER_S = 300.0


@dataclass(frozen=True)
class Reply:
    """The server's decision: anything but 429 and 5xx."""

    status: int
    content: bytes

    @property
    def is_stored(self) -> bool:
        """Whether the server has taken what was sent."""
        return 200 <= self.status < 300

    @property
    def message(self) -> str:
        """What the server says in words, if it does."""
        try:
            answer = json.loads(self.content)
        except ValueError:
            return self.content[:500].decode("utf-8", "replace")
        if isinstance(answer, dict):
            for name in ("error", "message", "detail", "title"):
                text = answer.get(name)
                if isinstance(text, str):
                    return text
        return json.dumps(answer)[:500]


class BearerKey(requests.auth.AuthBase):
    """The project's key. As `auth` and not as a header, because ~/.netrc overrides a header."""

    def __init__(self, api_key: str) -> None:
        self._header = f"Bearer {api_key}"

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = self._header
        return request


class Connection:
    """One thread's connection to the server. Made by the thread that uses it."""

    def __init__(self, endpoint: str, api_key: str, stop: threading.Event) -> None:
        self._endpoint = endpoint
        self._stop = stop
        self._unreachable = Throttle()
        self._session = requests.Session()
        self._session.auth = BearerKey(api_key)
        self._session.headers["User-Agent"] = f"sentryai-python/{VERSION}"
        attach(set_value(_SUPPRESS_INSTRUMENTATION_KEY, True))

    def post(self, path: str, body: bytes, content_type: str) -> Reply | None:
        """Sends until the server has decided; `None` when the time is up before.

        The same bytes are sent each time: the server knows by their ids what it has already.
        """
        for attempt in itertools.count():
            retry_after_s = 0.0
            try:
                response = self._session.post(
                    self._endpoint + path,
                    data=body,
                    headers={"Content-Type": content_type},
                    timeout=(CONNECT_TIMEOUT_S, READ_TIMEOUT_S),
                    allow_redirects=False,
                )
            except (requests.RequestException, OSError) as error:
                reason = str(error)
            else:
                reply = Reply(response.status_code, response.content)
                if reply.status != 429 and reply.status < 500:
                    return reply
                reason = f"{reply.status} {reply.message}"
                retry_after_s = parse_retry_after(response.headers.get("Retry-After"), time.time())
            wait_s = backoff_s(attempt)
            if retry_after_s:
                # Never sooner than asked, and not all clients at once.
                wait_s = retry_after_s * random.uniform(1.0, 1.2)
            self._unreachable.log(
                logging.WARNING,
                "%s does not take data now (%s); next attempt in %.1f s",
                self._endpoint,
                reason,
                wait_s,
            )
            if self._stop.wait(wait_s):
                break
        return None


def is_sending() -> bool:
    """Whether this thread is one that sends: what happens in it is not to be captured."""
    return bool(get_value(_SUPPRESS_INSTRUMENTATION_KEY))


def backoff_s(attempt: int) -> float:
    """How long to wait after the n-th failure, from 0: doubling, and half of it by chance."""
    longest = min(LONGEST_BACKOFF_S, FIRST_BACKOFF_S * 2 ** min(attempt, 10))
    return random.uniform(longest / 2, longest)


def parse_retry_after(value: str | None, now: float) -> float:
    """Reads `Retry-After`, which is seconds or a date; 0 where it says nothing of use."""
    if not value:
        return 0.0
    try:
        seconds = float(int(value))
    except ValueError:
        try:
            seconds = parsedate_to_datetime(value).timestamp() - now
        except (TypeError, ValueError):
            return 0.0
    return min(max(seconds, 0.0), LONGEST_RETRY_AFTER_S)
