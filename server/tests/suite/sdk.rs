//! Our library for Python: its own tests, and what it sends to the server.

use crate::served::{Python, Served, run};
use std::process::Command;

const PYTHON: Python = Python { name: "sdk", list: "sdk/python/tests" };

fn pytest(tests: &str) -> Command {
    let mut command = PYTHON.command("sdk/python");
    command.args(["-m", "pytest", "-q", "-p", "no:cacheprovider", tests]).env("PYTHONPATH", "src");
    command
}

#[tokio::test]
async fn its_own_tests_pass() {
    let printed = run(pytest("tests")).await;
    assert!(printed.contains(" passed") && !printed.contains("skipped"), "{printed}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_it_sends_is_stored() {
    let served = Served::start(None).await;
    let mut command = pytest("tests_server");
    command.env("SENTRY_AI_TEST_ENDPOINT", &served.url).env("SENTRY_AI_TEST_KEY", &served.key);
    let printed = run(command).await;
    assert!(printed.contains(" passed") && !printed.contains("skipped"), "{printed}");
}
