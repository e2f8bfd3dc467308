//! Legitimate queries are accepted, and written as expected.

use super::corpus::{guard, moment, queries};
use query::{Column, Database, Guard, Kind, Limits, Schema, Table};

#[test]
fn every_query_is_accepted() {
    let queries = queries();
    assert!(queries.len() >= 80, "{}", queries.len());
    let refused: Vec<String> = queries
        .iter()
        .filter_map(|query| {
            let error = guard().check(query.sql, &moment()).err()?;
            Some(format!("{}: {error}", query.name))
        })
        .collect();
    assert!(refused.is_empty(), "{}", refused.join("\n"));
}

/// What a query becomes, in MySQL's dialect and in SQLite's.
fn check(sql: &str, mysql: &str, sqlite: &str) {
    let accepted = guard().check(sql, &moment()).unwrap_or_else(|refusal| panic!("{sql}: {refusal}"));
    assert_eq!(accepted.sql, mysql);
    assert_eq!(accepted.sqlite, sqlite);
}

#[test]
fn queries_are_written_anew() {
    check(
        "select status, count(*) n from workflow_run_instance where business_date=curdate() group by status;",
        "SELECT STATUS, COUNT(*) AS n FROM FINEGRAINED_WORKFLOW.WORKFLOW_RUN_INSTANCE \
         WHERE BUSINESS_DATE = '2026-02-18' GROUP BY STATUS LIMIT 500",
        "SELECT STATUS, COUNT(*) AS n FROM WORKFLOW_RUN_INSTANCE \
         WHERE BUSINESS_DATE = '2026-02-18' GROUP BY STATUS LIMIT 500",
    );
    check(
        "SELECT `w`.CREATED_DATE FROM WORKFLOW_RUN_INSTANCE w WHERE w.BUSINESS_DATE \
         BETWEEN CURDATE() - INTERVAL 1 MONTH AND \"2026-02-18\" AND (STATUS = 'a\\'b' OR NOT STATUS LIKE 'x\\_%') LIMIT 9",
        "SELECT w.CREATED_DATE FROM FINEGRAINED_WORKFLOW.WORKFLOW_RUN_INSTANCE AS w WHERE w.BUSINESS_DATE \
         BETWEEN '2026-01-18' AND '2026-02-18' AND (STATUS = 'a''b' OR NOT (STATUS LIKE 'x\\\\_%')) LIMIT 9",
        "SELECT datetime(w.CREATED_DATE) AS \"CREATED_DATE\" FROM WORKFLOW_RUN_INSTANCE AS w WHERE w.BUSINESS_DATE \
         BETWEEN '2026-01-18' AND '2026-02-18' AND (STATUS = 'a''b' OR NOT (STATUS LIKE 'x\\_%' ESCAPE '\\')) LIMIT 9",
    );
    check(
        "SELECT DATE(CREATED_DATE) AS d, MAX(TIMESTAMPDIFF(HOUR, CREATED_DATE, UPDATED_DATE)) AS hours \
         FROM WORKFLOW_RUN_INSTANCE WHERE BUSINESS_DATE = '2026-02-18' AND CREATED_DATE > '2026-02-18' \
         GROUP BY d HAVING hours > 1 ORDER BY hours DESC LIMIT 10, 1000",
        "SELECT DATE(CREATED_DATE) AS d, MAX(TIMESTAMPDIFF(HOUR, CREATED_DATE, UPDATED_DATE)) AS hours \
         FROM FINEGRAINED_WORKFLOW.WORKFLOW_RUN_INSTANCE \
         WHERE BUSINESS_DATE = '2026-02-18' AND CREATED_DATE > '2026-02-18 00:00:00' \
         GROUP BY 1 HAVING MAX(TIMESTAMPDIFF(HOUR, CREATED_DATE, UPDATED_DATE)) > 1 \
         ORDER BY hours DESC LIMIT 500 OFFSET 10",
        "SELECT date(CREATED_DATE) AS d, MAX(((unixepoch(UPDATED_DATE) - unixepoch(CREATED_DATE)) / 3600)) AS hours \
         FROM WORKFLOW_RUN_INSTANCE \
         WHERE BUSINESS_DATE = '2026-02-18' AND datetime(CREATED_DATE) > '2026-02-18 00:00:00' \
         GROUP BY 1 HAVING MAX(((unixepoch(UPDATED_DATE) - unixepoch(CREATED_DATE)) / 3600)) > 1 \
         ORDER BY hours DESC LIMIT 500 OFFSET 10",
    );
    check(
        "(SELECT task_id FROM task_instance WHERE run_id = 'a' LIMIT 3) UNION ALL (SELECT 'x') LIMIT 4",
        "(SELECT task_id FROM airflow.task_instance WHERE run_id = 'a' LIMIT 3) UNION ALL SELECT 'x' LIMIT 4",
        "SELECT * FROM (SELECT task_id FROM task_instance WHERE run_id = 'a' LIMIT 3) \
         UNION ALL SELECT 'x' AS \"'x'\" LIMIT 4",
    );
    check(
        "SELECT * FROM dag_run WHERE run_id IN ('a', 'b')",
        "SELECT dag_id, run_id, execution_date, start_date, end_date, state, run_type FROM airflow.dag_run \
         WHERE run_id IN ('a', 'b') LIMIT 500",
        "SELECT dag_id, run_id, datetime(execution_date) AS \"execution_date\", \
         datetime(start_date) AS \"start_date\", datetime(end_date) AS \"end_date\", state, run_type FROM dag_run \
         WHERE run_id IN ('a', 'b') LIMIT 500",
    );
}

#[test]
fn what_is_read_is_told() {
    let sql = "SELECT COUNT(*) AS n FROM WORKFLOW_RUN_INSTANCE WHERE BUSINESS_DATE > '2026-02-01' AND BUSINESS_DATE < '2026-02-10' \
               AND STATUS = 'FAILED' UNION SELECT 1 FROM WORKFLOW_RUN_INSTANCE WHERE BUSINESS_DATE = '2026-02-18'";
    let accepted = guard().check(sql, &moment()).unwrap();
    let span = accepted.span.unwrap();
    assert_eq!(
        (span.from.to_string(), span.to.to_string(), span.days()),
        ("2026-02-02".into(), "2026-02-18".into(), 17)
    );
    let columns: Vec<&str> = accepted.columns.iter().map(|(_, name)| name.as_str()).collect();
    assert_eq!(columns, ["BUSINESS_DATE", "STATUS"]);
    assert_eq!((accepted.database, accepted.limit), (Database::Workflow, 500));
    assert!(accepted.run_ids.is_empty());

    let sql = "SELECT task_id FROM task_instance WHERE run_id IN ('b', 'a') UNION \
               SELECT task_id FROM task_instance WHERE 'c' = run_id UNION \
               SELECT task_id FROM task_instance WHERE start_date >= '2026-02-16' AND start_date < '2026-02-18'";
    let accepted = guard().check(sql, &moment()).unwrap();
    let span = accepted.span.unwrap();
    assert_eq!((span.from.to_string(), span.to.to_string()), ("2026-02-16".into(), "2026-02-17".into()));
    assert!(accepted.run_ids.iter().eq(["a", "b", "c"]), "{:?}", accepted.run_ids);
}

/// Names of databases, columns and limits are what the guard was made with.
#[test]
fn a_schema_and_limits_of_ones_own() {
    let column = |name: &str, kind| Column { name: name.to_owned(), kind };
    let schema = Schema::documented("fgw prod", "af").with_columns(
        Table::WorkflowRunInstance,
        [column("BUSINESS_DATE", Kind::Date), column("KEY", Kind::Number), column("odd name", Kind::Text)],
    );
    let schema = schema.with_columns(Table::DagRun, []);
    let guard = Guard::new(schema, Limits { max_rows: 7, max_days: 2, max_offset: 0 });
    let code = |sql: &str| {
        guard.check(sql, &moment()).map(|accepted| accepted.sql).map_err(|refusal| refusal.code())
    };
    assert_eq!(
        code("SELECT * FROM `fgw prod`.WORKFLOW_RUN_INSTANCE WHERE BUSINESS_DATE = '2026-02-18'").as_deref(),
        Ok(
            "SELECT BUSINESS_DATE, `KEY` FROM `fgw prod`.WORKFLOW_RUN_INSTANCE WHERE BUSINESS_DATE = '2026-02-18' LIMIT 7"
        )
    );
    for (sql, expect) in [
        ("SELECT STATUS FROM WORKFLOW_RUN_INSTANCE WHERE BUSINESS_DATE = '2026-02-18'", "unknown_column"),
        ("SELECT `odd name` FROM WORKFLOW_RUN_INSTANCE WHERE BUSINESS_DATE = '2026-02-18'", "unknown_column"),
        (
            "SELECT 1 FROM WORKFLOW_RUN_INSTANCE WHERE BUSINESS_DATE IN ('2026-02-16', '2026-02-18')",
            "span_too_long",
        ),
        (
            "SELECT 1 FROM WORKFLOW_RUN_INSTANCE WHERE BUSINESS_DATE = '2026-02-18' LIMIT 1 OFFSET 1",
            "offset_too_large",
        ),
        ("SELECT state FROM af.dag_run WHERE run_id = 'a'", "unknown_table"),
        ("SELECT 1 FROM airflow.task_instance WHERE run_id = 'a'", "other_schema"),
    ] {
        assert_eq!(code(sql), Err(expect), "{sql}");
    }
}

/// An alias may have the name of a column that is not on the list. It must never come to
/// mean that column, which the databases would prefer in places.
#[test]
fn an_alias_does_not_uncover_a_column() {
    let listed = ["BUSINESS_DATE", "STATUS"].map(|name| Column { name: name.to_owned(), kind: Kind::Text });
    let schema = Schema::default().with_columns(Table::WorkflowRunInstance, listed);
    let guard = Guard::new(schema, Limits::default());
    let from = "FROM FINEGRAINED_WORKFLOW.WORKFLOW_RUN_INSTANCE";
    for (sql, expect) in [
        (
            "SELECT UPPER(STATUS) AS DAG_ID FROM WORKFLOW_RUN_INSTANCE WHERE BUSINESS_DATE = '2026-02-18' \
             GROUP BY DAG_ID HAVING DAG_ID = 'X' ORDER BY DAG_ID, LOWER(DAG_ID)",
            format!(
                "SELECT UPPER(STATUS) AS DAG_ID {from} WHERE BUSINESS_DATE = '2026-02-18' \
                 GROUP BY 1 HAVING UPPER(STATUS) = 'X' ORDER BY DAG_ID, LOWER(UPPER(STATUS)) LIMIT 500"
            ),
        ),
        (
            "SELECT (SELECT MAX(DAG_ID) FROM WORKFLOW_RUN_INSTANCE WHERE BUSINESS_DATE = '2026-02-18') AS m \
             FROM (SELECT STATUS AS DAG_ID FROM WORKFLOW_RUN_INSTANCE WHERE BUSINESS_DATE = '2026-02-18') AS d",
            format!(
                "SELECT (SELECT MAX(d.DAG_ID) {from} WHERE BUSINESS_DATE = '2026-02-18') AS m \
                 FROM (SELECT STATUS AS DAG_ID {from} WHERE BUSINESS_DATE = '2026-02-18') AS d LIMIT 500"
            ),
        ),
    ] {
        assert_eq!(guard.check(sql, &moment()).unwrap().sql, expect);
    }
}
