//! Curated questions with what a question speaks of in their slots: offered where there is no
//! model, and shown to a model as patterns.

use crate::Service;
use agent::SuggestedQuery;
use model::ask::{Entities, PhaseWord};
use model::{Actor, BusinessDate, Catalog};
use query::examples::{self, Batch, Example};

/// How alike question and example are at the least, to be offered.
const NEAR: f32 = 0.3;
/// Examples that are tried.
const MOST_TRIED: usize = 5;

/// The nearest curated question whose slots can be filled and whose query the guard lets through.
pub(super) async fn suggest(
    service: &Service,
    actor: &Actor,
    question: &str,
    entities: &Entities,
    catalog: &Catalog,
    today: BusinessDate,
) -> Option<SuggestedQuery> {
    let filled = fill_nearest(question, entities, catalog, today, NEAR);
    for (question, sql) in filled {
        if let Ok(accepted) = service.check(actor, &sql, today).await {
            return Some(SuggestedQuery { question, sql: accepted.sql });
        }
    }
    None
}

/// Question and statement of the nearest examples whose slots can be filled, the likest first.
pub(super) fn fill_nearest(
    question: &str,
    entities: &Entities,
    catalog: &Catalog,
    today: BusinessDate,
    near: f32,
) -> Vec<(String, String)> {
    let known = known(entities, catalog, today);
    let near = examples::nearest(question, MOST_TRIED).into_iter().filter(|found| found.score >= near);
    near.filter_map(|found| Some((worded(found.example, &known), found.example.fill(&known).ok()?))).collect()
}

/// What the slots are filled with.
fn known(entities: &Entities, catalog: &Catalog, today: BusinessDate) -> examples::Entities {
    let is_meant = |essential: &&model::Essential| {
        entities.essentials.is_empty() || entities.essentials.contains(&essential.name)
    };
    let batch = |essential: &model::Essential| Batch {
        name: essential.display_name.clone(),
        datasets: essential
            .datasets
            .iter()
            .map(|dataset| dataset.id.clone())
            .filter(|id| entities.datasets.is_empty() || entities.datasets.contains(id))
            .collect(),
    };
    let date = entities.business_date.unwrap_or(today);
    examples::Entities {
        batches: catalog.essentials.iter().filter(is_meant).map(batch).collect(),
        date,
        period: entities.from_date.map(|from| (from, date)),
        phase: entities.phase.and_then(PhaseWord::phase),
        slice: entities.slices.first().cloned(),
        runs: entities.run_id.iter().cloned().collect(),
    }
}

/// The example's question with its slots filled.
fn worded(example: &Example, known: &examples::Entities) -> String {
    let slice = known.slice.as_ref().map(ToString::to_string).unwrap_or_default();
    example.question.replace("{date}", &known.date.to_string()).replace("{slice}", &slice)
}
