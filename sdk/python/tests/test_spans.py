from __future__ import annotations

import asyncio
import inspect
import subprocess
import sys
import textwrap
from collections.abc import AsyncGenerator, Generator
from typing import Any

import pytest
from opentelemetry import trace
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

import sentryai

from .conftest import KEY, Init, Server, attributes


def sent(server: Server) -> dict[str, Span]:
    """The spans so far by name."""
    assert sentryai.flush(60)
    spans = server.spans()
    by_name = {span.name: span for span in spans}
    assert len(by_name) == len(spans)
    return by_name


def test_a_call_of_a_model(server: Server, init: Init) -> None:
    init()
    with sentryai.span(
        "chat gpt-4o",
        operation="chat",
        model="gpt-4o",
        provider="openai",
        attributes={"gen_ai.conversation.id": "c1"},
    ) as span:
        span.record_response(model="gpt-4o-2024", response_id="r1", finish_reasons=["stop"])
        span.record_usage(
            1000,
            500,
            cache_read_tokens=100,
            cache_write_tokens=50,
            reasoning_tokens=20,
            cost_usd=0.0125,
        )
        span.set_attribute("user.id", "u1")
        ids = (span.trace_id, span.span_id)
    spans = sent(server)
    call = spans["chat gpt-4o"]
    assert (call.trace_id.hex(), call.span_id.hex()) == ids
    assert call.kind == Span.SPAN_KIND_CLIENT
    assert call.status.code == Status.STATUS_CODE_UNSET
    assert call.start_time_unix_nano < call.end_time_unix_nano
    assert attributes(call) == {
        "gen_ai.operation.name": "chat",
        "gen_ai.request.model": "gpt-4o",
        "gen_ai.provider.name": "openai",
        "gen_ai.conversation.id": "c1",
        "gen_ai.response.model": "gpt-4o-2024",
        "gen_ai.response.id": "r1",
        "gen_ai.response.finish_reasons": ["stop"],
        "gen_ai.usage.input_tokens": 1000,
        "gen_ai.usage.output_tokens": 500,
        "gen_ai.usage.cache_read.input_tokens": 100,
        "gen_ai.usage.cache_write.input_tokens": 50,
        "gen_ai.usage.reasoning.output_tokens": 20,
        "gen_ai.usage.cost": 0.0125,
        "user.id": "u1",
    }


def test_what_is_not_said_is_not_sent(server: Server, init: Init) -> None:
    init()
    with sentryai.span("execute_tool search", operation="execute_tool") as span:
        span.record_usage(0, 0)
        span.record_response()
    tool = sent(server)["execute_tool search"]
    assert tool.kind == Span.SPAN_KIND_INTERNAL
    assert attributes(tool) == {
        "gen_ai.operation.name": "execute_tool",
        "gen_ai.usage.input_tokens": 0,
        "gen_ai.usage.output_tokens": 0,
    }


def test_an_exception_marks_the_span_and_goes_on(server: Server, init: Init) -> None:
    init()
    with pytest.raises(ZeroDivisionError), sentryai.span("s"):
        _ = 1 / 0
    assert not trace.get_current_span().get_span_context().is_valid
    span = sent(server)["s"]
    assert span.status.code == Status.STATUS_CODE_ERROR
    assert span.status.message == "ZeroDivisionError: division by zero"
    assert attributes(span)["error.type"] == "ZeroDivisionError"
    (event,) = span.events
    assert event.name == "exception"
    assert "1 / 0" in attributes(event)["exception.stacktrace"]


def test_an_end_by_cancelling_is_no_failure(server: Server, init: Init) -> None:
    init()

    async def main() -> None:
        async def wait() -> None:
            async with sentryai.span("cancelled"):
                await asyncio.sleep(60)

        task = asyncio.create_task(wait())
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    asyncio.run(main())
    assert sent(server)["cancelled"].status.code == Status.STATUS_CODE_UNSET


def test_an_exception_without_words_stays_itself(server: Server, init: Init) -> None:
    class Mute(Exception):
        def __str__(self) -> str:
            raise RuntimeError("no words")

    init()
    with pytest.raises(Mute), sentryai.span("s"):
        raise Mute
    assert sent(server)["s"].status.code == Status.STATUS_CODE_ERROR


def test_monitor_leaves_functions_what_they_are(server: Server, init: Init) -> None:
    @sentryai.monitor
    def plain(a: int, *, b: int = 2) -> int:
        """Adds."""
        return a + b

    @sentryai.monitor("named", operation="invoke_agent", attributes={"gen_ai.agent.name": "a"})
    async def coroutine(a: int) -> int:
        await asyncio.sleep(0)
        return a

    class Agent:
        @sentryai.monitor()
        def method(self) -> Agent:
            return self

    init()
    agent = Agent()
    assert plain(1) == 3
    assert plain.__doc__ == "Adds."
    assert inspect.iscoroutinefunction(coroutine)
    assert asyncio.run(coroutine(5)) == 5
    assert agent.method() is agent
    spans = sent(server)
    prefix = "test_monitor_leaves_functions_what_they_are.<locals>."
    assert set(spans) == {prefix + "plain", "named", prefix + "Agent.method"}
    assert attributes(spans["named"]) == {
        "gen_ai.operation.name": "invoke_agent",
        "gen_ai.agent.name": "a",
    }
    assert server.to("/v1/events/batch") == []


def test_monitor_sends_an_exception_once(server: Server, init: Init) -> None:
    @sentryai.monitor("inner")
    async def inner() -> None:
        raise LookupError("deep")

    @sentryai.monitor("outer")
    async def outer() -> None:
        await inner()

    init()
    with pytest.raises(LookupError, match="deep"):
        asyncio.run(outer())
    spans = sent(server)
    assert {span.status.code for span in spans.values()} == {Status.STATUS_CODE_ERROR}
    assert spans["inner"].parent_span_id == spans["outer"].span_id
    (event,) = server.events()
    assert event["context"]["spanId"] == spans["inner"].span_id.hex()
    assert "in inner" in event["body"]["stack"]


def test_monitor_before_init_is_a_plain_call() -> None:
    @sentryai.monitor
    def double(a: int) -> int:
        return 2 * a

    assert double(4) == 8


def in_span() -> bool:
    return trace.get_current_span().get_span_context().is_valid


def test_a_generator(server: Server, init: Init) -> None:
    @sentryai.monitor("generator")
    def echo() -> Generator[Any, Any, str]:
        got = []
        for number in range(2):
            with sentryai.span(f"step {number}"):
                pass
            try:
                got.append((yield in_span()))
            except KeyError as error:
                got.append(error)
        return str(got)

    init()
    generator = echo()
    assert next(generator) is True
    assert not in_span()
    assert generator.send("a") is True
    with pytest.raises(StopIteration) as stop:
        generator.throw(KeyError("b"))
    assert stop.value.value == "['a', KeyError('b')]"
    spans = sent(server)
    assert set(spans) == {"generator", "step 0", "step 1"}
    whole = spans["generator"]
    assert whole.status.code == Status.STATUS_CODE_UNSET
    assert {spans[f"step {n}"].parent_span_id for n in range(2)} == {whole.span_id}


def test_a_generator_that_fails_or_is_left(server: Server, init: Init) -> None:
    closed = []

    @sentryai.monitor("fails")
    def fails() -> Generator[int, None, None]:
        yield 1
        raise ValueError("halfway")

    @sentryai.monitor("left")
    def left() -> Generator[int, None, None]:
        try:
            yield 1
            yield 2
        finally:
            closed.append(True)

    init()
    with pytest.raises(ValueError, match="halfway"):
        list(fails())
    for _ in left():
        break
    assert closed == [True]
    spans = sent(server)
    assert spans["fails"].status.code == Status.STATUS_CODE_ERROR
    assert spans["left"].status.code == Status.STATUS_CODE_UNSET
    assert [body["message"] for body in server.bodies()] == ["ValueError: halfway"]


def test_an_async_generator(server: Server, init: Init) -> None:
    closed = []

    @sentryai.monitor("generator")
    async def echo() -> AsyncGenerator[Any, Any]:
        try:
            got = yield in_span()
            async with sentryai.span("step"):
                await asyncio.sleep(0)
            try:
                yield got
            except KeyError:
                yield "caught"
            yield "never asked for"
        finally:
            closed.append(True)

    @sentryai.monitor("fails")
    async def fails() -> AsyncGenerator[int, None]:
        yield 1
        raise ValueError("halfway")

    async def main() -> None:
        generator = echo()
        assert await generator.__anext__() is True
        assert not in_span()
        assert await generator.asend("a") == "a"
        assert await generator.athrow(KeyError("b")) == "caught"
        await generator.aclose()
        assert closed == [True]
        with pytest.raises(ValueError, match="halfway"):
            assert [number async for number in fails()] == [1]

    init()
    assert inspect.isasyncgenfunction(echo)
    asyncio.run(main())
    spans = sent(server)
    assert set(spans) == {"generator", "step", "fails"}
    assert spans["step"].parent_span_id == spans["generator"].span_id
    assert spans["generator"].status.code == Status.STATUS_CODE_UNSET
    assert spans["fails"].status.code == Status.STATUS_CODE_ERROR
    assert [body["message"] for body in server.bodies()] == ["ValueError: halfway"]


def run(server: Server, program: str) -> None:
    """Runs a program of its own: a process has one global provider, once."""
    subprocess.run(
        [
            sys.executable,
            "-W",
            "error",
            "-c",
            textwrap.dedent(program),
            server.endpoint,
            KEY,
        ],
        timeout=300,
        check=True,
    )


def test_the_resource_says_who_sends(server: Server) -> None:
    run(
        server,
        """
        import os, sys, sentryai
        os.environ["OTEL_RESOURCE_ATTRIBUTES"] = "host.name=h1,team=overruled"
        sentryai.init(
            sys.argv[2], endpoint=sys.argv[1], service_name="tester", service_version="1.2",
            environment="test", team="risk", agent_type="bot",
            metrics_interval_s=None, exit_timeout_s=60,
        )
        from opentelemetry import trace
        with trace.get_tracer("the application's own").start_as_current_span("s"):
            pass
        """,
    )
    assert [span.name for span in server.spans()] == ["s"]
    resource = server.resource()
    assert len(resource.pop("service.instance.id")) == 36
    kept = {key: value for key, value in resource.items() if not key.startswith("telemetry.sdk.")}
    assert kept == {
        "service.name": "tester",
        "service.version": "1.2",
        "deployment.environment.name": "test",
        "team": "risk",
        "agent.type": "bot",
        "host.name": "h1",
    }


def test_a_provider_of_the_application_is_used_and_kept(server: Server) -> None:
    run(
        server,
        """
        import sys, sentryai
        from opentelemetry import trace
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import SimpleSpanProcessor
        from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
        theirs = InMemorySpanExporter()
        provider = TracerProvider(resource=Resource.create({"service.name": "theirs"}))
        provider.add_span_processor(SimpleSpanProcessor(theirs))
        trace.set_tracer_provider(provider)
        sentryai.init(sys.argv[2], endpoint=sys.argv[1], metrics_interval_s=None, exit_timeout_s=60)
        assert trace.get_tracer_provider() is provider
        with trace.get_tracer("t").start_as_current_span("by hand"), sentryai.span("ours"):
            pass
        assert [span.name for span in theirs.get_finished_spans()] == ["ours", "by hand"]
        """,
    )
    spans = {span.name: span for span in server.spans()}
    assert spans["ours"].parent_span_id == spans["by hand"].span_id
    assert server.resource()["service.name"] == "theirs"


def test_a_provider_of_another_kind_is_left_alone(server: Server) -> None:
    run(
        server,
        """
        import sys, sentryai
        from opentelemetry import trace
        provider = trace.NoOpTracerProvider()
        trace.set_tracer_provider(provider)
        sentryai.init(sys.argv[2], endpoint=sys.argv[1], metrics_interval_s=None, exit_timeout_s=60)
        assert trace.get_tracer_provider() is provider
        with trace.get_tracer("t").start_as_current_span("theirs"), sentryai.span("ours"):
            pass
        """,
    )
    assert [span.name for span in server.spans()] == ["ours"]


def test_the_requests_to_the_server_are_not_traced(server: Server) -> None:
    run(
        server,
        """
        import sys, sentryai
        from opentelemetry.instrumentation.requests import RequestsInstrumentor
        RequestsInstrumentor().instrument()
        sentryai.init(sys.argv[2], endpoint=sys.argv[1], metrics_interval_s=0.01)
        for _ in range(3):
            with sentryai.span("ours"):
                sentryai.capture_log("m")
            assert sentryai.flush(60)
        """,
    )
    assert [span.name for span in server.spans()] == ["ours"] * 3
    assert len(server.events()) == 3
    assert server.metrics()


def test_spans_that_are_not_sampled_are_not_sent(server: Server) -> None:
    run(
        server,
        """
        import os, sys, sentryai
        os.environ["OTEL_TRACES_SAMPLER"] = "always_off"
        sentryai.init(sys.argv[2], endpoint=sys.argv[1], metrics_interval_s=None, exit_timeout_s=60)
        with sentryai.span("unsampled") as span:
            assert span.span_id != "0" * 16
        assert sentryai.stats()["spans"].queued == 0
        """,
    )
    assert server.requests == []
