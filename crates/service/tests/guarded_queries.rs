//! Queries on a real MariaDB: what the guard lets through runs and waits for nobody's lock, and
//! what no guard has seen cannot write, leave a lock, look elsewhere or last in the session it
//! would run in. The user of these tests may write, as the real one may: what keeps from it is ours.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use estate::SourceError;
use estate::sql::{CheckedQuery, ResultTable, SqlRuns};
use model::source::SourceName;
use model::{Actor, BusinessDate, Clock};
use serde_json::json;
use service::settings::{CertificateCheck, LenzAuth, LenzSettings, MySqlSettings, QueryLimits, SqlSettings};
use service::{Error, Service, Settings, SourceSettings};
use sqlx::{AssertSqlSafe, Connection, Executor, MySqlConnection, Row};
use std::time::{Duration, Instant};
use tempfile::TempDir;
use testkit::mariadb::{Databases, LargeEstate, MariaDb, load_large_estate};

/// MySQL 8 is stricter by default than MariaDB, which with this refuses still more than it.
const MYSQL_MODE: &str = "ONLY_FULL_GROUP_BY,STRICT_TRANS_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE,\
                          ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION";

fn today() -> BusinessDate {
    BusinessDate::parse("2026-02-18").unwrap()
}

fn settings(server: &MariaDb, databases: &Databases, timeout: Duration) -> MySqlSettings {
    MySqlSettings {
        host: server.host().to_owned(),
        port: server.port(),
        user: databases.user.clone(),
        password: databases.password.clone().into(),
        password_file: None,
        pem_path: Some(server.pem_path()),
        certificate_check: CertificateCheck::Host,
        fgw_database: databases.fgw.clone(),
        airflow_database: databases.airflow.clone(),
        limits: QueryLimits { timeout, ..QueryLimits::default() },
    }
}

/// A service on `databases`, and the folder of its own state.
async fn serve(server: &MariaDb, databases: &Databases) -> (Service, TempDir) {
    let data = tempfile::tempdir().unwrap();
    let source = SourceSettings::Real {
        sql: SqlSettings::MySql(settings(server, databases, QueryLimits::default().timeout)),
        // Never asked: no query needs the catalog.
        lenz: LenzSettings { base_url: "http://127.0.0.1:9".to_owned(), auth: LenzAuth::None },
        essentials: Vec::new(),
        lenz_cache_ttl: Duration::from_secs(300),
    };
    let clock = Clock::frozen("2026-02-18T12:09:40Z".parse().unwrap());
    let service = Service::open(Settings::new(source, "TEST", data.path().to_owned()), clock).await.unwrap();
    (service, data)
}

/// The statements that the guard must accept: name and SQL.
fn corpus() -> Vec<(&'static str, &'static str)> {
    let file = include_str!("../../query/tests/corpus/queries.sql");
    file.trim_start_matches("=== ").split("\n=== ").map(|block| block.split_once('\n').unwrap()).collect()
}

/// The reference estate and a few DAG runs, under the names that the corpus uses.
async fn corpus_databases(server: &MariaDb) -> Databases {
    let made = server.create_reference_databases("corpus").await;
    let run = |run_id: &str, state: &str| {
        let row = json!({
            "dag_id": "d", "run_id": run_id, "execution_date": "2026-02-18T05:00:00Z",
            "start_date": "2026-02-18T06:00:00Z", "end_date": null, "state": state, "run_type": "manual",
        });
        row.as_object().unwrap().clone()
    };
    server.insert(&made.airflow, "dag_run", &[run("a", "running"), run("b", "failed")]).await;
    let named = Databases { fgw: "FINEGRAINED_WORKFLOW".into(), airflow: "airflow".into(), ..made.clone() };
    for (from, to, tables) in [
        (&made.fgw, &named.fgw, &["WORKFLOW_RUN_INSTANCE"][..]),
        (&made.airflow, &named.airflow, &["task_instance", "dag_run"]),
    ] {
        server
            .execute(&format!("CREATE DATABASE {to}; GRANT SELECT ON {to}.* TO '{}'@'%'", named.user))
            .await;
        for table in tables {
            server.execute(&format!("RENAME TABLE {from}.{table} TO {to}.{table}")).await;
        }
    }
    named
}

/// Every query runs while somebody else holds the lock of every row: it takes none itself.
#[tokio::test]
async fn legitimate_queries_run_and_wait_for_no_lock() {
    let server = MariaDb::start();
    let databases = corpus_databases(&server).await;
    let mut writer = server.admin().await;
    let mut writing = writer.begin().await.unwrap();
    for update in [
        "UPDATE FINEGRAINED_WORKFLOW.WORKFLOW_RUN_INSTANCE SET STATUS_DETAIL = 'not committed'",
        "UPDATE airflow.task_instance SET operator = 'not committed'",
        "UPDATE airflow.dag_run SET run_type = 'not committed'",
    ] {
        writing.execute(update).await.unwrap();
    }
    for mode in ["DEFAULT", &format!("'{MYSQL_MODE}'")] {
        server.execute(&format!("SET GLOBAL sql_mode = {mode}")).await;
        let (service, _data) = serve(&server, &databases).await;
        let mut found_rows = 0;
        let mut problems = Vec::new();
        for (name, sql) in corpus() {
            match service.run_query(&Actor::local_owner(), name, sql, today()).await {
                Ok(run) => {
                    assert!(run.card.ran && run.card.rows.len() <= 500, "{name}");
                    let cells = run.card.rows.iter().flatten().flatten();
                    assert!(cells.clone().all(|cell| cell != "not committed"), "{name}");
                    found_rows += usize::from(!run.card.rows.is_empty());
                }
                Err(error) => problems.push(format!("{name}: {error}")),
            }
        }
        assert!(problems.is_empty(), "sql_mode {mode}:\n{}", problems.join("\n"));
        assert!(found_rows > 60, "sql_mode {mode}: only {found_rows} found rows");
    }

    // It does hold them all: who asks for one waits.
    let mut other = server.connect(&databases).await;
    other.execute("SET innodb_lock_wait_timeout = 0").await.unwrap();
    for table in ["FINEGRAINED_WORKFLOW.WORKFLOW_RUN_INSTANCE", "airflow.task_instance", "airflow.dag_run"] {
        let locking = format!("SELECT * FROM {table} LIMIT 1 LOCK IN SHARE MODE");
        let refused = other.execute(AssertSqlSafe(locking)).await.unwrap_err().to_string();
        assert!(refused.contains("Lock wait timeout exceeded"), "{refused}");
    }
}

/// What statements are ended at in these tests.
const LIMIT: Duration = Duration::from_secs(1);

fn open(server: &MariaDb, databases: &Databases) -> SqlRuns {
    SqlRuns::open(SqlSettings::MySql(settings(server, databases, LIMIT))).unwrap()
}

/// Hands a statement to what runs accepted ones, without asking the guard.
async fn run_unguarded(runs: &SqlRuns, sql: &str) -> Result<ResultTable, SourceError> {
    let query = CheckedQuery {
        mysql: sql.to_owned(),
        sqlite: String::new(),
        database: SourceName::FgwDatabase,
        span: None,
        run_ids: Vec::new(),
        max_examined_rows: u64::MAX,
    };
    runs.run_query(&query).await
}

/// The one value that a statement answers the administrator.
async fn text(admin: &mut MySqlConnection, sql: &str) -> String {
    let row = admin.fetch_one(sqlx::raw_sql(AssertSqlSafe(sql))).await.unwrap();
    row.try_get_unchecked::<Option<String>, _>(row.len() - 1).unwrap().unwrap_or_default()
}

/// All that a statement could have changed: rows, tables, users and the server's settings.
async fn state(server: &MariaDb, databases: &Databases) -> Vec<String> {
    let Databases { fgw, airflow, .. } = databases;
    let mut admin = server.admin().await;
    let mut state = Vec::new();
    for sql in [
        format!("CHECKSUM TABLE {fgw}.WORKFLOW_RUN_INSTANCE EXTENDED"),
        format!("CHECKSUM TABLE {fgw}.note EXTENDED"),
        format!("CHECKSUM TABLE {airflow}.task_instance EXTENDED"),
        "CHECKSUM TABLE mysql.global_priv EXTENDED".to_owned(),
        "SELECT GROUP_CONCAT(CONCAT_WS('.', TABLE_SCHEMA, TABLE_NAME) ORDER BY 1) FROM information_schema.TABLES \
         WHERE TABLE_SCHEMA NOT LIKE '%schema'"
            .to_owned(),
        "SELECT @@GLOBAL.sql_mode".to_owned(),
    ] {
        state.push(text(&mut admin, &sql).await);
    }
    state
}

#[tokio::test]
async fn what_no_guard_has_seen_cannot_write() {
    let server = MariaDb::start();
    let databases = server.create_reference_databases("write").await;
    let Databases { fgw, airflow, user, .. } = &databases;
    let table = format!("{fgw}.WORKFLOW_RUN_INSTANCE");
    server.execute(&format!("CREATE TABLE {fgw}.note (n INT); INSERT INTO {fgw}.note VALUES (1)")).await;
    server.execute(&format!("CREATE SEQUENCE {fgw}.number")).await;
    for routine in [
        format!(
            "CREATE FUNCTION {fgw}.write_note() RETURNS INT BEGIN INSERT INTO {fgw}.note VALUES (2); RETURN 1; END"
        ),
        format!("CREATE PROCEDURE {fgw}.delete_notes() DELETE FROM {fgw}.note"),
        format!("GRANT EXECUTE, ALTER, INDEX, CREATE VIEW, LOCK TABLES ON {fgw}.* TO '{user}'@'%'"),
    ] {
        server.execute(&routine).await;
    }
    let runs = open(&server, &databases);
    let before = state(&server, &databases).await;
    for sql in [
        format!("INSERT INTO {fgw}.note VALUES (2)"),
        format!("INSERT INTO {fgw}.note SELECT n + 1 FROM {fgw}.note"),
        format!("REPLACE INTO {fgw}.note VALUES (2)"),
        format!("UPDATE {table} SET STATUS = 'SUCCESS'"),
        format!("DELETE FROM {table}"),
        format!("DELETE w FROM {table} AS w JOIN {fgw}.note"),
        format!("DELETE FROM {airflow}.task_instance RETURNING task_id"),
        format!("TRUNCATE TABLE {table}"),
        format!("DROP TABLE {table}"),
        format!("DROP DATABASE {airflow}"),
        format!("ALTER TABLE {table} DROP COLUMN STATUS"),
        format!("RENAME TABLE {fgw}.note TO {fgw}.other"),
        format!("CREATE TABLE {fgw}.copy AS SELECT * FROM {table}"),
        format!("CREATE VIEW {fgw}.seen AS SELECT * FROM {table}"),
        format!("CREATE INDEX i ON {fgw}.note (n)"),
        format!("SELECT {fgw}.write_note()"),
        format!("SELECT NEXTVAL({fgw}.number)"),
        format!("CALL {fgw}.delete_notes()"),
        format!("EXECUTE IMMEDIATE 'DELETE FROM {fgw}.note'"),
        format!("BEGIN NOT ATOMIC DELETE FROM {fgw}.note; END"),
        format!("LOAD DATA INFILE '/etc/passwd' INTO TABLE {fgw}.note"),
        format!("SELECT * FROM {table} INTO OUTFILE '{}/out.txt'", server.dir().join("data").display()),
        "SET PASSWORD = PASSWORD('another')".to_owned(),
        "SET SESSION TRANSACTION READ WRITE".to_owned(),
        "SET GLOBAL sql_mode = ''".to_owned(),
        "COMMIT".to_owned(),
        // More than one at once, the second of which would no longer be in our transaction.
        format!("SELECT 1; DELETE FROM {fgw}.note"),
        format!("SELECT 1; COMMIT; DELETE FROM {fgw}.note"),
        format!("SELECT 1; COMMIT; SET SESSION TRANSACTION READ WRITE; DELETE FROM {fgw}.note"),
        format!("SELECT 1; ROLLBACK; START TRANSACTION READ WRITE; DELETE FROM {fgw}.note; COMMIT; SELECT 1"),
    ] {
        let refused = run_unguarded(&runs, &sql).await;
        assert!(matches!(refused, Err(SourceError::Refused(_))), "{sql}: {refused:?}");
        assert_eq!(state(&server, &databases).await, before, "{sql}");
        // The next session is as it must be.
        let session = "SELECT @@session.tx_read_only, @@session.max_statement_time, CONNECTION_ID()";
        let found = run_unguarded(&runs, session).await.unwrap().rows.remove(0);
        assert_eq!(found[..2], [Some("1".to_owned()), Some("1.000000".to_owned())], "{sql}");
    }

    // All that is missing is our session: anyone else with this user writes.
    let mut other = server.connect(&databases).await;
    other.execute(AssertSqlSafe(format!("INSERT INTO {fgw}.note VALUES (2)"))).await.unwrap();
    assert_ne!(state(&server, &databases).await, before);
}

#[tokio::test]
async fn what_no_guard_has_seen_leaves_no_lock() {
    let server = MariaDb::shared();
    let databases = server.create_reference_databases("lock").await;
    let table = format!("{}.WORKFLOW_RUN_INSTANCE", databases.fgw);
    server.execute(&format!("GRANT LOCK TABLES ON {}.* TO '{}'@'%'", databases.fgw, databases.user)).await;
    let runs = open(server, &databases);
    let mut admin = server.admin().await;
    admin.execute("SET innodb_lock_wait_timeout = 0, lock_wait_timeout = 0").await.unwrap();
    let mut check = async |sql: &str, is_refused: bool| {
        match run_unguarded(&runs, sql).await {
            Ok(table) => assert!(!is_refused, "{sql}: {} rows", table.rows.len()),
            Err(SourceError::Refused(_)) => assert!(is_refused, "{sql}"),
            Err(other) => panic!("{sql}: {other}"),
        }
        for statement in [format!("UPDATE {table} SET STATUS = STATUS"), format!("ALTER TABLE {table} FORCE")]
        {
            let done = admin.execute(AssertSqlSafe(statement)).await;
            assert!(done.is_ok(), "{sql}: {done:?}");
        }
    };
    for sql in [
        format!("SELECT * FROM {table} FOR UPDATE"),
        format!("LOCK TABLES {table} READ"),
        format!("LOCK TABLES {table} WRITE"),
        "FLUSH TABLES WITH READ LOCK".to_owned(),
        "BACKUP STAGE START".to_owned(),
        format!("SELECT 1; LOCK TABLES {table} WRITE"),
        format!("SELECT 1; SELECT * FROM {table} FOR UPDATE"),
    ] {
        check(&sql, true).await;
    }
    // A transaction that only reads may share a row's lock: that, the guard alone keeps out. It
    // ends with the transaction.
    let shared = format!("SELECT STATUS FROM {table} LOCK IN SHARE MODE");
    check(&shared, false).await;
    let (service, _data) = serve(server, &databases).await;
    let guarded =
        "SELECT STATUS FROM WORKFLOW_RUN_INSTANCE WHERE BUSINESS_DATE = CURDATE() LOCK IN SHARE MODE";
    let refused = service.check_query(&Actor::local_owner(), guarded, today()).await;
    assert!(matches!(refused, Err(Error::Invalid { .. })), "{refused:?}");
}

#[tokio::test]
async fn what_no_guard_has_seen_reads_nothing_else() {
    let server = MariaDb::shared();
    let databases = server.create_reference_databases("read").await;
    server.execute("CREATE DATABASE secret; CREATE TABLE secret.note AS SELECT 1 AS n").await;
    let runs = open(server, &databases);
    for sql in [
        "SELECT * FROM mysql.user",
        "SELECT * FROM mysql.global_priv",
        "SELECT User FROM mysql.db",
        "SELECT * FROM secret.note",
        "SELECT (SELECT MAX(n) FROM secret.note)",
        "SELECT 1 UNION SELECT n FROM secret.note",
        "SHOW TABLES FROM secret",
        "SHOW GRANTS",
        "SHOW GLOBAL VARIABLES",
        "SHOW PROCESSLIST",
        "secret.note",
    ] {
        let refused = run_unguarded(&runs, sql).await.unwrap_err();
        assert!(matches!(refused, SourceError::Refused(_)), "{sql}: {refused:?}");
    }
    for sql in [
        "SELECT LOAD_FILE('/etc/passwd')",
        "SELECT MAX(TABLE_NAME) FROM information_schema.TABLES WHERE TABLE_SCHEMA = 'secret'",
        "SELECT MAX(USER) FROM information_schema.PROCESSLIST WHERE USER = 'admin'",
    ] {
        let _admin = server.admin().await;
        assert_eq!(run_unguarded(&runs, sql).await.unwrap().rows, [[None]], "{sql}");
    }
}

#[tokio::test]
async fn what_no_guard_has_seen_ends_at_the_limit() {
    let server = MariaDb::shared();
    let databases = server.create_reference_databases("sleep").await;
    let table = format!("{}.WORKFLOW_RUN_INSTANCE", databases.fgw);
    let runs = open(server, &databases);
    run_unguarded(&runs, "SELECT 1").await.unwrap();
    for sql in [
        "SELECT SLEEP(30)".to_owned(),
        format!("SELECT SLEEP(1) FROM {table}"),
        "SELECT BENCHMARK(1000000000000, SHA2('a', 512))".to_owned(),
        format!(
            "SELECT SUM(SHA2(CONCAT(a.STATUS, b.STATUS, c.STATUS), 512)) FROM {table} a, {table} b, {table} c"
        ),
        format!(
            "SELECT MAX(a.STATUS LIKE CONCAT(b.STATUS, '%', c.STATUS)) FROM {table} a, {table} b, {table} c"
        ),
    ] {
        let started = Instant::now();
        let ended = run_unguarded(&runs, &sql).await;
        let took = started.elapsed();
        // By the server: we would have waited a second longer.
        assert!(took >= LIMIT && took < LIMIT + Duration::from_secs(1), "{sql}: {took:?}");
        // MariaDB answers a BENCHMARK that it has ended with 0.
        let is_benchmark = sql.contains("BENCHMARK") && ended.is_ok();
        assert!(is_benchmark || matches!(ended, Err(SourceError::TimedOut { .. })), "{sql}: {ended:?}");
        let at_work = format!(
            "SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE USER = '{}' AND COMMAND <> 'Sleep'",
            databases.user
        );
        assert_eq!(text(&mut server.admin().await, &at_work).await, "0", "{sql}");
    }
}

#[tokio::test]
async fn what_would_read_too_much_is_not_run() {
    let server = MariaDb::start();
    let mut large =
        LargeEstate::five_million("2026-02-18", vec!["com.example.catalog-workflow_v1".to_owned()]);
    large.rows = 60_000;
    let databases = load_large_estate(&server, "bound", &large).await;
    let rows_read = async || {
        let status = text(&mut server.admin().await, "SHOW GLOBAL STATUS LIKE 'Rows_read'").await;
        status.parse::<u64>().unwrap()
    };

    // With a bound of our own, for a table of this size.
    let runs = open(&server, &databases);
    let check = async |condition: &str, max_examined_rows| {
        let mysql = format!(
            "SELECT COUNT(STATUS_DETAIL) FROM {}.WORKFLOW_RUN_INSTANCE WHERE {condition} LIMIT 500",
            databases.fgw
        );
        let database = SourceName::FgwDatabase;
        runs.run_query(&CheckedQuery {
            mysql,
            sqlite: String::new(),
            database,
            span: None,
            run_ids: Vec::new(),
            max_examined_rows,
        })
        .await
    };
    let scan = "BUSINESS_DATE BETWEEN '2025-12-01' AND '2026-02-18'";
    let before = rows_read().await;
    let refused = check(scan, 10_000).await.unwrap_err();
    assert!(
        matches!(refused, SourceError::TooManyRows { expected, limit: 10_000 } if expected > 20_000),
        "{refused:?}"
    );
    assert!(rows_read().await - before < 1_000, "it was run all the same");
    // The scan itself is no fault, nor is one date of the same table.
    assert_eq!(check(scan, 100_000).await.unwrap().rows, [[Some("60000".to_owned())]]);
    assert!(rows_read().await - before >= 60_000);
    assert!(check("BUSINESS_DATE = '2026-02-18'", 10_000).await.is_ok());

    // With the product's, for a join that multiplies.
    let (service, _data) = serve(&server, &databases).await;
    let join = "SELECT COUNT(*) AS n FROM WORKFLOW_RUN_INSTANCE AS a JOIN WORKFLOW_RUN_INSTANCE AS b \
                ON a.STATUS_DETAIL = b.STATUS_DETAIL WHERE a.BUSINESS_DATE BETWEEN '2025-12-21' AND '2026-02-18' \
                AND b.BUSINESS_DATE BETWEEN '2025-12-21' AND '2026-02-18'";
    let before = rows_read().await;
    let refused = service.run_query(&Actor::local_owner(), "pairs", join, today()).await.unwrap_err();
    let Error::Invalid { field: "sql", message } = &refused else { panic!("{refused:?}") };
    assert!(
        message.contains("at most 5000000 are read") && message.ends_with("ask for fewer dates."),
        "{message}"
    );
    assert!(rows_read().await - before < 1_000, "it was run all the same");
}
