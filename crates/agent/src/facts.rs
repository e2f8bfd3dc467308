//! Whether a model's text says nothing that the tools did not: every number, id, date, time and
//! name in it must stand in their answers.

use model::Catalog;
use model::ask::Card;
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
}

impl Facts {
    /// What `cards` and the composed `text` say.
    pub fn new(cards: &[Card], text: &str, catalog: &Catalog) -> Self {
        let json = serde_json::to_string(cards).unwrap_or_default();
        let mut facts = Self { tokens: BTreeSet::new(), parts: BTreeSet::new(), names: names_of(catalog) };
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
        (1..=MOST_WORDS).contains(&words) && tokens(text).all(|token| self.covers(&token))
    }

    fn covers(&self, token: &Token) -> bool {
        let text = token.text.as_str();
        if self.tokens.contains(text) {
            return true;
        }
        if text.bytes().any(|byte| byte.is_ascii_digit()) {
            // 1,234 is 1234; 08:15 is the beginning of 08:15:44. A share is a fact of its own.
            let plain = text.replace(',', "");
            let is_time = text.len() == 5 && text.as_bytes()[2] == b':';
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
fn spelt_number(word: &str) -> Option<u32> {
    const NUMBERS: [&str; 11] =
        ["two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"];
    match word {
        "twice" | "both" => None,
        "dozen" => Some(12),
        "hundred" | "hundreds" => Some(100),
        "thousand" | "thousands" => Some(1_000),
        "half" => Some(50),
        _ => {
            NUMBERS.iter().position(|number| *number == word).and_then(|index| u32::try_from(index + 2).ok())
        }
    }
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
