//! A service over the reference estate, and people who ask it.

use futures::StreamExt;
use model::ask::{AskEvent, AskRequest, Response, ThreadId, TurnRef};
use model::identity::UserId;
use model::{Actor, BusinessDate, Clock, EssentialName, Identity, Role};
use service::settings::{ModelSettings, StoreKind, StoreSettings};
use service::{Service, Settings, SourceSettings};
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

pub(crate) fn today() -> BusinessDate {
    BusinessDate::parse("2026-02-18").unwrap()
}

/// A service and the folder of its own state.
pub(crate) struct Home {
    pub(crate) service: Service,
    pub(crate) data: tempfile::TempDir,
}

impl std::ops::Deref for Home {
    type Target = Service;

    fn deref(&self) -> &Service {
        &self.service
    }
}

pub(crate) async fn home() -> Home {
    home_with(None).await
}

pub(crate) async fn home_with(model: Option<ModelSettings>) -> Home {
    let data = tempfile::tempdir().unwrap();
    let service = open(&data, model).await;
    Home { service, data }
}

pub(crate) async fn open(data: &tempfile::TempDir, model: Option<ModelSettings>) -> Service {
    open_at("2026-02-18T12:09:40Z", StoreKind::Sqlite { dir: data.path().to_owned() }, model).await
}

pub(crate) async fn open_at(now: &str, kind: StoreKind, model: Option<ModelSettings>) -> Service {
    let file = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../testkit/fixtures/estate.json"));
    open_source(SourceSettings::File(file), now, kind, model).await
}

/// The same over the demo estate.
pub(crate) async fn demo() -> Home {
    let data = tempfile::tempdir().unwrap();
    let kind = StoreKind::Sqlite { dir: data.path().to_owned() };
    let service = open_source(SourceSettings::Demo { seed: 1 }, "2026-02-18T12:09:40Z", kind, None).await;
    Home { service, data }
}

async fn open_source(
    source: SourceSettings,
    now: &str,
    kind: StoreKind,
    model: Option<ModelSettings>,
) -> Service {
    let clock = Clock::frozen(now.parse().unwrap());
    let dir = match &kind {
        StoreKind::Sqlite { dir } => dir.clone(),
        // Nobody holds a folder for it: the system's own is tidied by the system.
        StoreKind::Postgres { .. } => tempfile::tempdir().unwrap().keep(),
    };
    let mut settings = Settings::new(source, "TEST", dir);
    settings.store = StoreSettings { kind };
    settings.model = model;
    let service = Service::open(settings, clock).await.unwrap();
    service.refresh_catalog(&Actor::local_owner(), None).await.unwrap();
    service
}

/// Somebody who signed in.
pub(crate) fn person(name: &str) -> Actor {
    let identity = Identity::User { id: UserId::new(name), email: format!("{name}@example.org") };
    Actor { role: Some(Role::Viewer), ..Actor::of(identity) }
}

/// The same person with essentials hidden.
pub(crate) fn without(actor: &Actor, hidden: &[&str]) -> Actor {
    let hidden: BTreeSet<EssentialName> = hidden.iter().map(|name| EssentialName::new(*name)).collect();
    Actor { hidden: Arc::new(hidden), ..actor.clone() }
}

pub(crate) fn question(text: &str) -> AskRequest {
    AskRequest { message: text.to_owned(), ..AskRequest::default() }
}

pub(crate) fn follow_up(thread: &ThreadId, text: &str) -> AskRequest {
    AskRequest { thread_id: Some(thread.clone()), ..question(text) }
}

impl Home {
    /// The events of a turn from its beginning, with their ids.
    pub(crate) async fn events(&self, actor: &Actor, turn: &TurnRef, last: u64) -> Vec<(u64, AskEvent)> {
        let events = self.follow_turn(actor, &turn.thread_id, turn.turn_id, last).await.unwrap();
        events.map(|(id, event)| (id, (*event).clone())).collect().await
    }

    /// The answer of a turn.
    pub(crate) async fn answer(&self, actor: &Actor, turn: &TurnRef) -> Response {
        let events = self.events(actor, turn, 0).await;
        match events.last() {
            Some((_, AskEvent::Response(response))) => (*response.data).clone(),
            other => panic!("no answer: {other:?}"),
        }
    }

    /// Asks in a new conversation.
    pub(crate) async fn asked(&self, actor: &Actor, text: &str) -> (TurnRef, Response) {
        self.asked_in(actor, question(text)).await
    }

    pub(crate) async fn asked_in(&self, actor: &Actor, request: AskRequest) -> (TurnRef, Response) {
        let turn = self.ask(actor, request, today()).await.unwrap();
        let answer = self.answer(actor, &turn).await;
        (turn, answer)
    }
}
