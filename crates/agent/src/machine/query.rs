//! Questions that no tool answers: a model writes a query, or the nearest curated one is offered.

use super::{
    Effect, MOST_REWRITES, QueryAnswer, QueryRefusal, State, SuggestedQuery, Turn, end_of, start_of,
};
use crate::compose;
use crate::model_text::{self, ModelFailure, ModelRequest};
use model::ask::{AskEvent, Node, NodeResult, ToolStatus, ToolUse};
use std::collections::BTreeMap;

impl Turn {
    pub(super) fn analyse(&mut self, effects: &mut Vec<Effect>) {
        effects.push(start_of(Node::SqlAnalyst));
        if !self.input.may_query {
            effects.push(end_of(Node::SqlAnalyst, NodeResult::default()));
            self.draft = compose::query::closed();
            self.respond(effects);
        } else if self.input.model.is_some() {
            self.write_query(effects);
        } else {
            self.suggest(effects);
        }
    }

    /// What the query is to answer: "and last month" only says so after the question before it.
    fn query_question(&self) -> String {
        let question = self.input.question.as_str();
        match &self.input.thread.query_question {
            Some(before) if self.request.carries_on => format!("{before} {question}"),
            _ => question.to_owned(),
        }
    }

    fn write_query(&mut self, effects: &mut Vec<Effect>) {
        self.state = State::WritingQuery;
        effects.push(Effect::AskModel(ModelRequest::WriteQuery {
            question: self.query_question(),
            entities: self.request.entities(),
            refusals: self.refusals.clone(),
        }));
    }

    pub(super) fn suggest(&mut self, effects: &mut Vec<Effect>) {
        self.state = State::Suggesting;
        effects.push(Effect::SuggestQuery {
            question: self.query_question(),
            entities: self.request.entities(),
        });
    }

    pub(super) fn query_written(&mut self, said: Result<String, ModelFailure>, effects: &mut Vec<Effect>) {
        match said {
            Ok(sql) => {
                self.state = State::RunningQuery;
                self.sql = model_text::without_fences(&sql).to_owned();
                effects.push(Effect::GuardAndRun { question: self.query_question(), sql: self.sql.clone() });
            }
            Err(failure) => {
                self.notes.push(failure.note());
                self.suggest(effects);
            }
        }
    }

    pub(super) fn query_answered(
        &mut self,
        result: Result<QueryAnswer, QueryRefusal>,
        effects: &mut Vec<Effect>,
    ) {
        match result {
            Ok(answer) => {
                let rows = answer.card.rows.len();
                let mut tool = ToolUse {
                    id: 1,
                    tool: "run_query".to_owned(),
                    input: BTreeMap::from([("question".to_owned(), answer.card.question.clone())]),
                    status: ToolStatus::Executing,
                    duration_ms: None,
                    row_count: None,
                    query: Some(answer.card.sql.clone()),
                    as_of: answer.as_of,
                    link: None,
                    error: None,
                };
                effects.push(Effect::Emit(AskEvent::ToolCall(tool.clone())));
                tool.status = ToolStatus::Completed;
                tool.duration_ms = Some(answer.duration_ms);
                tool.row_count = Some(rows);
                effects.push(Effect::Emit(AskEvent::ToolResult(tool.clone())));
                self.uses.push(tool);
                let result = NodeResult { row_count: Some(rows), ..NodeResult::default() };
                effects.push(end_of(Node::SqlAnalyst, result));
                self.worded_by_model = true;
                self.draft = compose::query::answer(answer.card);
                self.word(effects);
            }
            Err(refusal) if refusal.can_rewrite && self.refusals.len() < MOST_REWRITES => {
                self.refusals.push((std::mem::take(&mut self.sql), refusal.reason));
                self.write_query(effects);
            }
            Err(refusal) => {
                self.notes.push(format!("The query that the model wrote was not run: {}", refusal.reason));
                self.suggest(effects);
            }
        }
    }

    pub(super) fn suggested(&mut self, found: Option<SuggestedQuery>, effects: &mut Vec<Effect>) {
        effects.push(end_of(Node::SqlAnalyst, NodeResult::default()));
        self.draft = compose::query::offer(found);
        self.respond(effects);
    }
}
