#!/usr/bin/env bash
# make eval: the questions of evals/, answered without a model; below 95 % it fails.
set -euo pipefail
source "$(dirname "$0")/lib/tools.sh"
cd "$ROOT"
exec cargo test --quiet -p agent --test suite evaluation -- --nocapture
