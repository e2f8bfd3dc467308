//! The catalog's names in a question: essentials, datasets and slices, whole, in part or misspelt.
//!
//! The longest names are read first, so a slice's name is never taken for its essential's. What
//! could be several is asked back, never guessed.

use super::cues::Cue;
use super::words::{Word, Words, slips_allowed};
use model::{Catalog, DatasetId, Essential, EssentialName, SliceName};
use std::collections::{BTreeMap, BTreeSet};
use strsim::{jaro_winkler, osa_distance};

/// Words of the longest name that is looked for.
const LONGEST_NAME: usize = 14;
/// The shortest word that may stand for the beginning of a name.
const SHORTEST_START: usize = 3;
/// The shortest word that may stand for a part of a name, or for a dataset by itself.
const SHORTEST_PART: usize = 5;
/// How many names are offered.
const MOST_OFFERED: usize = 5;

/// A name that could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    /// Nothing is called that.
    Unknown {
        /// As typed.
        said: String,
        /// The nearest essentials.
        nearest: Vec<EssentialName>,
    },
    /// Several essentials could be meant.
    Ambiguous {
        /// As typed.
        said: String,
        /// Which.
        candidates: Vec<EssentialName>,
    },
    /// No slice in question holds that word.
    UnknownSlice {
        /// As typed.
        said: String,
    },
}

/// What a question names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Named {
    /// Essentials, in the order they were named.
    pub essentials: Vec<EssentialName>,
    /// Phrases that name a dataset, each with all that it could mean.
    pub datasets: Vec<Vec<DatasetId>>,
    /// Slices named in full.
    pub slices: Vec<SliceName>,
    /// Parts of slice names, such as `emea`, each in words.
    pub slice_parts: Vec<Vec<String>>,
    /// What could not be read.
    pub problems: Vec<Problem>,
}

impl Named {
    /// Whether it names anything that is known.
    pub fn is_empty(&self) -> bool {
        self.essentials.is_empty()
            && self.datasets.is_empty()
            && self.slices.is_empty()
            && self.slice_parts.is_empty()
    }
}

/// The names of a catalog in words.
pub(super) struct Names<'a> {
    /// Each with the words of its names, and each name as one word.
    essentials: Vec<(&'a Essential, BTreeSet<String>)>,
    /// By each of their names, its words joined.
    joined: BTreeMap<String, &'a EssentialName>,
    datasets: Vec<(&'a DatasetId, Vec<String>)>,
    slices: Vec<(&'a SliceName, Vec<String>)>,
    parts: BTreeSet<String>,
    slice_parts: BTreeSet<String>,
}

impl<'a> Names<'a> {
    pub(super) fn new(catalog: &'a Catalog) -> Self {
        let all = || catalog.essentials.iter().flat_map(|essential| &essential.datasets);
        let (mut essentials, mut joined) = (Vec::new(), BTreeMap::new());
        for essential in &catalog.essentials {
            let names = names_of(essential);
            let whole: Vec<String> = names.iter().map(|name| name.concat()).collect();
            for name in &whole {
                joined.entry(name.clone()).or_insert(&essential.name);
            }
            essentials.push((essential, names.into_iter().flatten().chain(whole).collect::<BTreeSet<_>>()));
        }
        let datasets: BTreeSet<&DatasetId> = all().map(|dataset| &dataset.id).collect();
        let slices: BTreeSet<&SliceName> = all().flat_map(|dataset| &dataset.slices).collect();
        let datasets: Vec<_> = datasets.into_iter().map(|id| (id, parts_of(id.as_str()))).collect();
        let slices: Vec<_> = slices.into_iter().map(|slice| (slice, parts_of(slice.as_str()))).collect();
        let slice_parts: BTreeSet<String> = slices.iter().flat_map(|(_, parts)| parts.clone()).collect();
        let parts = essentials.iter().flat_map(|(_, words)| words.iter().cloned());
        let parts = parts.chain(datasets.iter().flat_map(|(_, parts)| parts.clone()));
        let parts = parts.chain(slice_parts.iter().cloned()).collect();
        Self { essentials, joined, datasets, slices, parts, slice_parts }
    }

    /// Whether `word` is a word of some name: its spelling is left alone.
    pub(super) fn has_part(&self, word: &str) -> bool {
        self.parts.contains(word)
    }

    /// Reads the names and marks their words as read.
    pub(super) fn read(&self, words: &mut Words) -> Named {
        let mut named = Named::default();
        let mut found: Vec<(usize, EssentialName)> = Vec::new();
        for length in (1..=LONGEST_NAME.min(words.0.len())).rev() {
            for at in 0..=words.0.len() - length {
                if words.0[at..at + length].iter().any(|word| word.taken) {
                    continue;
                }
                let span = &words.0[at..at + length];
                if let Some(name) = self.essential_called(span) {
                    found.push((at, name));
                } else if let Some(slice) = self.slice_called(span) {
                    named.slices.push(slice);
                } else if let Some(datasets) = self.datasets_called(span) {
                    named.datasets.push(datasets);
                } else {
                    continue;
                }
                words.take(at..at + length);
            }
        }
        self.read_slice_parts(words, &mut named);
        for at in 0..words.0.len() {
            if words.0[at].taken || words.0[at].is_ordinary() {
                continue;
            }
            match self.essentials_like(&words.0[at].text).as_slice() {
                [] => {}
                [name] => {
                    found.push((at, name.clone()));
                    words.take(at..at + 1);
                }
                several => {
                    let candidates = several.iter().take(MOST_OFFERED).cloned().collect();
                    named.problems.push(Problem::Ambiguous { said: words.0[at].text.clone(), candidates });
                    words.take(at..at + 1);
                }
            }
        }
        found.sort_by_key(|(at, _)| *at);
        for (_, name) in found {
            if !named.essentials.contains(&name) {
                named.essentials.push(name);
            }
        }
        self.read_unknown(words, &mut named);
        named
    }

    fn essential_called(&self, span: &[Word]) -> Option<EssentialName> {
        let joined: String = span.iter().map(|word| word.text.as_str()).collect();
        self.joined.get(&joined).map(|name| (*name).clone())
    }

    fn slice_called(&self, span: &[Word]) -> Option<SliceName> {
        // A slice with a one-word name is read as a part: the word alone says too little.
        let fits = |parts: &Vec<String>| {
            span.len() > 1
                && parts.len() == span.len()
                && parts.iter().zip(span).all(|(part, word)| same(part, &word.text))
        };
        self.slices.iter().find(|(_, parts)| fits(parts)).map(|(slice, _)| (*slice).clone())
    }

    fn datasets_called(&self, span: &[Word]) -> Option<Vec<DatasetId>> {
        if let [word] = span
            && (word.is_ordinary() || word.text.chars().count() < SHORTEST_PART)
        {
            return None;
        }
        let fits = |parts: &Vec<String>| {
            parts
                .windows(span.len())
                .any(|window| window.iter().zip(span).all(|(part, word)| same(part, &word.text)))
        };
        let fitting: Vec<DatasetId> =
            self.datasets.iter().filter(|(_, parts)| fits(parts)).map(|(id, _)| (*id).clone()).collect();
        if fitting.is_empty() {
            return None;
        }
        let by_itself = span.len() > 1 || self.essentials_like(&span[0].text).is_empty();
        // Words that many datasets of an essential share, such as its own name, name none of them.
        let says_which = fitting.len() <= 2 || span.iter().any(Word::is_number);
        (by_itself && says_which).then_some(fitting)
    }

    /// `emea`, `slice 2`: parts of slice names.
    fn read_slice_parts(&self, words: &mut Words, named: &mut Named) {
        let wants = words.say(Cue::Slice);
        for at in 0..words.0.len() {
            let word = &words.0[at];
            if word.taken {
                continue;
            }
            let before = at.checked_sub(1).map(|at| &words.0[at]);
            let beside_slice = |at: usize| words.0.get(at).is_some_and(|word| word.says(Cue::Slice));
            let beside = beside_slice(at + 1) || (at > 0 && beside_slice(at - 1));
            if word.is_number() {
                if before.is_some_and(|before| before.says(Cue::Slice)) {
                    named.slice_parts.push(vec!["slice".to_owned(), word.text.clone()]);
                    words.take(at..at + 1);
                }
                continue;
            }
            let is_part = self.slice_parts.contains(&word.text) && !word.says(Cue::Slice);
            let long = word.text.chars().count() >= SHORTEST_START;
            let sure = beside || word.capitals || (long && wants) || !word.is_ordinary();
            // `sec` is part of a slice's name and the beginning of two essentials': that is asked back.
            let rather_essential = !beside && !self.essentials_like(&word.text).is_empty();
            if is_part && sure && !rather_essential {
                named.slice_parts.push(vec![word.text.clone()]);
                words.take(at..at + 1);
            } else if beside_slice(at + 1)
                && !word.is_ordinary()
                && self.essentials_like(&word.text).is_empty()
            {
                named.problems.push(Problem::UnknownSlice { said: word.text.clone() });
                words.take(at..at + 1);
            }
        }
    }

    /// The essentials that one word begins, misspells or is a part of.
    fn essentials_like(&self, word: &str) -> Vec<EssentialName> {
        let length = word.chars().count();
        let singular = word.strip_suffix('s').filter(|rest| rest.chars().count() >= SHORTEST_START);
        let spellings: Vec<&str> = [Some(word), singular].into_iter().flatten().collect();
        let begins = |part: &str| {
            length >= SHORTEST_START
                && spellings.iter().any(|spelling| part == *spelling || part.starts_with(spelling))
        };
        let squeezed_word = squeezed(word);
        let doubled = |part: &str| length > SHORTEST_START && squeezed(part) == squeezed_word;
        let slips = |part: &str| {
            let allowed = slips_allowed(length.min(part.chars().count()));
            allowed > 0 && part.chars().next() == word.chars().next() && osa_distance(part, word) <= allowed
        };
        let holds = |part: &str| length >= SHORTEST_PART && part.contains(word);
        let steps: [&dyn Fn(&str) -> bool; 5] = [&|part| part == word, &begins, &doubled, &slips, &holds];
        for step in steps {
            let fits = |words: &BTreeSet<String>| words.iter().any(|word| step(word));
            let found: Vec<EssentialName> = self
                .essentials
                .iter()
                .filter(|(_, words)| fits(words))
                .map(|(essential, _)| essential.name.clone())
                .collect();
            if !found.is_empty() {
                return found;
            }
        }
        Vec::new()
    }

    /// What stands where a name would and is none.
    fn read_unknown(&self, words: &mut Words, named: &mut Named) {
        const BEFORE: &str = " of in for is are about on did does has was with status batch essential hows whats von de \
                              del dans ist how compare the ";
        // Beside a name that is known, only what is put on a level with it is taken for another.
        const BETWEEN: &str = " and or vs versus ";
        const AFTER: &str = " batch status failed fail final prelim eta slices doing done essential ";
        let beside = |word: Option<&Word>, list: &str| {
            word.is_some_and(|word| list.contains(&format!(" {} ", word.meant)))
        };
        let names_none = named.is_empty() && named.problems.is_empty();
        let mut at = 0;
        while at < words.0.len() {
            let is_strange = |word: &Word| !word.taken && !word.is_ordinary() && !is_version(&word.text);
            if !is_strange(&words.0[at]) {
                at += 1;
                continue;
            }
            let end =
                at + 1 + words.0[at + 1..].iter().take_while(|word| !word.taken && word.tie != ' ').count();
            let before = at.checked_sub(1).and_then(|at| words.0.get(at));
            let alone = names_none && (beside(before, BEFORE) || beside(words.0.get(end), AFTER));
            if alone || beside(before, BETWEEN) {
                let said =
                    words.0[at..end].iter().map(|word| word.text.as_str()).collect::<Vec<_>>().join(" ");
                named.problems.push(Problem::Unknown { nearest: self.nearest(&said), said });
                words.take(at..end);
            }
            at = end;
        }
    }

    /// The three essentials that sound most like `said`.
    fn nearest(&self, said: &str) -> Vec<EssentialName> {
        let likeness =
            |words: &BTreeSet<String>| words.iter().map(|word| jaro_winkler(word, said)).fold(0.0, f64::max);
        let mut scored: Vec<_> =
            self.essentials.iter().map(|(essential, words)| (likeness(words), essential)).collect();
        scored.sort_by(|(a, _), (b, _)| b.total_cmp(a));
        scored.into_iter().take(3).map(|(_, essential)| essential.name.clone()).collect()
    }
}

/// The slices of `datasets` (with their essentials) that `part` means: those that hold it word by
/// word, else those whose name holds it anywhere.
pub(crate) fn slices_with_part<'a>(
    part: &[String],
    slices: impl Iterator<Item = &'a SliceName> + Clone,
) -> Vec<SliceName> {
    let by_words = |slice: &&SliceName| {
        let parts = parts_of(slice.as_str());
        parts.windows(part.len()).any(|window| window.iter().zip(part).all(|(a, b)| same(a, b)))
    };
    let found: Vec<SliceName> = slices.clone().filter(by_words).cloned().collect();
    let joined = part.concat();
    if !found.is_empty() || joined.chars().count() < SHORTEST_START {
        return found;
    }
    slices.filter(|slice| parts_of(slice.as_str()).join("_").contains(&joined)).cloned().collect()
}

/// The names of an essential in words: its catalog name, what people see, and aliases.
fn names_of(essential: &Essential) -> Vec<Vec<String>> {
    let names = [essential.name.as_str(), essential.display_name.as_str()];
    names.into_iter().chain(essential.aliases.iter().map(String::as_str)).map(parts_of).collect()
}

fn parts_of(name: &str) -> Vec<String> {
    let parts = name.split(|c: char| !c.is_alphanumeric()).filter(|part| !part.is_empty());
    parts.map(str::to_lowercase).collect()
}

/// Equal as words, or as numbers: `7` is `07`.
fn same(a: &str, b: &str) -> bool {
    a == b || matches!((a.parse::<u32>(), b.parse::<u32>()), (Ok(a), Ok(b)) if a == b)
}

/// Without letters that are doubled.
fn squeezed(word: &str) -> String {
    let mut letters: Vec<char> = word.chars().collect();
    letters.dedup();
    letters.into_iter().collect()
}

fn is_version(word: &str) -> bool {
    word.strip_prefix('v')
        .is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()))
}
