"""What the server's documentation says of an event, checked apart from the package's own check."""

from __future__ import annotations

import re
import uuid
from typing import Any

ENVELOPE = {"eventId", "type", "timestamp", "sdk", "context", "body"}
TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z")

# type → (required fields, optional fields)
BODIES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "log": ({"level": str, "message": str}, {"metadata": dict}),
    "error": ({"message": str}, {"stack": str, "fingerprint": list, "metadata": dict}),
    "span": (
        {"spanId": str, "name": str, "start": str},
        {"parentSpanId": str, "end": str, "attributes": dict},
    ),
    "token_usage": (
        {"model": str, "inputTokens": int, "outputTokens": int},
        {
            "costUSD": (int, float),
            "metadata": dict,
            # Not in the specification of the envelope, but read by the server.
            "cacheReadTokens": int,
            "cacheWriteTokens": int,
            "reasoningTokens": int,
        },
    ),
    "message": ({"role": str, "content": str}, {"metadata": dict}),
    "model_response": (
        {"model": str, "prompt": str, "response": str, "latencyMs": (int, float)},
        {"finishReason": str, "metadata": dict},
    ),
    "agent_action": (
        {"action": str, "input": object},
        {"agentName": str, "output": object, "reasoning": str, "metadata": dict},
    ),
    "retrieval": (
        {"query": str, "results": list},
        {"vectorDimensions": int, "metadata": dict},
    ),
    "tool_call": (
        {"toolName": str, "arguments": dict},
        {"result": dict, "latencyMs": (int, float), "metadata": dict},
    ),
    "eval_metric": (
        {"suiteId": str, "metric": str, "value": (int, float)},
        {"metadata": dict},
    ),
    "custom": ({"name": str, "payload": dict}, {}),
}


def check_event(event: dict[str, Any]) -> None:
    # The server knows the project by the key.
    assert set(event) - {"projectId"} == ENVELOPE
    assert str(uuid.UUID(event["eventId"])) == event["eventId"]
    assert event.get("projectId", "p")
    assert TIMESTAMP.fullmatch(event["timestamp"])
    assert set(event["sdk"]) == {"name", "version"}
    assert isinstance(event["context"], dict)
    required, optional = BODIES[event["type"]]
    body = event["body"]
    assert set(required) <= set(body) <= set(required) | set(optional)
    for name, value in body.items():
        kind = required.get(name) or optional[name]
        assert isinstance(value, kind), (event["type"], name, value)
        assert not isinstance(value, bool), (event["type"], name, value)
