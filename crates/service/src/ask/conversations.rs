//! Conversations: who may read which, and what their owner does with them.
//!
//! A conversation is there for its owner, and for everybody in the project once it is shared; but
//! for nobody from whom an essential is hidden that one of its turns could speak of.

use super::{no_thread, no_turn, person};
use crate::{Error, Result, Service};
use model::ask::{Rating, Thread, ThreadId, ThreadItem, TurnId, TurnPage};
use model::audit::AuditEntry;
use model::identity::ProjectId;
use model::{Actor, Capability};
use store::ThreadRecord;

/// Turns of one page.
const PAGE_TURNS: u32 = 50;
/// Conversations of a list.
const MOST_LISTED: u32 = 200;
/// Characters of a title.
const MOST_TITLE_CHARS: usize = 120;
/// Characters of a comment on an answer.
const MOST_COMMENT_CHARS: usize = 2_000;

impl Service {
    /// A conversation with one page of its turns.
    pub async fn get_thread(&self, actor: &Actor, thread: &ThreadId, page: TurnPage) -> Result<Thread> {
        self.require(actor, Capability::Ask)?;
        let thread = self.find_thread(actor, thread).await?;
        // Turns are numbered from one without gaps.
        let newest = thread.turn_count as u64;
        let end = match page {
            TurnPage::Newest => u64::MAX,
            TurnPage::Before(turn) => turn.0,
            TurnPage::Around(turn) => turn.0.saturating_add(u64::from(PAGE_TURNS) / 2),
        };
        let before = (end <= newest).then_some(TurnId(end));
        let mut turns = self.0.accounts.store.list_turns(&thread.id, before, PAGE_TURNS + 1).await?;
        let has_older = turns.len() > PAGE_TURNS as usize;
        if has_older {
            turns.remove(0);
        }
        let is_mine = thread.owner == person(actor);
        let ThreadRecord { id, title, is_shared, .. } = thread;
        let has_newer = before.is_some();
        Ok(Thread { id, title, is_shared, is_mine, turns, has_older, has_newer })
    }

    /// The actor's own conversations and those shared in the project, newest first; `search` is
    /// looked for in titles and questions.
    pub async fn list_threads(&self, actor: &Actor, search: &str) -> Result<Vec<ThreadItem>> {
        self.require(actor, Capability::Ask)?;
        let (project, owner) = (self.asking_project(actor), person(actor));
        let threads =
            self.0.accounts.store.list_threads(&project, &owner, search.trim(), MOST_LISTED).await?;
        let item = |thread: ThreadRecord| ThreadItem {
            is_mine: thread.owner == owner,
            id: thread.id,
            title: thread.title,
            updated_at: thread.updated_at,
            turn_count: thread.turn_count,
            is_shared: thread.is_shared,
        };
        Ok(threads.into_iter().filter(|thread| may_read(actor, thread)).map(item).collect())
    }

    /// Gives a conversation of the actor's another title.
    pub async fn rename_thread(&self, actor: &Actor, thread: &ThreadId, title: &str) -> Result<()> {
        self.require(actor, Capability::Ask)?;
        let known = self.find_own_thread(actor, thread).await?;
        let title = title.split_whitespace().collect::<Vec<_>>().join(" ");
        if title.is_empty() || title.chars().count() > MOST_TITLE_CHARS {
            let message = format!("write 1 to {MOST_TITLE_CHARS} characters");
            return Err(Error::Invalid { field: "title", message });
        }
        let mut write = self.0.accounts.store.begin().await?;
        write.rename_thread(thread, &title).await?;
        let entry = AuditEntry::by(actor, "thread.rename", format!("thread:{thread}"));
        write.commit(entry.before("title", &known.title).after("title", &title)).await?;
        Ok(())
    }

    /// Deletes a conversation of the actor's for good.
    pub async fn delete_thread(&self, actor: &Actor, thread: &ThreadId) -> Result<()> {
        self.require(actor, Capability::Ask)?;
        let known = self.find_own_thread(actor, thread).await?;
        let mut write = self.0.accounts.store.begin().await?;
        write.remove_thread(thread).await?;
        let entry = AuditEntry::by(actor, "thread.delete", format!("thread:{thread}"));
        write.commit(entry.before("title", &known.title)).await?;
        Ok(())
    }

    /// Lets everybody in the project read a conversation of the actor's.
    pub async fn share_thread(&self, actor: &Actor, thread: &ThreadId) -> Result<()> {
        self.set_thread_shared(actor, thread, true, "thread.share").await
    }

    /// Keeps a conversation of the actor's from everybody else again.
    pub async fn unshare_thread(&self, actor: &Actor, thread: &ThreadId) -> Result<()> {
        self.set_thread_shared(actor, thread, false, "thread.unshare").await
    }

    async fn set_thread_shared(
        &self,
        actor: &Actor,
        thread: &ThreadId,
        is_shared: bool,
        action: &str,
    ) -> Result<()> {
        self.require(actor, Capability::Ask)?;
        self.find_own_thread(actor, thread).await?;
        let mut write = self.0.accounts.store.begin().await?;
        write.set_thread_shared(thread, is_shared).await?;
        write.commit(AuditEntry::by(actor, action, format!("thread:{thread}"))).await?;
        Ok(())
    }

    /// Keeps what the actor thinks of an answer; `None` takes it back.
    pub async fn rate_turn(
        &self,
        actor: &Actor,
        thread: &ThreadId,
        turn: TurnId,
        rating: Option<Rating>,
    ) -> Result<()> {
        self.require(actor, Capability::Ask)?;
        self.find_own_thread(actor, thread).await?;
        if rating.as_ref().is_some_and(|rating| rating.comment.chars().count() > MOST_COMMENT_CHARS) {
            let message = format!("write at most {MOST_COMMENT_CHARS} characters");
            return Err(Error::Invalid { field: "comment", message });
        }
        let store = &self.0.accounts.store;
        store.find_turn(thread, turn).await?.ok_or_else(|| no_turn(turn))?;
        let mut write = store.begin().await?;
        write.set_rating(thread, turn, rating.as_ref()).await?;
        let thumb =
            rating.map_or_else(|| "none".to_owned(), |rating| format!("{:?}", rating.thumb).to_lowercase());
        let entry = AuditEntry::by(actor, "turn.rate", super::object(thread, turn)).after("thumb", thumb);
        write.commit(entry).await?;
        Ok(())
    }

    /// A conversation that is there for the actor.
    pub(super) async fn find_thread(&self, actor: &Actor, id: &ThreadId) -> Result<ThreadRecord> {
        let found = self.0.accounts.store.find_thread(&self.asking_project(actor), id).await?;
        let visible = found
            .filter(|thread| (thread.is_shared || thread.owner == person(actor)) && may_read(actor, thread));
        visible.ok_or_else(|| no_thread(id))
    }

    /// A conversation that the actor carries on.
    pub(super) async fn find_own_thread(&self, actor: &Actor, id: &ThreadId) -> Result<ThreadRecord> {
        let thread = self.find_thread(actor, id).await?;
        if thread.owner == person(actor) {
            return Ok(thread);
        }
        self.refuse(actor, &format!("thread:{id}"))
    }

    /// The project of the estate, where nobody signs in.
    pub(super) fn asking_project(&self, actor: &Actor) -> ProjectId {
        actor.project.as_ref().unwrap_or(&self.0.estate_project).id.clone()
    }
}

/// Whether all that its turns could speak of exists for the actor.
fn may_read(actor: &Actor, thread: &ThreadRecord) -> bool {
    actor.hidden.is_subset(&thread.unseen)
}
