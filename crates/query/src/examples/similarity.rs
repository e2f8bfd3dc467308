//! Which examples are like a question: TF-IDF over words and over groups of three letters,
//! so that a word misspelt still counts for most of itself.

use super::slots::pieces;
use super::{EXAMPLES, Example};
use std::collections::HashMap;
use std::sync::LazyLock;

/// An example that is like a question.
#[derive(Clone, Copy, Debug)]
pub struct Match {
    /// The example.
    pub example: &'static Example,
    /// How alike: 0 nothing in common, 1 the same words.
    pub score: f32,
}

/// The `count` examples most like `question`, the likest first; fewer where fewer have
/// anything in common with it.
pub fn nearest(question: &str, count: usize) -> Vec<Match> {
    static INDEX: LazyLock<Index> = LazyLock::new(|| Index::new(EXAMPLES));
    let asked = INDEX.weigh(&features(question));
    let mut matches: Vec<Match> = Vec::new();
    for (at, wording) in &INDEX.wordings {
        let score = alike(&asked, wording);
        let example = &EXAMPLES[*at];
        match matches.last_mut() {
            Some(last) if std::ptr::eq(last.example, example) => last.score = last.score.max(score),
            _ => matches.push(Match { example, score }),
        }
    }
    matches.retain(|found| found.score > 0.0);
    matches.sort_by(|one, other| other.score.total_cmp(&one.score));
    matches.truncate(count);
    matches
}

type Vector = HashMap<String, f32>;

struct Index {
    /// How telling a feature is: seldom ones more.
    weights: HashMap<String, f32>,
    /// Every wording of every example, and the example's place.
    wordings: Vec<(usize, Vector)>,
}

impl Index {
    fn new(examples: &[Example]) -> Self {
        let wordings: Vec<(usize, Vector)> = examples
            .iter()
            .enumerate()
            .flat_map(|(at, example)| {
                let all = std::iter::once(example.question).chain(example.also.iter().copied());
                all.map(move |wording| (at, features(&without_slots(wording))))
            })
            .collect();
        let mut counts: HashMap<String, f32> = HashMap::new();
        for feature in wordings.iter().flat_map(|(_, features)| features.keys()) {
            *counts.entry(feature.clone()).or_default() += 1.0;
        }
        let all = wordings.len() as f32;
        let weights =
            counts.into_iter().map(|(feature, count)| (feature, (1.0 + all / count).ln())).collect();
        let mut index = Self { weights, wordings: Vec::new() };
        index.wordings = wordings.iter().map(|(at, features)| (*at, index.weigh(features))).collect();
        index
    }

    /// Features that no example has say nothing, neither for nor against: names of batches
    /// are such.
    fn weigh(&self, features: &Vector) -> Vector {
        let mut weighed: Vector = features
            .iter()
            .filter_map(|(feature, count)| Some((feature.clone(), count * self.weights.get(feature)?)))
            .collect();
        let length = weighed.values().map(|weight| weight * weight).sum::<f32>().sqrt();
        for weight in weighed.values_mut() {
            *weight /= length;
        }
        weighed
    }
}

fn alike(one: &Vector, other: &Vector) -> f32 {
    one.iter().filter_map(|(feature, weight)| Some(weight * other.get(feature)?)).sum()
}

/// Words that are in every question.
const FILLERS: [&str; 24] = [
    "a", "an", "and", "are", "at", "be", "by", "can", "did", "do", "does", "for", "from", "in", "is", "it",
    "me", "of", "on", "show", "tell", "the", "to", "was",
];

/// Words count whole, and a third as much in pieces.
fn features(text: &str) -> Vector {
    const PIECE: f32 = 0.33;
    let mut features = Vector::new();
    let lower = text.to_lowercase();
    let words = lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    for word in words.filter(|word| !FILLERS.contains(word)) {
        *features.entry(stem(word).to_owned()).or_default() += 1.0;
        let padded: Vec<char> = format!("_{word}_").chars().collect();
        for piece in padded.windows(3) {
            *features.entry(piece.iter().collect()).or_default() += PIECE;
        }
    }
    features
}

/// Without the endings that make a word another form of itself.
fn stem(word: &str) -> &str {
    for ending in ["ures", "ure", "ing", "ed", "es", "s"] {
        if let Some(stem) = word.strip_suffix(ending).filter(|stem| stem.len() >= 3) {
            return stem;
        }
    }
    word
}

fn without_slots(wording: &str) -> String {
    pieces(wording).iter().map(|(text, _)| *text).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(question: &str, expect: &str) {
        let found = nearest(question, 3);
        let questions: Vec<&str> = found.iter().map(|found| found.example.question).collect();
        assert!(questions.iter().any(|found| found.contains(expect)), "{question}: {questions:?}");
    }

    #[test]
    fn an_example_is_nearest_to_every_wording_of_itself() {
        for example in EXAMPLES {
            for wording in std::iter::once(&example.question).chain(example.also) {
                let found = nearest(&without_slots(wording), 1);
                assert_eq!(found[0].example.question, example.question, "{wording}");
                assert!(found[0].score > 0.99, "{wording}: {}", found[0].score);
            }
        }
    }

    #[test]
    fn questions_in_other_words_find_theirs_among_three() {
        check("which batch has failed the most this month?", "failed most");
        check("wich btach faild most this mnoth", "failed most");
        check("compare the failure rate of derivatives and 6G", "failure rate");
        check("who is slowest, SNU or SECFIN?", "takes longest");
        check("which essential was last to finish yesterday", "finished last");
        check("how many manual retries in collateral this week", "manual");
        check("what ran between midnight and 6 in the morning", "night");
        check("failures in the past 24 hours", "24 hours");
        check("anything running for more than two hours?", "running");
        check("runs above one hour", "longer than an hour");
        check("at what time of day do failures cluster", "hour of the day");
        check("are mondays worse than other days", "weekday");
        check("median runtime per dataset", "median");
        check("p90 duration of each dataset", "90th percentile");
        check("duration trend of the last month", "trend");
        check("when did this last succeed", "last succeed");
        check("month end compared with other days", "month end");
        check("this week against last week", "last week");
        check("top ten slowest runs", "longest runs");
        check("most frequent error message", "failure messages");
        check("which datasets had to be run again", "more than one run");
        check("failed yesterday and again today", "both");
        check("how does the EMEA slice do lately", "slice");
        check("slowest tasks in this run", "tasks");
        check("which operator fails most often in airflow", "operators");
        check("worker with the most failed tasks", "workers");
    }

    #[test]
    fn what_has_nothing_in_common_finds_nothing() {
        assert!(nearest("", 5).is_empty());
        assert!(nearest("???", 5).is_empty());
        assert!(nearest("zzzz qqqq", 5).is_empty());
        assert_eq!(nearest("failures", 0).len(), 0);
        assert!(nearest("failures by day", 5).len() <= 5);
    }
}
