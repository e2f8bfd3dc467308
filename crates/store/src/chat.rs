//! Conversations and their turns.

use crate::error::{Error, Result};
use crate::row::{Columns, malformed};
use crate::store::Store;
use crate::write::Write;
use jiff::Timestamp;
use model::ask::{AskError, Outcome, Question, Rating, ThreadId, Thumb, Turn, TurnId};
use model::identity::ProjectId;
use model::{ErrorKind, EssentialName};
use serde::Serialize;
use sqlx::any::AnyRow;
use std::collections::BTreeSet;

/// A conversation, without its turns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ThreadRecord {
    /// Its id.
    pub id: ThreadId,
    /// The project it belongs to.
    pub project_id: ProjectId,
    /// Who began it and alone carries it on, in the caller's words.
    pub owner: String,
    /// What lists call it.
    pub title: String,
    /// Whether everybody in the project may read it.
    pub is_shared: bool,
    /// Essentials that no turn can speak of, because they were hidden from every asker.
    pub unseen: BTreeSet<EssentialName>,
    /// When its newest turn was asked.
    pub updated_at: Timestamp,
    /// How many turns it has.
    pub turn_count: usize,
}

/// How a turn ended.
#[derive(Clone, Debug, PartialEq)]
pub struct TurnEnd {
    /// The conversation.
    pub thread_id: ThreadId,
    /// The turn in it.
    pub turn_id: TurnId,
    /// What came of it.
    pub outcome: Outcome,
    /// What it leaves for the turn after it, as whoever asks writes it.
    pub context: String,
}

impl Store {
    /// A conversation of a project.
    pub async fn find_thread(&self, project: &ProjectId, id: &ThreadId) -> Result<Option<ThreadRecord>> {
        let select = "SELECT * FROM chat_thread WHERE project_id = $1 AND id = $2";
        let row = sqlx::query(select).bind(project.as_str()).bind(id.as_str());
        row.fetch_optional(self.pool()).await?.as_ref().map(thread).transpose()
    }

    /// Conversations of a project that are `owner`'s or shared, newest first, `limit` at most.
    /// `search` is looked for in titles and questions; empty finds all.
    pub async fn list_threads(
        &self,
        project: &ProjectId,
        owner: &str,
        search: &str,
        limit: u32,
    ) -> Result<Vec<ThreadRecord>> {
        let select = r"SELECT * FROM chat_thread WHERE project_id = $1 AND (owner = $2 OR is_shared = 1)
            AND (LOWER(title) LIKE $3 ESCAPE '\' OR EXISTS (SELECT 1 FROM chat_turn
                WHERE chat_turn.thread_id = chat_thread.id AND LOWER(question) LIKE $3 ESCAPE '\'))
            ORDER BY updated_at DESC, id LIMIT $4";
        let rows = sqlx::query(select)
            .bind(project.as_str())
            .bind(owner)
            .bind(containing(search))
            .bind(i64::from(limit))
            .fetch_all(self.pool())
            .await?;
        rows.iter().map(thread).collect()
    }

    /// The newest turns of a conversation, before `before` where it is given; oldest first.
    pub async fn list_turns(&self, id: &ThreadId, before: Option<TurnId>, limit: u32) -> Result<Vec<Turn>> {
        let select = "SELECT * FROM chat_turn WHERE thread_id = $1 AND turn < $2 ORDER BY turn DESC LIMIT $3";
        let before = before.map_or(i64::MAX, number);
        let rows = sqlx::query(select).bind(id.as_str()).bind(before).bind(i64::from(limit));
        rows.fetch_all(self.pool()).await?.iter().rev().map(turn).collect()
    }

    /// One turn.
    pub async fn find_turn(&self, id: &ThreadId, which: TurnId) -> Result<Option<Turn>> {
        let select = "SELECT * FROM chat_turn WHERE thread_id = $1 AND turn = $2";
        let row = sqlx::query(select).bind(id.as_str()).bind(number(which));
        row.fetch_optional(self.pool()).await?.as_ref().map(turn).transpose()
    }

    /// Turns that somebody has rated, in the order of their names, `limit` at most, from behind
    /// `after`.
    pub async fn list_rated(
        &self,
        after: Option<(&ThreadId, TurnId)>,
        limit: u32,
    ) -> Result<Vec<(ThreadId, Turn)>> {
        let select = "SELECT * FROM chat_turn WHERE thumb IS NOT NULL \
                      AND (thread_id > $1 OR (thread_id = $1 AND turn > $2)) \
                      ORDER BY thread_id, turn LIMIT $3";
        let (id, which) = after.map_or(("", 0), |(id, which)| (id.as_str(), number(which)));
        let rows = sqlx::query(select).bind(id).bind(which).bind(i64::from(limit));
        let rated = |row: &AnyRow| Ok((ThreadId::new(row.text("thread_id")?), turn(row)?));
        rows.fetch_all(self.pool()).await?.iter().map(rated).collect()
    }

    /// What a turn left for the one after it, as [`Store::finish_turns`] was given it.
    pub async fn find_context(&self, id: &ThreadId, which: TurnId) -> Result<Option<String>> {
        let select = "SELECT context FROM chat_turn WHERE thread_id = $1 AND turn = $2";
        let row = sqlx::query(select).bind(id.as_str()).bind(number(which));
        let row = row.fetch_optional(self.pool()).await?;
        row.map_or(Ok(None), |row| row.optional_text("context"))
    }

    /// Keeps how turns ended, each once. The questions are what the trail records, so there is no record.
    pub async fn finish_turns(&self, ends: &[TurnEnd]) -> Result<()> {
        let _turn = self.turn().await;
        let mut transaction = self.begin_transaction().await?;
        for TurnEnd { thread_id, turn_id, outcome, context } in ends {
            let update = "UPDATE chat_turn SET outcome = $1, context = $2 \
                          WHERE thread_id = $3 AND turn = $4 AND outcome IS NULL";
            let update = sqlx::query(update).bind(json(outcome)?).bind(context.as_str());
            let update = update.bind(thread_id.as_str()).bind(number(*turn_id));
            update.execute(&mut *transaction).await?;
        }
        transaction.commit().await?;
        Ok(())
    }

    /// Ends turns that were asked before `before` and that nobody works on any more. Returns how many.
    pub async fn end_lost_turns(&self, before: Timestamp, outcome: &Outcome) -> Result<u64> {
        let update = "UPDATE chat_turn SET outcome = $1 WHERE outcome IS NULL AND asked_at < $2";
        let update = sqlx::query(update).bind(json(outcome)?).bind(before.as_millisecond());
        let _turn = self.turn().await;
        Ok(update.execute(self.pool()).await?.rows_affected())
    }
}

impl Write<'_> {
    /// Adds a conversation without turns.
    ///
    /// # Errors
    /// [`Error::Conflict`] when the id is taken; what else was written so far can still be committed.
    pub async fn insert_thread(&mut self, thread: &ThreadRecord) -> Result<()> {
        // A breach of the key would end the transaction on PostgreSQL.
        let insert = "INSERT INTO chat_thread (id, project_id, owner, title, is_shared, unseen, updated_at) \
                      VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (id) DO NOTHING";
        let insert = sqlx::query(insert)
            .bind(thread.id.as_str())
            .bind(thread.project_id.as_str())
            .bind(thread.owner.as_str())
            .bind(thread.title.as_str())
            .bind(i64::from(thread.is_shared))
            .bind(json(&thread.unseen)?)
            .bind(thread.updated_at.as_millisecond());
        match self.run(insert).await.map_err(Error::conflict_on("conversation"))? {
            0 => Err(Error::Conflict { what: "conversation" }),
            _ => Ok(()),
        }
    }

    /// Adds a turn to a conversation and returns its id, one above the highest so far. `unseen` is
    /// what the conversation's is from now on.
    ///
    /// # Errors
    /// [`Error::NotFound`] when the conversation is gone; what else was written so far can still be
    /// committed.
    pub async fn insert_turn(
        &mut self,
        id: &ThreadId,
        parent: Option<TurnId>,
        question: &Question,
        asked_at: Timestamp,
        unseen: &BTreeSet<EssentialName>,
    ) -> Result<TurnId> {
        let update = "UPDATE chat_thread SET turn_count = turn_count + 1, updated_at = $1, unseen = $2 \
                      WHERE id = $3 RETURNING turn_count";
        let update = sqlx::query(update).bind(asked_at.as_millisecond()).bind(json(unseen)?);
        let row = update.bind(id.as_str()).fetch_optional(&mut *self.transaction).await?;
        let which = row.ok_or(Error::NotFound { what: "thread" })?.number("turn_count")?;
        let insert = "INSERT INTO chat_turn (thread_id, turn, parent, question, asked_at) \
                      VALUES ($1, $2, $3, $4, $5)";
        let insert = sqlx::query(insert)
            .bind(id.as_str())
            .bind(which)
            .bind(parent.map(number))
            .bind(question.as_str())
            .bind(asked_at.as_millisecond());
        self.change("turn", insert).await?;
        turn_id(which)
    }

    /// Gives a conversation another title.
    pub async fn rename_thread(&mut self, id: &ThreadId, title: &str) -> Result<()> {
        let update = "UPDATE chat_thread SET title = $1 WHERE id = $2";
        self.change("thread", sqlx::query(update).bind(title).bind(id.as_str())).await
    }

    /// Says who may read a conversation besides its owner: everybody in the project, or nobody.
    pub async fn set_thread_shared(&mut self, id: &ThreadId, is_shared: bool) -> Result<()> {
        let update = "UPDATE chat_thread SET is_shared = $1 WHERE id = $2";
        self.change("thread", sqlx::query(update).bind(i64::from(is_shared)).bind(id.as_str())).await
    }

    /// Removes a conversation with its turns.
    pub async fn remove_thread(&mut self, id: &ThreadId) -> Result<()> {
        let delete = "DELETE FROM chat_thread WHERE id = $1";
        self.change("thread", sqlx::query(delete).bind(id.as_str())).await
    }

    /// Keeps what somebody thinks of an answer, or forgets it.
    pub async fn set_rating(&mut self, id: &ThreadId, which: TurnId, rating: Option<&Rating>) -> Result<()> {
        let update = "UPDATE chat_turn SET thumb = $1, comment = $2 WHERE thread_id = $3 AND turn = $4";
        let update = sqlx::query(update)
            .bind(rating.map(|rating| thumb_word(rating.thumb)))
            .bind(rating.map(|rating| rating.comment.as_str()))
            .bind(id.as_str())
            .bind(number(which));
        self.change("turn", update).await
    }
}

/// A pattern for LIKE that finds texts with `search` in them.
fn containing(search: &str) -> String {
    let escaped = search.to_lowercase().replace('\\', r"\\").replace('%', r"\%").replace('_', r"\_");
    format!("%{escaped}%")
}

fn json(value: &impl Serialize) -> Result<String> {
    serde_json::to_string(value).map_err(|_| malformed("a value"))
}

/// Ids are counted from 1 here, so they fit.
fn number(id: TurnId) -> i64 {
    i64::try_from(id.0).unwrap_or(i64::MAX)
}

fn turn_id(number: i64) -> Result<TurnId> {
    u64::try_from(number).map(TurnId).map_err(|_| malformed("a turn's number"))
}

fn thread(row: &AnyRow) -> Result<ThreadRecord> {
    let turn_count = row.number("turn_count")?;
    Ok(ThreadRecord {
        id: ThreadId::new(row.text("id")?),
        project_id: ProjectId::new(row.text("project_id")?),
        owner: row.text("owner")?,
        title: row.text("title")?,
        is_shared: row.number("is_shared")? == 1,
        unseen: row.word("unseen", |text| serde_json::from_str(text).ok())?,
        updated_at: row.time("updated_at")?,
        turn_count: usize::try_from(turn_count).map_err(|_| malformed("a count of turns"))?,
    })
}

fn turn(row: &AnyRow) -> Result<Turn> {
    let thumb = row.optional_text("thumb")?.map(|word| read_thumb(&word)).transpose()?;
    let comment = row.optional_text("comment")?.unwrap_or_default();
    Ok(Turn {
        id: turn_id(row.number("turn")?)?,
        parent: row.optional_number("parent")?.map(turn_id).transpose()?,
        question: row.word("question", |text| Question::parse(text).ok())?,
        asked_at: row.time("asked_at")?,
        outcome: row.optional_text("outcome")?.map(|text| read_outcome(&text)),
        rating: thumb.map(|thumb| Rating { thumb, comment }),
    })
}

/// An answer that another version has written and this one cannot read must not close the
/// whole conversation.
fn read_outcome(text: &str) -> Outcome {
    serde_json::from_str(text).unwrap_or_else(|_| {
        Outcome::Failed(AskError {
            cancelled: false,
            kind: ErrorKind::Internal,
            message: "This answer was kept by another version of SENTRY and cannot be shown.".to_owned(),
        })
    })
}

fn thumb_word(thumb: Thumb) -> &'static str {
    match thumb {
        Thumb::Up => "up",
        Thumb::Down => "down",
    }
}

fn read_thumb(word: &str) -> Result<Thumb> {
    match word {
        "up" => Ok(Thumb::Up),
        "down" => Ok(Thumb::Down),
        other => Err(Error::Malformed { what: format!("the thumb {other:?}") }),
    }
}
