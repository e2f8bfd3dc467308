//! What models cost.

use crate::ask::Amount;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// What a million tokens of a model cost, who says so, and since when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Price {
    /// The model, as the table of prices names it.
    pub model: String,
    /// Of tokens sent that have nothing to do with a cache.
    pub input: Amount,
    /// Of tokens answered.
    pub output: Amount,
    /// Of tokens read from the provider's cache; where it is not known they cost as others sent.
    pub cache_read: Option<Amount>,
    /// Of tokens written to the provider's cache; where it is not known they cost as others sent.
    pub cache_write: Option<Amount>,
    /// The day from which on it is valid, from midnight UTC until a newer one is.
    pub valid_from: Date,
    /// Who says so.
    pub source: String,
}

/// Why it is not known what a call cost. Such calls are listed, never counted as free.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(tag = "flag", rename_all = "snake_case")]
pub enum Flag {
    /// The table of prices does not know the model, or not for that time.
    NoPrice {
        /// The model, as sent; empty where none was named.
        model: String,
    },
    /// A model was asked, and nothing says how many tokens it took.
    NoTokens,
}
