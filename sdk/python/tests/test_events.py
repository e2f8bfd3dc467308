from __future__ import annotations

import json
import logging
import time
from datetime import datetime, timezone
from typing import Any

import pytest

import sentryai
from sentryai._bodies import BODIES, InvalidBody, validate
from sentryai._events import iso_time

from .conftest import Init, Server
from .wire import BODIES as SPECIFIED

VALID: list[tuple[str, dict[str, Any]]] = [
    ("log", {"level": "warn", "message": "late"}),
    ("error", {"message": "E", "stack": "…", "fingerprint": ["a"], "metadata": {"n": 1}}),
    ("span", {"spanId": "1", "name": "n", "start": "2026-11-21T20:15:00Z", "attributes": {}}),
    ("token_usage", {"model": "m", "inputTokens": 0, "outputTokens": 7, "costUSD": 0.0125}),
    ("message", {"role": "tool", "content": ""}),
    ("model_response", {"model": "m", "prompt": "p", "response": "r", "latencyMs": 0}),
    ("agent_action", {"agentName": "a", "action": "plan", "input": [1], "output": {"x": None}}),
    (
        "retrieval",
        {
            "query": "q",
            "results": [{"id": "1", "score": 0.5, "text": "t", "metadata": {}}],
            "vectorDimensions": 3,
        },
    ),
    ("tool_call", {"toolName": "t", "arguments": {"a": 1}, "result": {}, "latencyMs": 1.5}),
    ("eval_metric", {"suiteId": "s", "metric": "m", "value": -1.5}),
    ("custom", {"name": "n", "payload": {"deep": [{"er": 1}]}}),
]


def test_every_type_is_sent_as_it_is_given(server: Server, init: Init) -> None:
    init(project_id="p1", environment="test", team="risk", service_version="1.2", agent_type="bot")
    ids = [sentryai.capture_event(kind, body) for kind, body in VALID]
    assert sentryai.flush(60)
    events = server.events()
    assert [event["eventId"] for event in events] == ids
    assert [(event["type"], event["body"]) for event in events] == VALID
    for event in events:
        assert event["projectId"] == "p1"
        assert event["sdk"] == {"name": "sentryai-python", "version": sentryai.__version__}
        context = event["context"]
        assert context.pop("runtime").startswith("CPython 3.")
        assert context == {
            "agent": "tester",
            "agentVersion": "1.2",
            "agentType": "bot",
            "environment": "test",
            "team": "risk",
        }
    assert sentryai.stats()["events"] == sentryai.Stats(queued=0, sent=11, dropped=0, refused=0)


def test_types_and_fields_are_those_of_the_specification() -> None:
    own = {
        kind: ({n for n, f in fields.items() if f.is_required}, set(fields))
        for kind, fields in BODIES.items()
    }
    specified = {kind: (set(must), set(must) | set(may)) for kind, (must, may) in SPECIFIED.items()}
    assert own == specified


@pytest.mark.parametrize(
    ("kind", "body", "complaint"),
    [
        ("logs", {}, "no type of event 'logs'; there are log, error, span,"),
        ("log", {"message": "m"}, "event log: level is missing"),
        (
            "log",
            {"level": "fatal", "message": "m"},
            "level must be one of debug, info, warn, error, not 'fatal'",
        ),
        ("log", {"level": "info", "message": 1}, "message must be a text, not 1"),
        ("log", {"level": "info", "message": None}, "message must be a text, not None"),
        ("log", ["level"], "the body must be an object"),
        (
            "token_usage",
            {"model": " ", "inputTokens": 1, "outputTokens": 0},
            "model must be a text of 1 to 255 characters",
        ),
        (
            "tool_call",
            {"toolName": "t" * 256, "arguments": {}},
            "toolName must be a text of 1 to 255 characters",
        ),
        (
            "error",
            {"message": "m", "stacktrace": "s"},
            "unknown field 'stacktrace'; there are message, stack,",
        ),
        ("error", {"message": "m", "fingerprint": "ab"}, "fingerprint must be a list of texts"),
        ("error", {"message": "m", "fingerprint": [1]}, "fingerprint must be a list of texts"),
        (
            "token_usage",
            {"model": "m", "inputTokens": -1, "outputTokens": 0},
            "inputTokens must be a whole number from 0 to a billion, not -1",
        ),
        (
            "token_usage",
            {"model": "m", "inputTokens": 1.5, "outputTokens": 0},
            "inputTokens must be a whole number",
        ),
        (
            "token_usage",
            {"model": "m", "inputTokens": True, "outputTokens": 0},
            "inputTokens must be a whole number",
        ),
        (
            "token_usage",
            {"model": "m", "inputTokens": 10**9 + 1, "outputTokens": 0},
            "inputTokens must be a whole number",
        ),
        (
            "token_usage",
            {"model": "m", "inputTokens": 1, "outputTokens": 0, "costUSD": -0.1},
            "costUSD must be a finite number of at least 0",
        ),
        (
            "model_response",
            {"model": "m", "prompt": "", "response": "", "latencyMs": float("inf")},
            "latencyMs must be a finite number",
        ),
        (
            "message",
            {"role": "bot", "content": ""},
            "role must be one of user, system, assistant, tool",
        ),
        ("tool_call", {"toolName": "t", "arguments": [1]}, "arguments must be an object"),
        (
            "tool_call",
            {"toolName": "t", "arguments": {1: 2}},
            "arguments must be an object with texts as keys",
        ),
        (
            "eval_metric",
            {"suiteId": "s", "metric": "m", "value": float("nan")},
            "value must be a finite number",
        ),
        ("agent_action", {"action": "a", "input": None}, "input must be anything but null"),
        (
            "retrieval",
            {"query": "q", "results": [{"id": "1", "score": "x", "text": "t"}]},
            "results must be a list of results, but in number 0 score must be a finite number",
        ),
        ("retrieval", {"query": "q", "results": "none"}, "results must be a list of objects"),
        ("custom", {"name": "n"}, "payload is missing"),
    ],
)
def test_a_wrong_body_is_explained_and_not_sent(
    server: Server,
    init: Init,
    caplog: pytest.LogCaptureFixture,
    kind: str,
    body: Any,
    complaint: str,
) -> None:
    with pytest.raises(InvalidBody, match="event"):
        validate(kind, body)
    init()
    assert sentryai.capture_event(kind, body) is None
    assert complaint in caplog.text
    assert sentryai.flush(60)
    assert server.requests == []


def test_what_is_no_json_becomes_text_or_is_explained(
    server: Server, init: Init, caplog: pytest.LogCaptureFixture
) -> None:
    class Hostile:
        def __str__(self) -> str:
            raise RuntimeError("no")

    init()
    endless: dict[str, Any] = {}
    endless["self"] = endless
    moment = datetime(2026, 11, 21, tzinfo=timezone.utc)
    assert sentryai.capture_log("lone \ud800", metadata={"at": moment, "set": {1}})
    for bad in ({"n": float("nan")}, endless, {"x": Hostile()}, {"text": "x" * 2**20}):
        assert sentryai.capture_log("bad", metadata=bad) is None
    assert sentryai.capture_log("context", context="none") is None  # type: ignore[arg-type]
    assert "an event is not sent: Out of range float values" in caplog.text
    assert "capture failed: RuntimeError: no" in caplog.text
    assert sentryai.flush(60)
    assert server.bodies() == [
        {
            "level": "info",
            "message": "lone ?",
            "metadata": {"at": "2026-11-21 00:00:00+00:00", "set": "{1}"},
        }
    ]


def test_usage_and_response(server: Server, init: Init) -> None:
    init()
    sentryai.capture_llm_usage(
        "gpt-4o",
        1000,
        500,
        0.0125,
        cache_read_tokens=100,
        cache_write_tokens=50,
        reasoning_tokens=20,
        metadata={"retry": 1},
    )
    sentryai.capture_llm_usage("gpt-4o", 1, 0, context={"user": "u1", "session": "s1"})
    sentryai.capture_model_response("gpt-4o", "Hi", "Hello", 12.5, finish_reason="stop")
    assert sentryai.flush(60)
    usage, bare, response = server.events()
    assert usage["body"] == {
        "model": "gpt-4o",
        "inputTokens": 1000,
        "outputTokens": 500,
        "cacheReadTokens": 100,
        "cacheWriteTokens": 50,
        "reasoningTokens": 20,
        "costUSD": 0.0125,
        "metadata": {"retry": 1},
    }
    assert bare["body"] == {"model": "gpt-4o", "inputTokens": 1, "outputTokens": 0}
    assert (bare["context"]["user"], bare["context"]["session"]) == ("u1", "s1")
    assert "projectId" not in bare
    assert response["body"] == {
        "model": "gpt-4o",
        "prompt": "Hi",
        "response": "Hello",
        "latencyMs": 12.5,
        "finishReason": "stop",
    }


def test_times_are_utc_with_nanoseconds(server: Server, init: Init) -> None:
    assert iso_time(1_795_291_200_000_000_001) == "2026-11-21T20:00:00.000000001Z"
    assert iso_time(999_999_999) == "1970-01-01T00:00:00.999999999Z"
    init()
    before = iso_time(time.time_ns())
    sentryai.capture_log("now")
    after = iso_time(time.time_ns())
    assert sentryai.flush(60)
    assert before <= server.events()[0]["timestamp"] <= after


def raise_nested() -> None:
    try:
        raise KeyError("inner")
    except KeyError as error:
        raise ValueError("outer") from error


def test_an_error_has_its_whole_traceback_after_its_block(server: Server, init: Init) -> None:
    init()
    kept: Exception | None = None
    try:
        raise_nested()
    except ValueError as error:
        kept = error
    sentryai.capture_error(kept, fingerprint=["f"], metadata={"step": 3})
    assert sentryai.flush(60)
    (body,) = server.bodies()
    assert body["message"] == "ValueError: outer"
    assert body["fingerprint"] == ["f"]
    assert body["metadata"] == {"type": "ValueError", "step": 3}
    lines = body["stack"].splitlines()
    assert lines[0] == "Traceback (most recent call last):"
    assert "KeyError: 'inner'" in lines
    assert any("in raise_nested" in line for line in lines)
    assert lines[-1] == "ValueError: outer"


def test_an_error_that_is_handled_or_never_raised(
    server: Server, init: Init, caplog: pytest.LogCaptureFixture
) -> None:
    init()
    try:
        raise_nested()
    except ValueError:
        sentryai.capture_error()
    sentryai.capture_error(OSError("never raised"))
    assert sentryai.capture_error() is None
    assert "without an exception" in caplog.text
    assert sentryai.flush(60)
    handled, unraised = server.bodies()
    assert "in raise_nested" in handled["stack"]
    assert "in test_an_error_that_is_handled_or_never_raised" in unraised["stack"]
    assert unraised["stack"].endswith("OSError: never raised\n")


def test_an_error_is_sent_once(server: Server, init: Init) -> None:
    init()
    error = ValueError("same")
    assert sentryai.capture_error(error)
    assert sentryai.capture_error(error) is None
    assert sentryai.flush(60)
    assert len(server.events()) == 1


def test_an_error_that_cannot_say_what_it_is(server: Server, init: Init) -> None:
    class Mute(Exception):
        def __str__(self) -> str:
            raise RuntimeError("no words")

    init()
    sentryai.capture_error(Mute())
    assert sentryai.flush(60)
    assert "Mute" in server.bodies()[0]["message"]


def test_before_init_nothing_happens(caplog: pytest.LogCaptureFixture) -> None:
    assert sentryai.capture_log("lost") is None
    assert sentryai.capture_error(ValueError("lost")) is None
    with sentryai.span("lost") as span:
        span.record_usage(1, 2)
    assert sentryai.flush(60)
    assert sentryai.stats() == {}
    assert caplog.text.count("init was not called") <= 1


def test_the_first_init_stays(server: Server, init: Init, caplog: pytest.LogCaptureFixture) -> None:
    init()
    sentryai.init("another", endpoint="http://127.0.0.1:9")
    assert "the first call stays" in caplog.text
    sentryai.capture_log("m")
    assert sentryai.flush(60)
    assert len(server.events()) == 1


@pytest.mark.parametrize(
    ("key", "endpoint", "complaint"),
    [
        (None, "http://127.0.0.1:9", "init needs an api_key"),
        (" \n", "http://127.0.0.1:9", "init needs an api_key"),
        ("schlüssel", "http://127.0.0.1:9", "init needs an api_key"),
        ("k", "127.0.0.1:9", "init needs an endpoint such as https://host, not 127.0.0.1:9"),
        ("k", "ftp://host", "init needs an endpoint"),
        ("k", "http://[::1", "init failed: ValueError"),
    ],
)
def test_an_init_that_cannot_work_is_explained(
    caplog: pytest.LogCaptureFixture, key: str | None, endpoint: str, complaint: str
) -> None:
    sentryai.init(key, endpoint=endpoint)
    assert complaint in caplog.text
    assert sentryai.capture_log("lost") is None


def test_settings_come_from_the_environment(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {
        "SENTRY_AI_API_KEY": "sk_test_key",
        "SENTRY_AI_ENDPOINT": server.endpoint + "/",
        "SENTRY_AI_PROJECT_ID": "p2",
        "SENTRY_AI_ENVIRONMENT": "staging",
        "SENTRY_AI_TEAM": "risk",
        "OTEL_SERVICE_NAME": "from-otel",
        # A collector of somebody else: the key is not for it.
        "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9",
    }.items():
        monkeypatch.setenv(name, value)
    sentryai.init(metrics_interval_s=None)
    sentryai.capture_log("m")
    assert sentryai.flush(60)
    (event,) = server.events()
    assert event["projectId"] == "p2"
    assert event["context"]["agent"] == "from-otel"
    assert event["context"]["environment"] == "staging"


def test_a_netrc_does_not_replace_the_key(
    server: Server, init: Init, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login me password mine\n")
    monkeypatch.setenv("NETRC", str(netrc))
    init(metrics_interval_s=0.05)
    sentryai.capture_log("m")
    assert sentryai.flush(60)
    assert len(server.events()) == 1
    server.wait_for(lambda: "process.memory.usage" in server.metrics())


def test_logs_of_sending_are_not_captured(server: Server, init: Init) -> None:
    class Forward(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            sentryai.capture_log(record.getMessage())

    handler = Forward()
    requests_logger = logging.getLogger("urllib3")
    requests_logger.addHandler(handler)
    requests_logger.setLevel(logging.DEBUG)
    try:
        init()
        requests_logger.debug("one")
        assert sentryai.flush(60)
        assert sentryai.flush(60)
    finally:
        requests_logger.removeHandler(handler)
        requests_logger.setLevel(logging.NOTSET)
    assert [body["message"] for body in server.bodies()] == ["one"]


def test_many_events_go_in_batches(server: Server, init: Init) -> None:
    init()
    for number in range(1200):
        sentryai.capture_log(str(number))
    assert sentryai.flush(60)
    assert [body["message"] for body in server.bodies()] == [str(n) for n in range(1200)]
    sizes = [len(json.loads(request.body)["events"]) for request in server.requests]
    assert max(sizes) <= 500


def test_large_events_go_in_several_requests(server: Server, init: Init) -> None:
    init(batch_interval_s=5)
    for _ in range(10):
        sentryai.capture_log("x" * 300_000)
    assert sentryai.flush(60)
    assert len(server.events()) == 10
    assert max(len(request.body) for request in server.requests) < 1_100_000
