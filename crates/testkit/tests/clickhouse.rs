//! ClickHouse as the harness starts it, as its public Rust client sees it.

use clickhouse::error::Error;
use clickhouse::{Client, Compression, Row};
use serde::{Deserialize, Serialize};
use testkit::clickhouse::ClickHouse;
use testkit::oidc_provider::browser;

#[derive(Clone, Debug, PartialEq, Row, Serialize, Deserialize)]
struct Span {
    project: u64,
    id: [u8; 8],
    name: String,
    cost: Option<f64>,
    tags: Vec<(String, String)>,
}

const CREATE: &str = "CREATE TABLE spans
    (project UInt64, id FixedString(8), name LowCardinality(String), cost Nullable(Float64), tags Map(String, String))
    ENGINE = MergeTree ORDER BY (project, id) SETTINGS non_replicated_deduplication_window = 100";

fn span(number: u8, name: &str) -> Span {
    let cost = number.is_multiple_of(2).then_some(0.0125);
    let tags = vec![("quote".to_owned(), "it's \\ \"so\"\t\n".to_owned())];
    Span { project: 7, id: [number; 8], name: name.to_owned(), cost, tags }
}

fn client_of(server: &ClickHouse) -> Client {
    let client = Client::default().with_url(server.url()).with_compression(Compression::None);
    client.with_user(ClickHouse::USER).with_password(ClickHouse::PASSWORD)
}

/// A client of a new database with an empty table.
async fn client() -> Client {
    let server = ClickHouse::shared();
    let client = client_of(server).with_database(server.create_database().await);
    client.query(CREATE).execute().await.expect("a table");
    client
}

async fn insert(client: &Client, spans: &[Span]) -> Result<(), Error> {
    let mut insert = client.insert::<Span>("spans").await?;
    for span in spans {
        insert.write(span).await?;
    }
    insert.end().await
}

async fn count(client: &Client) -> u64 {
    client.query("SELECT count() FROM spans").fetch_one().await.expect("a count")
}

#[tokio::test]
async fn rows_come_back_as_they_went_in() {
    let client = client().await;
    let spans = [span(1, "chat"), span(2, "naïve ✓"), span(3, "")];
    insert(&client, &spans).await.unwrap();
    let read: Vec<Span> = client.query("SELECT ?fields FROM spans ORDER BY id").fetch_all().await.unwrap();
    assert_eq!(read, spans);
}

#[tokio::test]
async fn values_are_bound_by_the_client_and_by_the_server() {
    let client = client().await;
    let name = "it's \\ \"so\"\t\n ✓";
    insert(&client, &[span(1, name), span(2, "another")]).await.unwrap();
    let by_client = client.query("SELECT ?fields FROM spans WHERE name = ? AND project IN ?");
    assert_eq!(by_client.bind(name).bind([7, 8]).fetch_one::<Span>().await.unwrap(), span(1, name));
    let by_server =
        client.query("SELECT ?fields FROM spans WHERE name = {name: String} AND project < {most: UInt64}");
    assert_eq!(
        by_server.param("name", name).param("most", 8).fetch_one::<Span>().await.unwrap(),
        span(1, name)
    );
}

#[tokio::test]
async fn a_large_answer_comes_in_pieces() {
    let client = client().await;
    let mut numbers = client.query("SELECT number FROM numbers(300000)").fetch::<u64>().unwrap();
    let mut next = 0;
    while let Some(number) = numbers.next().await.unwrap() {
        assert_eq!(number, next);
        next += 1;
    }
    assert_eq!(next, 300_000);
    let mut text = client.query("SELECT number FROM numbers(300000)").fetch_bytes("JSONEachRow").unwrap();
    assert_eq!(text.collect().await.unwrap().split(|byte| *byte == b'\n').count(), 300_001);
}

#[tokio::test]
async fn a_batch_that_is_sent_again_is_stored_once() {
    let client = client().await;
    let batch = |token: &str| client.clone().with_setting("insert_deduplication_token", token);
    insert(&batch("one"), &[span(1, "chat")]).await.unwrap();
    insert(&batch("one"), &[span(1, "chat")]).await.unwrap();
    assert_eq!(count(&client).await, 1);
    insert(&batch("two"), &[span(1, "chat")]).await.unwrap();
    assert_eq!(count(&client).await, 2);
}

#[tokio::test]
async fn many_clients_can_write_at_once() {
    let client = client().await;
    let rows = |project| vec![Span { project, ..span(1, "chat") }; 1000];
    let batches: Vec<Vec<Span>> = (0..8).map(rows).collect();
    let writing = batches.iter().map(|rows| insert(&client, rows));
    futures::future::try_join_all(writing).await.unwrap();
    assert_eq!(count(&client).await, 8000);
}

#[tokio::test]
async fn a_setting_holds_for_its_query_alone() {
    let client = client().await;
    let endless = "SELECT count() FROM numbers(1000000000000)";
    let limited = client.query(endless).with_setting("max_execution_time", "0.1");
    let Err(Error::BadResponse(said)) = limited.fetch_one::<u64>().await else { panic!("it has an end") };
    assert!(said.contains("TIMEOUT_EXCEEDED"), "{said}");
    let limit: f64 =
        client.query("SELECT toFloat64(getSetting('max_execution_time'))").fetch_one().await.unwrap();
    assert_eq!(limit, 0.0);
}

#[tokio::test]
async fn errors_are_the_engines_own() {
    let client = client().await;
    for (sql, expect) in [
        ("SELECT 1 FROM nowhere", "Code: 60. "),
        ("SELEC 1", "Code: 62. "),
        ("SELECT nothing FROM spans", "Code: 47. "),
        ("SELECT {unset: String}", "Code: 456. "),
        ("SELECT 1 SETTINGS no_such_setting = 1", "Code: 115. "),
        ("SELECT throwIf(number > 100000) FROM numbers(200000)", "Code: 395. "),
    ] {
        let error = client.query(sql).execute().await.unwrap_err();
        assert!(matches!(&error, Error::BadResponse(said) if said.starts_with(expect)), "{sql}: {error}");
    }
    let elsewhere = client.clone().with_database("nowhere").query("SELECT 1").execute().await.unwrap_err();
    assert!(elsewhere.to_string().contains("UNKNOWN_DATABASE"), "{elsewhere}");
    let stranger = client.clone().with_password("wrong").query("SELECT 1").execute().await.unwrap_err();
    assert!(stranger.to_string().contains("Code: 516."), "{stranger}");
}

#[tokio::test]
async fn nothing_is_stored_of_a_batch_that_is_spoilt() {
    #[derive(Row, Serialize)]
    struct Unlike {
        project: u64,
    }
    let client = client().await.with_validation(false);
    let mut insert = client.insert_formatted_with("INSERT INTO spans FORMAT RowBinary");
    insert.send(vec![7; 20].into()).await.unwrap();
    let error = insert.end().await.unwrap_err();
    assert!(error.to_string().contains("CANNOT_READ_ALL_DATA"), "{error}");
    let mut other = client.insert::<Unlike>("nowhere").await.unwrap();
    other.write(&Unlike { project: 1 }).await.unwrap();
    assert!(other.end().await.unwrap_err().to_string().contains("UNKNOWN_TABLE"));
    assert_eq!(count(&client).await, 0);
}

#[tokio::test]
async fn a_summary_tells_what_was_done() {
    let client = client().await;
    insert(&client, &[span(1, "chat"), span(2, "chat")]).await.unwrap();
    let mut read = client.query("SELECT project FROM spans LIMIT 1").fetch::<u64>().unwrap();
    assert_eq!(read.next().await.unwrap(), Some(7));
    let summary = read.summary().expect("a summary");
    assert_eq!((summary.read_rows(), summary.result_rows()), (Some(2), Some(1)));
}

/// What the client does not use: GET, statuses, compressed bodies, the query as a body with its rows.
#[tokio::test]
async fn it_speaks_http_as_clickhouse_does() {
    let server = ClickHouse::shared();
    let database = server.create_database().await;
    server.execute(&format!("CREATE TABLE {database}.numbers (number UInt64) ENGINE = Memory")).await;
    let url = |query: &str| format!("{}/?database={database}&{query}", server.url());
    let (user, password) = (ClickHouse::USER, Some(ClickHouse::PASSWORD));

    let ping = browser().get(format!("{}/ping", server.url())).send().await.unwrap();
    assert_eq!(ping.text().await.unwrap(), "Ok.\n");

    let rows = "INSERT INTO numbers FORMAT JSONEachRow\n{\"number\": 1}\n{\"number\": 2}\n";
    let stored =
        browser().post(url("async_insert=1&wait_for_async_insert=1")).basic_auth(user, password).body(rows);
    let stored = stored.send().await.unwrap();
    let summary = stored.headers()["x-clickhouse-summary"].to_str().unwrap();
    assert!(stored.status() == 200 && summary.contains(r#""written_rows": "2""#), "{summary}");
    let query = url("query=SELECT%20sum(number)%20AS%20number%20FROM%20numbers&default_format=JSONEachRow");
    let read = browser().get(&query).basic_auth(user, password).send().await.unwrap();
    assert_eq!(read.text().await.unwrap(), "{\"number\":3}\n");

    let packed = browser().get(&query).basic_auth(user, password).header("accept-encoding", "gzip");
    let packed = packed.send().await.unwrap();
    assert_eq!(packed.headers()["content-encoding"], "gzip");
    let packed = packed.bytes().await.unwrap();
    assert_eq!(packed[..2], [0x1f, 0x8b]);
    // As it came, it is a row.
    let insert = browser().post(url("query=INSERT%20INTO%20numbers%20FORMAT%20JSONEachRow")).body(packed);
    let insert = insert.header("content-encoding", "gzip").basic_auth(user, password);
    assert_eq!(insert.send().await.unwrap().status(), 200);
    assert_eq!(server.execute(&format!("SELECT sum(number) FROM {database}.numbers")).await, "6\n");

    let bound = browser().post(url("query=SELECT%20{n:UInt8}&param_n=5")).basic_auth(user, password);
    assert_eq!(bound.send().await.unwrap().text().await.unwrap(), "5\n");

    for (query, expect) in [
        ("query=SELECT%201%20FROM%20nowhere", 404),
        ("query=SELEC%201", 400),
        ("query=SELECT%20count()%20FROM%20numbers(1000000000000)&max_execution_time=0.1", 408),
        ("query=SELECT%20throwIf(1)", 500),
        ("query=SELECT%201&compress=1", 501),
    ] {
        let refused = browser().get(url(query)).basic_auth(user, password).send().await.unwrap();
        assert_eq!(refused.status(), expect, "{query}");
    }
    assert_eq!(browser().get(&query).send().await.unwrap().status(), 403);
}

#[tokio::test]
async fn what_it_acknowledged_outlives_a_crash() {
    let server = ClickHouse::start();
    let client = client_of(&server);
    client.query(CREATE).execute().await.unwrap();
    insert(&client, &[span(1, "chat")]).await.unwrap();
    server.kill();
    assert!(client.query("SELECT 1").execute().await.is_err());
    server.start_again();
    // Another client: this one still has connections to the server that is gone.
    let client = client_of(&server);
    assert_eq!(count(&client).await, 1);
    insert(&client, &[span(2, "chat")]).await.unwrap();
    server.stop();
    server.start_again();
    assert_eq!(count(&client_of(&server)).await, 2);
}
