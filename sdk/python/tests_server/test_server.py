"""Run by the project's test harness, which starts the server and makes the key.

SENTRY_AI_TEST_ENDPOINT is the server's address, SENTRY_AI_TEST_KEY a key of one of its projects
with the scopes `ingest` and `read`.
"""

from __future__ import annotations

import asyncio
import os
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
import requests

import sentryai
from sentryai import Stats, _http

ONE_OF_EACH: dict[str, dict[str, Any]] = {
    "log": {"level": "info", "message": "m", "metadata": {"n": 1}},
    "error": {"message": "E: m", "stack": "s", "fingerprint": ["a"]},
    "span": {
        "spanId": "s1",
        "name": "n",
        "start": "2026-01-01T00:00:00.000000001Z",
        "end": "2026-01-01T00:00:01.000000001Z",
        "attributes": {"k": True},
    },
    "token_usage": {"model": "m", "inputTokens": 10, "outputTokens": 5, "costUSD": 0.0125},
    "message": {"role": "user", "content": "Hi"},
    "model_response": {"model": "m", "prompt": "Hi", "response": "Hello", "latencyMs": 1.5},
    "agent_action": {"agentName": "a", "action": "plan", "input": {"x": 1}, "reasoning": "r"},
    "retrieval": {"query": "q", "results": [{"id": "1", "score": 0.5, "text": "t"}]},
    "tool_call": {"toolName": "t", "arguments": {"a": 1}, "result": {"b": 2}, "latencyMs": 3},
    "eval_metric": {"suiteId": "s", "metric": "m", "value": 0.9},
    "custom": {"name": "n", "payload": {"deep": [{"er": 1}]}},
}


@pytest.fixture(scope="session")
def endpoint() -> str:
    return needed("SENTRY_AI_TEST_ENDPOINT")


@pytest.fixture(scope="session")
def key() -> str:
    return needed("SENTRY_AI_TEST_KEY")


def needed(name: str) -> str:
    value = os.environ.get(name)
    if not value:
        pytest.fail(f"{name} is not set: these tests need a running server, see the file's head")
    return value


@pytest.fixture(scope="session")
def agent() -> str:
    """An agent that nobody has seen. One for all tests: spans keep the name of a process's first `init`."""
    return f"sdk-{uuid.uuid4()}"


@pytest.fixture(autouse=True)
def _client(endpoint: str, key: str, agent: str) -> Iterator[None]:
    sentryai.init(
        key, endpoint=endpoint, service_name=agent, environment="test", metrics_interval_s=None
    )
    yield
    sentryai.shutdown()


def read(endpoint: str, key: str, path: str, **query: str) -> Any:
    answer = requests.get(
        f"{endpoint}/api/v1/{path}",
        params=query,
        headers={"Authorization": f"Bearer {key}"},
        timeout=10,
    )
    assert answer.status_code == 200, (path, answer.status_code, answer.text)
    return answer.json()


def stored_events(endpoint: str, key: str, kind: str) -> list[str]:
    events = read(endpoint, key, "events", type=kind, limit="1000")["events"]
    return [event["event_id"] for event in events]


@pytest.mark.parametrize("kind", ONE_OF_EACH)
def test_every_type_of_event_is_stored(endpoint: str, key: str, kind: str) -> None:
    event_id = sentryai.capture_event(kind, ONE_OF_EACH[kind])
    assert sentryai.flush(30)
    assert sentryai.stats()["events"] == Stats(queued=0, sent=1, dropped=0, refused=0)
    assert event_id in stored_events(endpoint, key, kind)


def test_an_event_that_is_sent_twice_is_stored_once(
    endpoint: str, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    post = _http.Connection.post

    def twice(self: _http.Connection, *args: Any) -> _http.Reply | None:
        post(self, *args)
        return post(self, *args)

    monkeypatch.setattr(_http.Connection, "post", twice)
    event_id = sentryai.capture_log("once")
    assert sentryai.flush(30)
    assert sentryai.stats()["events"].sent == 1
    assert stored_events(endpoint, key, "log").count(str(event_id)) == 1


def test_the_agent_is_registered(endpoint: str, key: str, agent: str) -> None:
    with sentryai.span("chat gpt-4o", operation="chat", model="gpt-4o") as span:
        span.record_usage(1000, 500)
    assert sentryai.flush(30)
    assert read(endpoint, key, f"agents/{agent}")["agent"]["name"] == agent


def test_a_trace_is_stored(endpoint: str, key: str) -> None:
    async def main() -> str:
        async with sentryai.span("outer", operation="invoke_agent") as outer:
            async with sentryai.span("inner", operation="chat", model="gpt-4o") as inner:
                inner.record_usage(1000, 500)
            return outer.trace_id

    trace_id = asyncio.run(main())
    assert sentryai.flush(30)
    assert sentryai.stats()["spans"] == Stats(queued=0, sent=2, dropped=0, refused=0)
    trace = str(read(endpoint, key, f"traces/{trace_id}"))
    assert "'outer'" in trace
    assert "'inner'" in trace


def test_process_metrics_are_taken(
    endpoint: str, key: str, agent: str, caplog: pytest.LogCaptureFixture
) -> None:
    sentryai.shutdown()
    agent = f"{agent}-metrics"
    sentryai.init(key, endpoint=endpoint, service_name=agent, metrics_interval_s=60)
    # The end sends the last metrics.
    sentryai.shutdown()
    assert "Failed to export" not in caplog.text
    assert read(endpoint, key, f"agents/{agent}")["agent"]["name"] == agent


def test_a_wrong_key_is_counted_and_said(
    endpoint: str, agent: str, caplog: pytest.LogCaptureFixture
) -> None:
    sentryai.shutdown()
    sentryai.init("no-such-key", endpoint=endpoint, service_name=agent, metrics_interval_s=None)
    sentryai.capture_log("m")
    with sentryai.span("s"):
        pass
    assert sentryai.flush(30)
    assert sentryai.stats() == {"events": Stats(0, 0, 0, 1), "spans": Stats(0, 0, 0, 1)}
    assert "the server refused 1 events: 401" in caplog.text
    assert "the server refused 1 spans: 401" in caplog.text


def test_an_event_of_another_project_is_refused(
    endpoint: str, key: str, agent: str, caplog: pytest.LogCaptureFixture
) -> None:
    sentryai.shutdown()
    sentryai.init(key, endpoint=endpoint, project_id="no-such-project", metrics_interval_s=None)
    sentryai.capture_log("m")
    assert sentryai.flush(30)
    assert sentryai.stats()["events"] == Stats(queued=0, sent=0, dropped=0, refused=1)
    assert "projectId" in caplog.text
