//! Which agents a search finds.

use model::telemetry::view::AgentCard;

/// Words that must all be found. Where `OR` stands between them, one of them is enough: it binds more
/// closely than a space.
pub(super) struct Search(Vec<Vec<Term>>);

enum Term {
    /// `type:web`: what an agent is.
    Kind(String),
    /// A part of its name.
    Name(String),
}

impl Search {
    /// Reads what a person wrote. Case does not matter, but for `OR`.
    pub(super) fn parse(text: &str) -> Self {
        let mut groups: Vec<Vec<Term>> = Vec::new();
        let mut joins = false;
        for word in text.split_whitespace() {
            if word == "OR" {
                joins = true;
                continue;
            }
            let term = Term::parse(&word.to_lowercase());
            match groups.last_mut() {
                Some(group) if joins => group.push(term),
                _ => groups.push(vec![term]),
            }
            joins = false;
        }
        Self(groups)
    }

    pub(super) fn matches(&self, card: &AgentCard) -> bool {
        self.0.iter().all(|group| group.iter().any(|term| term.matches(card)))
    }
}

impl Term {
    fn parse(word: &str) -> Self {
        match word.strip_prefix("type:") {
            Some(kind) => Self::Kind(kind.to_owned()),
            None => Self::Name(word.to_owned()),
        }
    }

    fn matches(&self, card: &AgentCard) -> bool {
        match self {
            Self::Kind(kind) => card.kind.as_ref().is_some_and(|is| is.to_lowercase() == *kind),
            Self::Name(part) => card.name.as_str().to_lowercase().contains(part.as_str()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::telemetry::{AgentId, AgentStatus};

    #[test]
    fn words_and_types_are_found() {
        let check = |search: &str, expect: &[&str]| {
            let agents = [("Planner EU", "web"), ("planner us", "API"), ("scribe", ""), ("OR-bit", "ml")];
            let cards = agents.map(|(name, kind)| AgentCard {
                id: AgentId::from_bytes([1; 16]),
                name: name.into(),
                status: AgentStatus::Running,
                since: None,
                last_seen: None,
                environment: None,
                team: None,
                kind: (!kind.is_empty()).then(|| kind.to_owned()),
                version: None,
                sparks: Vec::new(),
            });
            let found = cards.iter().filter(|card| Search::parse(search).matches(card));
            assert_eq!(found.map(|card| card.name.as_str()).collect::<Vec<_>>(), expect, "{search}");
        };
        let all = ["Planner EU", "planner us", "scribe", "OR-bit"];
        check("", &all);
        check("  OR ", &all);
        check("plan", &all[..2]);
        check("plan us", &all[1..2]);
        check("us OR scribe", &all[1..3]);
        check("plan eu OR us", &all[..2]);
        check("type:web OR type:api", &all[..2]);
        check("type:web OR type:api us", &all[1..2]);
        check("type:we", &[]);
        check("or", &all[3..]);
        check("OR scribe OR", &all[2..3]);
    }
}
