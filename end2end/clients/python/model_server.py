"""A model server that speaks as OpenAI's and bills fixed numbers of tokens.

It keeps a bill for each API key, so that what a client's telemetry adds up to can be compared with
what was really billed: `GET /bill/KEY?unseen=KIND&untold=KIND&unsaid=FIELD`, each as often as
needed. `python model_server.py` prints its address.
"""

from __future__ import annotations

import argparse
import json
import threading
import uuid
from collections.abc import Set
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

#: US dollars a million tokens.
PRICES = {
    "gpt-4o": {"input": "5", "output": "15", "cache_read": "2.5"},
    "text-embedding-3-small": {"input": "0.02", "output": "0"},
}

#: What is billed by kind of call: input, output, of the input read from the cache, of the output
#: thought.
TOKENS = {
    "chat": (1000, 500, 200, 50),
    "streamed_chat": (300, 70, 0, 0),
    "tool_call": (120, 30, 0, 0),
    "after_tool": (180, 20, 128, 0),
    "embedding": (40, 0, 0, 0),
}

ANSWER = ["The answer", " is", " 42."]


class ModelServer(ThreadingHTTPServer):
    """The provider. `prices` as in `PRICES`, by the model's name in the request."""

    daemon_threads = True

    def __init__(self, port: int = 0, prices: dict[str, dict[str, str]] = PRICES) -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.prices = prices
        self.lock = threading.Lock()
        self.calls: dict[str, list[dict[str, Any]]] = {}

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def bill(
        self, key: str, unseen: Set[str], untold: Set[str], unsaid: Set[str]
    ) -> dict[str, Any]:
        """What the key's calls add up to for somebody who does not see calls of the kinds `unseen`,
        is not told the tokens of `untold` ones, and of the others not the fields `unsaid`.

        Nobody is told the tokens of a stream that did not ask for them.
        """
        with self.lock:
            calls = [call for call in self.calls.get(key, []) if call["kind"] not in unseen]
        told = [
            {**call, **dict.fromkeys(unsaid, 0)}
            for call in calls
            if call["is_told"] and call["kind"] not in untold
        ]
        return {
            "model_calls": len(calls),
            "calls_without_usage": len(calls) - len(told),
            "input_tokens": sum(call["input"] for call in told),
            "output_tokens": sum(call["output"] for call in told),
            "cache_read_tokens": sum(call["cache_read"] for call in told),
            "reasoning_tokens": sum(call["reasoning"] for call in told),
            "cost_usd": str(sum((self.cost(call) for call in told), Decimal(0)).normalize()),
        }

    def cost(self, call: dict[str, Any]) -> Decimal:
        price = self.prices[call["model"]]
        return (
            (call["input"] - call["cache_read"]) * Decimal(price["input"])
            + call["cache_read"] * Decimal(price.get("cache_read", price["input"]))
            + call["output"] * Decimal(price["output"])
        ) / 1_000_000


class Handler(BaseHTTPRequestHandler):
    server: ModelServer
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        address = urlsplit(self.path)
        query = parse_qs(address.query)
        names = (set(query.get(name, [])) for name in ("unseen", "untold", "unsaid"))
        self.answer(self.server.bill(address.path.removeprefix("/bill/"), *names))

    def do_POST(self) -> None:
        request = json.loads(self.rfile.read(int(self.headers["content-length"])))
        if self.path == "/v1/embeddings":
            self.embed(request)
        elif self.path == "/v1/chat/completions":
            self.chat(request)
        else:
            self.send_error(404)

    def embed(self, request: dict[str, Any]) -> None:
        inputs = request["input"] if isinstance(request["input"], list) else [request["input"]]
        usage = self.charge(request["model"], "embedding")
        self.answer(
            {
                "object": "list",
                "model": request["model"],
                "data": [
                    {"object": "embedding", "index": index, "embedding": [0.25, 0.5, 0.25]}
                    for index in range(len(inputs))
                ],
                "usage": {
                    "prompt_tokens": usage["prompt_tokens"],
                    "total_tokens": usage["prompt_tokens"],
                },
            }
        )

    def chat(self, request: dict[str, Any]) -> None:
        is_after_tool = request["messages"][-1]["role"] == "tool"
        calls_tool = bool(request.get("tools")) and not is_after_tool
        if request.get("stream"):
            self.stream(request)
            return
        kind = "tool_call" if calls_tool else "after_tool" if is_after_tool else "chat"
        message: dict[str, Any] = {"role": "assistant", "content": "".join(ANSWER)}
        if calls_tool:
            function = {
                "name": request["tools"][0]["function"]["name"],
                "arguments": '{"of":"all"}',
            }
            message = {
                "role": "assistant",
                "content": None,
                "tool_calls": [{"id": "call_1", "type": "function", "function": function}],
            }
        choice = {
            "index": 0,
            "message": message,
            "finish_reason": "tool_calls" if calls_tool else "stop",
        }
        self.answer(
            {
                **self.head(request, "chat.completion"),
                "choices": [choice],
                "usage": self.charge(request["model"], kind),
            }
        )

    def stream(self, request: dict[str, Any]) -> None:
        is_told = bool((request.get("stream_options") or {}).get("include_usage"))
        usage = self.charge(request["model"], "streamed_chat", is_told=is_told)
        head = self.head(request, "chat.completion.chunk")
        chunks = [
            {**head, "choices": [{"index": 0, "delta": {"role": "assistant", "content": piece}}]}
            for piece in ANSWER
        ]
        chunks.append({**head, "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})
        if is_told:
            chunks = [{**chunk, "usage": None} for chunk in chunks]
            chunks.append({**head, "choices": [], "usage": usage})
        lines = [f"data: {json.dumps(chunk)}\n\n" for chunk in chunks]
        self.send("text/event-stream", "".join([*lines, "data: [DONE]\n\n"]).encode())

    def head(self, request: dict[str, Any], kind: str) -> dict[str, Any]:
        # As OpenAI does: each answer has an id, and names the model's dated version.
        model = {"gpt-4o": "gpt-4o-2024-08-06"}.get(request["model"], request["model"])
        return {
            "id": f"chatcmpl-{uuid.uuid4().hex}",
            "object": kind,
            "created": 1_790_000_000,
            "model": model,
        }

    def charge(self, model: str, kind: str, *, is_told: bool = True) -> dict[str, Any]:
        """Puts a call on the bill of the key; what the answer says of it."""
        taken, given, cached, thought = TOKENS[kind]
        key = self.headers["authorization"].removeprefix("Bearer ")
        with self.server.lock:
            self.server.calls.setdefault(key, []).append(
                {
                    "kind": kind,
                    "model": model,
                    "input": taken,
                    "output": given,
                    "cache_read": cached,
                    "reasoning": thought,
                    "is_told": is_told,
                }
            )
        return {
            "prompt_tokens": taken,
            "completion_tokens": given,
            "total_tokens": taken + given,
            "prompt_tokens_details": {"cached_tokens": cached, "audio_tokens": 0},
            "completion_tokens_details": {"reasoning_tokens": thought, "audio_tokens": 0},
        }

    def answer(self, content: object) -> None:
        self.send("application/json", json.dumps(content).encode())

    def send(self, content_type: str, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Stays silent."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--prices", type=json.loads, default=PRICES, help="JSON as PRICES")
    arguments = parser.parse_args()
    server = ModelServer(arguments.port, arguments.prices)
    print(server.address, flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
