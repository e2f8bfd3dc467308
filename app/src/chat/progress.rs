//! What is known of a turn while it is answered, event by event.

use model::ask::{
    AskError, Card, CardEvent, Node, NodeEnd, NodeStart, Outcome, ResponseEvent, Token, ToolUse,
};

/// The events that a turn's stream carries.
#[cfg(not(feature = "ssr"))]
pub(super) const EVENTS: [&str; 8] =
    ["node_start", "node_end", "tool_call", "tool_result", "token", "card", "response", "error"];

/// A turn as far as its events tell.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Progress {
    /// What is being done.
    pub(super) doing: Option<String>,
    /// The tools asked so far.
    pub(super) tools: Vec<ToolUse>,
    /// The answer's text so far.
    pub(super) text: String,
    /// Cards so far.
    pub(super) cards: Vec<Card>,
    /// How it ended.
    pub(super) outcome: Option<Outcome>,
}

impl Progress {
    /// Takes the event `name` with its data in. An event that is not known, or comes after the
    /// last one, changes nothing.
    #[cfg_attr(all(feature = "ssr", not(test)), expect(dead_code, reason = "only browsers follow turns"))]
    pub(super) fn take(&mut self, name: &str, data: &str) -> Result<(), serde_json::Error> {
        if self.outcome.is_some() {
            return Ok(());
        }
        match name {
            "node_start" => {
                let start: NodeStart = serde_json::from_str(data)?;
                self.doing = Some(start.node.label().to_owned());
            }
            "node_end" => {
                let end: NodeEnd = serde_json::from_str(data)?;
                if let (Node::BatchResolver, Some(count)) = (end.node, end.result.dataset_count) {
                    let noun = if count == 1 { "dataset" } else { "datasets" };
                    self.doing = Some(format!("Found {count} {noun}"));
                }
            }
            "tool_call" | "tool_result" => {
                let tool: ToolUse = serde_json::from_str(data)?;
                match self.tools.iter_mut().find(|known| known.id == tool.id) {
                    Some(known) => *known = tool,
                    None => self.tools.push(tool),
                }
            }
            "token" => self.text.push_str(&serde_json::from_str::<Token>(data)?.text),
            "card" => self.cards.push(serde_json::from_str::<CardEvent>(data)?.card),
            "response" => {
                let response: ResponseEvent = serde_json::from_str(data)?;
                self.outcome = Some(Outcome::Answered(response.data));
            }
            "error" => self.outcome = Some(Outcome::Failed(serde_json::from_str::<AskError>(data)?)),
            _ => {}
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::ErrorKind;
    use model::ask::{AskEvent, NodeResult, ToolStatus};

    fn after(events: &[AskEvent]) -> Progress {
        let mut progress = Progress::default();
        for event in events {
            progress.take(event.name(), &serde_json::to_string(event).unwrap()).unwrap();
        }
        progress
    }

    fn tool(id: u32, status: ToolStatus) -> ToolUse {
        ToolUse {
            id,
            tool: "resolve_batch".into(),
            input: Default::default(),
            status,
            duration_ms: None,
            row_count: None,
            query: None,
            as_of: None,
            link: None,
            error: None,
        }
    }

    #[test]
    fn it_says_what_is_being_done() {
        let resolving = AskEvent::NodeStart(NodeStart { node: Node::BatchResolver });
        assert_eq!(after(std::slice::from_ref(&resolving)).doing.as_deref(), Some("Resolving batch"));
        let found = |count| {
            let result = NodeResult { dataset_count: Some(count), ..Default::default() };
            AskEvent::NodeEnd(NodeEnd { node: Node::BatchResolver, result })
        };
        assert_eq!(after(&[resolving.clone(), found(8)]).doing.as_deref(), Some("Found 8 datasets"));
        assert_eq!(after(&[resolving, found(1)]).doing.as_deref(), Some("Found 1 dataset"));
    }

    #[test]
    fn a_result_takes_the_place_of_its_call() {
        let progress = after(&[
            AskEvent::ToolCall(tool(1, ToolStatus::Executing)),
            AskEvent::ToolCall(tool(2, ToolStatus::Executing)),
            AskEvent::ToolResult(tool(1, ToolStatus::Completed)),
        ]);
        let shown: Vec<_> = progress.tools.iter().map(|tool| (tool.id, tool.status)).collect();
        assert_eq!(shown, [(1, ToolStatus::Completed), (2, ToolStatus::Executing)]);
    }

    #[test]
    fn the_last_event_is_the_last() {
        let stopped =
            AskError { cancelled: true, kind: ErrorKind::Unavailable, message: "stopped".to_owned() };
        let token = |text: &str| AskEvent::Token(Token { text: text.into() });
        let progress = after(&[token("a"), token("b"), AskEvent::Error(stopped.clone()), token("c")]);
        assert_eq!(progress.text, "ab");
        assert_eq!(progress.outcome, Some(Outcome::Failed(stopped)));
    }

    #[test]
    fn what_is_not_known_changes_nothing() {
        let mut progress = Progress::default();
        assert!(progress.take("heartbeat", "{}").is_ok());
        assert!(progress.take("token", "{").is_err());
        assert_eq!(progress, Progress::default());
    }
}
