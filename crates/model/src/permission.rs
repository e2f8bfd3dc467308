//! Who acts, and what that actor may do. Every use case takes an [`Actor`] first.

/// What a use case needs from its actor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Capability {
    /// Read boards, runs, tasks and the health of the sources.
    ViewEstate,
    /// Make the catalog read its source again.
    RefreshCatalog,
}

/// The one who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Actor {
    /// Open mode: no users are set up and the server listens on loopback only, so the
    /// person at this machine owns everything.
    LocalOwner,
    /// Somebody who has not said who they are; may do nothing.
    Anonymous,
}

impl Actor {
    /// Whether this actor holds `capability`.
    pub fn may(&self, _capability: Capability) -> bool {
        match self {
            Self::LocalOwner => true,
            Self::Anonymous => false,
        }
    }
}
