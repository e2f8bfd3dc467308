//! What the model answers.

use crate::settings::Price;
use model::ask::Amount;

/// A whole answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Reply {
    /// Its words; may be empty.
    pub text: String,
    /// Whether it was cut off at the request's `max_tokens`.
    pub is_truncated: bool,
    /// The model that answered, as its server calls it; may be empty.
    pub model: String,
    /// What it took, where the server says so.
    pub usage: Option<Usage>,
    /// What it cost, where usage and prices are known.
    pub cost: Option<Amount>,
}

/// What an answer took.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Usage {
    /// Tokens that were sent.
    pub prompt_tokens: u64,
    /// Of those the ones that the provider had in its cache.
    pub cached_tokens: u64,
    /// Tokens that were answered.
    pub completion_tokens: u64,
}

impl Usage {
    /// What it cost, exactly; `None` where a price is not known.
    pub fn cost(&self, price: &Price) -> Option<Amount> {
        let cached_tokens = self.cached_tokens.min(self.prompt_tokens);
        let cached = match price.cached_input {
            Some(price) => price.of(cached_tokens),
            None => (cached_tokens == 0).then_some(0),
        }?;
        let input = price.input.of(self.prompt_tokens - cached_tokens)?;
        let output = price.output.of(self.completion_tokens)?;
        input.checked_add(cached)?.checked_add(output).map(Amount::from_picos)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::TokenPrice;

    #[test]
    fn cost_is_counted_exactly_or_not_at_all() {
        let check = |(prompt_tokens, cached_tokens, completion_tokens), prices: [&str; 3], expect| {
            let read = |text| TokenPrice::per_million(text).unwrap();
            let [input, cached, output] = prices;
            let cached_input = (!cached.is_empty()).then(|| read(cached));
            let price = Price { input: read(input), cached_input, output: read(output) };
            let cost = Usage { prompt_tokens, cached_tokens, completion_tokens }.cost(&price);
            assert_eq!(cost.map(|cost| cost.to_string()).as_deref(), expect, "{prompt_tokens} {prices:?}");
        };
        // gpt-4o in 2024.
        check((1000, 0, 500), ["5", "", "15"], Some("0.0125"));
        check((1000, 0, 500), ["5.00", "2.50", "15.00"], Some("0.0125"));
        check((1_000_000, 0, 0), ["2.5", "", "10"], Some("2.5"));
        // In floating point three times 0.15 is less than 0.45.
        check((1, 0, 0), ["0.15", "", "0.6"], Some("0.00000015"));
        check((3, 0, 0), ["0.15", "", "0.6"], Some("0.00000045"));
        check((1, 0, 1), ["0.000001", "", "0.000002"], Some("0.000000000003"));
        check((0, 0, 0), ["5", "", "15"], Some("0"));
        check((1000, 800, 0), ["5", "2.5", "15"], Some("0.003"));
        check((1000, 1000, 0), ["5", "0", "15"], Some("0"));
        check((1000, 2000, 0), ["5", "2.5", "15"], Some("0.0025"));
        check((1000, 1, 500), ["5", "", "15"], None);
        check((u64::MAX, 0, 0), ["5", "", "15"], None);
    }

    #[test]
    fn a_price_is_a_decimal() {
        for text in ["", "free", "-1", "1e3", "0.0000001", "2,50", "$5"] {
            let error = TokenPrice::per_million(text).unwrap_err().to_string();
            assert!(error.contains("2.50"), "{text}: {error}");
        }
    }
}
