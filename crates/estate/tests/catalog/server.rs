//! Servers on this machine that the tests steer.

use axum::Router;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use estate::catalog::{LenzAuth, LenzClient, LenzLimits, LenzSettings};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// A router that listens until it is dropped.
pub(crate) struct Listening {
    pub(crate) address: SocketAddr,
    task: JoinHandle<()>,
}

impl Listening {
    pub(crate) async fn start(router: Router) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let service = router.into_make_service_with_connect_info::<SocketAddr>();
        let task = tokio::spawn(async move { axum::serve(listener, service).await.unwrap() });
        Self { address, task }
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Short bounds, so that no test waits long.
pub(crate) fn limits() -> LenzLimits {
    LenzLimits { total: Duration::from_secs(5), probe: Duration::from_secs(2), ..LenzLimits::default() }
}

/// A client of the server at `base_url`.
pub(crate) fn client(base_url: &str, auth: LenzAuth) -> LenzClient {
    LenzClient::with_limits(LenzSettings { base_url: base_url.to_owned(), auth }, limits()).unwrap()
}

/// An answer for the essential `name`.
pub(crate) fn answer(name: &str, datasets: Value) -> Value {
    json!({"GLOBAL": {name: {"essentialName": name, "schemaJson": {"datasets": datasets}}}})
}

/// A catalog without login.
pub(crate) struct LenzServer {
    pub(crate) base_url: String,
    state: Arc<Mutex<Steering>>,
    _listening: Listening,
}

#[derive(Default)]
struct Steering {
    delay: Duration,
    status: u16,
    raw: Option<Vec<u8>>,
    answers: HashMap<String, Value>,
    asked: Vec<String>,
    at_once: usize,
    most_at_once: usize,
}

impl LenzServer {
    pub(crate) async fn start() -> Self {
        let state = Arc::new(Mutex::new(Steering { status: 200, ..Steering::default() }));
        let router = Router::new().route("/lenz/def", get(definition)).with_state(state.clone());
        let listening = Listening::start(router).await;
        Self { base_url: format!("http://{}/lenz/", listening.address), state, _listening: listening }
    }

    pub(crate) fn set_delay(&self, delay: Duration) {
        self.state.lock().unwrap().delay = delay;
    }

    /// Answers with this status from now on; 200 mends it.
    pub(crate) fn set_status(&self, status: u16) {
        self.state.lock().unwrap().status = status;
    }

    pub(crate) fn set_answer(&self, name: &str, answer: Value) {
        self.state.lock().unwrap().answers.insert(name.to_owned(), answer);
    }

    /// Answers everything with these bytes.
    pub(crate) fn set_raw(&self, body: impl Into<Vec<u8>>) {
        self.state.lock().unwrap().raw = Some(body.into());
    }

    /// The names that were asked for.
    pub(crate) fn asked(&self) -> Vec<String> {
        self.state.lock().unwrap().asked.clone()
    }

    pub(crate) fn calls(&self) -> usize {
        self.asked().len()
    }

    pub(crate) fn most_at_once(&self) -> usize {
        self.state.lock().unwrap().most_at_once
    }
}

async fn definition(
    State(state): State<Arc<Mutex<Steering>>>,
    Query(query): Query<HashMap<String, String>>,
) -> Response {
    let name = query["name"].clone();
    let delay = {
        let mut state = state.lock().unwrap();
        state.asked.push(name.clone());
        state.at_once += 1;
        state.most_at_once = state.most_at_once.max(state.at_once);
        state.delay
    };
    tokio::time::sleep(delay).await;
    let mut state = state.lock().unwrap();
    state.at_once -= 1;
    let status = StatusCode::from_u16(state.status).unwrap();
    if let Some(raw) = &state.raw {
        return (status, raw.clone()).into_response();
    }
    let usual = || answer(&name, json!([{"datasetId": format!("{name}-1")}]));
    let answer = state.answers.get(&name).cloned().unwrap_or_else(usual);
    (status, answer.to_string()).into_response()
}
