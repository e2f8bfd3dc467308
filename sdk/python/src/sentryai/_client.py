"""What one `init` makes: settings, queues, providers."""

from __future__ import annotations

import logging
import platform
import threading
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from opentelemetry import trace
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan

from ._batcher import Batcher
from ._events import EventSender, encode_event
from ._http import Connection, is_sending
from ._log import Throttle, harmless
from ._process_metrics import start_metrics
from ._spans import BatchedSpans, SpanSender, join_provider
from ._version import VERSION

#: How long the last metrics may hold up the end.
_LAST_METRICS_S = 1.0


@dataclass(frozen=True)
class Settings:
    """What `init` was told, or found in the environment."""

    api_key: str
    endpoint: str
    project_id: str | None
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
            "agentVersion": self.service_version,
            "agentType": self.agent_type,
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
            # A moment at least: without one it would not even end its thread.
            left_s = max(0.1, end_s - time.monotonic())
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
