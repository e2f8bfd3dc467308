//! From what a person typed to an essential.

use crate::catalog::EssentialSettings;
use model::EssentialName;

/// What a name that a person typed means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Resolution {
    /// This essential.
    Found(EssentialName),
    /// Several are equally near: ask which.
    Ambiguous(Vec<EssentialName>),
    /// None is near enough to be meant.
    Unknown {
        /// The three nearest, nearest first.
        nearest: Vec<EssentialName>,
    },
}

/// Finds the essential that `text` names.
pub fn resolve(essentials: &[EssentialSettings], text: &str) -> Resolution {
    let _ = (essentials, text);
    todo!()
}
