from __future__ import annotations

import asyncio
import json
import socket
import subprocess
import sys
import textwrap
import threading
import time
from typing import Any

import pytest

import sentryai
from sentryai import _http
from sentryai._batcher import Batcher, Stats
from sentryai._http import backoff_s, parse_retry_after

from .conftest import KEY, Answer, Init, Server

EVENTS = "/v1/events/batch"
TRACES = "/v1/traces"


@pytest.fixture
def quick_retries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_http, "FIRST_BACKOFF_S", 0.01)
    monkeypatch.setattr(_http, "LONGEST_BACKOFF_S", 0.02)


def unused_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.mark.usefixtures("quick_retries")
@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_what_may_pass_is_sent_again_with_the_same_ids(
    server: Server, init: Init, caplog: pytest.LogCaptureFixture, status: int
) -> None:
    server.will_answer(EVENTS, Answer(status, b'{"error":"not now"}'), Answer(status))
    server.will_answer(TRACES, Answer(status))
    init()
    event_id = sentryai.capture_log("m")
    with sentryai.span("s"):
        pass
    assert sentryai.flush(60)
    first, second, third = (json.loads(request.body)["events"] for request in server.to(EVENTS))
    assert first == second == third
    assert [event["eventId"] for event in server.events()] == [event_id]
    assert [span.name for span in server.spans()] == ["s"]
    assert f"{status} not now" in caplog.text
    assert sentryai.stats() == {"events": Stats(0, 1, 0, 0), "spans": Stats(0, 1, 0, 0)}


@pytest.mark.usefixtures("quick_retries")
@pytest.mark.parametrize("path", [EVENTS, TRACES])
def test_retry_after_is_honoured(server: Server, init: Init, path: str) -> None:
    server.will_answer(path, Answer(503, headers={"Retry-After": "1"}))
    init()
    with sentryai.span("s"):
        sentryai.capture_log("m")
    server.wait_for(lambda: len(server.to(path)) == 1)
    first = time.monotonic()
    server.wait_for(lambda: len(server.to(path)) == 2)
    assert time.monotonic() - first >= 0.95


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (None, 0),
        ("", 0),
        ("7", 7),
        ("0", 0),
        ("-3", 0),
        ("soon", 0),
        ("nan", 0),
        ("86400", 300),
        ("Sat, 21 Nov 2026 20:00:10 GMT", 10),
        ("Sat, 21 Nov 2026 19:00:00 GMT", 0),
    ],
)
def test_retry_after_is_read(value: str | None, seconds: float) -> None:
    assert parse_retry_after(value, now=1_795_291_200.0) == seconds


def test_waits_double_up_to_a_bound_and_differ() -> None:
    for attempt, longest in [(0, 0.5), (1, 1), (3, 4), (6, 30), (10_000, 30)]:
        waits = {backoff_s(attempt) for _ in range(100)}
        assert len(waits) > 1
        assert longest / 2 <= min(waits) <= max(waits) <= longest


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        (401, b'{"success":false,"error":"unknown key","code":"UNAUTHORIZED"}', "unknown key"),
        (403, b'{"title":"Forbidden"}', "Forbidden"),
        (404, b"<html>no such page", "<html>no such page"),
        (302, b"", "302"),
    ],
)
def test_what_is_refused_is_counted_and_said(
    server: Server,
    init: Init,
    caplog: pytest.LogCaptureFixture,
    status: int,
    body: bytes,
    said: str,
) -> None:
    server.will_answer(EVENTS, Answer(status, body, {"Location": "/elsewhere"}))
    server.will_answer(TRACES, Answer(status, body))
    init(batch_interval_s=5)
    sentryai.capture_log("a")
    sentryai.capture_log("b")
    with sentryai.span("s"):
        pass
    assert sentryai.flush(60)
    assert "the server refused 2 events" in caplog.text
    assert "the server refused 1 spans" in caplog.text
    assert said in caplog.text
    assert sentryai.stats() == {"events": Stats(0, 0, 0, 2), "spans": Stats(0, 0, 0, 1)}
    assert [request.path for request in server.requests].count(EVENTS) == 1


@pytest.mark.parametrize("status", [400, 413, 422])
def test_a_refused_event_does_not_take_the_others_with_it(
    server: Server, init: Init, caplog: pytest.LogCaptureFixture, status: int
) -> None:
    # The fourth is bad: abcde is refused, ab stored, cde refused, c stored, de and d refused.
    bad = Answer(status, b'{"error":"level: no such"}')
    server.will_answer(EVENTS, bad, Answer(), bad, Answer(), bad, bad, Answer())
    init(batch_interval_s=5)
    for name in "abcde":
        sentryai.capture_log(name)
    assert sentryai.flush(60)
    assert [body["message"] for body in server.bodies()] == ["a", "b", "c", "e"]
    assert sentryai.stats()["events"] == Stats(queued=0, sent=4, dropped=0, refused=1)
    assert f"the server refused 1 events: {status} level: no such" in caplog.text


def test_spans_that_are_too_much_at_once_go_in_halves(server: Server, init: Init) -> None:
    server.will_answer(TRACES, Answer(413), Answer(), Answer(413))
    init(batch_interval_s=5)
    for name in "abc":
        with sentryai.span(name):
            pass
    assert sentryai.flush(60)
    assert [span.name for span in server.spans()] == ["a", "b", "c"]
    assert sentryai.stats()["spans"] == Stats(queued=0, sent=3, dropped=0, refused=0)


def test_spans_that_are_partly_refused_are_counted(
    server: Server, init: Init, caplog: pytest.LogCaptureFixture
) -> None:
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
        ExportTracePartialSuccess,
        ExportTraceServiceResponse,
    )

    partial = ExportTracePartialSuccess(rejected_spans=1, error_message="too many attributes")
    answer = ExportTraceServiceResponse(partial_success=partial).SerializeToString()
    server.will_answer(TRACES, Answer(200, answer))
    init(batch_interval_s=5)
    for name in "ab":
        with sentryai.span(name):
            pass
    assert sentryai.flush(60)
    assert sentryai.stats()["spans"] == Stats(queued=0, sent=1, dropped=0, refused=1)
    assert "the server refused 1 of 2 spans: too many attributes" in caplog.text


def test_an_answer_of_success_counts_whatever_it_says(server: Server, init: Init) -> None:
    server.will_answer(TRACES, Answer(200, b"\xff\xff\xff"))
    init()
    with sentryai.span("a"):
        pass
    assert sentryai.flush(60)
    assert sentryai.stats()["spans"] == Stats(queued=0, sent=1, dropped=0, refused=0)


def test_a_slow_server_holds_nobody_up(server: Server, init: Init) -> None:
    gate = threading.Event()
    server.will_answer(EVENTS, Answer(gate=gate))
    init(max_queue=100, batch_interval_s=0)
    sentryai.capture_log("first")
    server.wait_for(lambda: len(server.to(EVENTS)) == 1)
    began = time.monotonic()
    for number in range(1000):
        sentryai.capture_log(str(number))
    assert time.monotonic() - began < 30
    assert not sentryai.flush(0.05)
    # One is under way and counts as held.
    assert sentryai.stats()["events"] == Stats(queued=100, sent=0, dropped=901, refused=0)
    gate.set()
    assert sentryai.flush(60)
    assert sentryai.stats()["events"] == Stats(queued=0, sent=100, dropped=901, refused=0)
    assert [body["message"] for body in server.bodies()] == ["first", *map(str, range(99))]


def test_a_full_queue_of_spans_counts_what_it_drops(
    server: Server, init: Init, caplog: pytest.LogCaptureFixture
) -> None:
    gate = threading.Event()
    server.will_answer(TRACES, Answer(gate=gate))
    init(max_queue=10, batch_interval_s=0)
    with sentryai.span("first"):
        pass
    server.wait_for(lambda: len(server.to(TRACES)) == 1)
    for number in range(20):
        with sentryai.span(str(number)):
            pass
    assert sentryai.stats()["spans"] == Stats(queued=10, sent=0, dropped=11, refused=0)
    assert caplog.text.count("the queue of spans is full") == 1
    gate.set()
    assert sentryai.flush(60)
    assert [span.name for span in server.spans()] == ["first", *map(str, range(9))]


def test_a_queue_is_bounded_in_bytes() -> None:
    batcher: Batcher[int] = Batcher(
        "t", lambda stop: lambda batch: len(batch), max_records=100, max_bytes=10, interval_s=60
    )
    assert [batcher.put(n, 4) for n in range(4)] == [True, True, False, False]
    assert batcher.put(4, 2)
    assert batcher.flush(10)
    assert batcher.put(5, 10)
    batcher.close(10)
    assert batcher.stats() == Stats(queued=0, sent=4, dropped=2, refused=0)
    assert not batcher.put(6)


def test_a_queue_lives_on_when_sending_has_a_defect(caplog: pytest.LogCaptureFixture) -> None:
    def send(batch: list[int]) -> int:
        if batch[0] == 0:
            raise RuntimeError("defect")
        return len(batch)

    batcher: Batcher[int] = Batcher("t", lambda stop: send, max_records=9, interval_s=0)
    batcher.put(0)
    assert batcher.flush(10)
    batcher.put(1)
    assert batcher.flush(10)
    assert batcher.stats() == Stats(queued=0, sent=1, dropped=0, refused=1)
    assert "t could not be sent" in caplog.text
    batcher.close(1)


def test_a_flush_waits_only_for_what_was_taken_before_it() -> None:
    def send_and_put(batch: list[int]) -> int:
        batcher.put(0)
        return len(batch)

    batcher: Batcher[int] = Batcher("t", lambda stop: send_and_put, max_records=9, interval_s=0)
    batcher.put(0)
    assert batcher.flush(20)
    assert batcher.flush(20)
    batcher.close(0)


def test_without_a_thread_records_wait_for_one(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread at interpreter shutdown")

    batcher: Batcher[int] = Batcher(
        "t", lambda stop: lambda batch: len(batch), max_records=9, interval_s=0
    )
    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", refuse)
        assert batcher.put(1)
        assert not batcher.flush(0.01)
    assert batcher.put(2)
    assert batcher.flush(10)
    batcher.close(1)
    assert batcher.stats() == Stats(queued=0, sent=2, dropped=0, refused=0)


@pytest.mark.usefixtures("quick_retries")
def test_nobody_listens_at_first(server: Server, caplog: pytest.LogCaptureFixture) -> None:
    port = unused_port()
    sentryai.init(KEY, endpoint=f"http://127.0.0.1:{port}", metrics_interval_s=None)
    sentryai.capture_log("m")
    with sentryai.span("s"):
        pass
    assert not sentryai.flush(0.2)
    assert "does not take data now" in caplog.text
    began = time.monotonic()
    sentryai.shutdown(0.2)
    assert time.monotonic() - began < 30
    assert "1 events were not sent before the end" in caplog.text
    assert "1 spans were not sent before the end" in caplog.text


@pytest.mark.usefixtures("quick_retries")
def test_a_server_that_comes_back_gets_everything(server: Server, init: Init) -> None:
    server.will_answer(EVENTS, *[Answer(503)] * 5)
    init()
    for number in range(20):
        sentryai.capture_log(str(number))
    assert sentryai.flush(60)
    assert sorted(int(body["message"]) for body in server.bodies()) == list(range(20))


def test_many_threads(server: Server, init: Init) -> None:
    init()

    def work(thread: int) -> None:
        for number in range(200):
            sentryai.capture_log(f"{thread}.{number}")
            with sentryai.span(f"{thread}.{number}"):
                pass

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sentryai.flush(60)
    expected = {f"{thread}.{number}" for thread in range(8) for number in range(200)}
    messages = [body["message"] for body in server.bodies()]
    assert len(messages) == 1600
    assert set(messages) == expected
    assert {span.name for span in server.spans()} == expected


def test_asyncio(server: Server, init: Init) -> None:
    init()

    async def work(number: int) -> None:
        async with sentryai.span(f"outer {number}"):
            await asyncio.sleep(0)
            sentryai.capture_log(str(number))
            async with sentryai.span(f"inner {number}"):
                await asyncio.sleep(0)

    async def main() -> None:
        await asyncio.gather(*(work(number) for number in range(20)))
        assert await asyncio.to_thread(sentryai.flush, 60)

    asyncio.run(main())
    spans = {span.name: span for span in server.spans()}
    events = {event["body"]["message"]: event for event in server.events()}
    assert len(spans) == 40
    for number in range(20):
        outer, inner = spans[f"outer {number}"], spans[f"inner {number}"]
        assert not outer.parent_span_id
        assert inner.parent_span_id == outer.span_id
        assert inner.trace_id == outer.trace_id
        context = events[str(number)]["context"]
        assert context["traceId"] == outer.trace_id.hex()
        assert context["spanId"] == outer.span_id.hex()


def test_a_forked_child_sends_its_own_and_only_its_own(server: Server) -> None:
    run(
        server,
        """
        import os
        sentryai.capture_log("of the parent, before")
        with sentryai.span("parent"):
            pass
        children = []
        for number in range(3):
            child = os.fork()
            if not child:
                sentryai.capture_log(f"of child {number}")
                with sentryai.span(f"child {number}"):
                    pass
                os._exit(0 if sentryai.flush(60) and sentryai.stats()["events"].sent == 1 else 1)
            children.append(child)
        assert [os.waitpid(child, 0)[1] for child in children] == [0, 0, 0]
        sentryai.capture_log("of the parent, after")
        """,
        batch_interval_s=0.2,
    )
    assert sorted(body["message"] for body in server.bodies()) == [
        "of child 0",
        "of child 1",
        "of child 2",
        "of the parent, after",
        "of the parent, before",
    ]
    names = sorted(span.name for span in server.spans())
    assert names == ["child 0", "child 1", "child 2", "parent"]


def test_a_fork_while_threads_are_busy_does_not_hang(server: Server) -> None:
    run(
        server,
        """
        import os, threading
        busy = True
        def work():
            while busy:
                sentryai.capture_log("of the parent")
        threads = [threading.Thread(target=work) for _ in range(2)]
        for thread in threads:
            thread.start()
        for number in range(10):
            child = os.fork()
            if not child:
                sentryai.capture_log(f"of child {number}")
                os._exit(0 if sentryai.flush(60) else 1)
            assert os.waitpid(child, 0)[1] == 0
        busy = False
        """,
        batch_interval_s=0.01,
    )
    of_children = {body["message"] for body in server.bodies()} - {"of the parent"}
    assert of_children == {f"of child {number}" for number in range(10)}


def test_the_end_of_the_program_sends_what_is_left(server: Server) -> None:
    run(
        server,
        """
        sentryai.capture_log("last words")
        with sentryai.span("last span"):
            pass
        """,
        batch_interval_s=60,
    )
    assert [body["message"] for body in server.bodies()] == ["last words"]
    assert [span.name for span in server.spans()] == ["last span"]


def test_an_unhandled_exception_is_not_changed(server: Server) -> None:
    ended = run(
        server,
        """
        @sentryai.monitor
        def fail():
            raise ValueError("as ever")
        fail()
        """,
        exit_code=1,
        batch_interval_s=60,
    )
    assert ended.stderr.endswith("ValueError: as ever\n")
    assert [body["message"] for body in server.bodies()] == ["ValueError: as ever"]


def test_the_end_of_the_program_is_not_held_up_for_long(server: Server) -> None:
    gate = threading.Event()
    server.will_answer(EVENTS, Answer(gate=gate))
    server.will_answer(TRACES, Answer(gate=gate))
    began = time.monotonic()
    run(
        server,
        """
        sentryai.capture_log("last words")
        with sentryai.span("last span"):
            pass
        """,
        exit_timeout_s=0.5,
        metrics_interval_s=60,
    )
    gate.set()
    assert 0.5 <= time.monotonic() - began < 30


def test_the_end_of_an_idle_program_is_not_held_up(server: Server) -> None:
    ended = run(
        server,
        """
        import atexit, time
        began = time.monotonic()
        atexit._run_exitfuncs()
        print(time.monotonic() - began)
        """,
    )
    assert float(ended.stdout) < 30


def run(
    server: Server, program: str, *, exit_code: int = 0, **settings: Any
) -> subprocess.CompletedProcess[str]:
    """Runs a program of its own that begins with init."""
    defaults = {"endpoint": server.endpoint, "metrics_interval_s": None, "exit_timeout_s": 60}
    settings = {**defaults, **settings}
    begin = f"import sentryai\nsentryai.init({KEY!r}, **{settings!r})\n"
    ended = subprocess.run(
        [sys.executable, "-W", "error", "-c", begin + textwrap.dedent(program)],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert ended.returncode == exit_code, ended.stderr
    return ended
