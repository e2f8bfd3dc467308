//! The statements of `tests/corpus`.

use model::BusinessDate;
use query::{Guard, Moment};

/// A statement of a corpus file.
#[allow(dead_code, reason = "the fuzzer needs only the text")]
pub(crate) struct Statement {
    pub(crate) name: &'static str,
    /// The code of the refusal that is expected; empty in a file of queries.
    pub(crate) code: &'static str,
    pub(crate) sql: &'static str,
}

/// What must be accepted.
pub(crate) fn queries() -> Vec<Statement> {
    read(include_str!("../corpus/queries.sql"))
}

/// What must be refused.
pub(crate) fn attacks() -> Vec<Statement> {
    read(include_str!("../corpus/attacks.sql"))
}

fn read(file: &'static str) -> Vec<Statement> {
    let mut statements = Vec::new();
    for block in file.trim_start_matches("=== ").split("\n=== ") {
        let (head, sql) = block.split_once('\n').expect("a statement follows its name");
        let (name, code) = head.split_once(": ").unwrap_or((head, ""));
        statements.push(Statement { name, code, sql: sql.strip_suffix('\n').unwrap_or(sql) });
    }
    statements
}

/// All of them, those that are accepted several times: as much to start from on either side.
pub(crate) fn statements() -> Vec<&'static str> {
    let queries = queries();
    let all = std::iter::repeat_n(&queries, 8).flatten().map(|statement| statement.sql);
    all.chain(attacks().iter().map(|statement| statement.sql)).collect()
}

/// The guard with the documented schema.
pub(crate) fn guard() -> Guard {
    Guard::default()
}

/// The moment of the reference estate.
pub(crate) fn moment() -> Moment {
    let today = BusinessDate::parse("2026-02-18").unwrap();
    Moment { now: "2026-02-18T12:09:40Z".parse().unwrap(), today }
}
