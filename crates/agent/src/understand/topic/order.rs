//! Orders: what SENTRY is told to do, as against what it is asked.

use super::{Reader, is_among};
use crate::understand::cues::{Cue, cues_of};
use crate::understand::words::Word;

/// What changes something, or tells somebody, whoever says it.
const CHANGES: &str = "drop table|delete from|insert into|on hold|do it again|another go|another try|\
     another shot|one more time|ticket|tickets|jira|an incident for|get someone|get somebody|find someone|\
     send me|email me|text me|ping me|page me|alert me|notify me|remind me|let me know when";

impl Reader<'_> {
    /// A verb in the form of an order: "restart it", "can you kill the run", "mind rerunning".
    pub(super) fn is_write(&self) -> bool {
        const ORDERS: &str =
            "you please pls plz kindly to and or just then now lets i we someone somebody ahead also";
        const ASKED_OF_YOU: &str = "you please pls plz kindly";
        const QUESTIONS: &str = "when did does do has have was is are were what which who why where";
        const OPENERS: &str = "ok so hey hi hello sentry";
        // "Rerun", "start" and "set" are nouns too, and "update me" only asks.
        const AFTER_NOUNS: &str = "of status count time with me us";
        if self.hold(CHANGES)
            || self.says_do_it()
            || self.tells_others()
            || self.lets_something()
            || self.orders_a_run()
            || self.needs_a_change()
            || self.brings_back()
            || self.is_sql_update()
        {
            return true;
        }
        // Nobody is told to: "is expected to start".
        if self.hold("expected to|going to|due to|supposed to|about to|scheduled to") {
            return false;
        }
        let words = &self.words.0;
        let gerund = |pair: &[Word]| is_among(&pair[0], "mind try about") && is_gerund_of_write(&pair[1]);
        let first = words.iter().find(|word| !is_among(word, OPENERS));
        let asks = first.is_some_and(|word| is_among(word, QUESTIONS));
        let orders_after = if asks { ASKED_OF_YOU } else { ORDERS };
        let orders = |(at, word): (usize, &Word)| {
            let is_noun = words.get(at + 1).is_some_and(|next| is_among(next, AFTER_NOUNS));
            let before = words[..at].iter().rev().find(|word| !is_among(word, OPENERS));
            word.says(Cue::Write) && !is_noun && before.is_none_or(|before| is_among(before, orders_after))
        };
        words.windows(2).any(gerund) || words.iter().enumerate().any(orders)
    }

    /// "Do it", "ok go ahead": an order by itself.
    fn says_do_it(&self) -> bool {
        const GO: [&str; 5] = ["do it", "do that", "go ahead", "proceed", "make it so"];
        let is_polite = |word: &Word| is_among(word, "ok okay yes yeah yep so then now just please pls");
        GO.iter()
            .filter_map(|order| self.words.find(order))
            .any(|found| self.words.0[..found.start].iter().chain(&self.words.0[found.end..]).all(is_polite))
    }

    /// "Tell the desk", "let them know", but not "tell me".
    fn tells_others(&self) -> bool {
        let is_order = |at: usize| at == 0 || is_among(&self.words.0[at - 1], "please pls plz you and to");
        self.words.0.windows(2).enumerate().any(|(at, pair)| {
            is_order(at)
                && is_among(&pair[0], "tell let ask call message inform")
                && is_among(&pair[1], "the them him her someone somebody everyone everybody people team desk")
        })
    }

    /// "Run 6g again", "run it": the verb, not the noun.
    fn orders_a_run(&self) -> bool {
        let runs = |pair: &[Word]| {
            is_among(&pair[0], "run") && (pair[1].taken || is_among(&pair[1], "it that this again"))
        };
        self.words.0.windows(2).position(runs).is_some_and(|at| {
            self.words.0[..at].iter().all(|word| {
                is_among(word, "ok so hey hi please pls plz sentry can could you now just and then")
            })
        })
    }

    /// "We need 6g rerun", but not "which slices need a rerun".
    fn needs_a_change(&self) -> bool {
        let words = &self.words.0;
        let need = words.iter().position(|word| is_among(word, "need needs want wants"));
        let changes = |word: &Word| word.says(Cue::Write);
        need.is_some_and(|at| {
            words[..at].iter().all(|word| is_among(word, "i we you they please pls"))
                && words[at..].iter().take(4).any(changes)
        })
    }

    /// "Get 6g going again".
    fn brings_back(&self) -> bool {
        self.words.0.first().is_some_and(|word| is_among(word, "get bring"))
            && self.hold("going again|running again|working again|back up|back online|back on track")
    }

    /// `UPDATE task_instance SET …`, wherever it stands.
    fn is_sql_update(&self) -> bool {
        let words = &self.words.0;
        let update = words.iter().position(|word| is_among(word, "update"));
        update.is_some_and(|at| words[at..].iter().take(5).any(|word| is_among(word, "set")))
    }

    /// "Let it start", but not "let me know".
    fn lets_something(&self) -> bool {
        let lets = |pair: &[Word]| is_among(&pair[0], "let") && !is_among(&pair[1], "me us");
        let found = self.words.0.windows(2).position(lets);
        found.is_some_and(|at| self.words.0[at..].iter().any(|word| word.says(Cue::Write)))
    }
}

/// "Restarting", "rerunning", "killing".
fn is_gerund_of_write(word: &Word) -> bool {
    let Some(stem) = word.text.strip_suffix("ing") else { return false };
    let undoubled = &stem[..stem.len() - stem.chars().next_back().map_or(0, char::len_utf8)];
    let verbs = [stem.to_owned(), format!("{stem}e"), undoubled.to_owned()];
    verbs.iter().any(|verb| cues_of(verb).contains(&Cue::Write))
}
