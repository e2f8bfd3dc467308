"""The one client of the process, and the functions that use it.

None of them raises, and none waits but `flush` and `shutdown`.
"""

from __future__ import annotations

import atexit
import contextlib
import logging
import os
import platform
import sys
import threading
import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from opentelemetry import trace
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan

from ._batcher import Batcher, Stats
from ._errors import describe, format_stack
from ._events import EventSender, encode_event
from ._http import Connection, is_sending
from ._log import Throttle, harmless, logger
from ._process_metrics import start_metrics
from ._spans import AttributeValue, BatchedSpans, Span, SpanSender, join_provider
from ._version import VERSION

DEFAULT_ENDPOINT = "http://127.0.0.1:3000"
DEFAULT_PROJECT_ID = "default"

#: How long the last metrics may hold up the end.
_LAST_METRICS_S = 1.0

_CAPTURED = "__sentryai_captured__"


@dataclass(frozen=True)
class Settings:
    """What `init` was told, or found in the environment."""

    api_key: str
    endpoint: str
    project_id: str
    service_name: str
    service_version: str | None
    agent_type: str | None
    environment: str | None
    team: str | None
    batch_interval_s: float
    max_queue: int
    metrics_interval_s: float | None
    exit_timeout_s: float

    def resource(self) -> Resource:
        """Who sends, as OpenTelemetry says it; OTEL_RESOURCE_ATTRIBUTES may add to it."""
        attributes = {
            "service.name": self.service_name,
            "service.instance.id": str(uuid.uuid4()),
            "service.version": self.service_version,
            "deployment.environment.name": self.environment,
            "team": self.team,
            "agent.type": self.agent_type,
        }
        return Resource.create({key: value for key, value in attributes.items() if value})

    def context(self) -> dict[str, Any]:
        """Who sends, as the context of an event says it."""
        context = {
            "agent": self.service_name,
            "version": self.service_version,
            "type": self.agent_type,
            "environment": self.environment,
            "team": self.team,
            "runtime": f"{platform.python_implementation()} {platform.python_version()}",
        }
        return {key: value for key, value in context.items() if value}


class Client:
    """Queues, providers and threads of one `init`."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._context = settings.context()
        self._sdk = {"name": "sentryai-python", "version": VERSION}
        self._invalid = Throttle()
        self.events: Batcher[bytes] = Batcher(
            "events",
            lambda stop: EventSender(self._connect(stop)),
            max_records=settings.max_queue,
            interval_s=settings.batch_interval_s,
        )
        self.spans: Batcher[ReadableSpan] = Batcher(
            "spans",
            lambda stop: SpanSender(self._connect(stop)),
            max_records=settings.max_queue,
            interval_s=settings.batch_interval_s,
        )
        resource = settings.resource()
        processor = BatchedSpans(self.spans, settings.exit_timeout_s)
        self.tracer = join_provider(resource, processor).get_tracer("sentryai", VERSION)
        self._meters = None
        if settings.metrics_interval_s:
            self._meters = start_metrics(
                settings.endpoint, settings.api_key, resource, settings.metrics_interval_s
            )

    def _connect(self, stop: threading.Event) -> Connection:
        return Connection(self._settings.endpoint, self._settings.api_key, stop)

    def capture(
        self, event_type: str, body: Mapping[str, Any], context: Mapping[str, Any] | None
    ) -> str | None:
        """Takes an event; its id, or `None` where it is not sent."""
        if is_sending():
            return None
        try:
            event_id, data = encode_event(
                event_type,
                body,
                project_id=self._settings.project_id,
                context={**self._context, **_current_trace(), **(context or {})},
                sdk=self._sdk,
            )
        except ValueError as error:
            self._invalid.log(logging.ERROR, "an event is not sent: %s", error)
            return None
        return event_id if self.events.put(data, len(data)) else None

    def flush(self, timeout_s: float) -> bool:
        """Waits until events and spans are sent, at most so long."""
        end_s = time.monotonic() + timeout_s
        # Without waiting: the spans' thread begins, too.
        self.spans.flush(0)
        are_events_sent = self.events.flush(timeout_s)
        return self.spans.flush(max(0.0, end_s - time.monotonic())) and are_events_sent

    def close(self, timeout_s: float) -> None:
        """Sends what can be sent in that time, and ends."""
        end_s = time.monotonic() + timeout_s
        self.flush(timeout_s)
        self.events.close(0)
        self.spans.close(0)
        if self._meters is not None:
            left_s = max(0.0, end_s - time.monotonic())
            with harmless("the end of metrics"):
                self._meters.shutdown(timeout_millis=1000 * min(left_s, _LAST_METRICS_S))


def _current_trace() -> dict[str, str]:
    span = trace.get_current_span().get_span_context()
    if not span.is_valid:
        return {}
    return {
        "traceId": trace.format_trace_id(span.trace_id),
        "spanId": trace.format_span_id(span.span_id),
    }


_lock = threading.Lock()
_client: Client | None = None
_not_begun = Throttle()


def init(
    api_key: str | None = None,
    *,
    endpoint: str | None = None,
    project_id: str | None = None,
    service_name: str | None = None,
    service_version: str | None = None,
    agent_type: str | None = None,
    environment: str | None = None,
    team: str | None = None,
    batch_interval_s: float = 2.0,
    max_queue: int = 10_000,
    metrics_interval_s: float | None = 15.0,
    exit_timeout_s: float = 5.0,
) -> None:
    """Begins. A second call logs a warning and changes nothing.

    What is not given is taken from the environment: SENTRY_AI_API_KEY, SENTRY_AI_ENDPOINT,
    SENTRY_AI_PROJECT_ID, SENTRY_AI_SERVICE_NAME (else OTEL_SERVICE_NAME, else the program's name),
    SENTRY_AI_SERVICE_VERSION, SENTRY_AI_AGENT_TYPE, SENTRY_AI_ENVIRONMENT, SENTRY_AI_TEAM.

    Args:
        api_key: a key of the project with the scope `ingest`.
        endpoint: the server's address, such as `https://sentry.example.org`.
        project_id: the key's project, as the envelope of an event names it.
        service_name: the agent's name.
        service_version: the agent's version.
        agent_type: a word that agents are grouped by.
        environment: where it runs: `production`, `staging`.
        team: whose it is.
        batch_interval_s: how long a record waits for others, at most.
        max_queue: how many events, and how many spans, are held while the server takes none.
        metrics_interval_s: how often CPU, memory and GPUs are measured; `None` for never.
        exit_timeout_s: how long the end of the program may be held up by what is still unsent.
    """
    global _client
    with _lock, harmless("init"):
        if _client is not None:
            logger.warning("init was called before: the first call stays")
            return

        def setting(value: str | None, *names: str) -> str | None:
            return value or next((os.environ[name] for name in names if os.environ.get(name)), None)

        key = setting(api_key, "SENTRY_AI_API_KEY")
        address = setting(endpoint, "SENTRY_AI_ENDPOINT") or DEFAULT_ENDPOINT
        parts = urlsplit(address)
        if not key or parts.scheme not in ("http", "https") or not parts.netloc:
            needs = "an api_key" if not key else f"an endpoint such as https://host, not {address}"
            logger.error("nothing is captured: init needs %s", needs)
            return
        _client = Client(
            Settings(
                api_key=key,
                endpoint=address.rstrip("/"),
                project_id=setting(project_id, "SENTRY_AI_PROJECT_ID") or DEFAULT_PROJECT_ID,
                service_name=setting(service_name, "SENTRY_AI_SERVICE_NAME", "OTEL_SERVICE_NAME")
                or Path(sys.argv[0] or "python").stem,
                service_version=setting(service_version, "SENTRY_AI_SERVICE_VERSION"),
                agent_type=setting(agent_type, "SENTRY_AI_AGENT_TYPE"),
                environment=setting(environment, "SENTRY_AI_ENVIRONMENT"),
                team=setting(team, "SENTRY_AI_TEAM"),
                batch_interval_s=batch_interval_s,
                max_queue=max_queue,
                metrics_interval_s=metrics_interval_s,
                exit_timeout_s=exit_timeout_s,
            )
        )
        atexit.register(shutdown, exit_timeout_s)


def shutdown(timeout_s: float = 5.0) -> None:
    """Sends what can be sent in that time, and ends; `init` may then be called again.

    Called by itself at the end of the program.
    """
    global _client
    with _lock, harmless("shutdown"):
        atexit.unregister(shutdown)
        client, _client = _client, None
        if client is not None:
            client.close(timeout_s)


def flush(timeout_s: float = 5.0) -> bool:
    """Waits until all events and spans so far are sent, at most so long; says whether they are."""
    client = _client
    return client is None or client.flush(timeout_s)


def stats() -> dict[str, Stats]:
    """What became of `events` and `spans` so far: queued, sent, dropped, refused."""
    client = _client
    if client is None:
        return {}
    return {"events": client.events.stats(), "spans": client.spans.stats()}


def capture_event(
    event_type: str, body: Mapping[str, Any], *, context: Mapping[str, Any] | None = None
) -> str | None:
    """Takes an event of any type with the body that the type has; its id, if it is sent."""
    client = _started()
    if client is not None:
        with harmless("capture"):
            return client.capture(event_type, body, context)
    return None


def capture_log(
    message: str,
    level: str = "info",
    *,
    metadata: Mapping[str, Any] | None = None,
    context: Mapping[str, Any] | None = None,
) -> str | None:
    """Takes a line of a log; `level` is debug, info, warn or error."""
    body = {"level": level, "message": message, "metadata": metadata}
    return capture_event("log", body, context=context)


def capture_error(
    error: BaseException | None = None,
    *,
    fingerprint: Sequence[str] | None = None,
    metadata: Mapping[str, Any] | None = None,
    context: Mapping[str, Any] | None = None,
) -> str | None:
    """Takes an exception, by default the one being handled, with its full traceback.

    The same exception object is taken once, however many functions it passes through.
    """
    with harmless("capture_error"):
        error = error or sys.exc_info()[1]
        if error is None:
            logger.warning("capture_error was called without an exception, and none is handled")
            return None
        if _was_captured(error):
            return None
        body = {
            "message": describe(error),
            "stack": format_stack(error),
            "fingerprint": fingerprint,
            "metadata": {"type": type(error).__qualname__, **(metadata or {})},
        }
        return capture_event("error", body, context=context)
    return None


def capture_llm_usage(
    model: str,
    input_tokens: int,
    output_tokens: int,
    cost_usd: float | None = None,
    *,
    metadata: Mapping[str, Any] | None = None,
    context: Mapping[str, Any] | None = None,
) -> str | None:
    """Takes the tokens of a call. Without a cost the server reckons it by its prices.

    For calls that no span tells of: tokens of a span are counted by themselves.
    """
    body = {
        "model": model,
        "inputTokens": input_tokens,
        "outputTokens": output_tokens,
        "costUSD": cost_usd,
        "metadata": metadata,
    }
    return capture_event("token_usage", body, context=context)


def capture_model_response(
    model: str,
    prompt: str,
    response: str,
    latency_ms: float,
    *,
    finish_reason: str | None = None,
    metadata: Mapping[str, Any] | None = None,
    context: Mapping[str, Any] | None = None,
) -> str | None:
    """Takes what a model was asked and answered, and how long that took."""
    body = {
        "model": model,
        "prompt": prompt,
        "response": response,
        "finishReason": finish_reason,
        "latencyMs": latency_ms,
        "metadata": metadata,
    }
    return capture_event("model_response", body, context=context)


def span(
    name: str,
    *,
    operation: str | None = None,
    model: str | None = None,
    provider: str | None = None,
    attributes: Mapping[str, AttributeValue] | None = None,
) -> Span:
    """Makes a span for `with` or `async with`.

    `operation` is a `gen_ai.operation.name`, such as `chat`, `execute_tool` or `invoke_agent`.
    """
    client = _started()
    # Before init OpenTelemetry's own: the application's, or one that does nothing.
    tracer = client.tracer if client else trace.get_tracer("sentryai", VERSION)
    return Span(
        tracer,
        name,
        operation=operation,
        model=model,
        provider=provider,
        attributes=attributes,
    )


def _started() -> Client | None:
    client = _client
    if client is None:
        _not_begun.log(logging.WARNING, "sentryai.init was not called: nothing is captured")
    return client


def _was_captured(error: BaseException) -> bool:
    """Whether this exception was asked about before."""
    if getattr(error, _CAPTURED, False):
        return True
    with contextlib.suppress(AttributeError, TypeError):
        # Not every exception takes attributes; such a one may be sent twice.
        setattr(error, _CAPTURED, True)
    return False
