#!/usr/bin/env bash
# make run: builds, then serves the embedded demo estate on http://127.0.0.1:3000 until Ctrl-C.
set -euo pipefail
"$(dirname "$0")/build.sh"
source "$(dirname "$0")/lib/tools.sh"

address=127.0.0.1:${PORT:-3000}
answers() { (exec 3<>"/dev/tcp/${address%:*}/${address#*:}") 2>/dev/null; }

if answers; then
  echo "Port ${address#*:} is in use: end that program, or choose another port: make run PORT=3001"
  exit 1
fi

cd "$ROOT"
target/release/sentry serve --listen "$address" &
server=$!
trap 'kill -TERM "$server" 2>/dev/null || true' INT TERM
until answers; do
  kill -0 "$server" 2>/dev/null || break
  sleep 0.1
done
if kill -0 "$server" 2>/dev/null; then printf '\n    SENTRY: http://%s   (Ctrl-C ends it)\n\n' "$address"; fi
status=0
wait "$server" || status=$?
while kill -0 "$server" 2>/dev/null; do wait "$server" || status=$?; done # the first wait ends at Ctrl-C, before the server does
exit "$status"
