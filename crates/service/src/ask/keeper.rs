//! Keeps turns: the question before anything is done for it, the end before anybody is told.

use super::runner::Runner;
use super::turns::Place;
use super::{no_thread, object};
use crate::{Error, Result, Service};
use agent::TurnInput;
use model::ask::{TurnId, TurnRef};
use model::audit::AuditEntry;
use model::{Actor, BusinessDate, EssentialName};
use std::collections::BTreeSet;
use store::{ThreadRecord, TurnEnd, Write};
use tokio::sync::oneshot;

/// A turn that is to begin.
pub(super) struct NewTurn {
    pub(super) actor: Actor,
    pub(super) thread: ThreadRecord,
    /// Whether the conversation begins with it.
    pub(super) is_first: bool,
    pub(super) parent: Option<TurnId>,
    /// What the conversation's turns cannot speak of from now on.
    pub(super) unseen: BTreeSet<EssentialName>,
    pub(super) today: BusinessDate,
    pub(super) place: Place,
    pub(super) input: TurnInput,
}

/// A turn that waits to be recorded, and who waits for that.
pub(super) type Asked = (NewTurn, oneshot::Sender<Result<TurnRef>>);

/// An end that waits to be kept, and who waits for that.
pub(super) type Ended = (TurnEnd, oneshot::Sender<()>);

impl Service {
    /// Records a turn, and begins it once that is done.
    ///
    /// # Errors
    /// Not found for a new conversation whose id is somebody else's; conflict for one that is gone.
    pub(super) async fn begin_turn(&self, turn: NewTurn) -> Result<TurnRef> {
        let (done, recorded) = oneshot::channel();
        self.0.asking.asked.add((turn, done));
        // Not in the asker's own task: it may end any moment, and others' questions are with it.
        tokio::spawn(self.clone().record_asked());
        let lost = || Error::Unavailable { message: "the question was lost: ask again".to_owned() };
        recorded.await.unwrap_or_else(|_| Err(lost()))
    }

    /// Records all that wait; nothing where the commit before took them along.
    async fn record_asked(self) {
        let (_writing, waiting) = self.0.asking.asked.take().await;
        if waiting.is_empty() {
            return;
        }
        let mut write = match self.0.accounts.store.begin().await {
            Ok(write) => write,
            Err(error) => return refuse(waiting.into_iter().map(|(_, done)| done), error),
        };
        let (mut begun, mut entries) = (Vec::new(), Vec::new());
        for (new, done) in waiting {
            match insert(&mut write, &new).await {
                Ok(turn) => {
                    let entry =
                        AuditEntry::by(&new.actor, "question.ask", object(&turn.thread_id, turn.turn_id));
                    entries.push(entry.after("question", new.input.question.as_str()));
                    // Known before it is kept: who finds it there finds it under way.
                    let under_way = self.0.asking.turns.begin(new.place, turn.clone());
                    let runner = Runner::new(self.clone(), new.actor, turn.clone(), new.today, under_way);
                    begun.push((runner, new.input, turn, done));
                }
                Err(error) => drop(done.send(Err(error))),
            }
        }
        match write.commit_all(entries).await {
            Ok(_) => {
                for (runner, input, turn, done) in begun {
                    tokio::spawn(runner.run(input));
                    // Who asked may have gone; the turn goes on.
                    let _ = done.send(Ok(turn));
                }
            }
            Err(error) => refuse(begun.into_iter().map(|(.., done)| done), error),
        }
    }

    /// Keeps how a turn ended.
    pub(super) async fn keep_end(&self, end: TurnEnd) {
        let (done, kept) = oneshot::channel();
        self.0.asking.ended.add((end, done));
        tokio::spawn(self.clone().keep_ended());
        // It ends as well where the task broke off: nothing more can be done then.
        let _ = kept.await;
    }

    /// Keeps all ends that wait; nothing where the commit before took them along.
    async fn keep_ended(self) {
        let (_writing, waiting) = self.0.asking.ended.take().await;
        if waiting.is_empty() {
            return;
        }
        let (ends, askers): (Vec<_>, Vec<_>) = waiting.into_iter().unzip();
        if let Err(error) = self.0.accounts.store.finish_turns(&ends).await {
            let turns: Vec<_> = ends.iter().map(|end| object(&end.thread_id, end.turn_id)).collect();
            tracing::error!(%error, ?turns, "answers cannot be kept");
        }
        for asker in askers {
            let _ = asker.send(());
        }
    }
}

/// Neither of its refusals ends the transaction that others share.
async fn insert(write: &mut Write<'_>, new: &NewTurn) -> Result<TurnRef> {
    let id = &new.thread.id;
    if new.is_first {
        // An id that is somebody else's is like one that is not there.
        write.insert_thread(&new.thread).await.map_err(|error| match error {
            store::Error::Conflict { .. } => no_thread(id),
            other => other.into(),
        })?;
    }
    let TurnInput { question, now, .. } = &new.input;
    let turn = write.insert_turn(id, new.parent, question, *now, &new.unseen).await?;
    Ok(TurnRef { thread_id: id.clone(), turn_id: turn })
}

/// None of them was recorded.
fn refuse(askers: impl Iterator<Item = oneshot::Sender<Result<TurnRef>>>, error: store::Error) {
    let error = Error::from(error);
    tracing::error!(error = &error as &dyn std::error::Error, "questions cannot be recorded");
    for done in askers {
        let _ = done.send(Err(Error::Unavailable { message: error.to_string() }));
    }
}
