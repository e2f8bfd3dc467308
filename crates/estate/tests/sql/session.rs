//! How sessions are opened, bounded and lost, on a real MariaDB.

use super::support::{expected_runs, open, reference_datasets, reference_date, settings};
use estate::SourceError;
use estate::sql::{CertificateCheck, MySqlSettings, QueryLimits, SqlRuns, SqlSettings};
use model::{DagId, RunId, TaskRow};
use sqlx::Executor;
use std::io::Write;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use testkit::mariadb::{Databases, MariaDb};

/// Puts a view in the place of `task_instance` whose `operator` is `expression`.
async fn put_in_operator(server: &MariaDb, databases: &Databases, expression: &str) {
    let view = format!(
        "USE {airflow};
         DROP TABLE task_instance;
         CREATE VIEW task_instance AS SELECT 't' AS task_id, 'd' AS dag_id, 'r' AS run_id, -1 AS map_index,
             NULL AS start_date, NULL AS end_date, 'success' AS state, 1 AS try_number, 1 AS max_tries,
             '' AS hostname, NULL AS task_display_name, {expression} AS operator",
        airflow = databases.airflow,
    );
    server.execute(&view).await;
}

async fn list_tasks(runs: &SqlRuns) -> Result<Vec<TaskRow>, SourceError> {
    runs.list_tasks(&DagId::new("d"), &RunId::new("r")).await
}

#[tokio::test]
async fn sessions_are_encrypted_read_only_bounded_and_utc() {
    let server = MariaDb::shared();
    let databases = server.create_databases("facts").await;
    let facts = format!(
        "CREATE FUNCTION {}.facts() RETURNS TEXT READS SQL DATA RETURN CONCAT_WS('|', @@session.tx_read_only, \
         @@session.max_statement_time, @@session.time_zone, (SELECT VARIABLE_VALUE <> '' FROM \
         information_schema.SESSION_STATUS WHERE VARIABLE_NAME = 'Ssl_cipher'))",
        databases.airflow
    );
    server.execute(&facts).await;
    put_in_operator(server, &databases, "facts()").await;
    for (timeout_ms, limit) in [(10_000, "10.000000"), (250, "0.250000")] {
        for pem_path in [Some(server.pem_path()), None] {
            let limits = QueryLimits { timeout: Duration::from_millis(timeout_ms), max_rows: 500 };
            let settings = MySqlSettings { pem_path, limits, ..settings(server, &databases) };
            let tasks = list_tasks(&open(settings)).await.unwrap();
            assert_eq!(tasks[0].operator, format!("ON|{limit}|+00:00|1"));
        }
    }
}

#[tokio::test]
async fn a_write_is_refused_although_the_user_may_write() {
    let server = MariaDb::shared();
    let databases = server.create_databases("write").await;
    let airflow = &databases.airflow;
    server.execute(&format!("CREATE TABLE {airflow}.note (n INT)")).await;
    let function = format!(
        "CREATE FUNCTION {airflow}.write_note() RETURNS INT MODIFIES SQL DATA \
         BEGIN INSERT INTO {airflow}.note VALUES (1); RETURN 1; END"
    );
    server.execute(&function).await;
    put_in_operator(server, &databases, "write_note()").await;
    let notes = async || {
        let count = format!("SELECT COUNT(*) FROM {airflow}.note");
        let count = sqlx::query_scalar::<_, i64>(sqlx::AssertSqlSafe(count));
        count.fetch_one(&mut server.admin().await).await.unwrap()
    };
    let refused = list_tasks(&open(settings(server, &databases))).await.unwrap_err();
    assert!(matches!(&refused, SourceError::Refused(_)), "{refused:?}");
    assert_eq!(refused.to_string(), "refused the request");
    assert_eq!(notes().await, 0);
    // The same statement in a session of anyone else does write.
    let mut admin = server.admin().await;
    let read = format!("SELECT CAST(operator AS CHAR) FROM {airflow}.task_instance");
    admin.execute(sqlx::AssertSqlSafe(read)).await.unwrap();
    assert_eq!(notes().await, 1);
}

#[tokio::test]
async fn the_server_ends_a_slow_query_at_the_limit() {
    let server = MariaDb::shared();
    let databases = server.create_databases("slow").await;
    put_in_operator(server, &databases, "SLEEP(30)").await;
    let limits = QueryLimits { timeout: Duration::from_secs(1), max_rows: 500 };
    let runs = open(MySqlSettings { limits, ..settings(server, &databases) });
    runs.check_airflow().await.unwrap();
    let started = Instant::now();
    let error = list_tasks(&runs).await.unwrap_err();
    // By the server: we would have waited a second longer.
    assert!(started.elapsed() < Duration::from_millis(1_900), "{:?}", started.elapsed());
    assert_eq!(error.to_string(), "did not answer within 1 s");
    let at_work = sqlx::query_scalar::<_, i64>(
        "SELECT COUNT(*) FROM information_schema.processlist WHERE user = ? AND command <> 'Sleep'",
    );
    let at_work = at_work.bind(&databases.user).fetch_one(&mut server.admin().await).await.unwrap();
    assert_eq!(at_work, 0);
    assert!(runs.check_airflow().await.is_ok());
}

#[tokio::test]
async fn the_server_must_be_the_one_that_the_pem_vouches_for() {
    let server = MariaDb::start_as_host("aurora.example");
    let databases = server.create_databases("pem").await;
    let check = async |pem_path, certificate_check| {
        let settings = MySqlSettings { pem_path, certificate_check, ..settings(&server, &databases) };
        open(settings).check_workflow().await.map_err(|error| error.to_string())
    };
    let (own, foreign) = (Some(server.pem_path()), Some(server.foreign_pem_path()));
    let refused = check(own.clone(), CertificateCheck::Host).await.unwrap_err();
    assert!(refused.contains("is for another host name"), "{refused}");
    assert_eq!(check(own, CertificateCheck::Issuer).await, Ok(()));
    for certificate_check in [CertificateCheck::Host, CertificateCheck::Issuer] {
        let refused = check(foreign.clone(), certificate_check).await.unwrap_err();
        assert!(refused.contains("is not from an authority in RDS_PEM_PATH"), "{refused}");
    }
    // Without a file, encrypted but unverified.
    assert_eq!(check(None, CertificateCheck::Host).await, Ok(()));
    assert_eq!(check(Some("/nowhere/rds.pem".into()), CertificateCheck::Host).await, Ok(()));
}

#[tokio::test]
async fn a_pem_that_is_none_is_a_matter_of_settings() {
    let server = MariaDb::shared();
    let databases = server.create_databases("nopem").await;
    let file = tempfile::NamedTempFile::new().unwrap();
    let settings = MySqlSettings { pem_path: Some(file.path().into()), ..settings(server, &databases) };
    let error = SqlRuns::open(SqlSettings::MySql(settings)).err().unwrap();
    assert_eq!(error.to_string(), "the file at RDS_PEM_PATH holds no certificate");
}

#[tokio::test]
async fn an_expired_token_is_replaced_from_its_file() {
    let server = MariaDb::shared();
    let databases = server.create_reference_databases("token").await;
    let user = &databases.user;
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), &databases.password).unwrap();
    let password_file = Some(file.path().to_owned());
    let runs = open(MySqlSettings { password_file, ..settings(server, &databases) });
    let list = async || runs.list_runs(reference_date(), &reference_datasets()).await;
    assert_eq!(list().await.unwrap().len(), expected_runs().len());

    let expire = async |password: &str| {
        server.execute(&format!("ALTER USER '{user}'@'%' IDENTIFIED BY '{password}'")).await;
        server.execute(&format!("KILL USER '{user}'")).await;
    };
    expire("second?token=&%").await;
    let log = Log::default();
    {
        let _guard = log.collect();
        for _ in 0..3 {
            let error = list().await.unwrap_err();
            assert!(matches!(&error, SourceError::LoginRejected(_)), "{error:?}");
            assert_eq!(error.to_string(), "token expired: regenerate it");
        }
        assert_eq!(log.count("token expired: regenerate it"), 1, "{}", log.text());

        std::fs::write(file.path(), "second?token=&%\n").unwrap();
        assert_eq!(list().await.unwrap().len(), expected_runs().len());
        assert_eq!(log.count("login accepted again"), 1, "{}", log.text());
        assert!(!log.text().contains("second?token") && !log.text().contains(&databases.password));
    }

    // Many readers at once: each comes through, with one new token.
    expire("third").await;
    std::fs::write(file.path(), "third").unwrap();
    let results = futures::future::join_all((0..10).map(|_| list())).await;
    assert!(results.iter().all(Result::is_ok), "{results:?}");
    let (workflow, airflow) = tokio::join!(runs.check_workflow(), runs.check_airflow());
    assert!(workflow.is_ok() && airflow.is_ok());
}

#[tokio::test]
async fn a_wrong_token_without_a_file_is_a_rejected_login() {
    let server = MariaDb::shared();
    let databases = server.create_databases("wrong").await;
    let runs = open(MySqlSettings { password: "no".into(), ..settings(server, &databases) });
    let (workflow, airflow) = tokio::join!(runs.check_workflow(), runs.check_airflow());
    for error in [workflow.unwrap_err(), airflow.unwrap_err()] {
        assert_eq!(error.to_string(), "token expired: regenerate it");
    }
}

#[tokio::test]
async fn a_server_that_stops_is_unreachable_until_it_is_back() {
    let server = MariaDb::start();
    let databases = server.create_reference_databases("stop").await;
    let runs = open(settings(&server, &databases));
    let list = async || runs.list_runs(reference_date(), &reference_datasets()).await;
    assert_eq!(list().await.unwrap().len(), expected_runs().len());
    server.stop();
    let error = list().await.unwrap_err();
    assert!(matches!(&error, SourceError::Unreachable(_)), "{error:?}");
    assert_eq!(error.to_string(), "cannot be reached");
    // Opening needs no server either.
    let other = open(settings(&server, &databases));
    server.start_again();
    assert_eq!(list().await.unwrap().len(), expected_runs().len());
    assert!(other.check_workflow().await.is_ok());
}

#[tokio::test]
async fn a_server_that_falls_silent_holds_nobody_up_for_long() {
    let server = MariaDb::start();
    let databases = server.create_databases("silent").await;
    put_in_operator(&server, &databases, "SLEEP(30)").await;
    let limits = QueryLimits { timeout: Duration::from_secs(1), max_rows: 500 };
    let runs = open(MySqlSettings { limits, ..settings(&server, &databases) });
    runs.check_airflow().await.unwrap();

    let freeze = async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        server.freeze();
    };
    let started = Instant::now();
    let (in_query, ()) = tokio::join!(list_tasks(&runs), freeze);
    assert!(matches!(in_query, Err(SourceError::TimedOut { .. })), "{in_query:?}");
    assert!(started.elapsed() < Duration::from_secs(4), "{:?}", started.elapsed());

    let started = Instant::now();
    let silent = list_tasks(&runs).await;
    assert!(matches!(silent, Err(SourceError::Unreachable(_))), "{silent:?}");
    assert!(started.elapsed() < Duration::from_secs(7), "{:?}", started.elapsed());

    server.thaw();
    let (workflow, airflow) = tokio::join!(runs.check_workflow(), runs.check_airflow());
    assert!(workflow.is_ok() && airflow.is_ok(), "{workflow:?} {airflow:?}");
}

/// What was logged on this thread.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    fn collect(&self) -> tracing::subscriber::DefaultGuard {
        let log = self.clone();
        let subscriber = tracing_subscriber::fmt().with_ansi(false).with_writer(move || log.clone());
        tracing::subscriber::set_default(subscriber.finish())
    }

    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }

    fn count(&self, text: &str) -> usize {
        self.text().matches(text).count()
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
