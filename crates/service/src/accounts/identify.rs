//! Who asks: from what a request presents to an [`Actor`].

use super::{KnownKey, KnownSession, Place, is_current};
use crate::{Error, Result, Service};
use identity::limiter::Decision;
use model::identity::{KeyId, Membership, Project, Viewer};
use model::{Actor, Capability, ErrorKind, Identity, Origin, Role};
use std::sync::Arc;
use std::time::Duration;
use store::TokenHash;

/// How often who follows something live is asked again who they are, where no change was noted
/// here: time passes, and another server may share the database.
const ASK_AGAIN_EVERY: Duration = Duration::from_secs(60);

/// What a request shows to say who sends it.
#[derive(Clone, Debug)]
pub enum Presented {
    /// Nothing.
    Nothing,
    /// The session's token, from its cookie.
    Session(String),
    /// A machine key.
    Key(String),
}

/// Who asks, and what is left of a key's rate.
#[derive(Clone, Debug)]
pub struct Identified {
    /// Who.
    pub actor: Actor,
    /// The key's rate after this request.
    pub rate: Option<Decision>,
    /// The actor's projects that are not archived; the first is the one where the URL names none.
    pub memberships: Vec<Membership>,
}

impl Identified {
    fn stranger(actor: Actor) -> Self {
        Self { actor, rate: None, memberships: Vec::new() }
    }

    /// What the pages are told.
    pub fn viewer(&self) -> Viewer {
        let actor = &self.actor;
        let capabilities = Capability::ALL.into_iter().filter(|capability| actor.may(*capability));
        Viewer {
            label: actor.label(),
            is_signed_in: actor.user_id().is_some(),
            project: actor.project.as_deref().cloned(),
            role: actor.role,
            capabilities: capabilities.collect(),
            memberships: self.memberships.clone(),
        }
    }
}

impl Service {
    /// Who sends a request, in the project that the URL names, or in the sender's first one.
    ///
    /// # Errors
    /// A key that does not work, a project that is not the sender's, too many requests of a key.
    /// A session that has ended is no error: its sender is anonymous.
    pub async fn identify(
        &self,
        presented: Presented,
        project: Option<&str>,
        origin: Origin,
    ) -> Result<Identified> {
        let origin = Arc::new(origin);
        let is_open = self.0.accounts.is_open();
        let mut identified = match presented {
            Presented::Key(key) => self.identify_key(&key, project, &origin).await?,
            Presented::Session(token) if !is_open => self.identify_session(&token, project, &origin).await?,
            _ if is_open => self.identify_local_owner(project).await?,
            _ => Identified::stranger(Actor::anonymous()),
        };
        identified.actor.origin = origin;
        Ok(identified)
    }

    /// Who sends telemetry. As [`Service::identify`], but without a rate for keys that may do so: how
    /// much of it is taken is up to the disk, and said by the answers.
    ///
    /// # Errors
    /// As [`Service::identify`]'s.
    pub async fn identify_sender(
        &self,
        presented: Presented,
        project: Option<&str>,
        origin: Origin,
    ) -> Result<Actor> {
        let Presented::Key(text) = presented else {
            return Ok(self.identify(presented, project, origin).await?.actor);
        };
        let (actor, known) = self.find_key(&text, project, &Arc::new(origin)).await?;
        if !actor.may(Capability::SendTelemetry) {
            self.take_rate(&known.key.id)?;
        }
        Ok(actor)
    }

    /// Ends when `actor`, found by what it presented, is no longer the same or may see other
    /// things: signed out, expired, revoked, of another role or groups. Not because our own
    /// database is away.
    pub async fn until_changed(&self, presented: Presented, project: Option<String>, actor: Actor) {
        let mut epoch = self.0.accounts.epoch.subscribe();
        loop {
            let now = self.identify(presented.clone(), project.as_deref(), Origin::default()).await;
            let is_same = match now {
                Ok(now) => {
                    let now = now.actor;
                    let place = |actor: &Actor| actor.project.as_ref().map(|project| project.id.clone());
                    now.identity == actor.identity
                        && now.role == actor.role
                        && now.hidden == actor.hidden
                        && place(&now) == place(&actor)
                }
                Err(error) => matches!(error.kind(), ErrorKind::Unavailable | ErrorKind::Limited),
            };
            if !is_same {
                return;
            }
            // Whichever is first; the sender lives as long as the service.
            let _ = tokio::time::timeout(ASK_AGAIN_EVERY, epoch.changed()).await;
        }
    }

    async fn identify_session(
        &self,
        token: &str,
        project: Option<&str>,
        origin: &Arc<Origin>,
    ) -> Result<Identified> {
        let now = self.clock().now();
        let session = self.0.accounts.find_session(&TokenHash::of(token), now).await?;
        let is_current = |session: &KnownSession| is_current(session.created_at, session.last_seen_at, now);
        let Some(session) = session.filter(is_current) else {
            return Ok(Identified::stranger(Actor::anonymous()));
        };
        let user = session.user;
        let identity = Identity::User { id: user.id, email: user.email.to_string() };
        let is_active = |place: &&Place| place.membership.project.archived_at.is_none();
        let place = match project {
            None => session.places.iter().find(is_active),
            Some(slug) => {
                let found =
                    session.places.iter().find(|place| place.membership.project.slug.as_str() == slug);
                if found.is_none() {
                    let actor = Actor { origin: origin.clone(), ..Actor::of(identity) };
                    self.note_refused(&actor, &format!("project:{slug}"));
                    return Err(Error::not_found("project", slug, Vec::new()));
                }
                found
            }
        };
        let actor = match place {
            None => Actor::of(identity),
            Some(place) => Actor {
                project: Some(Arc::new(place.membership.project.clone())),
                role: Some(place.membership.role),
                hidden: place.hidden.clone(),
                ..Actor::of(identity)
            },
        };
        let memberships = session.places.iter().filter(is_active).map(|place| place.membership.clone());
        Ok(Identified { memberships: memberships.collect(), ..Identified::stranger(actor) })
    }

    async fn identify_local_owner(&self, project: Option<&str>) -> Result<Identified> {
        let projects = self.0.accounts.list_projects().await?;
        let chosen = match project {
            // As it is now, not as it was at the start.
            None => {
                let estate = &self.0.estate_project;
                let found = projects.iter().find(|project| project.id == estate.id);
                found.map_or_else(|| Arc::clone(estate), |project| Arc::new(project.clone()))
            }
            Some(slug) => {
                let found = projects.iter().find(|project| project.slug.as_str() == slug);
                Arc::new(found.cloned().ok_or_else(|| Error::not_found("project", slug, Vec::new()))?)
            }
        };
        let actor = Actor { project: Some(chosen), ..Actor::local_owner() };
        let active = projects.iter().filter(|project| project.archived_at.is_none()).cloned();
        let memberships = active.map(|project| Membership { project, role: Role::Owner }).collect();
        Ok(Identified { memberships, ..Identified::stranger(actor) })
    }

    async fn identify_key(
        &self,
        text: &str,
        project: Option<&str>,
        origin: &Arc<Origin>,
    ) -> Result<Identified> {
        let (actor, key) = self.find_key(text, project, origin).await?;
        let rate = self.take_rate(&key.key.id)?;
        Ok(Identified { rate: Some(rate), ..Identified::stranger(actor) })
    }

    fn take_rate(&self, key: &KeyId) -> Result<Decision> {
        let rate = self.0.accounts.key_rates.take(key);
        if rate.allowed { Ok(rate) } else { Err(Error::Limited { retry_after_s: rate.retry_after_s }) }
    }

    async fn find_key(
        &self,
        text: &str,
        project: Option<&str>,
        origin: &Arc<Origin>,
    ) -> Result<(Actor, Arc<KnownKey>)> {
        let now = self.clock().now();
        let found = self.0.accounts.find_key(&TokenHash::of(text), now).await?;
        let by = |known: &KnownKey| Actor {
            project: known.project.clone(),
            hidden: known.hidden.clone(),
            origin: origin.clone(),
            ..Actor::of(Identity::Key {
                id: known.key.id.clone(),
                name: known.key.name.clone(),
                scopes: known.key.scopes.clone(),
            })
        };
        let place = |known: &KnownKey| {
            let is_open = |project: &Arc<Project>| project.archived_at.is_none();
            known.project.clone().filter(|project| known.key.works(now) && is_open(project))
        };
        let Some((known, place)) = found.as_ref().and_then(|known| Some((known, place(known)?))) else {
            let stranger = || Actor { origin: origin.clone(), ..Actor::anonymous() };
            let actor = found.as_deref().map_or_else(stranger, by);
            self.note_refused(&actor, "key:unknown, revoked or expired");
            return Err(Error::Unauthenticated("this key does not work: it is unknown, revoked or expired"));
        };
        let actor = by(known);
        if let Some(slug) = project.filter(|slug| *slug != place.slug.as_str()) {
            self.note_refused(&actor, &format!("project:{slug}"));
            return Err(Error::Forbidden);
        }
        Ok((actor, known.clone()))
    }
}
