//! The assistant: questions, conversations, ratings, and queries through the guard.

use super::json::JsonText;
use crate::error::AppError;
use leptos::prelude::*;
use leptos::server_fn::codec::{GetUrl, Post, PostUrl};
use model::ask::{Begun, QueryRun, Rating, Thread, ThreadId, ThreadItem, Thumb, TurnId};
use model::{BusinessDate, EssentialName, Phase, SnapshotId};
use serde::{Deserialize, Serialize};

#[cfg(feature = "ssr")]
use crate::chat::links::{PATH, turn_href};
#[cfg(feature = "ssr")]
use crate::location::Place;
#[cfg(feature = "ssr")]
use model::ask::{TurnPage, TurnRef};
#[cfg(feature = "ssr")]
use model::identity::Slug;

/// What the assistant says before one asks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Greeting {
    /// A greeting, and what is looked after; the date follows.
    pub opening: String,
    /// The date.
    pub date: String,
    /// How the date stands.
    pub summary: String,
    /// What could be asked first.
    pub questions: Vec<String>,
    /// The board that it speaks of; `None` while nothing is known.
    pub board: Option<SnapshotId>,
}

/// The greeting for `date`, or for today.
#[server(prefix = "/api/ui", endpoint = "get_greeting", input = GetUrl, output = Post<JsonText>)]
pub async fn get_greeting(
    /// The date that the page shows.
    date: Option<BusinessDate>,
) -> Result<Greeting, AppError> {
    let (service, actor) = super::context()?;
    let date = date.unwrap_or_else(|| service.today());
    let now = service.clock().now();
    let view = service.get_board(&actor, date).await?.view(now);
    let hour = crate::session::Session::of_request().zone.hour(now);
    Ok(crate::chat::greeting::greet(view.board.as_ref(), date, hour))
}

/// A question as its form sends it: what is asked, and what the page is about.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Asked {
    /// The question as typed.
    pub message: String,
    /// A question that was offered; it goes before what is typed.
    pub offered: String,
    /// The conversation; a new one where absent.
    pub thread_id: Option<ThreadId>,
    /// The turn it is asked after.
    pub parent: Option<TurnId>,
    /// The turn whose question it is a new version of.
    pub edits: Option<TurnId>,
    /// The date that the page shows.
    pub business_date: Option<BusinessDate>,
    /// The phase that the page shows.
    pub processing_type: Option<Phase>,
    /// The essential that the page is about.
    pub essential: Option<EssentialName>,
    /// The zone in the page's URL.
    pub tz: String,
    /// The project in the page's URL.
    pub project: String,
}

impl Asked {
    /// The question.
    pub fn text(&self) -> &str {
        if self.offered.is_empty() { &self.message } else { &self.offered }
    }
}

/// Asks: begins a turn and answers with its name. A form without a script is led to the answer.
#[server(prefix = "/api/ui", endpoint = "ask", input = PostUrl, output = Post<JsonText>)]
pub async fn ask(
    /// The question.
    question: Asked,
) -> Result<Begun, AppError> {
    let (service, actor) = super::context()?;
    let zone = crate::time::Zone::parse(&question.tz);
    let today = reader_today(&service, zone.clone());
    let request = model::ask::AskRequest {
        message: question.text().to_owned(),
        thread_id: question.thread_id,
        business_date: question.business_date,
        processing_type: question.processing_type,
        essential: question.essential,
        parent: question.parent,
        edits: question.edits,
    };
    let asked_at = service.clock().now();
    let turn = service.ask(&actor, request, today).await?;
    if super::is_form() {
        wait_for_end(&service, &actor, &turn).await?;
        let place = Place {
            date: question.business_date,
            zone,
            project: Slug::parse(&question.project),
            ..Place::default()
        };
        leptos_axum::redirect(&turn_href(&place, &turn.thread_id, turn.turn_id));
    }
    Ok(Begun { turn, asked_at })
}

/// The reader's date: the estate's where its clock stands still, else today's in the reader's zone.
#[cfg(feature = "ssr")]
fn reader_today(service: &service::Service, zone: Option<crate::time::Zone>) -> BusinessDate {
    let now = service.clock().now();
    let today = service.today();
    if today != crate::time::Zone::UTC.date(now) {
        return today;
    }
    zone.unwrap_or_else(|| crate::session::Session::of_request().zone).date(now)
}

/// A page without a script shows an answer once it is whole.
#[cfg(feature = "ssr")]
async fn wait_for_end(
    service: &service::Service,
    actor: &model::Actor,
    turn: &TurnRef,
) -> Result<(), AppError> {
    use futures::StreamExt;
    let mut events = service.follow_turn(actor, &turn.thread_id, turn.turn_id, 0).await?;
    while events.next().await.is_some() {}
    Ok(())
}

/// Ends a turn at once.
#[server(prefix = "/api/ui", endpoint = "cancel_turn", input = PostUrl, output = Post<JsonText>)]
pub async fn cancel_turn(
    /// Its conversation.
    thread: ThreadId,
    /// The turn.
    turn: TurnId,
) -> Result<(), AppError> {
    let (service, actor) = super::context()?;
    Ok(service.cancel_turn(&actor, &thread, turn).await?)
}

/// A conversation with its newest turns, those before `before`, or those around `around`.
#[server(prefix = "/api/ui", endpoint = "get_thread", input = GetUrl, output = Post<JsonText>)]
pub async fn get_thread(
    /// The conversation.
    thread: ThreadId,
    /// Where the page of turns ends.
    before: Option<TurnId>,
    /// A turn that has to be among them.
    around: Option<TurnId>,
) -> Result<Thread, AppError> {
    let (service, actor) = super::context()?;
    let page = match (before, around) {
        (Some(before), _) => TurnPage::Before(before),
        (None, Some(around)) => TurnPage::Around(around),
        (None, None) => TurnPage::Newest,
    };
    Ok(service.get_thread(&actor, &thread, page).await?)
}

/// The viewer's conversations and those shared in the project, newest first.
#[server(prefix = "/api/ui", endpoint = "list_threads", input = GetUrl, output = Post<JsonText>)]
pub async fn list_threads(
    /// What title or questions hold; empty for all.
    #[server(default)]
    search: String,
) -> Result<Vec<ThreadItem>, AppError> {
    let (service, actor) = super::context()?;
    Ok(service.list_threads(&actor, &search).await?)
}

/// Gives a conversation another title.
#[server(prefix = "/api/ui", endpoint = "rename_thread", input = PostUrl, output = Post<JsonText>)]
pub async fn rename_thread(
    /// The conversation.
    thread: ThreadId,
    /// The title.
    #[server(default)]
    title: String,
) -> Result<(), AppError> {
    let (service, actor) = super::context()?;
    Ok(service.rename_thread(&actor, &thread, &title).await?)
}

/// Deletes a conversation for good.
#[server(prefix = "/api/ui", endpoint = "delete_thread", input = PostUrl, output = Post<JsonText>)]
pub async fn delete_thread(
    /// The conversation.
    thread: ThreadId,
) -> Result<ThreadId, AppError> {
    let (service, actor) = super::context()?;
    service.delete_thread(&actor, &thread).await?;
    if super::is_form() {
        leptos_axum::redirect(PATH);
    }
    Ok(thread)
}

/// Lets everybody in the project read a conversation.
#[server(prefix = "/api/ui", endpoint = "share_thread", input = PostUrl, output = Post<JsonText>)]
pub async fn share_thread(
    /// The conversation.
    thread: ThreadId,
) -> Result<(), AppError> {
    let (service, actor) = super::context()?;
    Ok(service.share_thread(&actor, &thread).await?)
}

/// Keeps a conversation from everybody else again.
#[server(prefix = "/api/ui", endpoint = "unshare_thread", input = PostUrl, output = Post<JsonText>)]
pub async fn unshare_thread(
    /// The conversation.
    thread: ThreadId,
) -> Result<(), AppError> {
    let (service, actor) = super::context()?;
    Ok(service.unshare_thread(&actor, &thread).await?)
}

/// Keeps what the viewer thinks of an answer, and answers with what is kept; no thumb takes it back.
#[server(prefix = "/api/ui", endpoint = "rate_turn", input = PostUrl, output = Post<JsonText>)]
pub async fn rate_turn(
    /// Its conversation.
    thread: ThreadId,
    /// The turn.
    turn: TurnId,
    /// The thumb.
    thumb: Option<Thumb>,
    /// Why.
    #[server(default)]
    comment: String,
) -> Result<Option<Rating>, AppError> {
    let (service, actor) = super::context()?;
    let rating = thumb.map(|thumb| Rating { thumb, comment });
    service.rate_turn(&actor, &thread, turn, rating.clone()).await?;
    Ok(rating)
}

/// Runs a query through the guard. A refusal is an error that says why.
#[server(prefix = "/api/ui", endpoint = "run_query", input = PostUrl, output = Post<JsonText>)]
pub async fn run_query(
    /// What it answers.
    #[server(default)]
    question: String,
    /// The statement.
    #[server(default)]
    sql: String,
) -> Result<QueryRun, AppError> {
    let (service, actor) = super::context()?;
    let today = reader_today(&service, None);
    Ok(service.run_query(&actor, &question, &sql, today).await?)
}
