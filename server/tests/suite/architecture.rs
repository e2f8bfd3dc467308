//! The workspace's crates depend on each other as ARCHITECTURE.md says, and not otherwise.

use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

/// Crate → the workspace's crates that it may use.
const ARROWS: [(&str, &[&str]); 13] = [
    ("model", &[]),
    ("agent", &["model"]),
    ("estate", &["model"]),
    ("identity", &["model"]),
    ("llm", &["model"]),
    ("query", &["model"]),
    ("store", &["model"]),
    ("telemetry", &["model"]),
    ("service", &["agent", "estate", "identity", "llm", "model", "query", "store", "telemetry"]),
    ("app", &["model", "service"]),
    ("frontend", &["app"]),
    ("server", &["app", "model", "service"]),
    ("testkit", &["model", "server", "service", "store"]),
];

/// Dependencies among the workspace's crates: `(from, to, kind, optional)`.
fn arrows() -> Vec<(String, String, String, bool)> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version=1", "--no-deps", "--offline"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    let text = |value: &Value| value.as_str().unwrap_or("normal").to_owned();
    let members: BTreeSet<String> = packages.iter().map(|package| text(&package["name"])).collect();
    packages
        .iter()
        .flat_map(|package| package["dependencies"].as_array().unwrap().iter().map(move |to| (package, to)))
        .filter(|(_, to)| members.contains(to["name"].as_str().unwrap()))
        .map(|(from, to)| (text(&from["name"]), text(&to["name"]), text(&to["kind"]), to["optional"] == true))
        .collect()
}

#[test]
fn crates_depend_on_each_other_only_as_drawn() {
    let allowed: BTreeMap<&str, &[&str]> = ARROWS.into_iter().collect();
    for (from, to, kind, _) in arrows() {
        if kind == "dev" && to == "testkit" {
            continue; // tests of any crate may use it
        }
        let known = allowed.get(from.as_str()).unwrap_or_else(|| panic!("{from} is a new crate: draw it"));
        assert!(known.contains(&to.as_str()), "{from} → {to} ({kind}) is not drawn in ARCHITECTURE.md");
    }
}

#[test]
fn the_browser_gets_no_crate_that_does_io() {
    let app: Vec<_> = arrows().into_iter().filter(|(from, ..)| from == "app").collect();
    assert!(app.iter().any(|(_, to, ..)| to == "service"));
    for (_, to, _, optional) in app {
        assert!(optional || to == "model", "app → {to} must be optional, for ssr only");
    }
}

#[test]
fn what_ships_uses_no_test_crate() {
    for (from, to, kind, _) in arrows() {
        assert!(to != "testkit" || kind == "dev", "{from} → testkit ({kind})");
    }
}
