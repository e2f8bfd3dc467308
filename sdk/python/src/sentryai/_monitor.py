"""`@monitor`: a span around each call of a function."""

from __future__ import annotations

import functools
import inspect
from collections.abc import AsyncGenerator, Generator, Mapping
from typing import Any, Callable, TypeVar, cast, overload

from . import _api
from ._spans import AttributeValue, Span

F = TypeVar("F", bound=Callable[..., Any])


@overload
def monitor(function: F, /) -> F: ...


@overload
def monitor(
    name: str | None = None,
    *,
    operation: str | None = None,
    model: str | None = None,
    provider: str | None = None,
    attributes: Mapping[str, AttributeValue] | None = None,
) -> Callable[[F], F]: ...


def monitor(
    name: Any = None,
    *,
    operation: str | None = None,
    model: str | None = None,
    provider: str | None = None,
    attributes: Mapping[str, AttributeValue] | None = None,
) -> Any:
    """Makes a span of each call, and an event of each exception, which then goes on.

    For functions, coroutine functions, generators and asynchronous generators; a generator's span
    lasts from its first step to its last. The span bears the function's name unless another is
    given. Arguments and results are not sent.
    """
    if callable(name):
        return monitor()(name)

    def decorate(function: F) -> F:
        span_name = name or function.__qualname__

        def new_span() -> Span:
            return _api.span(
                span_name,
                operation=operation,
                model=model,
                provider=provider,
                attributes=attributes,
            )

        if inspect.isasyncgenfunction(function):
            wrapper = _around_async_generator(function, new_span)
        elif inspect.isgeneratorfunction(function):
            wrapper = _around_generator(function, new_span)
        elif inspect.iscoroutinefunction(function):
            wrapper = _around_coroutine(function, new_span)
        else:
            wrapper = _around_function(function, new_span)
        return cast(F, functools.wraps(function)(wrapper))

    return decorate


def _around_function(function: Callable[..., Any], new_span: Callable[[], Span]) -> Any:
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        with new_span():
            try:
                return function(*args, **kwargs)
            except Exception as error:
                _api.capture_error(error)
                raise

    return wrapper


def _around_coroutine(function: Callable[..., Any], new_span: Callable[[], Span]) -> Any:
    async def wrapper(*args: Any, **kwargs: Any) -> Any:
        async with new_span():
            try:
                return await function(*args, **kwargs)
            except Exception as error:
                _api.capture_error(error)
                raise

    return wrapper


# The span of a generator is the current one only while the generator itself runs: between its
# steps its caller runs, to whom the span is nothing.


def _around_generator(function: Callable[..., Any], new_span: Callable[[], Span]) -> Any:
    def wrapper(*args: Any, **kwargs: Any) -> Generator[Any, Any, Any]:
        generator = function(*args, **kwargs)
        span = new_span()
        span.start()
        failure: BaseException | None = None
        step: Callable[[], Any] = functools.partial(next, generator)
        try:
            while True:
                span.enter()
                try:
                    item = step()
                except StopIteration as stop:
                    return stop.value
                except Exception as error:
                    failure = error
                    _api.capture_error(error)
                    raise
                finally:
                    span.leave()
                try:
                    sent = yield item
                    step = functools.partial(generator.send, sent)
                except GeneratorExit:
                    generator.close()
                    raise
                except BaseException as thrown:
                    step = functools.partial(generator.throw, thrown)
        finally:
            span.end(failure)

    return wrapper


def _around_async_generator(function: Callable[..., Any], new_span: Callable[[], Span]) -> Any:
    async def wrapper(*args: Any, **kwargs: Any) -> AsyncGenerator[Any, Any]:
        generator = function(*args, **kwargs)
        span = new_span()
        span.start()
        failure: BaseException | None = None
        step: Callable[[], Any] = generator.__anext__
        try:
            while True:
                span.enter()
                try:
                    item = await step()
                except StopAsyncIteration:
                    return
                except Exception as error:
                    failure = error
                    _api.capture_error(error)
                    raise
                finally:
                    span.leave()
                try:
                    sent = yield item
                    step = functools.partial(generator.asend, sent)
                except GeneratorExit:
                    await generator.aclose()
                    raise
                except BaseException as thrown:
                    step = functools.partial(generator.athrow, thrown)
        finally:
            span.end(failure)

    return wrapper
