#!/usr/bin/env bash
# The Playwright tests against the release build. Writes how many to counts-browser.
set -euo pipefail
source "$(dirname "$0")/../lib/tools.sh"
cd "$ROOT/end2end"

for program in ${CHROMIUM_PROGRAMS//|/ }; do
  if CHROMIUM=$(command -v "$program"); then break; fi
done
export CHROMIUM

report=$LOGS/browser-tests.json
rm -f "$report"
status=0
node_modules/.bin/playwright test || status=$?

# Standard output: the counts. Standard error: of each failed test, what it said.
node -e '
  const { stats, suites } = JSON.parse(require("fs").readFileSync(process.argv[1]));
  const specs = (suite) => [...(suite.specs ?? []), ...(suite.suites ?? []).flatMap(specs)];
  for (const { file, line, title, tests } of suites.flatMap(specs))
    for (const { projectName, results } of tests)
      for (const error of results.flatMap(({ errors }) => errors).slice(0, 2))
        console.error(`${file}:${line} [${projectName}] ${title}:\n${(error.message ?? "").split("\n").slice(0, 12).join("\n")}`);
  console.log(stats.expected, stats.unexpected + stats.flaky, stats.skipped);
' "$report" >"$LOGS/counts-browser"
read -r passed failed skipped <"$LOGS/counts-browser"
echo "note: $passed passed, $failed failed, $skipped skipped"
exit "$status"
