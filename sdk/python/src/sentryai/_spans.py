"""Spans: OpenTelemetry's, sent to the server."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from contextvars import Token
from types import TracebackType
from typing import Union

from google.protobuf.message import DecodeError
from opentelemetry import context as otel_context
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor, TracerProvider
from opentelemetry.trace import SpanKind, Status, StatusCode
from typing_extensions import Self

from ._batcher import Batcher
from ._errors import describe
from ._http import Connection
from ._log import Throttle, harmless, logger

PATH = "/v1/traces"

AttributeValue = Union[str, bool, int, float, Sequence[str], Sequence[int], Sequence[float]]

#: Operations that call a model elsewhere.
_CLIENT_OPERATIONS = frozenset({"chat", "generate_content", "text_completion", "embeddings"})


class SpanSender:
    """Sends batches of spans as OTLP."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._refused = Throttle()

    def __call__(self, spans: list[ReadableSpan]) -> int:
        """Returns how many were stored."""
        body: bytes = encode_spans(spans).SerializeToString()
        reply = self._connection.post(PATH, body, "application/x-protobuf")
        if reply is None:
            return 0
        if reply.status == 413 and len(spans) > 1:
            half = len(spans) // 2
            return self(spans[:half]) + self(spans[half:])
        if not reply.is_stored:
            self._refused.log(
                logging.ERROR,
                "the server refused %d spans: %d %s",
                len(spans),
                reply.status,
                reply.message,
            )
            return 0
        try:
            partial = ExportTraceServiceResponse.FromString(reply.content).partial_success
        except DecodeError:
            return len(spans)
        if partial.error_message:
            self._refused.log(
                logging.WARNING,
                "the server refused %d of %d spans: %s",
                partial.rejected_spans,
                len(spans),
                partial.error_message,
            )
        return len(spans) - int(partial.rejected_spans)


class BatchedSpans(SpanProcessor):
    """Hands finished spans to a batcher."""

    def __init__(self, batcher: Batcher[ReadableSpan], exit_timeout_s: float) -> None:
        self._batcher = batcher
        self._exit_timeout_s = exit_timeout_s

    def on_end(self, span: ReadableSpan) -> None:
        """Takes a span that is sampled."""
        if span.context and span.context.trace_flags.sampled:
            self._batcher.put(span)

    def shutdown(self) -> None:
        """Sends what can be sent in the time for the end of the program."""
        self._batcher.close(self._exit_timeout_s)

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Waits until all is sent, at most so long."""
        return self._batcher.flush(timeout_millis / 1000)


def join_provider(resource: Resource, processor: SpanProcessor) -> TracerProvider:
    """Adds the processor to the application's provider, or makes one where it has none.

    A provider of another kind cannot take it: then only spans made here are sent.
    """
    provider = trace.get_tracer_provider()
    if isinstance(provider, TracerProvider):
        provider.add_span_processor(processor)
        return provider
    # Ended by the client, in its own time.
    own = TracerProvider(resource=resource, shutdown_on_exit=False)
    own.add_span_processor(processor)
    if isinstance(provider, trace.ProxyTracerProvider):
        trace.set_tracer_provider(own)
    else:
        logger.warning(
            "the application's tracer provider (%s) is not OpenTelemetry's SDK: "
            "only spans made with sentryai are sent",
            type(provider).__name__,
        )
    return own


class Span:
    """A span as a context manager, for `with` and `async with`.

    An exception that leaves it is recorded, marks it as failed, and goes on.
    """

    def __init__(
        self,
        tracer: trace.Tracer,
        name: str,
        *,
        operation: str | None = None,
        model: str | None = None,
        provider: str | None = None,
        attributes: Mapping[str, AttributeValue] | None = None,
    ) -> None:
        self._tracer = tracer
        self._name = name
        self._kind = SpanKind.CLIENT if operation in _CLIENT_OPERATIONS else SpanKind.INTERNAL
        named = {
            "gen_ai.operation.name": operation,
            "gen_ai.request.model": model,
            "gen_ai.provider.name": provider,
        }
        self._attributes: dict[str, AttributeValue] = dict(attributes or {})
        self._attributes.update({key: value for key, value in named.items() if value is not None})
        self._span: trace.Span = trace.INVALID_SPAN
        self._token: Token[otel_context.Context] | None = None

    @property
    def trace_id(self) -> str:
        """The id of its trace in hexadecimal digits; zeros where it is not recorded."""
        return trace.format_trace_id(self._span.get_span_context().trace_id)

    @property
    def span_id(self) -> str:
        """Its id in hexadecimal digits; zeros where it is not recorded."""
        return trace.format_span_id(self._span.get_span_context().span_id)

    def set_attribute(self, key: str, value: AttributeValue) -> None:
        """Says more of it."""
        self._span.set_attribute(key, value)

    def record_usage(
        self,
        input_tokens: int,
        output_tokens: int,
        *,
        cache_read_tokens: int | None = None,
        cache_write_tokens: int | None = None,
        reasoning_tokens: int | None = None,
        cost_usd: float | None = None,
    ) -> None:
        """Says what the call took.

        Tokens read from and written to the provider's cache are part of `input_tokens`, those of
        reasoning part of `output_tokens`. Without a cost the server reckons it by its prices.
        """
        self._set(
            {
                "gen_ai.usage.input_tokens": input_tokens,
                "gen_ai.usage.output_tokens": output_tokens,
                "gen_ai.usage.cache_read.input_tokens": cache_read_tokens,
                "gen_ai.usage.cache_write.input_tokens": cache_write_tokens,
                "gen_ai.usage.reasoning.output_tokens": reasoning_tokens,
                "gen_ai.usage.cost": cost_usd,
            }
        )

    def record_response(
        self,
        *,
        model: str | None = None,
        response_id: str | None = None,
        finish_reasons: Sequence[str] | None = None,
    ) -> None:
        """Says what the model's answer says of itself."""
        self._set(
            {
                "gen_ai.response.model": model,
                "gen_ai.response.id": response_id,
                "gen_ai.response.finish_reasons": finish_reasons,
            }
        )

    def _set(self, attributes: Mapping[str, AttributeValue | None]) -> None:
        for key, value in attributes.items():
            if value is not None:
                self._span.set_attribute(key, value)

    def start(self) -> None:
        """Begins it, inside of the current span."""
        with harmless("a span's start"):
            self._span = self._tracer.start_span(
                self._name, kind=self._kind, attributes=self._attributes
            )

    def enter(self) -> None:
        """Makes it the current one."""
        self._token = otel_context.attach(trace.set_span_in_context(self._span))

    def leave(self) -> None:
        """Makes the one before the current one again."""
        if self._token is not None:
            otel_context.detach(self._token)
            self._token = None

    def end(self, error: BaseException | None = None) -> None:
        """Ends it, as failed where there is an error; a cancelled or closed one has not failed."""
        with harmless("a span's end"):
            if isinstance(error, Exception):
                self._span.set_attribute("error.type", type(error).__qualname__)
                self._span.set_status(Status(StatusCode.ERROR, describe(error)))
                self._span.record_exception(error)
        with harmless("a span's end"):
            self._span.end()

    def __enter__(self) -> Self:
        self.start()
        self.enter()
        return self

    def __exit__(
        self,
        error_type: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.leave()
        self.end(error)

    async def __aenter__(self) -> Self:
        return self.__enter__()

    async def __aexit__(
        self,
        error_type: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.__exit__(error_type, error, traceback)
