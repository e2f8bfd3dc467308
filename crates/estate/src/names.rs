//! From what a person typed to an essential.
//!
//! Every essential has names: its catalog name, its display name and its aliases. A text is
//! tried in steps from certain to likely, and the first step that knows it decides:
//! 1. it is a name, in any case, then with other separators;
//! 2. every word of it stands in a name, or begins or misspells a word there;
//! 3. as a whole it is a name with a few wrong letters;
//! 4. it holds a name among other words.
//!
//! Words such as "the" and "batch" say nothing and are left out. A wrong essential on the
//! screen is worse than a question, so several that are equally near are all returned.

use crate::catalog::EssentialSettings;
use model::EssentialName;
use std::cmp::Reverse;
use strsim::{jaro_winkler, osa_distance};

/// Words that do not tell essentials apart.
const FILLER: [&str; 27] = [
    "a",
    "an",
    "and",
    "are",
    "asset",
    "batch",
    "batches",
    "class",
    "doing",
    "essential",
    "final",
    "for",
    "group",
    "how",
    "in",
    "is",
    "job",
    "of",
    "on",
    "please",
    "prelim",
    "run",
    "runs",
    "status",
    "the",
    "today",
    "what",
];

/// Characters of a text that are looked at.
const TEXT_LIMIT: usize = 120;

/// The shortest word that may stand for the beginning of a longer one, or for part of a name.
const SHORTEST_PART: usize = 3;

/// How many essentials an answer that found none lists.
const NEAREST: usize = 3;

/// What a name that a person typed means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Resolution {
    /// This essential.
    Found(EssentialName),
    /// Several are equally near: ask which.
    Ambiguous(Vec<EssentialName>),
    /// None is near enough to be meant.
    Unknown {
        /// At most three, nearest first.
        nearest: Vec<EssentialName>,
    },
}

/// Finds the essential that `text` names. `essentials` are few; their order breaks ties
/// between names in lists, never between answers.
pub fn resolve(essentials: &[EssentialSettings], text: &str) -> Resolution {
    let text: String = text.trim().chars().take(TEXT_LIMIT).collect();
    if let Some(found) = exact(essentials, &text) {
        return found;
    }
    let query = Words::of_query(&text);
    let known: Vec<Known> = essentials.iter().map(Known::new).collect();
    [same, partial, misspelt, contained]
        .iter()
        .find_map(|step| among(step(&known, &query)))
        .unwrap_or_else(|| Resolution::Unknown { nearest: nearest(&known, &query) })
}

/// One answer, several, or none.
fn among(names: Vec<EssentialName>) -> Option<Resolution> {
    match <[EssentialName; 1]>::try_from(names) {
        Ok([name]) => Some(Resolution::Found(name)),
        Err(names) if names.is_empty() => None,
        Err(names) => Some(Resolution::Ambiguous(names)),
    }
}

fn exact(essentials: &[EssentialSettings], text: &str) -> Option<Resolution> {
    let lower = text.to_lowercase();
    let same = |name: &str| !lower.is_empty() && name.trim().to_lowercase() == lower;
    if let Some(essential) = essentials.iter().find(|essential| same(essential.name.as_str())) {
        return Some(Resolution::Found(essential.name.clone()));
    }
    let named = essentials.iter().filter(|essential| {
        same(&essential.display_name) || essential.aliases.iter().any(|alias| same(alias))
    });
    among(named.map(|essential| essential.name.clone()).collect())
}

/// A name as lower-case words, separators dropped.
struct Words {
    words: Vec<String>,
    joined: String,
}

impl Words {
    fn of_name(name: &str) -> Self {
        let lower = name.to_lowercase();
        let words = lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
        Self::new(words.map(str::to_owned).collect())
    }

    fn of_query(text: &str) -> Self {
        let mut words = Self::of_name(text).words;
        words.retain(|word| !FILLER.contains(&word.as_str()));
        Self::new(words)
    }

    fn new(words: Vec<String>) -> Self {
        Self { joined: words.concat(), words }
    }
}

struct Known<'a> {
    essential: &'a EssentialName,
    names: Vec<Words>,
}

impl<'a> Known<'a> {
    fn new(essential: &'a EssentialSettings) -> Self {
        let names = [essential.name.as_str(), &essential.display_name];
        let names = names.into_iter().chain(essential.aliases.iter().map(String::as_str));
        Self { essential: &essential.name, names: names.map(Words::of_name).collect() }
    }
}

/// Wrong letters between `a` and `b`, where they are few enough for their length to be slips.
fn slips(a: &str, b: &str) -> Option<usize> {
    let allowed = match a.chars().count().min(b.chars().count()) {
        0..=3 => 0,
        4..=6 => 1,
        7..=9 => 2,
        _ => 3,
    };
    Some(osa_distance(a, b)).filter(|distance| *distance <= allowed)
}

/// Step 1, once filler and separators are gone.
fn same(known: &[Known], query: &Words) -> Vec<EssentialName> {
    let is_name = |known: &Known| known.names.iter().any(|name| name.joined == query.joined);
    best(known, |known| (!query.joined.is_empty() && is_name(known)).then_some(()))
}

/// Step 2: every word of the text is found in one name of the essential. Essentials whose
/// name is spent by that come before those of which words are left; then fewer slips win.
fn partial(known: &[Known], query: &Words) -> Vec<EssentialName> {
    if query.words.iter().all(|word| word.chars().count() < SHORTEST_PART) {
        return Vec::new();
    }
    let slips_within = |word: &str, of: &str| {
        let begins = word.chars().count() >= SHORTEST_PART && of.starts_with(word);
        if begins { Some(0) } else { slips(word, of) }
    };
    let spent = |name: &Words| {
        let nearest = |word: &String| name.words.iter().filter_map(|of| slips_within(word, of)).min();
        let slips: usize = query.words.iter().map(nearest).sum::<Option<usize>>()?;
        let used = |of: &String| query.words.iter().any(|word| slips_within(word, of).is_some());
        Some((name.words.iter().all(used), Reverse(slips)))
    };
    best(known, |known| known.names.iter().filter_map(spent).max())
}

/// Step 3: the whole text is near a whole name; the fewest slips win.
fn misspelt(known: &[Known], query: &Words) -> Vec<EssentialName> {
    let distance =
        |known: &Known| known.names.iter().filter_map(|name| slips(&query.joined, &name.joined)).min();
    best(known, |known| distance(known).map(Reverse))
}

/// Step 4: all words of a name stand in the text. Whoever shares the most words with the
/// text is meant; where that is one whose name is not held in full, both are offered.
fn contained(known: &[Known], query: &Words) -> Vec<EssentialName> {
    let shared = |name: &Words| name.words.iter().filter(|word| query.words.contains(word)).count();
    let most = |known: &Known| known.names.iter().map(shared).max().unwrap_or(0);
    let held = |known: &Known| {
        let whole =
            known.names.iter().filter(|name| !name.words.is_empty() && shared(name) == name.words.len());
        whole.map(|name| name.words.len()).max()
    };
    let in_full = best(known, held);
    let longest = known.iter().filter_map(held).max().unwrap_or(0);
    let rivals = known.iter().filter(|known| most(known) > longest).map(|known| known.essential.clone());
    if in_full.is_empty() { in_full } else { rivals.chain(in_full.iter().cloned()).collect() }
}

/// Every essential with the greatest score.
fn best<S: Ord + Copy>(known: &[Known], score: impl Fn(&Known) -> Option<S>) -> Vec<EssentialName> {
    let scores: Vec<Option<S>> = known.iter().map(&score).collect();
    let Some(top) = scores.iter().flatten().max() else {
        return Vec::new();
    };
    let winners = known.iter().zip(&scores).filter(|(_, score)| score.as_ref() == Some(top));
    winners.map(|(known, _)| known.essential.clone()).collect()
}

fn nearest(known: &[Known], query: &Words) -> Vec<EssentialName> {
    let likeness = |known: &Known| {
        let likeness = known.names.iter().map(|name| jaro_winkler(&query.joined, &name.joined));
        likeness.fold(0.0, f64::max)
    };
    let mut scored: Vec<(f64, &EssentialName)> =
        known.iter().map(|known| (likeness(known), known.essential)).collect();
    scored.sort_by(|(a, _), (b, _)| b.total_cmp(a));
    scored.into_iter().take(NEAREST).map(|(_, name)| name.clone()).collect()
}
