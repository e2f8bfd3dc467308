"""The body of each type of event, checked before it is sent."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Callable

#: Says what a value should have been, or `None` where it is that.
Check = Callable[[object], "str | None"]


class InvalidBody(ValueError):
    """The body does not have the form of its type; the text says what is wrong."""


@dataclass(frozen=True)
class Field:
    """One field of a body."""

    check: Check
    is_required: bool = False


def _text(value: object) -> str | None:
    return None if isinstance(value, str) else "a text"


def _name(value: object) -> str | None:
    is_name = isinstance(value, str) and value.strip() and len(value) <= 255
    return None if is_name else "a text of 1 to 255 characters"


def _texts(value: object) -> str | None:
    is_list = isinstance(value, Sequence) and not isinstance(value, (str, bytes))
    if is_list and all(isinstance(item, str) for item in value):  # type: ignore[attr-defined]
        return None
    return "a list of texts"


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def _number(value: object) -> str | None:
    return None if _is_number(value) else "a finite number"


def _positive(value: object) -> str | None:
    is_positive = _is_number(value) and value >= 0  # type: ignore[operator]
    return None if is_positive else "a finite number of at least 0"


def _count(value: object) -> str | None:
    is_count = isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 10**9
    return None if is_count else "a whole number from 0 to a billion"


def _object(value: object) -> str | None:
    is_object = isinstance(value, Mapping) and all(isinstance(key, str) for key in value)
    return None if is_object else "an object with texts as keys"


def _anything(value: object) -> str | None:
    return "anything but null" if value is None else None


def _one_of(*names: str) -> Check:
    def check(value: object) -> str | None:
        return None if isinstance(value, str) and value in names else "one of " + ", ".join(names)

    return check


def _results(value: object) -> str | None:
    if not isinstance(value, Sequence) or isinstance(value, (str, bytes)):
        return "a list of objects"
    for place, result in enumerate(value):
        problem = _first_problem(_RESULT, result)
        if problem:
            return f"a list of results, but in number {place} {problem}"
    return None


_RESULT = {
    "id": Field(_text, is_required=True),
    "score": Field(_number, is_required=True),
    "text": Field(_text, is_required=True),
    "metadata": Field(_object),
}

_METADATA = {"metadata": Field(_object)}

#: The fields of each type of event.
BODIES: dict[str, dict[str, Field]] = {
    "log": {
        "level": Field(_one_of("debug", "info", "warn", "error"), is_required=True),
        "message": Field(_text, is_required=True),
        **_METADATA,
    },
    "error": {
        "message": Field(_text, is_required=True),
        "stack": Field(_text),
        "fingerprint": Field(_texts),
        **_METADATA,
    },
    "span": {
        "spanId": Field(_name, is_required=True),
        "parentSpanId": Field(_name),
        "name": Field(_name, is_required=True),
        "start": Field(_text, is_required=True),
        "end": Field(_text),
        "attributes": Field(_object),
    },
    "token_usage": {
        "model": Field(_name, is_required=True),
        "inputTokens": Field(_count, is_required=True),
        "outputTokens": Field(_count, is_required=True),
        # Part of the input and of the output; the server takes them besides what is specified.
        "cacheReadTokens": Field(_count),
        "cacheWriteTokens": Field(_count),
        "reasoningTokens": Field(_count),
        "costUSD": Field(_positive),
        **_METADATA,
    },
    "message": {
        "role": Field(_one_of("user", "system", "assistant", "tool"), is_required=True),
        "content": Field(_text, is_required=True),
        **_METADATA,
    },
    "eval_metric": {
        "suiteId": Field(_name, is_required=True),
        "metric": Field(_name, is_required=True),
        "value": Field(_number, is_required=True),
        **_METADATA,
    },
    "agent_action": {
        "agentName": Field(_name),
        "action": Field(_name, is_required=True),
        "input": Field(_anything, is_required=True),
        "output": Field(_anything),
        "reasoning": Field(_text),
        **_METADATA,
    },
    "retrieval": {
        "query": Field(_text, is_required=True),
        "results": Field(_results, is_required=True),
        "vectorDimensions": Field(_count),
        **_METADATA,
    },
    "tool_call": {
        "toolName": Field(_name, is_required=True),
        "arguments": Field(_object, is_required=True),
        "result": Field(_object),
        "latencyMs": Field(_positive),
        **_METADATA,
    },
    "model_response": {
        "model": Field(_name, is_required=True),
        "prompt": Field(_text, is_required=True),
        "response": Field(_text, is_required=True),
        "finishReason": Field(_name),
        "latencyMs": Field(_positive, is_required=True),
        **_METADATA,
    },
    "custom": {
        "name": Field(_name, is_required=True),
        "payload": Field(_object, is_required=True),
    },
}


def validate(event_type: str, body: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the body without the optional fields that are `None`.

    Raises:
        InvalidBody: the type is unknown, a field is missing, unknown or not of its kind.
    """
    fields = BODIES.get(event_type)
    if fields is None:
        raise InvalidBody(f"no type of event {event_type!r}; there are {', '.join(BODIES)}")
    problem = _first_problem(fields, body)
    if problem:
        raise InvalidBody(f"event {event_type}: {problem}")
    return {name: value for name, value in body.items() if value is not None}


def _first_problem(fields: Mapping[str, Field], body: object) -> str | None:
    if not isinstance(body, Mapping):
        return "the body must be an object"
    for name in body:
        if name not in fields:
            return f"unknown field {name!r}; there are {', '.join(fields)}"
    for name, field in fields.items():
        value = body.get(name)
        if value is None and not field.is_required:
            continue
        if name not in body:
            return f"{name} is missing"
        expected = field.check(value)
        if expected:
            return f"{name} must be {expected}, not {value!r:.80}"
    return None
