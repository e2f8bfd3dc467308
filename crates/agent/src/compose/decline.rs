//! What cannot be answered: why, in a sentence, and what can be answered instead.

use super::{Draft, Scene, code, quoted, strong, text};
use crate::machine::TurnInput;
use crate::request::{Request, Trouble};
use crate::understand::Problem;
use model::Catalog;
use model::ask::Topic;

/// Names that are offered.
const MOST_OFFERED: usize = 5;

pub(super) fn decline(request: &Request, input: &TurnInput, draft: &mut Draft) {
    let spoken_of = request.essentials.first().or(input.thread.essentials.first());
    let name =
        spoken_of.and_then(|name| input.catalog.get(name)).map(|essential| essential.display_name.clone());
    match request.topic {
        Topic::Write => {
            draft.say(vec![
                text("SENTRY only reads: it cannot start, stop or change anything, in Airflow or elsewhere. "),
                text("It can show what failed and what that holds up."),
            ]);
        }
        Topic::Help => {
            draft.say(vec![text("Ask about the daily batches:")]);
            let points = [
                "how a batch, dataset or slice is doing, in PRELIM and FINAL",
                "what failed, at which step and task, and what is blocked",
                "the tasks of a run",
                "how long runs took, and how two dates compare",
                "which batches wait for which",
                "what is left of a running batch",
            ];
            draft.list(points.into_iter().map(|point| vec![text(point)]).collect());
        }
        _ => draft.say(vec![text(
            "That is not something the batch sources know: SENTRY answers questions about batches, their runs and \
             tasks.",
        )]),
    }
    match name {
        Some(name) => {
            draft.chip(format!("What failed in {name}?"));
            draft.chip(format!("How is {name} doing?"));
        }
        None => {
            draft.chip("What failed today?");
            draft.chip("How are all batches doing?");
        }
    }
    draft.chip("Which batches wait for which?");
}

/// Says why the question cannot be answered as asked, with the candidates as questions.
pub(super) fn explain_trouble(trouble: &Trouble, scene: &Scene, draft: &mut Draft) {
    draft.is_error = true;
    mention_trouble(trouble, draft);
    let question = scene.input.question.as_str();
    match trouble {
        Trouble::Name(
            Problem::Unknown { said, nearest: candidates } | Problem::Ambiguous { said, candidates },
        ) => {
            for name in candidates.iter().take(MOST_OFFERED) {
                let name = scene.display_name(name);
                draft.chip(
                    with_name(question, said, &name).unwrap_or_else(|| format!("How is {name} doing?")),
                );
            }
            if matches!(trouble, Trouble::Name(Problem::Unknown { .. })) {
                draft.say(vec![
                    text("The batches are: "),
                    strong(all_names(&scene.input.catalog)),
                    text("."),
                ]);
            }
        }
        Trouble::Name(Problem::UnknownSlice { .. }) => {
            for name in &scene.request.essentials {
                draft.chip(format!("How are the slices of {}?", scene.display_name(name)));
            }
            draft.chip("How are all batches doing?");
        }
        Trouble::Datasets(candidates) => {
            for dataset in candidates.iter().take(MOST_OFFERED) {
                draft.chip(format!("How is {} doing?", dataset.workflow_id()));
            }
        }
        Trouble::Date(_) => draft.chip("What failed yesterday?"),
    }
}

/// Says what could not be read.
pub(super) fn mention_trouble(trouble: &Trouble, draft: &mut Draft) {
    draft.say(match trouble {
        Trouble::Name(Problem::Unknown { said, .. }) => {
            vec![text("No batch is called "), code(quoted(said)), text(".")]
        }
        Trouble::Name(Problem::Ambiguous { said, .. }) => {
            vec![code(quoted(said)), text(" could be several batches: which one?")]
        }
        Trouble::Name(Problem::UnknownSlice { said }) => {
            vec![text("No slice in question has "), code(quoted(said)), text(" in its name.")]
        }
        Trouble::Datasets(candidates) => {
            vec![text(format!("That could be any of {} datasets: which one?", candidates.len()))]
        }
        Trouble::Date(said) => vec![
            code(quoted(said)),
            text(" is no date, or could be two: write it as YYYY-MM-DD, for example 2026-02-18."),
        ],
    });
}

/// `question` with `name` where it `said` something else.
fn with_name(question: &str, said: &str, name: &str) -> Option<String> {
    let lower = question.to_lowercase();
    let start = (lower.len() == question.len()).then(|| lower.find(said)).flatten()?;
    let (before, after) = (question.get(..start)?, question.get(start + said.len()..)?);
    Some(format!("{before}{name}{after}"))
}

fn all_names(catalog: &Catalog) -> String {
    catalog.essentials.iter().map(|essential| essential.display_name.as_str()).collect::<Vec<_>>().join(", ")
}
