"""An OTLP/HTTP receiver that keeps what arrives and says which names it bears.

Spans come as protobuf (Python) or JSON (Node); gzip or not.
"""

from __future__ import annotations

import gzip
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from google.protobuf import json_format
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import (
    ExportLogsServiceRequest,
    ExportLogsServiceResponse,
)
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
    ExportMetricsServiceResponse,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)

MESSAGES = {
    "/v1/traces": (ExportTraceServiceRequest, ExportTraceServiceResponse),
    "/v1/metrics": (ExportMetricsServiceRequest, ExportMetricsServiceResponse),
    "/v1/logs": (ExportLogsServiceRequest, ExportLogsServiceResponse),
}


class Sink(ThreadingHTTPServer):
    """Keeps requests by path and `service.name`."""

    daemon_threads = True

    def __init__(self, key: str) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.key = key
        self.lock = threading.Lock()
        self.kept: dict[tuple[str, str], list[Any]] = {}

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def spans(self, service: str) -> list[dict[str, Any]]:
        """Spans with their scope and attributes, in the order of their beginning."""
        spans = [
            {
                "scope": scope.scope.name,
                "id": span.span_id.hex(),
                "parent": span.parent_span_id.hex(),
                "name": span.name,
                "started": span.start_time_unix_nano,
                "attributes": attributes(span.attributes),
                "events": {event.name: attributes(event.attributes) for event in span.events},
            }
            for resource in self.kept.get(("/v1/traces", service), [])
            for scope in resource.scope_spans
            for span in scope.spans
        ]
        return sorted(spans, key=lambda span: span["started"])

    def metric_names(self, service: str) -> list[str]:
        return sorted(
            {
                metric.name
                for resource in self.kept.get(("/v1/metrics", service), [])
                for scope in resource.scope_metrics
                for metric in scope.metrics
            }
        )

    def log_names(self, service: str) -> list[str]:
        return sorted(
            {
                record.event_name or str(attributes(record.attributes).get("event.name", ""))
                for resource in self.kept.get(("/v1/logs", service), [])
                for scope in resource.scope_logs
                for record in scope.log_records
            }
        )


class Handler(BaseHTTPRequestHandler):
    server: Sink
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.read_body()
        if self.headers.get("authorization") != f"Bearer {self.server.key}":
            self.answer(401, b"")
            return
        if self.headers.get("content-encoding") == "gzip":
            body = gzip.decompress(body)
        message, response = MESSAGES[self.path]
        is_json = self.headers["content-type"] == "application/json"
        # Parse takes hexadecimal ids for base64: they come out as others, but remain distinct.
        request = json_format.Parse(body, message()) if is_json else message.FromString(body)
        _, resources = request.ListFields()[0]
        with self.server.lock:
            for resource in resources:
                service = attributes(resource.resource.attributes)["service.name"]
                self.server.kept.setdefault((self.path, service), []).append(resource)
        self.answer(200, b"{}" if is_json else response().SerializeToString())

    def read_body(self) -> bytes:
        if self.headers.get("transfer-encoding") != "chunked":
            return self.rfile.read(int(self.headers["content-length"]))
        # Node's exporter sends chunks.
        body = b""
        while size := int(self.rfile.readline(), 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", self.headers["content-type"])
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Stays silent."""


def attributes(pairs: Any) -> dict[str, Any]:
    """Attributes of a protobuf message as Python values."""

    def value(of: Any) -> Any:
        kind = of.WhichOneof("value")
        if kind == "array_value":
            return [value(item) for item in of.array_value.values]
        return getattr(of, kind) if kind else None

    return {pair.key: value(pair.value) for pair in pairs}
