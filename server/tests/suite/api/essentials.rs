use axum::body::to_bytes;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use model::{Actor, EssentialName};
use serde_json::{Value, json};
use server::api::essentials::RenderedEssentials;
use std::io::Read;
use std::sync::Arc;
use testkit::app::{Answer, TestApp, fixture};

/// Every field of `expect` is in `found` with the same value; lists have the same length and order.
fn assert_holds(found: &Value, expect: &Value, place: &str) {
    match (found, expect) {
        (Value::Object(found), Value::Object(expect)) => {
            for (key, value) in expect {
                let place = format!("{place}.{key}");
                assert_holds(found.get(key).unwrap_or_else(|| panic!("{place} is not there")), value, &place);
            }
        }
        (Value::Array(found), Value::Array(expect)) => {
            assert_eq!(found.len(), expect.len(), "{place}: length");
            for (index, (found, expect)) in found.iter().zip(expect).enumerate() {
                assert_holds(found, expect, &format!("{place}[{index}]"));
            }
        }
        _ => assert_eq!(found, expect, "{place}"),
    }
}

fn essential<'a>(answer: &'a Value, name: &str) -> &'a Value {
    let all = answer["essentials"].as_array().unwrap();
    all.iter().find(|essential| essential["essential_name"] == name).unwrap()
}

#[tokio::test]
async fn the_reference_estate_is_answered_as_expected() {
    let app = TestApp::reference().await;
    let expect = std::fs::read(fixture("expected-dashboard.json")).unwrap();
    let expect: Value = serde_json::from_slice(&expect).unwrap();
    for path in ["/api/essentials", "/api/essentials?business_date=2026-02-18&processing_type=all"] {
        let answer = app.get(path).await;
        assert_eq!(answer.status, StatusCode::OK);
        assert_eq!(answer.header("content-type"), "application/json");
        assert_holds(&answer.json(), &expect, "$");
    }
}

#[tokio::test]
async fn the_flat_fields_stand_beside_the_phases() {
    let app = TestApp::reference().await;
    let answer = app.get("/api/essentials").await.json();
    assert_eq!(answer["timestamp"], "2026-02-18T12:09:40Z");
    let derivatives = essential(&answer, "TB-Derivatives");
    assert_eq!(derivatives["final"]["eta"], Value::Null);
    let running = &derivatives["datasets"][4];
    let expect = json!({
        "dataset_id": "com.jpmc.ct.lri.cfg-contractual_cash_flow_results_v1",
        "sequence_order": 3,
        "prelim_status": "SUCCESS",
        "final_status": "RUNNING",
        "slice_count": 6,
        "slices_success": 3,
        "slices_failed": 0,
        // From 09:04:20 to 12:09:40: a running one goes to now.
        "duration_minutes": 185,
        "created_date": "2026-02-18T09:04:20Z",
        "updated_date": "2026-02-18T12:08:09Z",
    });
    assert_holds(running, &expect, "dataset");
    let run_id = running["latest_dag_run_id"].as_str().unwrap();
    assert!(run_id.starts_with("FGW_contractual_cf_V2_2026-02-18_"), "{run_id}");
}

#[tokio::test]
async fn processing_type_chooses_the_phase() {
    let app = TestApp::reference().await;
    let prelim = app.get("/api/essentials?processing_type=PRELIM").await.json();
    let last = app.get("/api/essentials?processing_type=final").await.json();
    let status = |answer: &Value| essential(answer, "TB-Derivatives")["status"].clone();
    assert_eq!((status(&prelim), status(&last)), (json!("SUCCESS"), json!("RUNNING")));
    assert_eq!(essential(&prelim, "TB-Derivatives")["datasets"][4]["slices_success"], 6);
    for answer in [&prelim, &last] {
        let counted =
            answer["essentials"].as_array().unwrap().iter().filter(|e| e["status"] == "SUCCESS").count();
        assert_eq!(answer["summary"]["completed"], counted);
    }
}

#[tokio::test]
async fn dates_and_phases_go_by_their_short_names_too() {
    let app = TestApp::reference().await;
    for path in ["/api/essentials", "/api/status/DERIV"] {
        for (short, long) in [
            ("date=2026-02-17", "business_date=2026-02-17"),
            ("phase=prelim", "processing_type=prelim"),
            ("date=2026-02-17&phase=FINAL", "business_date=2026-02-17&processing_type=FINAL"),
        ] {
            let (short, long) = (format!("{path}?{short}"), format!("{path}?{long}"));
            let (by_short, by_long) = (app.get(&short).await, app.get(&long).await);
            assert_eq!(by_short.status, StatusCode::OK, "{short}");
            assert!(by_short.body == by_long.body, "{short}");
            assert!(by_short.body != app.get(path).await.body, "{short} makes a difference");
        }
    }
}

#[tokio::test]
async fn nobody_is_given_the_answer_of_another_audience() {
    let app = TestApp::reference().await;
    let rendered = RenderedEssentials::default();
    let hidden = ["SNU", "UPC"].map(EssentialName::new);
    let narrowed = Actor { hidden: Arc::new(hidden.into()), ..Actor::local_owner() };
    let mut etags = Vec::new();
    for (actor, total) in [(Actor::local_owner(), 9), (narrowed, 7)].into_iter().cycle().take(4) {
        let snapshot = app.service.get_board(&actor, app.service.today()).await.unwrap();
        let mut headers = HeaderMap::new();
        let answer = rendered.get(&snapshot, None).unwrap().answer(&headers);
        let etag = answer.headers()[header::ETAG].clone();
        let body = to_bytes(answer.into_body(), usize::MAX).await.unwrap();
        let body: Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(body["summary"]["total"], total);
        assert_eq!(body["essentials"].as_array().unwrap().len(), total);

        // The tag of the other audience is not this one's.
        for (other, known) in &etags {
            headers.insert(header::IF_NONE_MATCH, HeaderValue::clone(known));
            let status = rendered.get(&snapshot, None).unwrap().answer(&headers).status();
            assert_eq!(status == StatusCode::NOT_MODIFIED, *other == total);
        }
        etags.push((total, etag));
    }
}

#[tokio::test]
async fn encodings_hold_the_same_content() {
    let app = TestApp::reference().await;
    let plain = app.get("/api/essentials").await;
    assert_eq!(plain.header("content-encoding"), "");
    let encoded = |answer: Answer, encoding: &str| {
        assert_eq!(answer.header("content-encoding"), encoding);
        assert_eq!(answer.header("vary"), "accept-encoding");
        assert!(answer.body.len() * 4 < plain.body.len(), "{encoding}: {}", answer.body.len());
        answer.body
    };
    let brotli = app.get_with("/api/essentials", &[(header::ACCEPT_ENCODING, "gzip, br")]).await;
    let mut decoded = Vec::new();
    brotli::Decompressor::new(&*encoded(brotli, "br"), 4096).read_to_end(&mut decoded).unwrap();
    assert_eq!(decoded, plain.body);
    let gzip = app.get_with("/api/essentials", &[(header::ACCEPT_ENCODING, "gzip")]).await;
    decoded.clear();
    flate2::read::GzDecoder::new(&*encoded(gzip, "gzip")).read_to_end(&mut decoded).unwrap();
    assert_eq!(decoded, plain.body);
}

#[tokio::test]
async fn one_essential_by_any_of_its_names() {
    let app = TestApp::reference().await;
    let board = app.get("/api/essentials").await.json();
    for name in ["TB-Derivatives", "tb-derivatives", "DERIV", "DERIVATIVES"] {
        let answer = app.get(&format!("/api/status/{name}")).await;
        assert_eq!(answer.status, StatusCode::OK, "{name}");
        assert_holds(&answer.json(), essential(&board, "TB-Derivatives"), name);
    }
    let answer = app.get("/api/status/FR2052A%20(6G)").await.json();
    assert_eq!(answer["essential_name"], "6G-FR2052a-E2E");
    assert_eq!(answer["needed_by"][0]["essential_name"], "UPC");
    let upc = app.get("/api/status/UPC").await.json();
    assert_eq!(upc["depends_on"][0]["essential_name"], "6G-FR2052a-E2E");
}

#[tokio::test]
async fn a_date_without_runs_has_essentials_that_have_not_started() {
    let app = TestApp::reference().await;
    let answer = app.get("/api/essentials?business_date=2020-01-01").await.json();
    assert_eq!(answer["business_date"], "2020-01-01");
    assert_eq!(
        answer["summary"],
        json!({"total": 9, "completed": 0, "running": 0, "failed": 0, "not_started": 9})
    );
}
