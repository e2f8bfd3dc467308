# shellcheck shell=bash
# The set-up steps, in groups by what needs them. To be sourced after tools.sh and plan.sh.

install=$ROOT/scripts/install

# What a build needs: make run, make build, make dev.
plan_build_tools() {
  plan "Rust" "$install/rust.sh"
  plan "wasm target" "$install/wasm-target.sh"
  plan "cargo-leptos" "$install/cargo-tool.sh" cargo-leptos "$CARGO_LEPTOS_VERSION" --locked --features no_downloads
  # Its own lock file may name a crate version that a registry mirror does not have yet.
  plan "wasm-bindgen" "$install/cargo-tool.sh" wasm-bindgen-cli "$WASM_BINDGEN_VERSION"
  plan "wasm-opt" "$install/binaryen.sh"
}

# What the tests need on top of it.
plan_test_tools() {
  plan "browser test parts" "$install/npm-parts.sh" "$ROOT/end2end"
  plan "Chromium" "$install/debian-package.sh" "$CHROMIUM_PROGRAMS" chromium
  plan_databases
  plan_identity
  plan_model_server
  plan_questioner
  plan_clients
}

# The servers' programs only: no service is started.
plan_databases() {
  plan "MariaDB" "$install/debian-package.sh" "mariadbd|mysqld" mariadb-server-core mariadb-client-core
  plan "PostgreSQL" "$install/postgresql.sh"
  plan "Redis" "$install/redis.sh"
  plan "ClickHouse" "$install/python-parts.sh" "$ROOT/crates/testkit/clickhouse"
}

# What vouches for people: a directory, and an OpenID Connect provider.
plan_identity() {
  plan "OpenLDAP" "$install/slapd.sh"
  plan "OpenID provider" "$install/npm-parts.sh" "$ROOT/crates/testkit/oidc-provider"
}

# A language model's server, for a model that the tests make.
plan_model_server() {
  plan "model server" "$install/python-parts.sh" "$ROOT/crates/testkit/llama-server"
}

# What asks all that the OpenAPI document allows.
plan_questioner() {
  plan "Schemathesis" "$install/python-parts.sh" "$ROOT/crates/testkit/schemathesis"
}

# AI applications that send telemetry, and our library for them.
plan_clients() {
  plan "Python clients" "$install/python-parts.sh" "$ROOT/end2end/clients/python" clients
  plan "Node clients" "$install/npm-parts.sh" "$ROOT/end2end/clients/node"
  plan "Python library" "$install/python-parts.sh" "$ROOT/sdk/python/tests" sdk
}
