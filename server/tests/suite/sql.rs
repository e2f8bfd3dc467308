//! `sentry sql`: the guard on the command line.

use std::io::Write;
use std::process::{Command, Output, Stdio};

/// What `sentry sql ARGUMENTS` does on the reference estate, with `input` on its standard input.
fn sql(arguments: &[&str], input: &str) -> (Option<i32>, String) {
    let data = tempfile::tempdir().unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_sentry"))
        .arg("sql")
        .args(arguments)
        .arg("--estate")
        .arg(testkit::app::fixture("estate.json"))
        .arg("--data-dir")
        .arg(data.path().join("data"))
        .current_dir(data.path())
        .env_clear()
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // The program may not wait for it.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    let Output { status, stdout, .. } = child.wait_with_output().unwrap();
    (status.code(), String::from_utf8(stdout).unwrap())
}

const COUNT: &str = "SELECT COUNT(*) AS runs FROM WORKFLOW_RUN_INSTANCE WHERE BUSINESS_DATE = CURDATE()";

#[test]
fn a_query_is_written_anew_and_run_only_when_asked_to() {
    let (status, written) = sql(&[COUNT], "");
    assert_eq!(status, Some(0), "{written}");
    assert!(written.contains("'2026-02-18'") && written.contains("LIMIT"), "{written}");
    let (status, of_input) = sql(&["-"], COUNT);
    assert_eq!((status, of_input.as_str()), (Some(0), written.as_str()));
    let (status, run) = sql(&["--run", COUNT], "");
    let rows = testkit::reference::rows("workflow_run_instance").len();
    assert_eq!((status, run), (Some(0), format!("{written}\nruns\n{rows}\n")));
}

#[test]
fn a_refusal_says_why_and_is_a_failure() {
    for arguments in [&["DROP TABLE x"][..], &["--run", "DROP TABLE x"]] {
        let (status, reason) = sql(arguments, "");
        assert_eq!(status, Some(1));
        assert!(reason.starts_with("refused: Only queries are taken"), "{reason}");
    }
}
