# The only entry points a person needs. Each installs what it lacks; all long output goes to target/logs/.
MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help
.PHONY: help run test build check bench eval coverage dev setup

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' Makefile

run: ## build, then serve the demo estate on http://127.0.0.1:3000 (PORT=3001 for another port)
	@scripts/run.sh

test: ## every test, browser tests included
	@scripts/test.sh

build: ## release build: target/release/sentry and target/site
	@scripts/build.sh

check: ## format, clippy (host and wasm), documentation, licences and advisories
	@scripts/check.sh

bench: ## measure the release build; prints a table and writes it to bench/ (ARGS="--quick live" for parts)
	@scripts/bench.sh $(ARGS)

eval: ## accuracy of the built-in understanding over evals/; fails below 95 % (EVAL_MODEL=1: of the model that is set up)
	@scripts/eval.sh

coverage: ## at least 90 % of the lines under crates/ run in tests
	@scripts/coverage.sh

dev: ## rebuild and reload the page at every change
	@scripts/dev.sh

setup: ## only install what run and test need
	@scripts/setup.sh
