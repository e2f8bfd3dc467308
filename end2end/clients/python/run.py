"""Runs clients against a server and prints what their telemetry must add up to, a line of JSON each.

`python run.py --endpoint URL --key KEY [CLIENT…]`; all clients if none is named. The model server is
this process's own.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from client import INSTRUMENTATIONS
from model_server import ModelServer

HERE = Path(__file__).parent
NODE = ["node-official", "node-traceloop", "node-openinference"]
CLIENTS = [*INSTRUMENTATIONS, *NODE]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("client", nargs="*", default=CLIENTS)
    parser.add_argument("--endpoint", required=True, help="of OTLP/HTTP, without /v1/traces")
    parser.add_argument("--key", required=True)
    arguments = parser.parse_args()
    models = ModelServer()
    threading.Thread(target=models.serve_forever, daemon=True).start()

    def run_one(client: str) -> dict[str, Any]:
        return run(client, arguments.endpoint, arguments.key, models.address)

    # Most of a client's time is Python that loads its parts.
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for expected in pool.map(run_one, arguments.client):
            print(json.dumps(expected), flush=True)


def run(client: str, endpoint: str, key: str, model_server: str) -> dict[str, Any]:
    """Runs a client to its end; what its telemetry must add up to."""
    script = (
        ["node", HERE / "../node/client.js"]
        if client in NODE
        else [sys.executable, HERE / "client.py"]
    )
    addresses = ["--endpoint", endpoint, "--key", key, "--model-server", model_server]
    ran = subprocess.run([*script, client, *addresses], stdout=subprocess.PIPE, check=True)
    expected: dict[str, Any] = json.loads(ran.stdout)
    return expected


if __name__ == "__main__":
    main()
