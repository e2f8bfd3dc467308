//! What the server tells of itself: the log and `/metrics`.

use metrics::{Unit, describe_counter, describe_gauge, describe_histogram};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use std::io::IsTerminal;
use std::sync::OnceLock;
use std::time::Duration;
use tracing_subscriber::EnvFilter;

/// Upper bounds, in seconds, of the buckets of request durations.
const REQUEST_BUCKETS: [f64; 12] =
    [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 2.5, 10.0];
/// Upper bounds, in seconds, of the buckets of poll durations.
const POLL_BUCKETS: [f64; 9] = [0.005, 0.025, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];
/// Samples wait in memory until they are sorted into buckets.
const UPKEEP: Duration = Duration::from_secs(5);

/// Starts the log on stderr: readable on a terminal, else one JSON object a line. Libraries
/// only warn.
pub fn start_log(level: tracing::Level) {
    let ours = ["app", "estate", "model", "server", "service", "telemetry"]
        .map(|name| format!(",{name}={level}"))
        .concat();
    let log = tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_env_filter(EnvFilter::new(format!("warn{ours}")));
    // An error means that a log is there already.
    let _ = if std::io::stderr().is_terminal() {
        log.try_init()
    } else {
        log.json().flatten_event(true).with_current_span(false).try_init()
    };
}

/// The metrics of this process; recording begins with the first call.
pub fn metrics() -> PrometheusHandle {
    static HANDLE: OnceLock<PrometheusHandle> = OnceLock::new();
    HANDLE
        .get_or_init(|| {
            let name = |name: &str| Matcher::Full(name.to_owned());
            let recorder = PrometheusBuilder::new()
                .set_buckets_for_metric(name("sentry_http_request_duration_seconds"), &REQUEST_BUCKETS)
                .and_then(|builder| {
                    builder.set_buckets_for_metric(name("sentry_poll_duration_seconds"), &POLL_BUCKETS)
                })
                .expect("the lists of buckets are not empty")
                .build_recorder();
            let handle = recorder.handle();
            // An error means that somebody else records; then this handle prints nothing.
            let _ = metrics::set_global_recorder(recorder);
            describe();
            handle
        })
        .clone()
}

/// Sorts waiting samples into buckets, for ever.
pub async fn keep_metrics(handle: PrometheusHandle) {
    loop {
        tokio::time::sleep(UPKEEP).await;
        handle.run_upkeep();
    }
}

fn describe() {
    describe_counter!("sentry_http_requests_total", "Requests, by method, route and class of status");
    describe_histogram!(
        "sentry_http_request_duration_seconds",
        Unit::Seconds,
        "From request to answer's head, by route"
    );
    describe_histogram!("sentry_poll_duration_seconds", Unit::Seconds, "One poll of a board");
    describe_counter!("sentry_source_calls_total", "Calls on sources");
    describe_counter!("sentry_source_errors_total", "Failed calls on sources");
    describe_gauge!(
        "sentry_board_age_seconds",
        Unit::Seconds,
        "Since the sources last answered for today's board"
    );
    describe_gauge!("sentry_unrecognised_rows", "Rows of today that are shown but change no status");
    describe_gauge!("sentry_catalog_unrecognised_parts", "Malformed parts of the catalog's answers");
    describe_gauge!("sentry_sse_clients", "Followers of live updates");
    describe_counter!(
        "sentry_telemetry_records_total",
        "Records that agents sent and that were read, by kind"
    );
    describe_counter!(
        "sentry_telemetry_rejected_total",
        "Records that make no sense and were left out, by kind"
    );
    describe_counter!(
        "sentry_telemetry_redactions_total",
        "Secrets taken out of what agents sent, by project"
    );
    describe_counter!("sentry_telemetry_refused_total", "Requests of agents that were refused, by reason");
    describe_counter!("sentry_own_traces_dropped_total", "Answered questions that were not stored as traces");
    describe_counter!("sentry_telemetry_commits_total", "Groups of requests that were written");
    describe_counter!("sentry_telemetry_failures_total", "Groups of requests that could not be written");
    describe_histogram!("sentry_telemetry_commit_records", "Records of a group");
    describe_gauge!(
        "sentry_telemetry_queue_bytes",
        Unit::Bytes,
        "What waits to be written: memory here, or bytes in Redis"
    );
    describe_gauge!("sentry_telemetry_queue_entries", "Batches in Redis that are not stored yet");
    describe_gauge!("sentry_telemetry_dead_letters", "Batches that could not be stored and were set aside");
    describe_counter!(
        "sentry_agent_changes_total",
        "Agents that do otherwise than before, by how they do now"
    );
    describe_counter!("sentry_telemetry_damaged_sums_total", "Stored sums that could not be read");
    describe_counter!("sentry_telemetry_prune_steps_total", "Steps in which old telemetry is taken out");
    describe_counter!("sentry_telemetry_prune_failures_total", "Rounds of taking out that broke off");
    describe_gauge!(
        "sentry_telemetry_prune_seconds",
        Unit::Seconds,
        "The last round of taking old telemetry out"
    );
    describe_gauge!(
        "sentry_telemetry_pruned_timestamp_seconds",
        Unit::Seconds,
        "When the last round of taking old telemetry out ended"
    );
}
