use axum::body::{Body, BodyDataStream};
use axum::http::{HeaderName, Method, StatusCode};
use futures::StreamExt;
use model::Clock;
use serde_json::{Value, json};
use service::settings::{Compatible, ModelLimits, ModelSettings, Price, Provider, TokenPrice};
use service::{Settings, SourceSettings};
use std::path::Path;
use std::time::Duration;
use testkit::app::{Answer, REFERENCE_NOW, TestApp, fixture, request};
use testkit::model_server::{Answer as Model, ModelServer};

const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

async fn ask(app: &TestApp, body: Value) -> Answer {
    app.post("/api/chat", &[], body.to_string()).await
}

/// The frames of a whole stream.
async fn frames(app: &TestApp, method: Method, path: &str, body: &str, last: Option<&str>) -> Vec<String> {
    let headers: Vec<_> = last.iter().map(|last| (LAST_EVENT_ID, *last)).collect();
    let answer = app.send(request(method, path, &headers, Body::from(body.to_owned()))).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    assert_eq!(answer.header("content-type"), "text/event-stream");
    answer.text().split_terminator("\n\n").map(str::to_owned).collect()
}

/// Id, name and data of a frame.
fn parts(frame: &str) -> (u64, &str, Value) {
    let field = |name: &str| frame.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
    (field("id: ").parse().unwrap(), field("event: "), serde_json::from_str(field("data: ")).unwrap())
}

#[tokio::test]
async fn an_answer_has_the_documented_shape() {
    let app = TestApp::reference().await;
    let answer = ask(&app, json!({ "message": "What failed in FR2052A? Give me the RCA." })).await;
    assert_eq!(answer.status, StatusCode::OK);
    let chat = answer.json();
    let response = &chat["response"];
    assert!(chat["thread_id"].as_str().is_some_and(|id| !id.is_empty()));
    assert_eq!(chat["turn_id"], 1);
    assert!(response["text"].as_str().unwrap().contains("enrich_6g_calc_results"));
    assert_eq!(response["structured_data"]["type"], "rca_analysis");
    assert!(response["tool_calls"].as_array().is_some_and(|calls| !calls.is_empty()));
    assert!(response["suggested_queries"].as_array().is_some_and(|chips| chips.len() <= 5));
    assert_eq!((&response["error"], &response["tier"]), (&json!(false), &json!(1)));
    assert_eq!(response["intent"], "rca_drilldown");
    assert_eq!(response["entities"]["essentials"], json!(["6G-FR2052a-E2E"]));
    assert_eq!(response["entities"]["business_date"], "2026-02-18");
}

#[tokio::test]
async fn a_conversation_may_have_an_id_of_the_callers_choice() {
    let app = TestApp::reference().await;
    let thread = "0b1f7c1e-9d0b-4c7e-8a53-1d8f5c0a2b11";
    let first =
        ask(&app, json!({ "message": "how is derivatives doing?", "thread_id": thread })).await.json();
    assert_eq!((&first["thread_id"], &first["turn_id"]), (&json!(thread), &json!(1)));
    let second = ask(&app, json!({ "message": "what failed?", "thread_id": thread })).await.json();
    assert_eq!(second["turn_id"], 2);
    assert_eq!(second["response"]["entities"]["essentials"], json!(["TB-Derivatives"]));
}

#[tokio::test]
async fn what_is_no_question_is_refused() {
    let app = TestApp::reference().await;
    let check = async |body: &str, field: &str| {
        for path in ["/api/chat", "/api/chat/stream"] {
            let answer = app.post(path, &[], body.to_owned()).await;
            assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{body:.60}");
            assert_eq!(answer.json()["field"], field, "{body:.60}");
        }
    };
    check(&json!({ "message": "x".repeat(20_000) }).to_string(), "message").await;
    check(r#"{"message":"  "}"#, "message").await;
    check("{}", "body").await;
    check("message=x", "body").await;
    check("", "body").await;
    check(r#"{"message":"x","business_date":"yesterday"}"#, "body").await;
    check(r#"{"message":"x","thread_id":"a b"}"#, "thread_id").await;
}

#[tokio::test]
async fn a_stream_ends_with_one_last_event_and_done() {
    let app = TestApp::reference().await;
    let body = json!({ "message": "How is derivatives doing?" }).to_string();
    let frames = frames(&app, Method::POST, "/api/chat/stream", &body, None).await;
    assert_eq!(
        (frames.first().unwrap().as_str(), frames.last().unwrap().as_str()),
        ("retry: 2000", "data: [DONE]")
    );
    let events: Vec<_> = frames[1..frames.len() - 1].iter().map(|frame| parts(frame)).collect();
    let ids: Vec<u64> = events.iter().map(|(id, ..)| *id).collect();
    assert_eq!(ids, (1..=events.len() as u64).collect::<Vec<_>>());
    assert!(events.iter().all(|(_, name, data)| data["type"] == *name));
    let names: Vec<&str> = events.iter().map(|(_, name, _)| *name).collect();
    for name in ["node_start", "node_end", "tool_call", "tool_result", "token", "card"] {
        assert!(names.contains(&name), "{name}: {names:?}");
    }
    assert_eq!(names.iter().filter(|name| matches!(**name, "response" | "error")).count(), 1);
    assert_eq!(names.last(), Some(&"response"));
    let (_, _, last) = events.last().unwrap();
    let tokens: String = events.iter().filter_map(|(_, _, data)| data["text"].as_str()).collect();
    assert_eq!(last["data"]["text"], tokens);
    let find = |node: &str, field: &str| {
        let of_node = events.iter().find(|(_, name, data)| *name == "node_end" && data["node"] == node);
        of_node.unwrap().2["result"][field].clone()
    };
    assert_eq!(find("intent_classifier", "intent"), "status_check");
    assert_eq!(find("batch_resolver", "batch"), "DERIVATIVES");
    assert!(find("batch_resolver", "dataset_count").is_u64() && find("data_fetcher", "row_count").is_u64());
}

#[tokio::test]
async fn a_stream_is_resumed_behind_the_last_event() {
    let app = TestApp::reference().await;
    let body = json!({ "message": "How is derivatives doing?" }).to_string();
    let all = frames(&app, Method::POST, "/api/chat/stream", &body, None).await;
    let thread = {
        let body = Body::from(json!({ "message": "How is derivatives doing?" }).to_string());
        let response = app.begin(request(Method::POST, "/api/chat/stream", &[], body)).await;
        let name = |name: &str| response.headers()[name].to_str().unwrap().to_owned();
        format!("/api/chat/{}/{}/events", name("x-thread-id"), name("x-turn-id"))
        // Nobody reads it: the turn goes on.
    };
    for last in [None, Some("3"), Some("99999")] {
        let resumed = frames(&app, Method::GET, &thread, "", last).await;
        let had = if last == Some("3") { 3 } else { 0 };
        let names = |frames: &[String]| -> Vec<String> {
            frames[1..frames.len() - 1].iter().map(|frame| parts(frame).1.to_owned()).collect()
        };
        assert_eq!(names(&resumed), names(&all)[had..], "{last:?}");
        assert_eq!(resumed.last().unwrap(), "data: [DONE]");
    }
    let unknown = app.get("/api/chat/guess/1/events").await;
    assert_eq!(unknown.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_turn_that_is_over_can_be_stopped_and_stays_as_it_is() {
    let app = TestApp::reference().await;
    let chat = ask(&app, json!({ "message": "how is SNU doing?" })).await.json();
    let place = format!("/api/chat/{}/1", chat["thread_id"].as_str().unwrap());
    let stopped = app.post(&format!("{place}/cancel"), &[], "").await;
    assert_eq!(stopped.status, StatusCode::NO_CONTENT);
    let frames = frames(&app, Method::GET, &format!("{place}/events"), "", None).await;
    assert!(frames[frames.len() - 2].contains("event: response"), "{frames:?}");
    let unknown = app.post("/api/chat/guess/1/cancel", &[], "").await;
    assert_eq!(unknown.status, StatusCode::NOT_FOUND);
    let no_number = app.post("/api/chat/guess/x/cancel", &[], "").await;
    assert_eq!(no_number.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn two_hundred_streams_at_once_all_end_well() {
    let app = TestApp::reference().await;
    let read = |body: BodyDataStream| async move {
        let pieces: Vec<_> = body.map(|piece| piece.unwrap().to_vec()).collect().await;
        String::from_utf8(pieces.concat()).unwrap()
    };
    let streams = (0..200).map(|_| {
        let body = Body::from(json!({ "message": "what failed in 6G?" }).to_string());
        let stream = app.begin(request(Method::POST, "/api/chat/stream", &[], body));
        async move { read(stream.await.into_body().into_data_stream()).await }
    });
    for text in futures::future::join_all(streams).await {
        assert!(text.contains("event: response\n") && text.ends_with("data: [DONE]\n\n"), "{text}");
    }
}

/// The reference estate with a scripted model that is not waited for long.
pub(crate) async fn with_model(model: &ModelServer) -> TestApp {
    let server = Compatible { base_url: format!("{}/v1", model.url()), model: "m".to_owned(), api_key: None };
    let limits =
        ModelLimits { first_byte_timeout: Duration::from_millis(300), retries: 0, ..ModelLimits::default() };
    app_with(ModelSettings::new(Provider::Compatible(server)).with_limits(limits)).await
}

async fn app_with(model: ModelSettings) -> TestApp {
    let data = tempfile::tempdir().unwrap();
    let source = SourceSettings::File(fixture("estate.json"));
    let mut settings = Settings::new(source, "PROD", data.path().to_owned());
    settings.model = Some(model);
    let clock = Clock::frozen(REFERENCE_NOW.parse().unwrap());
    let app = TestApp::start_with(settings, data, clock, Path::new("/nonexistent")).await;
    app.wait_for_board().await;
    app
}

/// Checks that a stream ends once, and says how.
fn last_of(frames: &[String]) -> (&str, Value) {
    assert_eq!(frames.last().unwrap(), "data: [DONE]");
    let events: Vec<_> = frames[1..frames.len() - 1].iter().map(|frame| parts(frame)).collect();
    let is_last = |name: &str| matches!(name, "response" | "error");
    assert_eq!(events.iter().filter(|(_, name, _)| is_last(name)).count(), 1, "{frames:?}");
    let (_, name, data) = events.into_iter().last().unwrap();
    assert!(is_last(name), "{frames:?}");
    (name, data)
}

#[tokio::test]
async fn however_a_turn_ends_it_ends_once() {
    let body = json!({ "message": "What failed in FR2052A?" }).to_string();
    let check = async |answer: Model, expect: &str| {
        let model = ModelServer::start([answer]).await;
        let app = with_model(&model).await;
        let frames = frames(&app, Method::POST, "/api/chat/stream", &body, None).await;
        let (name, last) = last_of(&frames);
        let text = last["data"]["text"].as_str().unwrap();
        assert_eq!(name, "response");
        assert!(text.contains(expect) && text.contains("enrich_6g_calc_results"), "{text}");
        assert_eq!(model.questions().len(), 1);
    };
    check(Model::says("The task `enrich_6g_calc_results` failed."), "The task").await;
    check(Model::says("late").never_comes(), "took too long").await;
    check(Model::says("cut in two").cut_after(1), "cannot be reached").await;
    check(Model::error(500, json!({})), "cannot be reached").await;
    check(Model::declines("no"), "declined").await;
    check(Model::is_filtered("The"), "declined").await;
    check(Model::raw("application/json", &["{\"choices\":"]), "cannot be used").await;
}

#[tokio::test]
async fn a_turn_that_is_stopped_ends_once() {
    let model = ModelServer::start([Model::says("late").never_comes()]).await;
    let server = Compatible { base_url: model.url().to_owned(), model: "m".to_owned(), api_key: None };
    let app = app_with(ModelSettings::new(Provider::Compatible(server))).await;
    let body = Body::from(json!({ "message": "What failed in FR2052A?" }).to_string());
    let response = app.begin(request(Method::POST, "/api/chat/stream", &[], body)).await;
    let name = |name: &str| response.headers()[name].to_str().unwrap().to_owned();
    let place = format!("/api/chat/{}/{}", name("x-thread-id"), name("x-turn-id"));
    while model.questions().is_empty() {
        tokio::task::yield_now().await;
    }
    let stopped = app.post(&format!("{place}/cancel"), &[], "").await;
    assert_eq!(stopped.status, StatusCode::NO_CONTENT);
    model.abandoned(1).await;
    let live: Vec<_> =
        response.into_body().into_data_stream().map(|piece| piece.unwrap().to_vec()).collect().await;
    let live = String::from_utf8(live.concat()).unwrap();
    let live: Vec<String> = live.split_terminator("\n\n").map(str::to_owned).collect();
    let (name, data) = last_of(&live);
    assert_eq!((name, &data["cancelled"]), ("error", &json!(true)));
    let later = frames(&app, Method::GET, &format!("{place}/events"), "", None).await;
    assert_eq!(later, live, "for who comes later too");
}

#[tokio::test]
async fn an_answer_says_what_its_model_took() {
    let says = || Model::says("The task `enrich_6g_calc_results` failed.").with_usage(1000, 0, 500);
    let model = ModelServer::start([says(), says()]).await;
    let server = Compatible { base_url: model.url().to_owned(), model: "m".to_owned(), api_key: None };
    let token = |text| TokenPrice::per_million(text).unwrap();
    let price = Price { input: token("5"), cached_input: None, output: token("15") };
    let app = app_with(ModelSettings::new(Provider::Compatible(server)).with_price(price)).await;
    let asked = json!({ "message": "What failed in FR2052A?" });
    let expect = json!({
        "answers": 1,
        "input_tokens": 1000,
        "cached_input_tokens": 0,
        "output_tokens": 500,
        "cost": "0.0125",
    });
    assert_eq!(ask(&app, asked.clone()).await.json()["response"]["usage"], expect);
    let frames = frames(&app, Method::POST, "/api/chat/stream", &asked.to_string(), None).await;
    let told = &last_of(&frames).1["data"];
    assert_eq!(told["usage"], expect);
    assert_eq!(told["trace_id"].as_str().map(str::len), Some(32), "{told}");
    let without = ask(&app, json!({ "message": "restart 6G" })).await.json();
    assert_eq!(without["response"]["usage"], Value::Null, "it was not asked");
}
