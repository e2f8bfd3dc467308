//! A question as words: lower case, accents folded, each with what stood before it and with
//! its spelling put right where it is a slip in an ordinary word.

use super::cues::{Cue, cues_of, known_words};
use std::ops::Range;
use strsim::osa_distance;

/// Words of a question that are read: more than anybody says, and few enough to be read at once.
const MOST_WORDS: usize = 200;

/// One word of a question.
#[derive(Clone, Debug)]
pub(crate) struct Word {
    /// Lower case, as spelt.
    pub(crate) text: String,
    /// The ordinary word that it is or was meant to be; the text itself where it is none.
    pub(crate) meant: String,
    /// What ties it to the word before it: `-`, `_`, `/`, …, or a space.
    pub(crate) tie: char,
    /// Whether it was written in capitals.
    pub(crate) capitals: bool,
    /// Whether it has been read as part of a name or a date.
    pub(crate) taken: bool,
    cues: Vec<Cue>,
}

impl Word {
    /// Whether it says `cue`.
    pub(crate) fn says(&self, cue: Cue) -> bool {
        !self.taken && self.cues.contains(&cue)
    }

    /// Whether it is an ordinary word, or near enough to one to be a slip.
    pub(crate) fn is_ordinary(&self) -> bool {
        known_words().contains_key(self.meant.as_str()) || self.is_number()
    }

    /// `3pm`, `noon`, `lunch`.
    pub(crate) fn is_time_of_day(&self) -> bool {
        const NAMED: [&str; 9] =
            ["noon", "midday", "midnight", "lunch", "dinner", "eod", "cob", "morning", "evening"];
        let hour = self.text.strip_suffix("am").or_else(|| self.text.strip_suffix("pm"));
        NAMED.contains(&self.meant.as_str())
            || hour.is_some_and(|hour| !hour.is_empty() && hour.bytes().all(|byte| byte.is_ascii_digit()))
    }

    pub(crate) fn is_number(&self) -> bool {
        self.text.bytes().all(|byte| byte.is_ascii_digit())
    }

    pub(crate) fn number(&self) -> Option<u32> {
        self.text.parse().ok()
    }
}

/// The words of a question, in order.
#[derive(Clone, Debug)]
pub(crate) struct Words(pub(crate) Vec<Word>);

impl Words {
    /// Reads the first [`MOST_WORDS`] words of `text`; `names` are words of the catalog, whose
    /// spelling is left alone.
    pub(crate) fn read(text: &str, names: &dyn Fn(&str) -> bool) -> Self {
        let mut words = Vec::new();
        let (mut word, mut tie) = (String::new(), ' ');
        let mut finish = |word: &mut String, tie: char| {
            if word.is_empty() {
                return;
            }
            let raw = std::mem::take(word);
            let capitals = raw.chars().any(char::is_alphabetic) && !raw.chars().any(char::is_lowercase);
            words.push((raw.to_lowercase(), tie, capitals));
        };
        for c in text.chars() {
            match fold(c) {
                Some(c) => word.push(c),
                None if is_apostrophe(c) => {}
                None => {
                    let ended = !word.is_empty();
                    finish(&mut word, tie);
                    // Of several marks in a row, white space decides that the words are apart.
                    tie = if ended || !tie.is_whitespace() { c } else { ' ' };
                    if c.is_whitespace() {
                        tie = ' ';
                    }
                }
            }
        }
        finish(&mut word, tie);
        join_prefixes(&mut words);
        let read = |(text, tie, capitals): (String, char, bool)| {
            let meant = if names(&text) { text.clone() } else { spell(&text) };
            Word { cues: cues_of(&meant), text, meant, tie, capitals, taken: false }
        };
        Self(words.into_iter().take(MOST_WORDS).map(read).collect())
    }

    /// Whether any word says `cue`.
    pub(crate) fn say(&self, cue: Cue) -> bool {
        self.0.iter().any(|word| word.says(cue))
    }

    /// Whether these words stand in a row, as spelt or as meant.
    pub(crate) fn hold(&self, phrase: &str) -> bool {
        self.find(phrase).is_some()
    }

    /// Where these words stand in a row.
    pub(crate) fn find(&self, phrase: &str) -> Option<Range<usize>> {
        let phrase: Vec<&str> = phrase.split(' ').collect();
        let fits = |words: &[Word]| {
            words.iter().zip(&phrase).all(|(word, wanted)| !word.taken && word.meant == *wanted)
        };
        let start = self.0.windows(phrase.len()).position(fits)?;
        Some(start..start + phrase.len())
    }

    /// Whether any of these phrases stands.
    pub(crate) fn hold_any(&self, phrases: &[&str]) -> bool {
        phrases.iter().any(|phrase| self.hold(phrase))
    }

    /// Marks words as read.
    pub(crate) fn take(&mut self, range: Range<usize>) {
        for word in &mut self.0[range] {
            word.taken = true;
        }
    }
}

/// Makes one word of "re-run".
fn join_prefixes(words: &mut Vec<(String, char, bool)>) {
    let mut at = 1;
    while at < words.len() {
        if words[at - 1].0 == "re" && words[at].1 == '-' {
            let (rest, ..) = words.remove(at);
            words[at - 1].0.push_str(&rest);
        }
        at += 1;
    }
}

fn is_apostrophe(c: char) -> bool {
    matches!(c, '\'' | '’' | '‘' | '`')
}

/// Letters and digits with their accents off; `None` for what separates words.
fn fold(c: char) -> Option<char> {
    let plain = match c {
        'á' | 'à' | 'â' | 'ä' | 'ã' => 'a',
        'é' | 'è' | 'ê' | 'ë' => 'e',
        'í' | 'ì' | 'î' | 'ï' => 'i',
        'ó' | 'ò' | 'ô' | 'ö' | 'õ' => 'o',
        'ú' | 'ù' | 'û' | 'ü' => 'u',
        'ñ' => 'n',
        'ç' => 'c',
        'É' => 'E',
        _ => c,
    };
    plain.is_alphanumeric().then_some(plain)
}

/// Wrong letters that count as a slip in a word of `length` letters.
pub(crate) fn slips_allowed(length: usize) -> usize {
    match length {
        0..=3 => 0,
        4..=6 => 1,
        7..=9 => 2,
        _ => 3,
    }
}

fn letters(word: &str) -> Vec<char> {
    let mut letters: Vec<char> = word.chars().collect();
    letters.sort_unstable();
    letters
}

/// Whether `word` would have the question declined. No slip is read as such a word, but for the
/// longer verbs: "restrat it" is an order, "parse" is not "pause".
fn declines(word: &str, length: usize) -> bool {
    cues_of(word).iter().any(|cue| match cue {
        Cue::Outside | Cue::Secret | Cue::Sql => true,
        Cue::Write => length < 6,
        _ => false,
    })
}

/// The ordinary word that `text` is a slip of, or itself.
fn spell(text: &str) -> String {
    let known = known_words();
    if known.contains_key(text) || text.bytes().any(|byte| byte.is_ascii_digit()) {
        return text.to_owned();
    }
    let length = text.chars().count();
    // A long word may hide a name, so ordinary words are given less room than names are.
    let allowed = slips_allowed(length).min(2);
    if allowed == 0 {
        return text.to_owned();
    }
    // The first letter costs least to compare, and rules most words out.
    let near = |word: &&&str| {
        word.chars().next() == text.chars().next()
            && word.chars().count() >= 4
            && word.chars().count().abs_diff(length) <= allowed
    };
    let nearest = known
        .keys()
        .filter(near)
        // Of words that are equally near, one with the same letters is meant ("waht"); else the one
        // that says least is the safest guess.
        .map(|word| {
            let says_much = !cues_of(word).contains(&Cue::Filler);
            (osa_distance(word, text), letters(word) != letters(text), says_much, *word)
        })
        .filter(|(distance, .., word)| *distance <= allowed && !declines(word, length))
        .min();
    nearest.map_or_else(|| text.to_owned(), |(.., word)| word.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_are_put_right_but_never_into_a_refusal() {
        let check = |typed: &str, meant: &str| {
            let words = Words::read(typed, &|_| false);
            let meant_words: Vec<&str> = words.0.iter().map(|word| word.meant.as_str()).collect();
            assert_eq!(meant_words.join(" "), meant, "{typed}");
        };
        check("waht faild", "what fail");
        check("Stauts?", "status");
        check("restrat it", "restart it");
        check("re-run and re-trigger", "rerun and retrigger");
        check("don't", "dont");
        // Not "pause", not "boss", not "poem".
        check("parse", "parse");
        check("bops", "bops");
        check("poam", "poam");
    }

    #[test]
    fn of_a_long_text_the_beginning_is_read() {
        let words = Words::read(&"status of 6g ".repeat(300), &|_| false);
        assert_eq!((words.0.len(), words.0[0].meant.as_str()), (MOST_WORDS, "status"));
    }

    #[test]
    fn times_of_day() {
        let check = |typed: &str, is_time: bool| {
            assert_eq!(Words::read(typed, &|_| false).0[0].is_time_of_day(), is_time, "{typed}");
        };
        check("3pm", true);
        check("11am", true);
        check("noon", true);
        check("am", false);
        check("3", false);
        check("6g", false);
    }
}
