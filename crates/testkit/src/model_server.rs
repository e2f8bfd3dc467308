//! A scripted model: OpenAI's chat completions and Entra's token endpoint, over HTTP on loopback,
//! with every misbehaviour that a real one shows.

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Uri};
use axum::response::Response;
use futures::StreamExt;
use futures::stream::{self, BoxStream};
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// More than any question.
const MAX_REQUEST_BYTES: usize = 4 * 1024 * 1024;

/// A running server. Dropping it closes it and every connection.
pub struct ModelServer {
    url: String,
    shared: Arc<Shared>,
    task: JoinHandle<()>,
}

/// What the server was sent.
#[derive(Clone, Debug)]
pub struct Received {
    /// Path and query.
    pub uri: Uri,
    /// All headers.
    pub headers: HeaderMap,
    /// The body: JSON as it is, a form as an object of strings.
    pub body: Value,
}

impl Received {
    /// A header's text; empty where there is none.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("a header of text"))
    }

    fn is_for_a_token(&self) -> bool {
        self.uri.path().ends_with("/oauth2/v2.0/token")
    }
}

type Script = Box<dyn FnMut(&Received) -> Answer + Send>;

struct Shared {
    script: Mutex<Script>,
    received: Mutex<Vec<Received>>,
    /// How many answers were not wanted to their end.
    abandoned: watch::Sender<usize>,
}

impl ModelServer {
    /// Answers with these, one after the other, and with HTTP 500 when there are no more.
    /// Tokens are given without a script: `token-1`, `token-2` …, good for an hour.
    pub async fn start(answers: impl IntoIterator<Item = Answer>) -> Self {
        let mut answers: VecDeque<Answer> = answers.into_iter().collect();
        let mut tokens = 0;
        Self::start_with(move |request| {
            if request.is_for_a_token() {
                tokens += 1;
                return Answer::token(&format!("token-{tokens}"), 3600);
            }
            answers.pop_front().unwrap_or_else(|| Answer::error(500, json!({ "code": "no_more_answers" })))
        })
        .await
    }

    /// Answers whatever `script` makes of a request, one at a time.
    pub async fn start_with(script: impl FnMut(&Received) -> Answer + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("its address"));
        let shared = Arc::new(Shared {
            script: Mutex::new(Box::new(script)),
            received: Mutex::default(),
            abandoned: watch::Sender::new(0),
        });
        let app = Router::new().fallback(answer).with_state(shared.clone());
        let task = tokio::spawn(async move { axum::serve(listener, app).await.expect("serve") });
        Self { url, shared, task }
    }

    /// Its address, without a slash at the end.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// What it was asked, without the requests for tokens.
    pub fn questions(&self) -> Vec<Received> {
        self.received().iter().filter(|request| !request.is_for_a_token()).cloned().collect()
    }

    /// What it was sent to get tokens.
    pub fn token_requests(&self) -> Vec<Received> {
        self.received().iter().filter(|request| request.is_for_a_token()).cloned().collect()
    }

    /// Waits until `count` answers in all were not wanted to their end.
    pub async fn abandoned(&self, count: usize) {
        let mut abandoned = self.shared.abandoned.subscribe();
        abandoned.wait_for(|&abandoned| abandoned >= count).await.expect("the server runs");
    }

    fn received(&self) -> MutexGuard<'_, Vec<Received>> {
        self.shared.received.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for ModelServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn answer(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let bytes = axum::body::to_bytes(body, MAX_REQUEST_BYTES).await.expect("a request");
    let body = serde_json::from_slice(&bytes).unwrap_or_else(|_| form(&bytes));
    let received = Received { uri: parts.uri, headers: parts.headers, body };
    let answer = {
        let mut script = shared.script.lock().unwrap_or_else(PoisonError::into_inner);
        script(&received)
    };
    shared.received.lock().unwrap_or_else(PoisonError::into_inner).push(received);
    answer.into_response(shared).await
}

fn form(bytes: &[u8]) -> Value {
    let url = format!("http://form/?{}", String::from_utf8_lossy(bytes));
    let url = reqwest::Url::parse(&url).expect("a form");
    url.query_pairs().map(|(name, value)| (name.into_owned(), Value::from(value))).collect()
}

/// One answer of the script.
#[derive(Clone, Debug)]
pub struct Answer {
    status: u16,
    headers: Vec<(&'static str, String)>,
    content: Content,
    ending: Ending,
}

#[derive(Clone, Debug)]
enum Content {
    /// What a model writes, in two pieces.
    Message(Message),
    /// As it stands here.
    Raw { content_type: &'static str, pieces: Vec<String> },
}

#[derive(Clone, Debug, Default)]
struct Message {
    text: String,
    calls: Vec<(String, String)>,
    refusal: Option<String>,
    finish: &'static str,
    usage: Used,
}

/// Tokens as the server counts them.
#[derive(Clone, Copy, Debug)]
struct Used {
    prompt: u64,
    cached: u64,
    completion: u64,
}

impl Default for Used {
    fn default() -> Self {
        let (prompt, completion) = Answer::USAGE;
        Self { prompt, cached: 0, completion }
    }
}

#[derive(Clone, Copy, Debug)]
enum Ending {
    Whole,
    CutAfter(usize),
    StallsAfter(usize),
    Silent,
    Endless,
}

impl Answer {
    /// The tokens that an answer says it took, unless told otherwise: prompt and completion.
    pub const USAGE: (u64, u64) = (12, 7);
    /// What every answer calls its model.
    pub const MODEL: &str = "scripted-model-1";

    /// Words.
    pub fn says(text: &str) -> Self {
        Self::message(Message { text: text.to_owned(), finish: "stop", ..Message::default() })
    }

    /// Words that end at the limit of tokens.
    pub fn is_truncated(text: &str) -> Self {
        Self::message(Message { text: text.to_owned(), finish: "length", ..Message::default() })
    }

    /// Calls of tools: names, and arguments as the model writes them, JSON or not.
    pub fn calls(calls: &[(&str, &str)]) -> Self {
        let calls = calls.iter().map(|&(name, arguments)| (name.to_owned(), arguments.to_owned())).collect();
        Self::message(Message { calls, finish: "tool_calls", ..Message::default() })
    }

    /// The model declines, in the field that there is for it.
    pub fn declines(words: &str) -> Self {
        let refusal = Some(words.to_owned());
        Self::message(Message { refusal, finish: "stop", ..Message::default() })
    }

    /// The content filter stops the answer after these words.
    pub fn is_filtered(text: &str) -> Self {
        Self::message(Message { text: text.to_owned(), finish: "content_filter", ..Message::default() })
    }

    fn message(message: Message) -> Self {
        Self::new(Content::Message(message))
    }

    /// An error as servers send it: `{"error": …}`.
    pub fn error(status: u16, error: Value) -> Self {
        let body = json!({ "error": error }).to_string();
        Self { status, ..Self::raw("application/json", &[&body]) }
    }

    /// An access token that is good for so many seconds.
    pub fn token(token: &str, expires_in: u32) -> Self {
        let grant = json!({ "token_type": "Bearer", "access_token": token, "expires_in": expires_in });
        Self::raw("application/json", &[&grant.to_string()])
    }

    /// These bytes.
    pub fn raw(content_type: &'static str, pieces: &[&str]) -> Self {
        let pieces = pieces.iter().map(|&piece| piece.to_owned()).collect();
        Self::new(Content::Raw { content_type, pieces })
    }

    fn new(content: Content) -> Self {
        Self { status: 200, headers: Vec::new(), content, ending: Ending::Whole }
    }

    /// With a header.
    pub fn with_header(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }

    /// A model's answer that took so many tokens: sent, of those from the cache, and answered.
    pub fn with_usage(mut self, prompt: u64, cached: u64, completion: u64) -> Self {
        if let Content::Message(message) = &mut self.content {
            message.usage = Used { prompt, cached, completion };
        }
        self
    }

    /// The connection breaks after so many pieces.
    pub fn cut_after(self, pieces: usize) -> Self {
        Self { ending: Ending::CutAfter(pieces), ..self }
    }

    /// Nothing more comes after so many pieces, and the connection stays.
    pub fn stalls_after(self, pieces: usize) -> Self {
        Self { ending: Ending::StallsAfter(pieces), ..self }
    }

    /// Not even the headers come, and the connection stays.
    pub fn never_comes(self) -> Self {
        Self { ending: Ending::Silent, ..self }
    }

    /// The first words come again and again, without an end.
    pub fn never_ends(self) -> Self {
        Self { ending: Ending::Endless, ..self }
    }

    async fn into_response(self, shared: Arc<Shared>) -> Response {
        if let Ending::Silent = self.ending {
            Watched(shared.clone()).forever().await
        }
        let (content_type, pieces) = match self.content {
            Content::Raw { content_type, pieces } => (content_type, pieces),
            Content::Message(message) => ("application/json", halves(&message.whole())),
        };
        let mut response = Response::builder().status(self.status).header("content-type", content_type);
        for (name, value) in self.headers {
            response = response.header(name, value);
        }
        response.body(body(pieces, self.ending, shared)).expect("a response")
    }
}

impl Message {
    fn whole(&self) -> String {
        let Self { text, calls, refusal, finish, usage } = self;
        let mut message = json!({ "role": "assistant", "content": text, "refusal": refusal });
        if !calls.is_empty() {
            let calls = calls.iter().enumerate().map(|(index, (name, arguments))| {
                let function = json!({ "name": name, "arguments": arguments });
                json!({ "id": format!("call_{index}"), "type": "function", "function": function })
            });
            message["content"] = Value::Null;
            message["tool_calls"] = calls.collect();
        }
        let choice = json!({ "index": 0, "message": message, "finish_reason": finish });
        let usage = json!({
            "prompt_tokens": usage.prompt,
            "prompt_tokens_details": { "cached_tokens": usage.cached },
            "completion_tokens": usage.completion,
            "total_tokens": usage.prompt + usage.completion,
        });
        let (id, object, model) = ("chatcmpl-1", "chat.completion", Answer::MODEL);
        json!({ "id": id, "object": object, "created": 0, "model": model, "choices": [choice], "usage": usage })
            .to_string()
    }
}

fn halves(text: &str) -> Vec<String> {
    let middle = text.floor_char_boundary(text.len() / 2);
    vec![text[..middle].to_owned(), text[middle..].to_owned()]
}

fn body(pieces: Vec<String>, ending: Ending, shared: Arc<Shared>) -> Body {
    let come = match ending {
        Ending::CutAfter(count) | Ending::StallsAfter(count) => count,
        Ending::Endless => 2,
        Ending::Whole | Ending::Silent => pieces.len(),
    };
    let repeated = pieces.get(1).cloned().unwrap_or_default();
    let rest: BoxStream<'static, io::Result<String>> = match ending {
        Ending::Whole | Ending::Silent => stream::empty().boxed(),
        Ending::CutAfter(_) => stream::once(cut()).boxed(),
        Ending::StallsAfter(_) => stream::once(Watched(shared).forever()).boxed(),
        Ending::Endless => {
            let watched = Watched(shared);
            stream::repeat(repeated).map(move |piece| watched.pass(piece)).boxed()
        }
    };
    Body::from_stream(stream::iter(pieces).take(come).map(Ok).chain(rest))
}

/// Breaks the connection. What was sent before is on its way by then: it leaves while we wait.
async fn cut() -> io::Result<String> {
    tokio::task::yield_now().await;
    Err(io::Error::other("cut off, as the script says"))
}

/// Counts when nobody waits any longer for an answer that has no end.
struct Watched(Arc<Shared>);

impl Watched {
    async fn forever<T>(self) -> T {
        std::future::pending().await
    }

    fn pass(&self, piece: String) -> io::Result<String> {
        Ok(piece)
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        self.0.abandoned.send_modify(|abandoned| *abandoned += 1);
    }
}
