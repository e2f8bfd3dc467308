//! The questions of `evals/`, answered without a model over the reference estate: `make eval`.
//!
//! One question of three is held out: it counts, but what it got wrong is only shown when asked
//! for (`EVAL_HELD_OUT=show`), so that the grammar is not fitted to it.

use crate::support::{Estate, ask};
use model::ask::{Entities, Intent, PhaseWord, Response, Tier, Topic};
use model::{BusinessDate, Catalog};
use serde::Deserialize;
use std::collections::BTreeMap;

/// The share of questions that must be answered as expected, in percent.
const ENOUGH: usize = 95;
const TODAY: &str = "2026-02-18";

/// A file of questions with what is expected of all of them.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Sheet {
    intent: Intent,
    topic: Topic,
    tier: u8,
    #[serde(default)]
    tools: Vec<String>,
    cases: Vec<Case>,
}

/// A question, and what is expected where it differs from its file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    ask: String,
    /// What was asked before in the same thread.
    #[serde(default)]
    after: Vec<String>,
    intent: Option<Intent>,
    topic: Option<Topic>,
    tier: Option<u8>,
    tools: Option<Vec<String>>,
    #[serde(default)]
    essentials: Vec<String>,
    /// The tail of the id is enough.
    #[serde(default)]
    datasets: Vec<String>,
    /// `@EMEA` means all of the essentials (or of all) that have this word in their name.
    #[serde(default)]
    slices: Vec<String>,
    date: Option<String>,
    from: Option<String>,
    phase: Option<String>,
    run: Option<String>,
    /// What the answer must say.
    #[serde(default)]
    says: Vec<String>,
    /// What a suggested question must hold.
    #[serde(default)]
    offers: Vec<String>,
    #[serde(default)]
    error: bool,
}

#[derive(Default)]
struct Score {
    right: usize,
    asked: usize,
}

impl Score {
    fn add(&mut self, right: bool) {
        self.asked += 1;
        self.right += usize::from(right);
    }

    fn percent(&self) -> String {
        format!(
            "{:>4}/{:<4} {:>5.1} %",
            self.right,
            self.asked,
            100.0 * self.right as f64 / self.asked.max(1) as f64
        )
    }

    fn is_enough(&self) -> bool {
        self.right * 100 >= self.asked * ENOUGH
    }
}

#[test]
fn questions_are_understood_and_answered() {
    let estate = Estate::reference();
    let show_held_out = std::env::var_os("EVAL_HELD_OUT").is_some();
    let mut by_intent: BTreeMap<String, [Score; 2]> = BTreeMap::new();
    let mut all: [Score; 2] = Default::default();
    let mut number = 0;
    for (file, sheet) in sheets() {
        for case in &sheet.cases {
            number += 1;
            let held_out = usize::from(number % 3 == 0);
            let wrong = answer(&estate, &sheet, case);
            let intent = serde_json::to_string(&case.intent.unwrap_or(sheet.intent)).unwrap();
            by_intent.entry(intent.trim_matches('"').to_owned()).or_default()[held_out].add(wrong.is_empty());
            all[held_out].add(wrong.is_empty());
            if !wrong.is_empty() && (held_out == 0 || show_held_out) {
                println!("{file}: {:?}\n    {}", case.ask, wrong.join("\n    "));
            }
        }
    }
    println!("{:16} {:>16} {:>18}", "intent", "seen", "held out");
    for (intent, [seen, held_out]) in &by_intent {
        println!("{intent:16} {:>16} {:>18}", seen.percent(), held_out.percent());
    }
    println!("{:16} {:>16} {:>18}", "all", all[0].percent(), all[1].percent());
    assert!(number >= 300, "only {number} questions");
    for (intent, scores) in &by_intent {
        let both =
            Score { right: scores[0].right + scores[1].right, asked: scores[0].asked + scores[1].asked };
        assert!(both.is_enough(), "{intent}: {}, below {ENOUGH} %", both.percent());
    }
    assert!(all[1].is_enough(), "held out: {}, below {ENOUGH} %", all[1].percent());
}

fn sheets() -> Vec<(String, Sheet)> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../evals");
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "toml"));
    files.sort();
    let read = |path: std::path::PathBuf| {
        let text = std::fs::read_to_string(&path).unwrap();
        let sheet = toml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        (path.file_stem().unwrap().to_string_lossy().into_owned(), sheet)
    };
    files.into_iter().map(read).collect()
}

/// What is not as expected.
fn answer(estate: &Estate, sheet: &Sheet, case: &Case) -> Vec<String> {
    let mut thread = Default::default();
    for before in &case.after {
        thread = ask(estate, before, &thread).context;
    }
    let asked = ask(estate, &case.ask, &thread);
    let response = asked.response();
    let mut wrong = Vec::new();
    let mut expect = |what: &str, is: String, wanted: String| {
        if is != wanted {
            wrong.push(format!("{what}: {is}, not {wanted}"));
        }
    };
    let topic = case.topic.unwrap_or(sheet.topic);
    let tier = Tier::try_from(case.tier.unwrap_or(sheet.tier)).unwrap();
    expect("intent", format!("{:?}", response.intent), format!("{:?}", case.intent.unwrap_or(sheet.intent)));
    expect("topic", format!("{:?}", response.topic), format!("{topic:?}"));
    expect("tier", format!("{:?}", response.tier), format!("{tier:?}"));
    expect("error", response.error.to_string(), case.error.to_string());
    if tier != Tier::Declined && !(case.error && case.run.is_none()) {
        expect_entities(&response.entities, case, &estate.catalog, &mut expect);
    }
    let called: Vec<&str> = response.tool_calls.iter().map(|tool| tool.tool.as_str()).collect();
    for tool in case.tools.as_ref().unwrap_or(&sheet.tools) {
        if !called.contains(&tool.as_str()) {
            wrong.push(format!("tools: {called:?}, without {tool}"));
        }
    }
    wrong.extend(missing(response, case));
    wrong
}

fn expect_entities(
    said: &Entities,
    case: &Case,
    catalog: &Catalog,
    expect: &mut dyn FnMut(&str, String, String),
) {
    let names = |names: Vec<String>| {
        let mut names = names;
        names.sort();
        names.join(", ")
    };
    expect(
        "essentials",
        names(said.essentials.iter().map(ToString::to_string).collect()),
        names(case.essentials.clone()),
    );
    let tail = |id: &model::DatasetId| id.as_str().trim_start_matches("com.jpmc.ct.lri.").to_owned();
    expect("datasets", names(said.datasets.iter().map(tail).collect()), names(case.datasets.clone()));
    let slices = case.slices.iter().flat_map(|slice| match slice.strip_prefix('@') {
        Some(word) => slices_with(word, case, catalog),
        None => vec![slice.clone()],
    });
    expect("slices", names(said.slices.iter().map(ToString::to_string).collect()), names(slices.collect()));
    let date = |date: Option<BusinessDate>| date.map(|date| date.to_string()).unwrap_or_default();
    expect("date", date(said.business_date), case.date.clone().unwrap_or_else(|| TODAY.to_owned()));
    expect("from", date(said.from_date), case.from.clone().unwrap_or_default());
    expect(
        "phase",
        said.phase.map(PhaseWord::as_str).unwrap_or_default().to_owned(),
        case.phase.clone().unwrap_or_default(),
    );
    let run = said.run_id.as_ref().map(ToString::to_string).unwrap_or_default();
    expect("run", run, case.run.clone().unwrap_or_default());
}

fn slices_with(word: &str, case: &Case, catalog: &Catalog) -> Vec<String> {
    let wanted =
        |name: &str| case.essentials.is_empty() || case.essentials.iter().any(|wanted| wanted == name);
    let essentials = catalog.essentials.iter().filter(|essential| wanted(essential.name.as_str()));
    let mut slices: Vec<String> = essentials
        .flat_map(|essential| &essential.datasets)
        .flat_map(|dataset| &dataset.slices)
        .map(ToString::to_string)
        .filter(|slice| slice.split(['_', '-']).any(|part| part == word))
        .collect();
    slices.sort();
    slices.dedup();
    slices
}

fn missing(response: &Response, case: &Case) -> Vec<String> {
    let unsaid = case.says.iter().filter(|fact| !response.text.contains(fact.as_str()));
    let unsaid = unsaid.map(|fact| format!("does not say {fact:?}: {}", response.text));
    let offered =
        |fact: &&String| !response.suggested_queries.iter().any(|query| query.contains(fact.as_str()));
    let unoffered = case.offers.iter().filter(offered);
    unsaid
        .chain(unoffered.map(|fact| format!("does not offer {fact:?}: {:?}", response.suggested_queries)))
        .collect()
}
