//! Who asks: from what a request presents to an [`Actor`], with a short memory, so that a page
//! costs no query and reads go on while our own database is away.

use crate::sign_in::PendingLogin;
use crate::{Error, Result, Service};
use arc_swap::ArcSwapOption;
use identity::limiter::{AttemptLimiter, Decision, RateLimiter};
use identity::{ldap::LdapClient, oidc::OidcClient};
use model::identity::{MachineKey, Membership, Project, SignInOptions, User, Viewer};
use model::{Actor, Capability, Clock, ErrorKind, EssentialName, Identity, Origin, Role, Timestamp};
use secrecy::ExposeSecret;
use std::collections::BTreeSet;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use store::{Store, TokenHash};
use tokio::sync::watch;
use tokio::time::Instant;

/// A session ends when it was not used for this long (OWASP's upper bound for work tools).
pub(crate) const SESSION_IDLE: Duration = Duration::from_secs(24 * 3600);
/// A session ends this long after the sign-in, however much it is used.
pub(crate) const SESSION_ABSOLUTE: Duration = Duration::from_secs(30 * 24 * 3600);
/// How long what is known of a session counts as true. Changes made by this process count at once.
const KNOWN_FOR: Duration = Duration::from_secs(2);
/// How long it is used when the database is away.
const KEPT_FOR: Duration = Duration::from_secs(15 * 60);
/// Sessions that are remembered.
const MOST_KNOWN: u64 = 10_000;
/// Use is noted to the minute.
const NOTE_USE_EVERY: Duration = Duration::from_secs(60);
/// How often who follows something live is asked again who they are, where no change was noted
/// here: time passes, and another server may share the database.
const ASK_AGAIN_EVERY: Duration = Duration::from_secs(60);
/// How often sessions that have ended are looked for.
const SWEEP_EVERY: Duration = Duration::from_secs(300);
/// Requests that a key may make a minute.
const KEY_RATE_PER_MINUTE: NonZeroU32 = NonZeroU32::new(3000).expect("not zero");
/// How long a person may take at the OpenID Connect provider.
const LOGIN_WITHIN: Duration = Duration::from_secs(600);
/// Logins that may be under way at once.
const MOST_LOGINS: u64 = 10_000;

/// People, their sessions and machine keys.
pub(crate) struct Accounts {
    pub(crate) store: Store,
    /// The folder or the host, for people.
    pub(crate) place: String,
    pub(crate) oidc: Option<OidcClient>,
    pub(crate) ldap: Option<LdapClient>,
    pub(crate) account_attempts: AttemptLimiter,
    address_attempts: AttemptLimiter,
    key_rates: RateLimiter,
    is_loopback: bool,
    has_users: AtomicBool,
    /// Of the one-time link that makes the first owner.
    pub(crate) setup: Option<(String, TokenHash)>,
    known: moka::future::Cache<TokenHash, Arc<Known>>,
    projects: ArcSwapOption<KnownProjects>,
    /// Counts changes to people, sessions, projects and access.
    epoch: watch::Sender<u64>,
    /// Logins under way at the provider, by their `state`.
    pub(crate) pending: moka::future::Cache<String, Arc<PendingLogin>>,
}

/// What was found out about a session.
struct Known {
    at: Instant,
    epoch: u64,
    session: Option<KnownSession>,
}

#[derive(Clone)]
struct KnownSession {
    user: User,
    created_at: Timestamp,
    last_seen_at: Timestamp,
    places: Vec<Place>,
}

/// The projects, as they were read last.
struct KnownProjects {
    at: Instant,
    epoch: u64,
    projects: Arc<[Project]>,
}

/// A project of a user, and what is hidden there.
#[derive(Clone)]
struct Place {
    membership: Membership,
    hidden: Arc<BTreeSet<EssentialName>>,
}

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

impl Accounts {
    pub(crate) async fn open(
        store: Store,
        place: String,
        settings: crate::settings::SignInSettings,
        is_loopback: bool,
        clock: &Clock,
    ) -> Result<Self> {
        let has_users = store.has_users().await?;
        let setup = (!has_users).then(|| {
            let token = identity::token::new_token();
            let hash = TokenHash::of(token.expose_secret());
            (token.expose_secret().to_owned(), hash)
        });
        Ok(Self {
            store,
            place,
            oidc: settings.oidc.map(|settings| OidcClient::new(settings, clock.clone())).transpose()?,
            ldap: settings.ldap.map(LdapClient::new).transpose()?,
            account_attempts: AttemptLimiter::per_account(clock.clone()),
            address_attempts: AttemptLimiter::per_address(clock.clone()),
            key_rates: RateLimiter::new(clock.clone(), KEY_RATE_PER_MINUTE),
            is_loopback,
            has_users: AtomicBool::new(has_users),
            setup,
            known: moka::future::Cache::builder().max_capacity(MOST_KNOWN).time_to_live(KEPT_FOR).build(),
            projects: ArcSwapOption::empty(),
            epoch: watch::Sender::new(0),
            pending: moka::future::Cache::builder()
                .max_capacity(MOST_LOGINS)
                .time_to_live(LOGIN_WITHIN)
                .build(),
        })
    }

    /// Nobody has an account yet, and only this machine can ask.
    pub(crate) fn is_open(&self) -> bool {
        self.is_loopback && !self.has_users.load(Ordering::Relaxed)
    }

    /// Counts an attempt to sign in, for the account and for the address that it comes from.
    ///
    /// # Errors
    /// Seconds to wait.
    pub(crate) fn attempt(&self, actor: &Actor, account: &str) -> std::result::Result<(), u64> {
        let address = actor.origin.address.as_deref().unwrap_or("unknown");
        self.address_attempts.attempt(address)?;
        self.account_attempts.attempt(account)
    }

    /// What was found out so far may have changed.
    pub(crate) fn forget(&self) {
        self.epoch.send_modify(|epoch| *epoch += 1);
    }

    pub(crate) fn note_first_user(&self) {
        self.has_users.store(true, Ordering::Relaxed);
        self.forget();
    }

    /// All projects, as of at most [`KNOWN_FOR`] ago.
    async fn list_projects(&self) -> Result<Arc<[Project]>> {
        let epoch = *self.epoch.borrow();
        if let Some(known) = self.projects.load_full()
            && known.epoch == epoch
            && known.at.elapsed() < KNOWN_FOR
        {
            return Ok(known.projects.clone());
        }
        let projects: Arc<[Project]> = self.store.list_projects().await?.into();
        self.projects.store(Some(Arc::new(KnownProjects {
            at: Instant::now(),
            epoch,
            projects: projects.clone(),
        })));
        Ok(projects)
    }

    /// The session's people and places; `None` for one that is not, or no longer.
    async fn find_session(&self, hash: &TokenHash, now: Timestamp) -> Result<Option<KnownSession>> {
        let epoch = *self.epoch.borrow();
        let known = self.known.get(hash).await.filter(|known| known.epoch == epoch);
        if let Some(known) = &known
            && known.at.elapsed() < KNOWN_FOR
        {
            return Ok(known.session.clone());
        }
        match self.read_session(hash, now).await {
            Ok(session) => {
                let known = Known { at: Instant::now(), epoch, session: session.clone() };
                self.known.insert(hash.clone(), Arc::new(known)).await;
                Ok(session)
            }
            Err(error) => match known {
                Some(known) => {
                    tracing::warn!(%error, "our own database is away: a session is taken from memory");
                    Ok(known.session.clone())
                }
                None => Err(error),
            },
        }
    }

    async fn read_session(&self, hash: &TokenHash, now: Timestamp) -> Result<Option<KnownSession>> {
        let found = self.store.find_session(hash).await?;
        let Some(found) = found.filter(|found| is_current(found.created_at, found.last_seen_at, now)) else {
            return Ok(None);
        };
        if now.duration_since(found.last_seen_at).unsigned_abs() >= NOTE_USE_EVERY {
            self.store.touch_session(hash, now).await?;
        }
        let mut places = Vec::new();
        for membership in self.store.list_memberships(&found.user.id).await? {
            let hidden = self.find_hidden(&membership, &found.user).await?;
            places.push(Place { membership, hidden: Arc::new(hidden) });
        }
        Ok(Some(KnownSession {
            user: found.user,
            created_at: found.created_at,
            last_seen_at: found.last_seen_at,
            places,
        }))
    }

    async fn find_hidden(&self, membership: &Membership, user: &User) -> Result<BTreeSet<EssentialName>> {
        let project = &membership.project;
        if !project.has_estate || membership.role >= Role::Admin {
            return Ok(BTreeSet::new());
        }
        let access = self.store.list_essential_access(&project.id).await?;
        if access.is_empty() {
            return Ok(BTreeSet::new());
        }
        let groups = self.store.list_groups(&project.id, &user.id).await?;
        let closed = access.into_iter().filter(|access| access.groups.is_disjoint(&groups));
        Ok(closed.map(|access| access.essential).collect())
    }
}

/// Whether a session of that age still counts.
fn is_current(created_at: Timestamp, last_seen_at: Timestamp, now: Timestamp) -> bool {
    let age = |since: Timestamp| Duration::try_from(now.duration_since(since)).unwrap_or_default();
    age(last_seen_at) < SESSION_IDLE && age(created_at) < SESSION_ABSOLUTE
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
            None => self.0.estate_project.clone(),
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
        let store = &self.0.accounts.store;
        let hash = TokenHash::of(text);
        let now = self.clock().now();
        let found = store.find_key(&hash).await?;
        let place = match &found {
            Some(key) => store.find_project(&key.project_id).await?.map(Arc::new),
            None => None,
        };
        let by = |key: &MachineKey| Actor {
            project: place.clone(),
            origin: origin.clone(),
            ..Actor::of(Identity::Key {
                id: key.id.clone(),
                name: key.name.clone(),
                scopes: key.scopes.clone(),
            })
        };
        let works = |key: &MachineKey| {
            key.revoked_at.is_none()
                && key.expires_at.is_none_or(|expires| expires > now)
                && place.as_ref().is_some_and(|project| project.archived_at.is_none())
        };
        let (Some(key), Some(place)) = (found.clone().filter(works), place.clone()) else {
            let actor =
                found.as_ref().map_or_else(|| Actor { origin: origin.clone(), ..Actor::anonymous() }, by);
            self.note_refused(&actor, "key:unknown, revoked or expired");
            return Err(Error::Unauthenticated("this key does not work: it is unknown, revoked or expired"));
        };
        if let Some(slug) = project.filter(|slug| *slug != place.slug.as_str()) {
            self.note_refused(&by(&key), &format!("project:{slug}"));
            return Err(Error::Forbidden);
        }
        let rate = self.0.accounts.key_rates.take(&key.id);
        if !rate.allowed {
            return Err(Error::Limited { retry_after_s: rate.retry_after_s });
        }
        let unnoted =
            key.last_used_at.is_none_or(|used| now.duration_since(used).unsigned_abs() >= NOTE_USE_EVERY);
        if unnoted {
            store.touch_key(&key.id, now).await?;
        }
        // A key belongs to no group: what is narrowed is closed to it.
        let access =
            if place.has_estate { store.list_essential_access(&place.id).await? } else { Vec::new() };
        let hidden = access.into_iter().map(|access| access.essential).collect();
        let actor = Actor { hidden: Arc::new(hidden), ..by(&key) };
        Ok(Identified { rate: Some(rate), ..Identified::stranger(actor) })
    }

    /// The ways to sign in that this server offers.
    pub fn get_sign_in_options(&self) -> SignInOptions {
        let accounts = &self.0.accounts;
        SignInOptions {
            is_open: accounts.is_open(),
            ldap: accounts.ldap.is_some(),
            oidc_label: accounts.oidc.as_ref().map(|oidc| oidc.label().to_owned()),
        }
    }

    /// Path of the one-time link that makes the first owner, while there is none.
    pub fn setup_path(&self) -> Option<String> {
        let accounts = &self.0.accounts;
        let has_users = accounts.has_users.load(Ordering::Relaxed);
        accounts.setup.as_ref().filter(|_| !has_users).map(|(token, _)| format!("/setup/{token}"))
    }

    /// Removes sessions that have ended, for ever; and sees a first owner that another process made.
    pub(crate) async fn keep_accounts(&self) {
        let accounts = &self.0.accounts;
        let mut sweep_at = Instant::now();
        loop {
            if !accounts.has_users.load(Ordering::Relaxed)
                && accounts.store.has_users().await.unwrap_or(false)
            {
                accounts.note_first_user();
            }
            if Instant::now() >= sweep_at {
                sweep_at = Instant::now() + SWEEP_EVERY;
                let now = self.clock().now();
                if let Err(error) =
                    accounts.store.remove_expired(now, millis(SESSION_IDLE), millis(SESSION_ABSOLUTE)).await
                {
                    tracing::warn!(%error, "sessions that have ended could not be removed");
                }
            }
            tokio::time::sleep(KNOWN_FOR).await;
        }
    }

    /// Reads sessions anew at their next use.
    pub fn forget_sessions(&self) {
        self.0.accounts.forget();
    }
}

/// Values as one text, for a record.
pub(crate) fn joined<T: ToString>(values: impl IntoIterator<Item = T>) -> String {
    values.into_iter().map(|value| value.to_string()).collect::<Vec<_>>().join(", ")
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}
