//! Tokens and cost.

use super::table::Field;
use super::{Facts, Finding, value};
use model::ask::Amount;
use model::telemetry::{Operation, TokenUsage};

/// The names of Anthropic's own interface. There, what is cached is beside the input, not part of it.
const BESIDE_INPUT: [&str; 2] =
    ["gen_ai.usage.cache_read_input_tokens", "gen_ai.usage.cache_creation_input_tokens"];

/// Tokens as they are sent, before it is settled what is part of what.
#[derive(Clone, Copy, Default)]
struct Sent {
    input: Option<u64>,
    output: Option<u64>,
    total: Option<u64>,
    cache_read: u64,
    cache_write: u64,
    reasoning: u64,
    is_anthropic: bool,
}

/// The tokens of a span; `None` where it does not say. What is cached is made part of the input.
pub(super) fn usage(
    facts: &Facts<'_>,
    operation: Option<Operation>,
    findings: &mut [Finding],
) -> Option<TokenUsage> {
    let mut sent = Sent {
        input: facts.count(Field::Input),
        output: facts.count(Field::Output),
        total: facts.count(Field::Total),
        cache_read: facts.count(Field::CacheRead).unwrap_or_default(),
        cache_write: facts.count(Field::CacheWrite).unwrap_or_default(),
        reasoning: facts.count(Field::Reasoning).unwrap_or_default(),
        is_anthropic: [Field::CacheRead, Field::CacheWrite]
            .into_iter()
            .any(|field| facts.name(field).is_some_and(|name| BESIDE_INPUT.contains(&name))),
    };
    if sent.input.is_some() || sent.output.is_some() {
        facts.overrule(
            Field::UsageObject,
            if sent.input.is_some() { Field::Input } else { Field::Output },
            findings,
        );
    } else if let Some(object) = facts.value(Field::UsageObject).and_then(value::object) {
        sent = Sent::of_object(&object);
    }
    let is_total_needed = match (sent.input, sent.output, sent.total) {
        (Some(input), None, Some(total)) => {
            sent.output = Some(total.saturating_sub(input));
            true
        }
        (None, Some(output), Some(total)) => {
            sent.input = Some(total.saturating_sub(output));
            true
        }
        // All tokens of an embedding are input.
        (None, None, Some(total)) if operation == Some(Operation::Embedding) => {
            sent.input = Some(total);
            true
        }
        _ => false,
    };
    if let (false, Some(total)) = (is_total_needed, facts.chosen[Field::Total as usize]) {
        let why = match sent.input {
            Some(_) => "input and output are said, and count",
            None => "a total alone does not say what is input and what output",
        };
        findings[total.place] = Finding::Overruled(why);
    }
    sent.settled()
}

impl Sent {
    /// MLflow's object, with names as Anthropic and OpenAI have them.
    fn of_object(object: &serde_json::Map<String, serde_json::Value>) -> Self {
        let count = |name: &str| object.get(name).and_then(serde_json::Value::as_u64);
        let cached = ["cache_read_input_tokens", "cache_creation_input_tokens"];
        Self {
            input: count("input_tokens"),
            output: count("output_tokens"),
            total: count("total_tokens"),
            cache_read: count(cached[0]).unwrap_or_default(),
            cache_write: count(cached[1]).unwrap_or_default(),
            reasoning: 0,
            is_anthropic: cached.iter().any(|name| object.contains_key(*name)),
        }
    }

    fn settled(self) -> Option<TokenUsage> {
        let cached = self.cache_read.saturating_add(self.cache_write);
        if self.input.is_none() && self.output.is_none() && cached == 0 {
            return None;
        }
        let (mut input, mut output) = (self.input.unwrap_or_default(), self.output.unwrap_or_default());
        if self.is_cache_beside_input(input, output, cached) {
            input = input.saturating_add(cached);
        }
        // Gemini's own counts have thoughts beside the answer. A part is never more than the whole.
        if self.reasoning > output {
            output = output.saturating_add(self.reasoning);
        }
        let Self { cache_read, cache_write, reasoning, .. } = self;
        Some(TokenUsage { input, output, cache_read, cache_write, reasoning })
    }

    /// Whether the input does not hold what is cached. A total tells; so does more in the cache than in
    /// the input. Else Anthropic's names mean that it does not, all others that it does.
    fn is_cache_beside_input(&self, input: u64, output: u64, cached: u64) -> bool {
        let both = input.saturating_add(output);
        match self.total {
            Some(total) if total == both && cached <= input => false,
            Some(total) if total == both.saturating_add(cached) => true,
            _ => cached > input || self.is_anthropic,
        }
    }
}

/// What the sender says that it cost: in total, else the sum of what input and output cost.
pub(super) fn cost(facts: &Facts<'_>, findings: &mut [Finding]) -> Option<Amount> {
    facts.overrule(Field::InputCost, Field::Cost, findings);
    facts.overrule(Field::OutputCost, Field::Cost, findings);
    facts.amount(Field::Cost).or_else(|| {
        match (facts.amount(Field::InputCost), facts.amount(Field::OutputCost)) {
            (Some(input), Some(output)) => Some(input + output),
            (input, output) => input.or(output),
        }
    })
}
