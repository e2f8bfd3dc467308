//! Essentials that are kept from somebody: no use case may tell of them.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use futures::StreamExt;
use model::view::{RunColumn, RunQuery, SortOrder};
use model::{Actor, BusinessDate, Clock, EssentialName, EssentialStatus, Phase, RunId};
use serde_json::{Value, json};
use service::{Error, Service, Settings, SourceSettings};
use std::collections::BTreeSet;
use std::io::Write;
use std::sync::Arc;

fn date() -> BusinessDate {
    BusinessDate::parse("2026-02-18").unwrap()
}

fn reference() -> Value {
    serde_json::from_str(testkit::reference::ESTATE_JSON).unwrap()
}

/// The actor from whom `hidden` are kept.
fn without(hidden: &[&str]) -> Actor {
    let hidden: BTreeSet<EssentialName> = hidden.iter().copied().map(EssentialName::new).collect();
    Actor { hidden: Arc::new(hidden), ..Actor::local_owner() }
}

/// A service and the folder of its own state.
struct Home {
    service: Service,
    _data: tempfile::TempDir,
}

impl std::ops::Deref for Home {
    type Target = Service;

    fn deref(&self) -> &Service {
        &self.service
    }
}

async fn service_of(estate: &Value) -> Home {
    let data = tempfile::tempdir().unwrap();
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(estate.to_string().as_bytes()).unwrap();
    let clock = Clock::frozen("2026-02-18T12:09:40Z".parse().unwrap());
    let mut settings =
        Settings::new(SourceSettings::File(file.path().to_owned()), "TEST", data.path().to_owned());
    settings.airflow_base_url = Some("https://airflow.example.com".into());
    let service = Service::open(settings, clock).await.unwrap();
    service.check_sources(&Actor::local_owner()).await.unwrap();
    Home { service, _data: data }
}

/// The estate of which the settings and the catalog do not hold `hidden`.
fn cut_down(mut estate: Value, hidden: &[&str]) -> Value {
    let is_hidden = |name: &Value| hidden.contains(&name.as_str().unwrap());
    let essentials = estate["essentials"].as_array_mut().unwrap();
    essentials.retain(|essential| !is_hidden(&essential["name"]));
    for essential in essentials {
        essential["depends_on"].as_array_mut().unwrap().retain(|name| !is_hidden(name));
    }
    estate["catalog"].as_object_mut().unwrap().retain(|name, _| !hidden.contains(&name.as_str()));
    estate
}

fn datasets<'a>(estate: &'a mut Value, essential: &str) -> &'a mut Vec<Value> {
    let answer = &mut estate["catalog"][essential]["GLOBAL"][essential];
    answer["schemaJson"]["datasets"].as_array_mut().unwrap()
}

/// Every name that people know `essential` by.
fn names(estate: &Value, essential: &str) -> Vec<String> {
    let all = estate["essentials"].as_array().unwrap();
    let settings = all.iter().find(|settings| settings["name"] == essential).unwrap();
    let aliases = settings["aliases"].as_array().unwrap().iter();
    let names = [&settings["name"], &settings["display_name"]].into_iter().chain(aliases);
    names.map(|name| name.as_str().unwrap().to_owned()).collect()
}

/// Ids and latencies differ from one server to the next.
fn drop_what_differs(answer: &mut Value) {
    match answer {
        Value::Object(fields) => {
            fields.retain(|name, _| !["id", "latency_ms"].contains(&name.as_str()));
            fields.values_mut().for_each(drop_what_differs);
        }
        Value::Array(items) => items.iter_mut().for_each(drop_what_differs),
        _ => {}
    }
}

fn answer<T: serde::Serialize>(result: Result<T, Error>) -> Value {
    match result {
        Ok(answer) => serde_json::to_value(answer).unwrap(),
        Err(error) => json!({ "kind": format!("{:?}", error.kind()), "nearest": error.nearest() }),
    }
}

/// What every use case answers to `actor` who asks for `texts` as names and for `runs`.
async fn all_answers(service: &Service, actor: &Actor, texts: &[String], runs: &[String]) -> Value {
    let mut answers = serde_json::Map::new();
    let mut add = |what: String, mut value: Value| {
        drop_what_differs(&mut value);
        answers.insert(what, value);
    };
    let snapshot = service.get_board(actor, date()).await.unwrap();
    add("board".into(), json!(snapshot.view(service.clock().now())));
    add("empty board".into(), {
        let snapshot = service.get_board(actor, date().tomorrow()).await.unwrap();
        json!(snapshot.view(service.clock().now()))
    });
    add("failures".into(), answer(service.list_failures(actor, date()).await));
    add("health".into(), answer(service.get_health(actor)));
    add("estate".into(), answer(service.get_estate(actor)));
    for text in texts {
        add(format!("essential {text}"), answer(service.get_essential(actor, text, date()).await));
        let search = RunQuery { search: text.clone(), ..RunQuery::default() };
        add(format!("search {text}"), answer(service.list_runs(actor, date(), &search, 0, 1_000).await));
        let filters = vec![(RunColumn::Essential, text.clone())];
        let filter = RunQuery { filters, ..RunQuery::default() };
        add(format!("export {text}"), answer(service.export_runs(actor, date(), &filter).await));
        add(format!("refresh {text}"), answer(service.refresh_catalog(actor, Some(text)).await));
    }
    for column in RunColumn::ALL {
        let sorted = RunQuery { sort: Some((column, SortOrder::Ascending)), ..RunQuery::default() };
        let list = service.list_runs(actor, date(), &sorted, 0, 1_000).await;
        add(format!("runs by {}", column.key()), answer(list));
    }
    add("export".into(), answer(service.export_runs(actor, date(), &RunQuery::default()).await));
    for run in runs {
        add(format!("tasks {run}"), answer(service.get_run_tasks(actor, date(), &RunId::new(run)).await));
    }
    add("refresh".into(), answer(service.refresh_catalog(actor, None).await));
    let mut events = service.subscribe_board(actor, date(), None).await.unwrap();
    let first = String::from_utf8(events.next().await.unwrap().to_vec()).unwrap();
    let data = first.lines().find_map(|line| line.strip_prefix("data: ")).unwrap();
    add("first event".into(), serde_json::from_str(data).unwrap());
    Value::Object(answers)
}

/// Whether `name` stands in `text` and is not part of a longer name.
fn names_it(text: &str, name: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
    text.match_indices(name).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let after = text[at + name.len()..].chars().next();
        !before.is_some_and(is_part) && !after.is_some_and(is_part)
    })
}

/// The strings of an answer that it does not merely echo (its keys hold what was asked for).
fn words(answer: &Value, into: &mut Vec<String>) {
    match answer {
        Value::String(text) => into.push(text.to_lowercase()),
        Value::Array(items) => items.iter().for_each(|item| words(item, into)),
        Value::Object(fields) => fields.values().for_each(|value| words(value, into)),
        _ => {}
    }
}

#[tokio::test]
async fn what_is_hidden_occurs_nowhere_and_nothing_else_is_missing() {
    let estate = reference();
    let whole = service_of(&estate).await;
    let everyone = Actor::local_owner();
    let rows = estate["workflow_run_instance"].as_array().unwrap();
    let all: Vec<&str> =
        estate["essentials"].as_array().unwrap().iter().map(|e| e["name"].as_str().unwrap()).collect();
    let texts: Vec<String> = all
        .iter()
        .flat_map(|name| names(&estate, name))
        .chain(["derivatves", "colateral", "no such thing"].map(str::to_owned))
        .collect();
    // A run of every dataset.
    let mut seen = BTreeSet::new();
    let first_of_dataset = rows.iter().filter(|row| seen.insert(row["OUTPUT_DATASET_ID"].as_str().unwrap()));
    let runs: Vec<String> =
        first_of_dataset.map(|row| row["DAG_RUN_ID"].as_str().unwrap().to_owned()).collect();

    let singles = all.iter().map(|name| vec![*name]);
    let pairs = [("UPC", "6G-FR2052a-E2E"), ("SNU", "TB-Derivatives"), ("PBSynthetics", "TB-SecFIn")];
    let sets = singles.chain(pairs.map(|(a, b)| vec![a, b])).chain([all[1..].to_vec(), all.clone()]);
    for hidden in sets {
        let narrowed = all_answers(&whole, &without(&hidden), &texts, &runs).await;
        let mut found = Vec::new();
        words(&narrowed, &mut found);
        for essential in &hidden {
            for name in names(&estate, essential) {
                let name = name.to_lowercase();
                let told: Vec<_> = found.iter().filter(|text| names_it(text, &name)).collect();
                assert!(told.is_empty(), "{hidden:?}: {told:?}");
            }
            // No dataset of the reference estate is held twice.
            for dataset in datasets(&mut estate.clone(), essential) {
                let id = dataset["datasetId"].as_str().unwrap().to_lowercase();
                assert!(!found.iter().any(|text| text.contains(&id)), "{hidden:?}: {id}");
            }
        }

        if hidden.len() == all.len() {
            // There is a board, and it is empty; a server without any essential has none at all.
            assert_eq!(narrowed["board"]["board"]["essentials"], json!([]));
            continue;
        }
        let smaller = service_of(&cut_down(estate.clone(), &hidden)).await;
        let mut expected = all_answers(&smaller, &everyone, &texts, &runs).await;
        if hidden == ["6G-FR2052a-E2E"] {
            // UPC waits for it, and says so without its name.
            let upc = |answers: &Value| answers["board"]["board"]["essentials"][7].clone();
            assert_eq!(upc(&narrowed)["name"], "UPC");
            assert_eq!(upc(&narrowed)["status"], "WAITING");
            assert_eq!(upc(&narrowed)["waiting_for"], json!([]));
            assert_eq!(upc(&expected)["status"], "NOT_STARTED");
            let upc_waits = |answers: &mut Value| {
                for at in ["/board/board/essentials/7", "/empty board/board/essentials/7"] {
                    let upc = answers.pointer_mut(at).unwrap();
                    upc["is_waiting"] = json!(true);
                    upc["status"] = json!("WAITING");
                }
                answers["essential UPC"]["essential"]["is_waiting"] = json!(true);
                answers["essential UPC"]["essential"]["status"] = json!("WAITING");
            };
            upc_waits(&mut expected);
        }
        for (question, expected) in expected.as_object().unwrap() {
            assert_eq!(&narrowed[question], expected, "{hidden:?}: {question}");
        }
    }
}

#[tokio::test]
async fn an_essential_that_waits_for_a_hidden_one_waits_in_every_view() {
    let service = service_of(&reference()).await;
    let snapshot = service.get_board(&without(&["6G-FR2052a-E2E"]), date()).await.unwrap();
    let upc = snapshot.board().unwrap().essentials.last().unwrap();
    for phase in [None, Some(Phase::Prelim), Some(Phase::Final)] {
        assert_eq!(upc.status_in(phase), EssentialStatus::Waiting, "{phase:?}");
    }
}

/// SNU holds a dataset of UPC too, with a slice of its own beside one that both expect, and
/// UPC ⇐ SNU ⇐ SMAA: SMAA waits for UPC through SNU.
fn entangled() -> (Value, String) {
    let mut estate = reference();
    let shared = datasets(&mut estate, "UPC")[0]["datasetId"].as_str().unwrap().to_owned();
    datasets(&mut estate, "UPC")[0]["sliceGroups"] = json!({ "slices": ["UPC_NA", "BOTH"] });
    datasets(&mut estate, "SNU").push(json!({
        "datasetId": shared, "sliceGroups": { "slices": ["SNU_OWN", "BOTH"] }, "sequenceOrder": 99,
    }));
    for essential in estate["essentials"].as_array_mut().unwrap() {
        match essential["name"].as_str().unwrap() {
            "SNU" => essential["depends_on"] = json!(["UPC"]),
            "TB-SMAA" => essential["depends_on"] = json!(["SNU"]),
            "UPC" => essential["depends_on"] = json!([]),
            _ => {}
        }
    }
    let rows = estate["workflow_run_instance"].as_array_mut().unwrap();
    let mut add = |key: i64, slice: &str, status: &str| {
        let mut row = rows[0].clone();
        row["WORKFLOW_RUN_INSTANCE_KEY"] = json!(key);
        row["OUTPUT_DATASET_ID"] = json!(shared);
        row["DAG_ID"] = json!("upc_V2");
        row["DAG_RUN_ID"] = json!(format!("FGW_upc_V2_2026-02-18_{slice}_{key}"));
        row["STATUS"] = json!(status);
        row["STATUS_DETAIL"] = json!("");
        rows.push(row);
    };
    add(1, "UPC_NA", "SUCCESS");
    add(2, "BOTH", "FAILED");
    add(3, "SNU_OWN", "FAILED");
    add(4, "SNU_OWN", "NO_SUCH_STATUS");
    add(5, "NOBODYS", "SUCCESS");
    (estate, shared)
}

#[tokio::test]
async fn of_a_shared_dataset_only_the_slices_of_visible_essentials_are_shown() {
    let (estate, shared) = entangled();
    let service = service_of(&estate).await;
    let slices = async |actor: &Actor| {
        let filters = vec![(RunColumn::Dataset, shared.clone())];
        let query = RunQuery { filters, ..RunQuery::default() };
        let mut runs = service.export_runs(actor, date(), &query).await.unwrap();
        runs.sort_by_key(|run| run.key);
        runs.into_iter().map(|run| (run.key.0, run.essentials.join("+"))).collect::<Vec<_>>()
    };
    let of = |keys: &[i64], essentials: &str| -> Vec<(i64, String)> {
        keys.iter().map(|key| (*key, essentials.to_owned())).collect()
    };
    assert_eq!(slices(&Actor::local_owner()).await, of(&[1, 2, 3, 4, 5], "SNU+UPC"));
    assert_eq!(slices(&without(&["SNU"])).await, of(&[1, 2, 5], "UPC"));
    assert_eq!(slices(&without(&["UPC"])).await, of(&[2, 3, 4, 5], "SNU"));
    assert_eq!(slices(&without(&["UPC", "SNU"])).await, []);

    let view = service.get_essential(&without(&["SNU"]), "UPC", date()).await.unwrap();
    let rows: Vec<_> = view.matrix[0].slices.iter().map(|row| row.slice.as_ref().unwrap().as_str()).collect();
    assert_eq!(rows, ["UPC_NA", "BOTH", "NOBODYS"]);
    assert_eq!(view.essential.datasets[0].unrecognised_count, 1);
    let whole = service.get_essential(&Actor::local_owner(), "UPC", date()).await.unwrap();
    assert_eq!(whole.essential.datasets[0].unrecognised_count, 2);
    let hidden_run = RunId::new("FGW_upc_V2_2026-02-18_SNU_OWN_3");
    let tasks = service.get_run_tasks(&without(&["SNU"]), date(), &hidden_run).await;
    assert!(matches!(tasks, Err(Error::NotFound { .. })));
}

#[tokio::test]
async fn what_waits_through_a_hidden_essential_is_not_told() {
    let (estate, _) = entangled();
    let service = service_of(&estate).await;
    let blocked = async |actor: &Actor| {
        let view = service.list_failures(actor, date()).await.unwrap();
        let upc = view.essentials.into_iter().find(|failures| failures.name.as_str() == "UPC").unwrap();
        upc.blocks.into_iter().map(|neighbour| neighbour.name.to_string()).collect::<Vec<_>>()
    };
    assert!(blocked(&Actor::local_owner()).await.contains(&"SNU".to_owned()));
    assert_eq!(blocked(&without(&["SNU"])).await, Vec::<String>::new());
}

#[tokio::test]
async fn a_catalog_that_fails_for_hidden_essentials_only_has_not_failed() {
    let mut estate = reference();
    for name in ["SNU", "UPC"] {
        estate["catalog"].as_object_mut().unwrap().remove(name);
    }
    let service = service_of(&estate).await;
    let catalog = |actor: &Actor| {
        let health = serde_json::to_value(service.get_health(actor).unwrap()).unwrap();
        let check = health["checks"][2].clone();
        assert_eq!(check["name"], "lenz_api");
        (check["state"].clone(), check["error"].as_str().unwrap_or_default().to_owned())
    };
    let check = |hidden: &[&str], state: &str, asked_for: &str| {
        let (is, error) = catalog(&without(hidden));
        assert_eq!(is, state, "{hidden:?}");
        assert!(error.ends_with(asked_for) && error.is_empty() == (state == "up"), "{hidden:?}: {error}");
    };
    check(&[], "down", "(asked for SNU, UPC)");
    check(&["TB-SMAA"], "down", "(asked for SNU, UPC)");
    check(&["SNU"], "down", "(asked for UPC)");
    check(&["SNU", "UPC"], "up", "");

    let both = without(&["SNU", "UPC"]);
    let answer = service.refresh_catalog(&both, None).await.unwrap();
    assert_eq!((answer.refreshed.len(), answer.failed.len()), (7, 0));
    let board = service.get_board(&both, date()).await.unwrap();
    assert!(board.sources.iter().all(|source| source.error.is_none()));
}

#[tokio::test]
async fn more_audiences_than_are_kept_are_served_all_the_same() {
    let service = service_of(&reference()).await;
    for round in 0..2 {
        for other in 0..200 {
            let actor = without(&["SNU", &format!("group {other}")]);
            let snapshot = service.get_board(&actor, date()).await.unwrap();
            assert_eq!(snapshot.board().unwrap().summary.total, 8, "{round} {other}");
            assert_eq!(snapshot.audience, service::Audience::of(&actor));
        }
    }
}
