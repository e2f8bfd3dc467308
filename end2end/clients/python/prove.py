"""Runs every client against a sink and compares what arrives with what the client expects.

`python prove.py [CLIENT…]` prints the names that each one sends, and fails if the tokens of the
spans do not add up. `--names` prints all names, not only those that say what a call was and took.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import threading
from typing import Any

from model_server import ModelServer
from run import CLIENTS, run
from sink import Sink

KEY = "sk_test_clients"

INPUT = ["gen_ai.usage.input_tokens", "llm.token_count.prompt"]
OUTPUT = ["gen_ai.usage.output_tokens", "llm.token_count.completion"]
CACHE_READ = [
    "gen_ai.usage.cache_read.input_tokens",
    "llm.token_count.prompt_details.cache_read",
]
REASONING = [
    "gen_ai.usage.details.reasoning_tokens",
    "llm.token_count.completion_details.reasoning",
]
CALLS = {"chat", "embeddings", "LLM", "EMBEDDING"}
TELLING = re.compile(
    r"usage|token|cost|\.model|model_name|operation\.name|span\.kind|system|provider"
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("client", nargs="*", default=CLIENTS)
    parser.add_argument("--names", action="store_true")
    arguments = parser.parse_args()
    sink, models = Sink(KEY), ModelServer()
    for server in (sink, models):
        threading.Thread(target=server.serve_forever, daemon=True).start()
    failed = [
        name
        for name in arguments.client
        if not proves(name, sink, models.address, all_names=arguments.names)
    ]
    if failed:
        sys.exit(f"does not add up: {', '.join(failed)}")


def proves(client: str, sink: Sink, model_server: str, *, all_names: bool) -> bool:
    """Runs the client, prints what it sent, and says whether that adds up."""
    expected = run(client, sink.address, KEY, model_server)
    spans = sink.spans(client)
    print(f"## {client}\n{json.dumps(expected)}")
    for (scope, kind), names in kinds(spans, all_names=all_names).items():
        print(f"- {scope} {kind}: {', '.join(names)}")
    print(f"metrics: {sink.metric_names(client)}; log records: {sink.log_names(client)}")
    found = add_up(spans)
    if "-and-" in client:
        # Two instrumentations tell of each call, not both of its details.
        found = {name: found[name] for name in ("model_calls", "input_tokens", "output_tokens")}
        adds_up = all(found[name] == 2 * expected[name] for name in found)
    else:
        adds_up = all(found[name] == expected[name] for name in found)
    print(f"found: {found}: {'adds up' if adds_up else 'DOES NOT ADD UP'}\n")
    return adds_up


def kinds(spans: list[dict[str, Any]], *, all_names: bool) -> dict[tuple[str, str], list[str]]:
    """The names of attributes by scope and kind of span."""
    found: dict[tuple[str, str], set[str]] = {}
    for span in spans:
        names = {re.sub(r"\.\d+\.", ".N.", name) for name in span["attributes"]}
        kept = {name for name in names if all_names or TELLING.search(name)}
        found.setdefault((span["scope"], kind(span)), set()).update(kept)
    return {key: sorted(names) for key, names in found.items()}


def kind(span: dict[str, Any]) -> str:
    attributes = span["attributes"]
    return attributes.get("openinference.span.kind") or attributes["gen_ai.operation.name"]


def add_up(spans: list[dict[str, Any]]) -> dict[str, int]:
    """The tokens of the spans that tell of any and have none below that do."""
    telling = {span["id"] for span in spans if read(span, INPUT)}
    parents = {span["id"]: span["parent"] for span in spans}
    repeating = set()
    for told in telling:
        above = parents[told]
        while above:
            repeating.add(above)
            above = parents.get(above, "")
    leaves = [span for span in spans if span["id"] in telling - repeating]
    calls = [span for span in spans if kind(span) in CALLS]
    return {
        "model_calls": len(calls),
        "calls_without_usage": sum(span["id"] not in telling for span in calls),
        "input_tokens": sum(read(span, INPUT) for span in leaves),
        "output_tokens": sum(read(span, OUTPUT) for span in leaves),
        "cache_read_tokens": sum(read(span, CACHE_READ) for span in leaves),
        "reasoning_tokens": sum(read(span, REASONING) for span in leaves),
    }


def read(span: dict[str, Any], names: list[str]) -> int:
    attributes = span["attributes"]
    return next((int(attributes[name]) for name in names if name in attributes), 0)


if __name__ == "__main__":
    main()
