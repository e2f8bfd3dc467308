//! The questions of `evals/`, what is expected of their answers, and the score of who answers
//! them: over the reference estate, as on [`TODAY`]. `evals/README.md` says what a file holds.

use crate::reference;
use model::BusinessDate;
use model::ask::{Entities, Intent, PhaseWord, Response, Tier, Topic};
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The date that the questions are asked on.
pub const TODAY: &str = "2026-02-18";

/// A file of questions with what is expected of all of them.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Sheet {
    intent: Intent,
    topic: Topic,
    tier: u8,
    #[serde(default)]
    tools: Vec<String>,
    cases: Vec<Row>,
}

/// A question, and what is expected where it differs from its file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    ask: String,
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
    #[serde(default)]
    says: Vec<String>,
    #[serde(default)]
    offers: Vec<String>,
    #[serde(default)]
    error: bool,
}

/// A question, and what is expected of its answer.
#[derive(Debug)]
pub struct Case {
    /// The file it stands in, without its ending.
    pub file: String,
    /// Whether it counts without being shown: every third one.
    pub is_held_out: bool,
    intent: Intent,
    topic: Topic,
    tier: Tier,
    tools: Vec<String>,
    row: Row,
}

/// All questions, in the order of the files.
///
/// # Panics
/// A file cannot be read.
pub fn cases() -> Vec<Case> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../evals");
    let entries = std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut files: Vec<PathBuf> =
        entries.map(|entry| entry.expect("the folder can be read").path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "toml"));
    files.sort();
    let mut cases: Vec<Case> = files.iter().flat_map(|path| cases_of(path)).collect();
    for (place, case) in cases.iter_mut().enumerate() {
        case.is_held_out = place % 3 == 2;
    }
    cases
}

fn cases_of(path: &Path) -> Vec<Case> {
    let wrong = |error: &dyn std::fmt::Display| -> ! { panic!("{}: {error}", path.display()) };
    let text = std::fs::read_to_string(path).unwrap_or_else(|error| wrong(&error));
    let sheet: Sheet = toml::from_str(&text).unwrap_or_else(|error| wrong(&error));
    let file = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let case = |row: Row| Case {
        file: file.clone(),
        is_held_out: false,
        intent: row.intent.unwrap_or(sheet.intent),
        topic: row.topic.unwrap_or(sheet.topic),
        tier: Tier::try_from(row.tier.unwrap_or(sheet.tier)).unwrap_or_else(|error| wrong(&error)),
        tools: row.tools.clone().unwrap_or_else(|| sheet.tools.clone()),
        row,
    };
    sheet.cases.into_iter().map(case).collect()
}

impl Case {
    /// The question.
    pub fn question(&self) -> &str {
        &self.row.ask
    }

    /// What was asked before it in the same thread, first to last.
    pub fn before(&self) -> &[String] {
        &self.row.after
    }

    /// The intent that it has.
    ///
    /// # Panics
    /// Never: an intent is a word.
    pub fn intent(&self) -> String {
        let word = serde_json::to_value(self.intent).expect("an intent is a word");
        word.as_str().expect("an intent is a word").to_owned()
    }

    /// What is not as expected, a sentence each.
    pub fn judge(&self, response: &Response) -> Vec<String> {
        let mut wrong = Wrong::default();
        wrong.expect("intent", format!("{:?}", response.intent), format!("{:?}", self.intent));
        wrong.expect("topic", format!("{:?}", response.topic), format!("{:?}", self.topic));
        wrong.expect("tier", format!("{:?}", response.tier), format!("{:?}", self.tier));
        wrong.expect("error", response.error.to_string(), self.row.error.to_string());
        if self.tier != Tier::Declined && !(self.row.error && self.row.run.is_none()) {
            self.judge_entities(&response.entities, &mut wrong);
        }
        let called: Vec<&str> = response.tool_calls.iter().map(|tool| tool.tool.as_str()).collect();
        for tool in self.tools.iter().filter(|tool| !called.contains(&tool.as_str())) {
            wrong.0.push(format!("tools: {called:?}, without {tool}"));
        }
        for fact in self.row.says.iter().filter(|fact| !response.text.contains(fact.as_str())) {
            wrong.0.push(format!("does not say {fact:?}: {}", response.text));
        }
        let is_offered =
            |fact: &String| response.suggested_queries.iter().any(|query| query.contains(fact.as_str()));
        for fact in self.row.offers.iter().filter(|fact| !is_offered(fact)) {
            wrong.0.push(format!("does not offer {fact:?}: {:?}", response.suggested_queries));
        }
        wrong.0
    }

    fn judge_entities(&self, said: &Entities, wrong: &mut Wrong) {
        let row = &self.row;
        let names = |mut names: Vec<String>| {
            names.sort();
            names.join(", ")
        };
        let essentials = said.essentials.iter().map(ToString::to_string).collect();
        wrong.expect("essentials", names(essentials), names(row.essentials.clone()));
        let tail = |id: &model::DatasetId| id.as_str().trim_start_matches("com.jpmc.ct.lri.").to_owned();
        let datasets = said.datasets.iter().map(tail).collect();
        wrong.expect("datasets", names(datasets), names(row.datasets.clone()));
        let slices = row.slices.iter().flat_map(|slice| match slice.strip_prefix('@') {
            Some(word) => self.slices_with(word),
            None => vec![slice.clone()],
        });
        let said_slices = said.slices.iter().map(ToString::to_string).collect();
        wrong.expect("slices", names(said_slices), names(slices.collect()));
        let date = |date: Option<BusinessDate>| date.map(|date| date.to_string()).unwrap_or_default();
        let expected = row.date.clone().unwrap_or_else(|| TODAY.to_owned());
        wrong.expect("date", date(said.business_date), expected);
        wrong.expect("from", date(said.from_date), row.from.clone().unwrap_or_default());
        let phase = said.phase.map(PhaseWord::as_str).unwrap_or_default().to_owned();
        wrong.expect("phase", phase, row.phase.clone().unwrap_or_default());
        let run = said.run_id.as_ref().map(ToString::to_string).unwrap_or_default();
        wrong.expect("run", run, row.run.clone().unwrap_or_default());
    }

    /// Slices of the catalog, of the essentials in question, that have `word` in their name.
    fn slices_with(&self, word: &str) -> Vec<String> {
        let estate: Value = serde_json::from_str(reference::ESTATE_JSON).expect("the fixture is JSON");
        let catalog = estate["catalog"].as_object().expect("the fixture has a catalog");
        let is_meant = |name: &String| self.row.essentials.is_empty() || self.row.essentials.contains(name);
        let mut slices: Vec<String> = catalog
            .iter()
            .filter(|(name, _)| is_meant(name))
            .flat_map(|(name, answer)| {
                answer["GLOBAL"][name]["schemaJson"]["datasets"].as_array().into_iter().flatten()
            })
            .flat_map(|dataset| {
                dataset["sliceGroups"].as_object().into_iter().flat_map(|groups| groups.values())
            })
            .flat_map(|slices| slices.as_array().into_iter().flatten())
            .filter_map(|slice| slice.as_str().map(str::to_owned))
            .filter(|slice| slice.split(['_', '-']).any(|part| part == word))
            .collect();
        slices.sort();
        slices.dedup();
        slices
    }
}

#[derive(Default)]
struct Wrong(Vec<String>);

impl Wrong {
    fn expect(&mut self, what: &str, is: String, wanted: String) {
        if is != wanted {
            self.0.push(format!("{what}: {is}, not {wanted}"));
        }
    }
}

/// How many of so many.
#[derive(Clone, Copy, Debug, Default)]
pub struct Score {
    right: usize,
    asked: usize,
}

impl Score {
    fn add(&mut self, is_right: bool) {
        self.asked += 1;
        self.right += usize::from(is_right);
    }

    fn with(self, other: Self) -> Self {
        Self { right: self.right + other.right, asked: self.asked + other.asked }
    }

    /// Whether so many percent are right.
    pub fn reaches(self, percent: usize) -> bool {
        self.right * 100 >= self.asked * percent
    }
}

impl std::fmt::Display for Score {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let percent = 100.0 * self.right as f64 / self.asked.max(1) as f64;
        write!(f, "{:>4}/{:<4} {percent:>5.1} %", self.right, self.asked)
    }
}

/// The scores by intent, those of the questions that are shown and of those that are held out.
#[derive(Debug, Default)]
pub struct Scores(BTreeMap<String, [Score; 2]>);

impl Scores {
    /// Counts an answer.
    pub fn add(&mut self, case: &Case, is_right: bool) {
        self.0.entry(case.intent()).or_default()[usize::from(case.is_held_out)].add(is_right);
    }

    /// Of each intent, all its questions together.
    pub fn by_intent(&self) -> impl Iterator<Item = (&str, Score)> {
        self.0.iter().map(|(intent, [shown, held_out])| (intent.as_str(), shown.with(*held_out)))
    }

    /// Of all questions that are held out.
    pub fn held_out(&self) -> Score {
        self.sum()[1]
    }

    fn sum(&self) -> [Score; 2] {
        self.0
            .values()
            .fold([Score::default(); 2], |sum, score| [sum[0].with(score[0]), sum[1].with(score[1])])
    }
}

impl std::fmt::Display for Scores {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "{:16} {:>16} {:>18}", "intent", "seen", "held out")?;
        let all = ("all".to_owned(), self.sum());
        for (intent, [seen, held_out]) in self.0.iter().chain([(&all.0, &all.1)]) {
            writeln!(f, "{intent:16} {:>16} {:>18}", seen.to_string(), held_out.to_string())?;
        }
        Ok(())
    }
}
