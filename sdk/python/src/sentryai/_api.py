"""The functions of the package, and the one client of the process that they use.

None of them raises, and none waits but `flush` and `shutdown`.
"""

from __future__ import annotations

import atexit
import contextlib
import logging
import os
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from opentelemetry import trace

from ._batcher import Stats
from ._client import Client, Settings
from ._errors import describe, format_stack
from ._log import Throttle, harmless, logger
from ._spans import AttributeValue, Span
from ._version import VERSION

DEFAULT_ENDPOINT = "http://127.0.0.1:3000"

#: Marks an exception that was taken.
_CAPTURED = "__sentryai_captured__"

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
        project_id: the key's project; the server refuses events that name another.
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

        key = (setting(api_key, "SENTRY_AI_API_KEY") or "").strip()
        address = setting(endpoint, "SENTRY_AI_ENDPOINT") or DEFAULT_ENDPOINT
        parts = urlsplit(address)
        if not (key and key.isascii() and key.isprintable()):
            logger.error("nothing is captured: init needs an api_key of printable ASCII")
            return
        if parts.scheme not in ("http", "https") or not parts.netloc:
            logger.error(
                "nothing is captured: init needs an endpoint such as https://host, not %s", address
            )
            return
        _client = Client(
            Settings(
                api_key=key,
                endpoint=address.rstrip("/"),
                project_id=setting(project_id, "SENTRY_AI_PROJECT_ID"),
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
    with _lock:
        atexit.unregister(shutdown)
        client, _client = _client, None
    if client is not None:
        with harmless("shutdown"):
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
    cache_read_tokens: int | None = None,
    cache_write_tokens: int | None = None,
    reasoning_tokens: int | None = None,
    metadata: Mapping[str, Any] | None = None,
    context: Mapping[str, Any] | None = None,
) -> str | None:
    """Takes the tokens of a call. Without a cost the server reckons it by its prices.

    Tokens read from and written to the provider's cache are part of `input_tokens`, those of
    reasoning part of `output_tokens`.

    For calls that no span tells of: tokens of a span are counted by themselves.
    """
    body = {
        "model": model,
        "inputTokens": input_tokens,
        "outputTokens": output_tokens,
        "cacheReadTokens": cache_read_tokens,
        "cacheWriteTokens": cache_write_tokens,
        "reasoningTokens": reasoning_tokens,
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
