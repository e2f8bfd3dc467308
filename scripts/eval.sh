#!/usr/bin/env bash
# make eval: the questions of evals/, answered without a model; below 95 % it fails.
#   EVAL_MODEL=1        with the model that the environment or sentry.toml sets up, as for `sentry serve`; no bar
#   EVAL_HELD_OUT=1     shows what the held-out questions got wrong too
set -euo pipefail
source "$(dirname "$0")/lib/tools.sh"
cd "$ROOT"
if [[ -n ${EVAL_MODEL:-} ]]; then
  exec cargo bench --quiet --profile dev -p testkit --features app --bench eval
fi
exec cargo test --quiet -p agent --test suite evaluation -- --nocapture
