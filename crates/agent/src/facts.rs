//! Whether a model's text says nothing that the tools did not: every number, id, date, time and
//! name in it must stand in their answers, and it may not call well what they did not.

use model::Catalog;
use model::ask::{Card, SqlCard};
use std::collections::BTreeSet;

/// Words of a worded answer at the most; a little above what is asked for.
const MOST_WORDS: usize = 240;

/// What an answer may say.
#[derive(Debug)]
pub struct Facts {
    /// Every run of letters, digits and what ids are made of, lower case.
    tokens: BTreeSet<String>,
    /// Their parts.
    parts: BTreeSet<String>,
    /// The catalog's words that are names.
    names: BTreeSet<String>,
    /// Whether the composed text says itself that nothing failed, or that all is done.
    all_well: bool,
}

impl Facts {
    /// What `cards` and the composed `text` say.
    pub fn new(cards: &[Card], text: &str, catalog: &Catalog) -> Self {
        let json = serde_json::to_string(&cards.iter().map(answered).collect::<Vec<_>>()).unwrap_or_default();
        let mut facts = Self {
            tokens: BTreeSet::new(),
            parts: BTreeSet::new(),
            names: names_of(catalog),
            all_well: calls_all_well(text),
        };
        for token in tokens(&json).chain(tokens(text)) {
            facts.parts.extend(parts(&token.text).map(str::to_owned));
            // The date and the time of a timestamp stand for themselves too.
            if let Some((date, time)) = token.text.split_once('t').filter(|(date, _)| is_date(date)) {
                facts.tokens.insert(date.to_owned());
                facts.tokens.insert(time.trim_end_matches('z').to_owned());
            }
            facts.tokens.insert(token.text);
        }
        let labels: Vec<String> = facts.tokens.iter().filter(|token| is_date(token)).cloned().collect();
        for date in labels {
            if let Ok(date) = model::BusinessDate::parse(&date) {
                facts.tokens.insert(date.label().to_lowercase());
            }
        }
        facts
    }

    /// Whether all that `text` says is covered.
    pub fn cover(&self, text: &str) -> bool {
        let words = text.split_whitespace().count();
        (1..=MOST_WORDS).contains(&words)
            && (self.all_well || !calls_all_well(text))
            && tokens(text).all(|token| self.covers(&token))
    }

    fn covers(&self, token: &Token) -> bool {
        let text = token.text.as_str();
        if self.tokens.contains(text) {
            return true;
        }
        // Digits of any script, and fractions.
        if text.chars().any(char::is_numeric) {
            // 1,234 is 1234; 08:15 is the beginning of 08:15:44. A share is a fact of its own.
            let plain = text.replace(',', "");
            let is_time = text.len() == 5 && text.as_bytes().get(2) == Some(&b':');
            return (plain != text && self.tokens.contains(&plain))
                || (is_time && self.tokens.iter().any(|fact| fact.len() == 8 && fact.starts_with(text)));
        }
        if let Some(number) = spelt_number(text) {
            return self.tokens.contains(&number.to_string());
        }
        let looks_like_a_name = token.has_inner_capital || text.contains('_') || self.names.contains(text);
        let capitalised = token.is_capitalised && !token.begins_sentence;
        !(looks_like_a_name || capitalised)
            || self.parts.contains(text)
            || parts(text).all(|part| self.parts.contains(part))
    }
}

struct Token {
    text: String,
    is_capitalised: bool,
    has_inner_capital: bool,
    begins_sentence: bool,
}

/// The words of a text; marks at their ends fall off, those inside ids, numbers and times stay.
fn tokens(text: &str) -> impl Iterator<Item = Token> {
    let is_inside = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | ':' | ',' | '%' | '/');
    let mut found = Vec::new();
    let mut begins_sentence = true;
    for raw in text.split(|c: char| !is_inside(c)) {
        let ends = raw.ends_with(['.', ':']);
        let word = raw.trim_matches(|c: char| matches!(c, '.' | ':' | ',' | '-' | '/'));
        if word.is_empty() {
            continue;
        }
        // JSON keeps list items apart by commas only: so do people, without spaces.
        let pieces: Vec<&str> = if is_grouped_number(word) { vec![word] } else { word.split(',').collect() };
        for piece in pieces.into_iter().filter(|piece| !piece.is_empty()) {
            found.push(Token {
                text: piece.to_lowercase(),
                is_capitalised: piece.starts_with(char::is_uppercase),
                has_inner_capital: piece.chars().skip(1).any(char::is_uppercase),
                begins_sentence,
            });
            begins_sentence = false;
        }
        begins_sentence = ends;
    }
    found.into_iter()
}

fn is_grouped_number(word: &str) -> bool {
    let mut groups = word.split(',');
    let first = groups.next().is_some_and(|group| (1..=3).contains(&group.len()));
    first
        && word.contains(',')
        && groups.all(|group| group.len() == 3)
        && word.bytes().all(|byte| byte.is_ascii_digit() || byte == b',')
}

fn parts(token: &str) -> impl Iterator<Item = &str> {
    token.split(|c: char| !c.is_alphanumeric()).filter(|part| !part.is_empty())
}

fn is_date(text: &str) -> bool {
    model::BusinessDate::parse(text).is_ok()
}

/// Numbers that texts spell out; "one" is an article too often.
fn spelt_number(word: &str) -> Option<u64> {
    const SMALL: [&str; 18] = [
        "two",
        "three",
        "four",
        "five",
        "six",
        "seven",
        "eight",
        "nine",
        "ten",
        "eleven",
        "twelve",
        "thirteen",
        "fourteen",
        "fifteen",
        "sixteen",
        "seventeen",
        "eighteen",
        "nineteen",
    ];
    const TENS: [&str; 8] = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"];
    let place =
        |words: &[&str], word: &str| words.iter().position(|known| *known == word).map(|at| at as u64);
    let small = |word: &str| if word == "one" { Some(1) } else { place(&SMALL, word).map(|at| at + 2) };
    let tens = |word: &str| place(&TENS, word).map(|at| 10 * (at + 2));
    match word {
        "one" => None,
        "zero" => Some(0),
        "half" => Some(50),
        "dozen" | "dozens" => Some(12),
        "hundred" | "hundreds" => Some(100),
        "thousand" | "thousands" => Some(1_000),
        "million" | "millions" => Some(1_000_000),
        "billion" | "billions" => Some(1_000_000_000),
        _ => match word.split_once('-') {
            Some((ten, one)) => Some(tens(ten)? + small(one)?),
            None => small(word).or_else(|| tens(word)),
        },
    }
}

/// The card as far as tools answered it: what a query answers and how it is written are the reader's
/// words and the model's.
fn answered(card: &Card) -> Card {
    match card {
        Card::SqlResult(sql) => {
            Card::SqlResult(SqlCard { question: String::new(), sql: String::new(), ..sql.clone() })
        }
        card => card.clone(),
    }
}

/// Whether a sentence says that nothing is wrong, or that everything is right. A sentence that says
/// less is taken for one too: then the composed text is shown.
fn calls_all_well(text: &str) -> bool {
    const NONE: [&str; 8] = ["no", "none", "nothing", "neither", "never", "without", "zero", "0"];
    const ALL: [&str; 6] = ["all", "every", "everything", "each", "entire", "both"];
    const WRONG: [&str; 7] = ["fail", "error", "problem", "issue", "cancel", "block", "late"];
    const RIGHT: [&str; 9] =
        ["succe", "complete", "done", "fine", "ok", "healthy", "green", "well", "finished"];
    let begins = |word: &str, beginnings: &[&str]| beginnings.iter().any(|start| word.starts_with(start));
    text.to_lowercase().split(['.', '!', '?', ';', '\n']).any(|sentence| {
        let words: Vec<&str> = parts(sentence).collect();
        let has = |known: &[&str]| words.iter().any(|word| known.contains(word));
        let has_beginning = |known: &[&str]| words.iter().any(|word| begins(word, known));
        // "Did not fail" and "hasn't failed", but not "did not start because step 3 failed".
        let denied = words
            .windows(2)
            .any(|pair| matches!(pair[0], "not" | "t" | "didnt" | "hasnt") && begins(pair[1], &WRONG));
        denied || (has(&NONE) && has_beginning(&WRONG)) || (has(&ALL) && has_beginning(&RIGHT))
    })
}

/// Whole names and aliases of essentials, which people write in any case.
fn names_of(catalog: &Catalog) -> BTreeSet<String> {
    let essentials = catalog.essentials.iter();
    let names = essentials.flat_map(|essential| {
        let names = [essential.name.as_str(), essential.display_name.as_str()];
        names.into_iter().chain(essential.aliases.iter().map(String::as_str))
    });
    names.map(str::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Checks `said` against a query of `rows` and what is composed of it.
    fn check(composed: &str, said: &str, expect: bool) {
        let card = SqlCard {
            question: "Is it true that 97 batches failed?".to_owned(),
            sql: "SELECT DAG_ID, 96 FROM t".to_owned(),
            columns: vec!["batch".to_owned(), "failed".to_owned()],
            rows: vec![vec![Some("6G".to_owned()), Some("15".to_owned())], vec![None, Some("22".to_owned())]],
            ran: true,
            truncated: false,
        };
        let facts = Facts::new(&[Card::SqlResult(card)], composed, &Catalog::default());
        assert_eq!(facts.cover(said), expect, "{said:?}");
    }

    #[test]
    fn only_what_was_answered_is_a_fact() {
        for (said, expect) in [
            ("6G failed 15 times.", true),
            ("6G failed fifteen times.", true),
            ("22 of another batch failed.", true),
            ("Twenty-two failed.", true),
            ("97 batches failed.", false),
            ("96 batches failed.", false),
            ("It failed sixteen times.", false),
            ("Twenty failed.", false),
            ("Twenty-one failed.", false),
            ("Ninety-seven batches failed.", false),
            ("A million runs failed.", false),
            ("Dozens of runs failed.", false),
            ("٩٧ batches failed.", false),
            ("９７ batches failed.", false),
            ("½ of the runs failed.", false),
            ("Ⅷ runs failed.", false),
            ("9٧:15 was the time.", false),
        ] {
            check("6G failed.", said, expect);
        }
    }

    #[test]
    fn nothing_is_called_well_that_is_not() {
        for said in [
            "Nothing failed.",
            "None of the batches failed.",
            "No failures were found.",
            "6G has not failed.",
            "6G hasn't failed.",
            "All runs succeeded.",
            "Every batch is fine.",
            "6G failed 15 times. Everything else is healthy.",
            "6G ran without errors",
        ] {
            check("6G failed 15 times.", said, false);
        }
        check("6G failed.", "6G has not started because step 15 failed.", true);
        check("6G failed.", "6G failed; 22 runs are done.", true);
        check("No failure is open.", "Nothing failed.", true);
        check("All 22 runs are done.", "All 22 runs succeeded.", true);
    }
}
