//! Answers of Tier 2: rows of a guarded query, or the offer of one.

use super::{Draft, counted, strong, text};
use crate::machine::SuggestedQuery;
use model::ask::{Card, SqlCard};

/// Rows that are told in words.
const MOST_TOLD: usize = 5;

pub(crate) fn answer(card: SqlCard) -> Draft {
    let mut draft = Draft::default();
    let rows = card.rows.len();
    let more = if card.truncated { ", and there are more" } else { "" };
    draft.say(vec![strong(counted(rows, "row")), text(format!("{more}. The query and all rows are below."))]);
    let value = |value: &Option<String>| super::quoted(value.as_deref().unwrap_or("NULL"));
    let points = card.rows.iter().take(MOST_TOLD).map(|row| {
        let cells = card.columns.iter().zip(row).map(|(column, cell)| format!("{column}: {}", value(cell)));
        vec![text(cells.collect::<Vec<_>>().join(", "))]
    });
    draft.list(points.collect());
    draft.cards.push(Card::SqlResult(card));
    draft
}

pub(crate) fn offer(found: Option<SuggestedQuery>) -> Draft {
    let mut draft = Draft::default();
    match found {
        Some(found) => {
            draft.say(vec![
                text("This needs a query over the runs. I can answer: "),
                strong(&found.question),
                text(" Run it?"),
            ]);
            draft.cards.push(Card::SqlResult(SqlCard {
                question: found.question,
                sql: found.sql,
                columns: Vec::new(),
                rows: Vec::new(),
                ran: false,
                truncated: false,
            }));
        }
        None => {
            draft.say(vec![text("This needs a query over the runs, and none that is known comes near it.")]);
            draft.is_error = true;
        }
    }
    with_chips(draft)
}

/// For a reader who may not ask by query. It tells nothing of why.
pub(crate) fn closed() -> Draft {
    let mut draft = Draft::default();
    draft.say(vec![text(
        "This needs a query over the runs, and queries cannot be asked for with this access.",
    )]);
    draft.is_error = true;
    with_chips(draft)
}

fn with_chips(mut draft: Draft) -> Draft {
    draft.chip("What failed today?");
    draft.chip("How are all batches doing?");
    draft
}
