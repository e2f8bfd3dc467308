from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from .conftest import KEY, Server, attributes


def test_the_example_does_what_it_says(server: Server) -> None:
    readme = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```python\n(.*?)```", readme, re.DOTALL)
    settings = {"SENTRY_AI_API_KEY": KEY, "SENTRY_AI_ENDPOINT": server.endpoint}
    subprocess.run(
        [sys.executable, "-W", "error", "-c", example],
        env={**os.environ, **settings},
        timeout=300,
        check=True,
    )
    spans = {span.name: span for span in server.spans()}
    agent, call = spans["invoke_agent support-bot"], spans["chat gpt-4o"]
    assert call.parent_span_id == agent.span_id
    assert attributes(call)["gen_ai.usage.output_tokens"] == 500
    (event,) = server.events()
    assert event["body"]["message"] == "answered"
    assert event["context"]["user"] == "u-17"
    assert event["context"]["team"] == "support"
    assert "process.memory.usage" in server.metrics()
