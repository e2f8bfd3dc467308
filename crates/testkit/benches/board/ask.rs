//! Answers of the assistant without a model, and a long conversation.

use crate::Setup;
use crate::http::{Connection, Event};
use crate::sentry::Sentry;
use crate::table::{Reached, Row, number, percentile};
use anyhow::{Context, bail, ensure};
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::Barrier;
use tokio::task::JoinSet;

const PATH: &str = "/api/chat/stream";

/// Questions that tools answer, each with words of its right answer.
const QUESTIONS: &[(&str, &str)] = &[
    ("What failed in FR2052A? Give me the RCA.", "6g_calc_workflow_V2"),
    ("How is derivatives doing?", "4 of 6"),
    ("6G-GLOBAL-SLICE-2 status", "FAILED"),
    ("What is UPC waiting for?", "FR2052A (6G)"),
    ("Is SNU done?", "22 of 22"),
];

pub(crate) async fn measure(setup: &Setup) -> anyhow::Result<Vec<Row>> {
    let mut rows = measure_answers(setup).await?;
    rows.extend(measure_streams(setup).await?);
    rows.push(measure_long_thread(setup).await?);
    Ok(rows)
}

/// A few who ask on and on.
async fn measure_answers(setup: &Setup) -> anyhow::Result<Vec<Row>> {
    let sentry = Sentry::reference(setup).await?;
    let (clients, each) = (8, setup.choose(100, 10));
    ask_in_parallel(sentry.address, clients, QUESTIONS.len()).await?;
    let (mut first, mut whole): (Vec<_>, Vec<_>) =
        ask_in_parallel(sentry.address, clients, each).await?.into_iter().unzip();
    let how = |values: &mut [f64]| -> anyhow::Result<String> {
        Ok(format!(
            "POST {PATH}, reference estate, no model: {clients} clients, {each} questions each in turn, every one \
             a new conversation; p50 {} ms, p99 {} ms",
            number(percentile(values, 50.0)?),
            number(percentile(values, 99.0)?)
        ))
    };
    let (how_first, how_whole) = (how(&mut first)?, how(&mut whole)?);
    Ok(vec![
        Row::at_most("an answer's first event, p95", percentile(&mut first, 95.0)?, 10.0, "ms", how_first),
        Row::at_most("an answer complete, p95", percentile(&mut whole, 95.0)?, 30.0, "ms", how_whole),
    ])
}

/// Many who ask at the same moment.
async fn measure_streams(setup: &Setup) -> anyhow::Result<Vec<Row>> {
    let sentry = Sentry::reference(setup).await?;
    let (clients, each) = (200, setup.choose(10, 2));
    let answers = ask_in_parallel(sentry.address, clients, each).await;
    let figure = match &answers {
        Ok(answers) => format!("{} answers", number(answers.len() as f64)),
        Err(error) => format!("{error:#}"),
    };
    let how = match answers {
        Ok(answers) => {
            let mut whole: Vec<f64> = answers.into_iter().map(|(_, whole)| whole).collect();
            let (p50, p99) = (percentile(&mut whole, 50.0)?, percentile(&mut whole, 99.0)?);
            let times = format!("complete p50 {} ms, p99 {} ms", number(p50), number(p99));
            (Reached::Yes, format!("{clients} clients at once, {each} questions each in turn; {times}"))
        }
        Err(_) => (Reached::No, format!("{clients} clients at once")),
    };
    let memory = format!(
        "the most so far (VmHWM) of a server that did nothing else; {} MB at the end (VmRSS)",
        number(sentry.memory_mb("VmRSS")?)
    );
    let what = format!("{clients} parallel answers");
    Ok(vec![
        Row::holds(&what, "no failure", how.0, figure, how.1),
        Row::at_most(&format!("{what}: memory"), sentry.memory_mb("VmHWM")?, 150.0, "MB", memory),
    ])
}

/// The page of a conversation that went on for long.
async fn measure_long_thread(setup: &Setup) -> anyhow::Result<Row> {
    let sentry = Sentry::reference(setup).await?;
    let (turns, pages) = (setup.choose(1000, 60), setup.choose(50, 10));
    let mut connection = Connection::open(sentry.address).await?;
    for turn in (0..turns).rev() {
        // The last one is the first of them, whose answer the page must show.
        let (question, _) = QUESTIONS[turn % QUESTIONS.len()];
        let body = json!({"message": question, "thread_id": "bench"});
        // Any answer of a tool: what was asked before counts here too.
        (connection, ..) = ask(connection, &body, "").await?;
    }
    let (_, shown) = QUESTIONS[0];
    let mut whole = Vec::new();
    let mut bytes = 0;
    for _ in 0..pages {
        let page = connection.get("/chat/bench").await?;
        ensure!(page.status == 200, "/chat/bench: {}", page.status);
        let text = String::from_utf8_lossy(&page.body);
        ensure!(text.contains(shown) && text.contains("</html>"), "/chat/bench does not show `{shown}`");
        whole.push(page.total.as_secs_f64() * 1e3);
        bytes = page.body.len();
    }
    let how = format!(
        "GET /chat/bench, whole page of {} bytes, {pages} times in turn; p50 {} ms",
        number(bytes as f64),
        number(percentile(&mut whole, 50.0)?)
    );
    let what = format!("a thread of {} turns opens, p95", number(turns as f64));
    Ok(Row::at_most(&what, percentile(&mut whole, 95.0)?, 100.0, "ms", how))
}

/// Milliseconds to the first event and to the end of each answer.
async fn ask_in_parallel(
    address: SocketAddr,
    clients: usize,
    each: usize,
) -> anyhow::Result<Vec<(f64, f64)>> {
    let together = Arc::new(Barrier::new(clients));
    let mut asking = JoinSet::new();
    for client in 0..clients {
        let together = together.clone();
        asking.spawn(async move {
            let connection = Connection::open(address).await;
            together.wait().await;
            let mut connection = connection?;
            let mut times = Vec::new();
            for place in 0..each {
                let (question, words) = QUESTIONS[(client + place) % QUESTIONS.len()];
                let (kept, first, whole) = ask(connection, &json!({"message": question}), words).await?;
                connection = kept;
                times.push((first.as_secs_f64() * 1e3, whole.as_secs_f64() * 1e3));
            }
            anyhow::Ok(times)
        });
    }
    let mut times = Vec::new();
    while let Some(asked) = asking.join_next().await {
        times.extend(asked??);
    }
    Ok(times)
}

/// Asks, and reads the answer to its end; from sending to the first event, and to the end.
async fn ask(
    connection: Connection,
    body: &Value,
    words: &str,
) -> anyhow::Result<(Connection, Duration, Duration)> {
    let sent = Instant::now();
    let mut events = connection.post_for_events(PATH, &body.to_string()).await?;
    let mut event = events.next().await?;
    let first = sent.elapsed();
    while !matches!(event.name.as_str(), "response" | "error") {
        event = events.next().await?;
    }
    let (connection, rest) = events.read_to_end().await?;
    let whole = sent.elapsed();
    ensure!(rest == "data: [DONE]\n\n", "behind the last event comes `{rest}`");
    check_answer(&event, words).with_context(|| body["message"].to_string())?;
    Ok((connection, first, whole))
}

/// A fast answer that is not the right one would prove nothing.
fn check_answer(event: &Event, words: &str) -> anyhow::Result<()> {
    if event.name != "response" {
        bail!("{}: {}", event.name, event.data);
    }
    let answer: Value = serde_json::from_str(&event.data)?;
    let answer = &answer["data"];
    let text = answer["text"].as_str().context("an answer without text")?;
    ensure!(answer["tier"] == 1 && answer["error"] == false, "no answer of a tool: {answer}");
    ensure!(text.contains(words), "`{words}` is not in: {text}");
    Ok(())
}
