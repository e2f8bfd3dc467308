//! Readers from whom some essentials are kept.
//!
//! Everyone from whom the same essentials are kept is one [`Audience`]. It is given what a server
//! whose catalog does not hold them would give: its boards are narrowed once, before any use case
//! looks at them, so that none has to think of it. One thing stays as everyone sees it: whether an
//! essential waits, even where the one that it waits for must not be named.

use crate::boards::Snapshot;
use estate::catalog::{CatalogSnapshot, EssentialSettings};
use model::board::Summary;
use model::{Actor, Board, Catalog, Dataset, DatasetId, EssentialName, Run};
use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

/// Everyone from whom the same essentials are kept; nothing is kept from the default one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Audience {
    hidden: Arc<BTreeSet<EssentialName>>,
}

impl Audience {
    /// The audience that `actor` belongs to.
    pub fn of(actor: &Actor) -> Self {
        Self { hidden: actor.hidden.clone() }
    }

    /// Whether nothing is kept from it.
    pub(crate) fn sees_all(&self) -> bool {
        self.hidden.is_empty()
    }

    /// Whether the essential exists for it.
    pub(crate) fn sees(&self, essential: &EssentialName) -> bool {
        !self.hidden.contains(essential)
    }

    /// The settings of the essentials that it sees.
    pub(crate) fn narrow_settings<'a>(
        &self,
        essentials: &'a [EssentialSettings],
    ) -> Cow<'a, [EssentialSettings]> {
        if self.sees_all() {
            return essentials.into();
        }
        essentials.iter().filter(|essential| self.sees(&essential.name)).cloned().collect()
    }

    /// What the catalog of `full`, its runs and its board are to this audience. The board has
    /// the id of the whole one still.
    pub(crate) fn narrow(&self, full: &Snapshot) -> Content {
        let runs = self.narrow_runs(&full.catalog.catalog, &full.runs);
        Content {
            board: full.board.as_deref().map(|board| Arc::new(self.narrow_board(board, &runs))),
            runs: runs.into(),
            catalog: Arc::new(self.narrow_catalog(&full.catalog)),
        }
    }

    pub(crate) fn narrow_catalog(&self, full: &CatalogSnapshot) -> CatalogSnapshot {
        let mut essentials = full.catalog.essentials.clone();
        essentials.retain(|essential| self.sees(&essential.name));
        for essential in &mut essentials {
            essential.depends_on.retain(|name| self.sees(name));
        }
        CatalogSnapshot {
            catalog: Catalog { essentials },
            entries: full.entries.iter().filter(|entry| self.sees(&entry.name)).cloned().collect(),
            version: full.version,
        }
    }

    /// The runs of datasets that it sees an essential hold, without those of slices that only
    /// hidden ones expect. A slice that nobody expects is everyone's oddity.
    pub(crate) fn narrow_runs(&self, catalog: &Catalog, runs: &[Run]) -> Vec<Run> {
        let mut shown: HashMap<&DatasetId, Vec<&Dataset>> = HashMap::new();
        let mut hidden: HashMap<&DatasetId, Vec<&Dataset>> = HashMap::new();
        for essential in &catalog.essentials {
            let places = if self.sees(&essential.name) { &mut shown } else { &mut hidden };
            for dataset in &essential.datasets {
                places.entry(&dataset.id).or_default().push(dataset);
            }
        }
        let is_shown = |run: &&Run| {
            let Some(holders) = shown.get(&run.row.dataset_id) else { return false };
            let others = hidden.get(&run.row.dataset_id).map_or(&[][..], Vec::as_slice);
            run.slice.as_ref().is_none_or(|slice| {
                holders.iter().any(|dataset| dataset.expects(slice))
                    || !others.iter().any(|dataset| dataset.expects(slice))
            })
        };
        runs.iter().filter(is_shown).cloned().collect()
    }

    fn narrow_board(&self, full: &Board, runs: &[Run]) -> Board {
        let mut unrecognised: HashMap<&DatasetId, usize> = HashMap::new();
        for run in runs.iter().filter(|run| !run.is_recognised()) {
            *unrecognised.entry(&run.row.dataset_id).or_default() += 1;
        }
        let mut essentials = full.essentials.clone();
        essentials.retain(|essential| self.sees(&essential.name));
        for essential in &mut essentials {
            essential.waiting_for.retain(|name| self.sees(name));
            for dataset in &mut essential.datasets {
                dataset.unrecognised_count = unrecognised.get(&dataset.dataset_id).copied().unwrap_or(0);
            }
        }
        Board {
            id: full.id,
            business_date: full.business_date,
            summary: Summary::of(essentials.iter().map(|essential| essential.status)),
            essentials,
            run_count: runs.len(),
            unrecognised_count: unrecognised.values().sum(),
        }
    }
}

/// What a snapshot holds, apart from its age.
#[derive(Clone, Debug)]
pub(crate) struct Content {
    pub(crate) board: Option<Arc<Board>>,
    pub(crate) runs: Arc<[Run]>,
    pub(crate) catalog: Arc<CatalogSnapshot>,
}

impl Content {
    /// Whether both say the same; the ids of their boards, and when the catalog was read, aside.
    pub(crate) fn says_the_same_as(&self, other: &Self) -> bool {
        let boards = match (&self.board, &other.board) {
            (Some(this), Some(that)) => {
                this.essentials == that.essentials
                    && this.run_count == that.run_count
                    && this.unrecognised_count == that.unrecognised_count
            }
            (None, None) => true,
            _ => false,
        };
        let notes = |catalog: &CatalogSnapshot| -> Vec<(EssentialName, Vec<String>)> {
            catalog.entries.iter().map(|entry| (entry.name.clone(), entry.unrecognised.clone())).collect()
        };
        boards
            && *self.runs == *other.runs
            && self.catalog.catalog == other.catalog.catalog
            && notes(&self.catalog) == notes(&other.catalog)
    }
}
