//! The rewriting for SQLite, on a real one.

use super::corpus::{guard, moment, queries};
use super::database::{connect, rows};
use query::{Accepted, Database, DateSpan, Guard, Moment};
use sqlx::{AssertSqlSafe, Executor, Row};

fn accept(guard: &Guard, sql: &str, moment: &Moment) -> Accepted {
    guard.check(sql, moment).unwrap_or_else(|refusal| panic!("{sql}: {refusal}"))
}

#[tokio::test]
async fn every_query_runs() {
    let mut connection = connect().await;
    let mut answered = 0;
    for query in queries() {
        let accepted = accept(&guard(), query.sql, &moment());
        answered += usize::from(!rows(&mut connection, &accepted.sqlite).await.is_empty());
    }
    assert!(answered > 60, "only {answered} found rows");
}

/// What `expression` is for the run 1, in SQLite; what MySQL documents for it.
#[tokio::test]
async fn functions_answer_what_mysql_documents() {
    let mut connection = connect().await;
    for (expression, expect) in [
        ("CREATED_DATE", "2026-02-18 06:00:00"),
        ("DATE(CREATED_DATE)", "2026-02-18"),
        ("TIME(UPDATED_DATE)", "07:31:30"),
        ("TIMESTAMPDIFF(MINUTE, CREATED_DATE, UPDATED_DATE)", "91"),
        ("TIMESTAMPDIFF(MINUTE, UPDATED_DATE, CREATED_DATE)", "-91"),
        ("TIMESTAMPDIFF(HOUR, CREATED_DATE, UPDATED_DATE) * 10", "10"),
        ("TIMESTAMPDIFF(SECOND, CREATED_DATE, NOW())", "22180"),
        ("DATEDIFF(UPDATED_DATE, '2026-02-15')", "3"),
        ("DATE_FORMAT(UPDATED_DATE, '%Y-%m-%d %H:%i:%s')", "2026-02-18 07:31:30"),
        (
            "DATE_FORMAT(UPDATED_DATE, '%W, %d %M (%a %b) %T 100%%')",
            "Wednesday, 18 February (Wed Feb) 07:31:30 100%",
        ),
        ("DAYNAME(BUSINESS_DATE)", "Wednesday"),
        ("MONTHNAME(BUSINESS_DATE)", "February"),
        ("DAYOFWEEK(BUSINESS_DATE)", "4"),
        ("WEEKDAY(BUSINESS_DATE)", "2"),
        ("QUARTER(BUSINESS_DATE)", "1"),
        ("DAYOFYEAR(BUSINESS_DATE)", "49"),
        ("LAST_DAY(BUSINESS_DATE)", "2026-02-28"),
        ("EXTRACT(MINUTE FROM UPDATED_DATE)", "31"),
        ("UNIX_TIMESTAMP(CREATED_DATE)", "1771394400"),
        ("BUSINESS_DATE + INTERVAL 1 MONTH", "2026-03-18"),
        ("DATE_ADD(DATE_ADD(BUSINESS_DATE, INTERVAL 13 DAY), INTERVAL -1 MONTH)", "2026-02-03"),
        ("DATE_SUB(BUSINESS_DATE, INTERVAL 2 HOUR)", "2026-02-17 22:00:00"),
        ("CREATED_DATE - INTERVAL 1 WEEK", "2026-02-11 06:00:00"),
        ("DATE_ADD(LAST_DAY(BUSINESS_DATE + INTERVAL 1 MONTH), INTERVAL 1 MONTH)", "2026-04-30"),
        ("IF(STATUS = 'FAILED', 'yes', 'no')", "yes"),
        ("CONCAT(WORKFLOW_ID, '/', WORKFLOW_KEY)", "calc/7"),
        ("CONCAT(WORKFLOW_ID, NULL)", "NULL"),
        ("CONCAT_WS('-', 'a', NULL, 'b')", "a-b"),
        ("LEFT(STATUS, 2)", "FA"),
        ("RIGHT(STATUS, 2)", "ED"),
        ("SUBSTRING(STATUS, 2, 3)", "AIL"),
        ("LOCATE('I', STATUS)", "3"),
        ("INSTR(STATUS, 'I')", "3"),
        ("CHAR_LENGTH(STATUS)", "6"),
        ("GREATEST(1, 3, 2)", "3"),
        ("LEAST(WORKFLOW_KEY, 3)", "3"),
        ("7 / 2", "3.5"),
        ("7 DIV 2", "3"),
        ("7 % 4", "3"),
        ("MOD(7, 4) + 1", "4"),
        ("FLOOR(-2.5)", "-3"),
        ("FLOOR(2.5)", "2"),
        ("FLOOR(2)", "2"),
        ("CEIL(2.1)", "3"),
        ("CEILING(-2.1)", "-2"),
        ("ROUND(2.5)", "3"),
        ("CAST('12' AS SIGNED) + 1", "13"),
        ("CAST(1 / 3 AS DECIMAL(10, 2))", "0.33"),
        ("2 * (3 + 4) - (1 - 2)", "15"),
        ("- (-1)", "1"),
        ("NULL <=> NULL", "1"),
        ("(STATUS = 'FAILED') IS NOT TRUE", "0"),
        ("NOT STATUS = 'FAILED'", "0"),
        ("STATUS_DETAIL LIKE '%100\\%%'", "1"),
        ("STATUS_DETAIL LIKE '%0|%%' ESCAPE '|'", "1"),
        ("DAG_RUN_ID LIKE 'FGW\\_calc\\_%'", "1"),
        ("'it''s \"x\" \\\\'", "it's \"x\" \\"),
        ("STATUS = 'FAILED' AND (STATUS = 'x' OR 1 = 1)", "1"),
        ("CREATED_DATE = '2026-02-18T06:00'", "1"),
        ("CREATED_DATE BETWEEN '2026-02-18' AND '2026-02-18 06:00:00'", "1"),
        ("BUSINESS_DATE <= NOW()", "1"),
        ("BUSINESS_DATE = '2026-02-18 00:00:00'", "1"),
        ("BUSINESS_DATE >= CAST('2026-02-18' AS DATETIME)", "1"),
        ("BUSINESS_DATE IN ('2026-02-18T00:00:00')", "1"),
        ("BUSINESS_DATE = '2026-02-18 00:00:01'", "0"),
        ("COALESCE(NULLIF(STATUS, 'FAILED'), 'none')", "none"),
    ] {
        let sql = format!(
            "SELECT {expression} AS x FROM WORKFLOW_RUN_INSTANCE \
             WHERE BUSINESS_DATE = '2026-02-18' AND WORKFLOW_RUN_INSTANCE_KEY = 1"
        );
        let accepted = accept(&guard(), &sql, &moment());
        assert_eq!(rows(&mut connection, &accepted.sqlite).await, [[expect]], "{expression}");
    }
}

#[tokio::test]
async fn headings_are_those_of_mysql() {
    let mut connection = connect().await;
    let sql = "SELECT CREATED_DATE, COUNT(*), UPPER(STATUS) AS s, IF(STATUS = 'x', 1, 2) \
               FROM WORKFLOW_RUN_INSTANCE WHERE BUSINESS_DATE = '2026-02-18'";
    let accepted = accept(&guard(), sql, &moment());
    let row = connection.fetch_one(AssertSqlSafe(accepted.sqlite)).await.unwrap();
    let names: Vec<&str> = row.columns().iter().map(sqlx::Column::name).collect();
    assert_eq!(names, ["CREATED_DATE", "COUNT(*)", "s", "IF(STATUS = 'x', 1, 2)"]);
}

/// Nothing that is not in the accepted span or columns can change an answer: a check of the
/// guard that shares nothing with it.
#[tokio::test]
async fn answers_do_not_depend_on_what_was_not_asked() {
    let mut connection = connect().await;
    for query in queries() {
        let accepted = accept(&guard(), query.sql, &moment());
        let Some(span) = accepted.span else { continue };
        let before = rows(&mut connection, &accepted.sqlite).await;
        connection.execute("SAVEPOINT poison").await.unwrap();
        let outside = format!(
            "DELETE FROM WORKFLOW_RUN_INSTANCE WHERE BUSINESS_DATE NOT BETWEEN '{}' AND '{}'",
            span.from, span.to
        );
        connection.execute(AssertSqlSafe(outside)).await.unwrap();
        connection
            .execute(
                "INSERT INTO WORKFLOW_RUN_INSTANCE SELECT WORKFLOW_RUN_INSTANCE_KEY + 100, 1, 'p', 'p', 'p', 'FAILED',
                 'p', CREATED_DATE, UPDATED_DATE, '1999-01-01', 'p', 'p', 'x-calc', 'p', 'p', 'ProcessTrigger', 'p', 'p',
                 'p' FROM WORKFLOW_RUN_INSTANCE",
            )
            .await
            .unwrap();
        for column in guard().schema().columns(query::Table::WorkflowRunInstance) {
            if accepted.columns.iter().any(|(_, name)| *name == column.name) || column.name.ends_with("_KEY")
            {
                continue;
            }
            if column.name == "BUSINESS_DATE" {
                continue;
            }
            let poison = format!("UPDATE WORKFLOW_RUN_INSTANCE SET {} = 'poison'", column.name);
            connection.execute(AssertSqlSafe(poison)).await.unwrap();
        }
        let after = rows(&mut connection, &accepted.sqlite).await;
        connection.execute("ROLLBACK TO poison").await.unwrap();
        assert_eq!(sorted(before), sorted(after), "{}: {}", query.name, accepted.sqlite);
    }
}

/// The same for Airflow's rows: those of the days and runs that the guard tells are enough.
#[tokio::test]
async fn answers_do_not_depend_on_runs_that_were_not_asked_for() {
    let mut connection = connect().await;
    let mut checked = 0;
    for query in queries() {
        let accepted = accept(&guard(), query.sql, &moment());
        if accepted.database != Database::Airflow {
            continue;
        }
        let before = rows(&mut connection, &accepted.sqlite).await;
        connection.execute("SAVEPOINT fewer").await.unwrap();
        let runs: Vec<String> = accepted.run_ids.iter().map(|id| format!("'{id}'")).collect();
        let is_in_span = |column: &str| {
            let between =
                |span: DateSpan| format!("date({column}) BETWEEN '{}' AND '{}'", span.from, span.to);
            accepted.span.map_or("FALSE".to_owned(), between)
        };
        for (table, column) in [("task_instance", "start_date"), ("dag_run", "execution_date")] {
            let (runs, started, other) = (runs.join(", "), is_in_span("start_date"), is_in_span(column));
            let delete =
                format!("DELETE FROM {table} WHERE (run_id IN ({runs}) OR {started} OR {other}) IS NOT TRUE");
            connection.execute(AssertSqlSafe(delete)).await.unwrap();
        }
        let after = rows(&mut connection, &accepted.sqlite).await;
        connection.execute("ROLLBACK TO fewer").await.unwrap();
        assert_eq!(sorted(before), sorted(after), "{}: {}", query.name, accepted.sqlite);
        checked += 1;
    }
    assert!(checked > 5, "{checked}");
}

fn sorted(mut rows: Vec<Vec<String>>) -> Vec<Vec<String>> {
    rows.sort();
    rows
}
