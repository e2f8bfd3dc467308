"""A real HTTP server that the tests tell what to answer."""

from __future__ import annotations

import json
import threading
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Callable

import pytest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

import sentryai

from .wire import check_event

KEY = "sk_test_key"


@dataclass
class Answer:
    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    #: Holds the answer back until it is set.
    gate: threading.Event | None = None


@dataclass
class Request:
    path: str
    headers: dict[str, str]
    body: bytes
    status: int


class Server(ThreadingHTTPServer):
    """Answers 200 but for what `script` holds for a path, and keeps every request."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.requests: list[Request] = []
        self.script: dict[str, deque[Answer]] = {}
        self.changed = threading.Condition()

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def will_answer(self, path: str, *answers: Answer) -> None:
        self.script.setdefault(path, deque()).extend(answers)

    def wait_for(self, is_there: Callable[[], bool], timeout_s: float = 60) -> None:
        with self.changed:
            assert self.changed.wait_for(is_there, timeout_s), [r.path for r in self.requests]

    def to(self, path: str) -> list[Request]:
        return [request for request in self.requests if request.path == path]

    def events(self) -> list[dict[str, Any]]:
        """The events of all accepted requests, each checked."""
        found: list[dict[str, Any]] = []
        for request in self.to("/v1/events/batch"):
            assert request.headers["authorization"] == f"Bearer {KEY}"
            assert request.headers["content-type"] == "application/json"
            batch = json.loads(request.body)
            assert set(batch) == {"events"}
            assert 1 <= len(batch["events"]) <= 1000
            for event in batch["events"]:
                check_event(event)
            if request.status < 300:
                found += batch["events"]
        return found

    def bodies(self) -> list[dict[str, Any]]:
        return [event["body"] for event in self.events()]

    def spans(self) -> list[Span]:
        """The spans of all accepted requests."""
        found: list[Span] = []
        for request in self.to("/v1/traces"):
            assert request.headers["authorization"] == f"Bearer {KEY}"
            assert request.headers["content-type"] == "application/x-protobuf"
            if request.status < 300:
                for resource in ExportTraceServiceRequest.FromString(request.body).resource_spans:
                    for scope in resource.scope_spans:
                        found += scope.spans
        return found

    def resource(self) -> dict[str, Any]:
        """The resource of the last spans."""
        last = ExportTraceServiceRequest.FromString(self.to("/v1/traces")[-1].body)
        return attributes(last.resource_spans[0].resource)

    def metrics(self) -> dict[str, Any]:
        """The last metric of each name."""
        found = {}
        for request in self.to("/v1/metrics"):
            assert request.headers["authorization"] == f"Bearer {KEY}"
            assert request.headers["content-type"] == "application/x-protobuf"
            for resource in ExportMetricsServiceRequest.FromString(request.body).resource_metrics:
                for scope in resource.scope_metrics:
                    found.update({metric.name: metric for metric in scope.metrics})
        return found

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Stays silent: some tests go before they are answered."""


class Handler(BaseHTTPRequestHandler):
    server: Server
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        headers = {name.lower(): value for name, value in self.headers.items()}
        script = self.server.script.get(self.path)
        answer = script.popleft() if script else Answer()
        with self.server.changed:
            self.server.requests.append(Request(self.path, headers, body, answer.status))
            self.server.changed.notify_all()
        if answer.gate is not None:
            answer.gate.wait(60)
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        self.wfile.write(answer.body)

    def log_message(self, format: str, *args: object) -> None:
        """Stays silent."""


def attributes(owner: Any) -> dict[str, Any]:
    """The attributes of a protobuf message as Python values."""

    def value(any_value: Any) -> Any:
        kind = any_value.WhichOneof("value")
        if kind == "array_value":
            return [value(item) for item in any_value.array_value.values]
        return getattr(any_value, kind)

    return {pair.key: value(pair.value) for pair in owner.attributes}


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(autouse=True)
def _ended() -> Iterator[None]:
    """No test leaves a client behind."""
    yield
    sentryai.shutdown(0)


Init = Callable[..., None]


@pytest.fixture
def init(server: Server) -> Init:
    """Begins with the test's server, quickly and without metrics unless told otherwise."""

    def begin(**settings: Any) -> None:
        defaults: dict[str, Any] = {
            "endpoint": server.endpoint,
            "service_name": "tester",
            "batch_interval_s": 0.02,
            "metrics_interval_s": None,
        }
        sentryai.init(KEY, **{**defaults, **settings})

    return begin
