//! Asks a server all that its OpenAPI document allows, and much that it does not: PyPI's
//! `schemathesis`, with the same questions each time.

use std::path::Path;
use std::process::{Command, Output};

/// For so long it asks: after what every operation is asked, more by chance.
const LIMIT_S: u32 = 40;

/// Asks the operations of `{base_url}/api/openapi.json` whose path `paths`, a regular expression, finds.
/// A status of 500 or above fails, and so does an answer that is not as the document says.
///
/// # Panics
/// It is not installed, and the panic says how to.
pub fn check_description(base_url: &str, paths: &str) -> Output {
    let crate_root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let program = crate_root.join("../../target/python/schemathesis/bin/schemathesis");
    let is_installed = program.with_file_name("../.installed-list").exists();
    assert!(
        is_installed,
        "schemathesis is not installed: `scripts/install/python-parts.sh crates/testkit/schemathesis`, or `make setup`"
    );
    let dir = tempfile::tempdir().expect("a folder");
    let checks = "not_a_server_error,status_code_conformance,content_type_conformance,\
         response_headers_conformance,response_schema_conformance";
    Command::new(program)
        .arg("run")
        .arg(format!("{base_url}/api/openapi.json"))
        .args(["--include-path-regex", paths])
        .args(["--checks", checks])
        .args(["--phases", "examples,coverage,fuzzing", "--max-examples", "20"])
        .args(["--generation-deterministic", "--no-shrink"])
        .args(["--max-time", &LIMIT_S.to_string(), "--request-timeout", "10"])
        .args(["--warnings", "off", "--no-color"])
        // It leaves files where it runs, and reads its settings there.
        .current_dir(dir.path())
        .output()
        .expect("run schemathesis")
}
