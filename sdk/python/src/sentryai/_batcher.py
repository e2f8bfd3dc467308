"""A bounded queue with one thread behind it that sends batches.

OpenTelemetry's batch processor is not used, because it neither counts what it drops nor lets
`force_flush` and the exit of the program end in a given time.
"""

from __future__ import annotations

import logging
import os
import threading
import weakref
from collections import deque
from typing import Callable, Generic, NamedTuple, TypeVar

from ._log import Throttle

T = TypeVar("T")

#: Sends a batch and returns how many of it were stored. May take as long as it likes, but
#: returns soon after the event that it was made with is set.
Send = Callable[[list[T]], int]


class Stats(NamedTuple):
    """What became of the records of one kind."""

    #: Waiting or under way.
    queued: int
    #: Stored, as the server said.
    sent: int
    #: Not taken because the queue was full, or still unsent when the program ended.
    dropped: int
    #: Not stored, as the server said.
    refused: int


class Batcher(Generic[T]):
    """Takes records without ever waiting, and sends them in batches from a thread.

    The thread starts with the first record and makes what it sends with itself (`make_send`), so
    that no connection is shared between threads or with a forked child. A child begins with an
    empty queue: what its parent took is its parent's to send.
    """

    def __init__(
        self,
        name: str,
        make_send: Callable[[threading.Event], Send[T]],
        *,
        max_records: int,
        max_bytes: int = 64 * 2**20,
        batch_records: int = 500,
        batch_bytes: int = 2**20,
        interval_s: float,
    ) -> None:
        self._name = name
        self._make_send = make_send
        self._max_records = max_records
        self._max_bytes = max_bytes
        self._batch_records = batch_records
        self._batch_bytes = batch_bytes
        self._interval_s = interval_s
        self._log = Throttle()
        self._closed = False
        self._reset()
        if hasattr(os, "register_at_fork"):
            reset = weakref.WeakMethod(self._reset)
            os.register_at_fork(after_in_child=lambda: (method := reset()) and method())

    def _reset(self) -> None:
        # Reentrant, because a signal handler or a finaliser may put while its thread puts.
        self._changed = threading.Condition(threading.RLock())
        self._queue: deque[tuple[T, int]] = deque()
        self._bytes = 0
        self._in_flight = 0
        self._sent = self._dropped = self._refused = 0
        # How many were taken and how many of them are done with, in the order of the queue; up to
        # which one somebody waits.
        self._taken = self._done = self._awaited = 0
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def put(self, record: T, size_bytes: int = 0) -> bool:
        """Takes a record, or drops it and counts where there is no room; says which."""
        with self._changed:
            if self._closed:
                self._dropped += 1
                return False
            has_room = (
                len(self._queue) + self._in_flight < self._max_records
                and self._bytes + size_bytes <= self._max_bytes
            )
            if has_room:
                self._queue.append((record, size_bytes))
                self._bytes += size_bytes
                self._taken += 1
                self._start()
                self._changed.notify_all()
            else:
                self._dropped += 1
        if not has_room:
            self._log.log(logging.WARNING, "the queue of %s is full: one was dropped", self._name)
        return has_room

    def flush(self, timeout_s: float) -> bool:
        """Waits until all that was taken so far is sent, at most so long; says whether it is."""
        with self._changed:
            awaited = self._awaited = self._taken
            self._changed.notify_all()
            return self._changed.wait_for(lambda: self._done >= awaited, timeout_s)

    def close(self, timeout_s: float) -> None:
        """Sends what can be sent in that time and gives the rest up. A second call does nothing."""
        with self._changed:
            if self._closed:
                return
            self._closed = True
            self.flush(timeout_s)
            self._stop.set()
            lost = len(self._queue)
            self._dropped += lost
            self._done += lost
            self._queue.clear()
            self._bytes = 0
            lost += self._in_flight
            self._changed.notify_all()
        if lost:
            self._log.log(logging.WARNING, "%d %s were not sent before the end", lost, self._name)

    def stats(self) -> Stats:
        """What became of the records so far."""
        with self._changed:
            return Stats(
                queued=len(self._queue) + self._in_flight,
                sent=self._sent,
                dropped=self._dropped,
                refused=self._refused,
            )

    def _start(self) -> None:
        if self._thread is None:
            thread = threading.Thread(target=self._work, name=f"sentryai-{self._name}", daemon=True)
            try:
                thread.start()
            except RuntimeError:
                # The interpreter is on its way out, or there is no room for another thread: the
                # record waits for the next attempt.
                return
            self._thread = thread

    def _work(self) -> None:
        send = self._make_send(self._stop)
        while not self._stop.is_set():
            with self._changed:
                self._changed.wait_for(lambda: bool(self._queue) or self._stop.is_set())
                self._changed.wait_for(self._is_due, self._interval_s)
                batch = self._take()
            if not batch:
                continue
            try:
                stored = send(batch)
            except Exception:
                # A defect of ours or of a library must not end the thread.
                stored = 0
                self._log.log(logging.ERROR, "%s could not be sent", self._name)
            with self._changed:
                self._in_flight = 0
                self._done += len(batch)
                self._sent += stored
                if self._stop.is_set():
                    self._dropped += len(batch) - stored
                else:
                    self._refused += len(batch) - stored
                self._changed.notify_all()

    def _is_due(self) -> bool:
        return (
            self._done < self._awaited
            or self._stop.is_set()
            or len(self._queue) >= self._batch_records
            or self._bytes >= self._batch_bytes
        )

    def _take(self) -> list[T]:
        batch: list[T] = []
        size_bytes = 0
        while self._queue and len(batch) < self._batch_records:
            record, record_bytes = self._queue[0]
            if batch and size_bytes + record_bytes > self._batch_bytes:
                break
            self._queue.popleft()
            self._bytes -= record_bytes
            size_bytes += record_bytes
            batch.append(record)
        self._in_flight = len(batch)
        return batch
