//! What calls of models cost: a dated table of prices, and tokens times them.
//!
//! Arithmetic is exact. What the sender says that a call cost wins over the table. A call whose
//! cost is not known gets a [`Flag`], never a zero.

mod file;
mod name;

pub use file::InvalidTable;

use model::ask::Amount;
use model::telemetry::{Cost, CostSource, Flag, Operation, Price, Span, TokenUsage, UnixNanos};
use std::collections::HashMap;

/// Prices by model and date.
#[derive(Clone, Debug)]
pub struct PriceTable {
    /// By the name that [`name::normal`] makes of the model's. Newest first.
    prices: HashMap<String, Vec<(UnixNanos, Price)>>,
}

impl PriceTable {
    /// The table that comes with the program: `crates/telemetry/prices.toml`.
    pub fn bundled() -> Self {
        Self::parse(include_str!("../prices.toml")).expect("a test reads it")
    }

    /// Reads a table in the form of `crates/telemetry/prices.toml`.
    ///
    /// # Errors
    /// What is wrong with the file, and in which line.
    pub fn parse(text: &str) -> Result<Self, InvalidTable> {
        file::read(text).map(|prices| Self { prices })
    }

    /// All prices, by model, the newest first.
    pub fn all(&self) -> Vec<&Price> {
        let mut all: Vec<&Price> = self.prices.values().flatten().map(|(_, price)| price).collect();
        all.sort_by(|one, other| (&one.model, other.valid_from).cmp(&(&other.model, one.valid_from)));
        all
    }

    /// The price of a model at a time: of the entries whose name fits the longest, and of those the
    /// newest that was valid then.
    pub fn find(&self, model: &str, at: UnixNanos) -> Option<&Price> {
        let valid = |name: &str| self.prices.get(name)?.iter().find(|(from, _)| *from <= at);
        name::candidates(model).find_map(|name| valid(&name)).map(|(_, price)| price)
    }

    /// What a call of a model cost.
    ///
    /// # Errors
    /// Why that is not known.
    pub fn cost(
        &self,
        model: Option<&str>,
        usage: Option<&TokenUsage>,
        reported: Option<Amount>,
        at: UnixNanos,
    ) -> Result<Cost, Flag> {
        if let Some(amount) = reported {
            return Ok(Cost { amount, source: CostSource::Reported });
        }
        // Who says that a call took no token at all does not know.
        let usage = usage.filter(|usage| **usage != TokenUsage::default()).ok_or(Flag::NoTokens)?;
        let model = model.unwrap_or_default();
        let price = self.find(model, at).ok_or_else(|| Flag::NoPrice { model: model.to_owned() })?;
        Ok(Cost { amount: amount(usage, price), source: CostSource::Priced })
    }

    /// What a span cost; `None` where it asked no model and says nothing of tokens or cost.
    pub fn charge(&self, span: &Span) -> Option<Result<Cost, Flag>> {
        let asks_a_model = matches!(span.operation, Operation::Model | Operation::Embedding);
        (asks_a_model || span.usage.is_some() || span.reported_cost.is_some())
            .then(|| self.cost(span.model.as_deref(), span.usage.as_ref(), span.reported_cost, span.started))
    }
}

/// Tokens times prices, as exact as an [`Amount`]; like sums of amounts it saturates. Tokens of the
/// cache are part of the input and are taken off it; where a sender counts them beside it, nothing
/// is left to take them off.
fn amount(usage: &TokenUsage, price: &Price) -> Amount {
    let uncached = usage.input.saturating_sub(usage.cache_read).saturating_sub(usage.cache_write);
    let picos = |tokens: u64, per_million: Amount| u128::from(tokens) * u128::from(per_million.picos());
    let sum = [
        picos(uncached, price.input),
        picos(usage.cache_read, price.cache_read.unwrap_or(price.input)),
        picos(usage.cache_write, price.cache_write.unwrap_or(price.input)),
        picos(usage.output, price.output),
    ]
    .into_iter()
    .fold(0, u128::saturating_add);
    Amount::from_picos(u64::try_from(sum / 1_000_000).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests;
