//! People, their sessions and machine keys, with a short memory, so that a page costs no query and
//! reads go on while our own database is away.

mod identify;

pub use identify::{Identified, Presented};

use crate::sign_in::PendingLogin;
use crate::{Result, Service};
use arc_swap::ArcSwapOption;
use identity::limiter::{AttemptLimiter, RateLimiter};
use identity::{ldap::LdapClient, oidc::OidcClient};
use model::identity::{MachineKey, Membership, Project, SignInOptions, User};
use model::{Actor, Clock, EssentialName, Role, Timestamp};
use secrecy::ExposeSecret;
use std::collections::BTreeSet;
use std::future::Future;
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
/// How long what is known of a session or key counts as true. Changes made by this process count at once.
const KNOWN_FOR: Duration = Duration::from_secs(2);
/// How long it is used when the database is away.
const KEPT_FOR: Duration = Duration::from_secs(15 * 60);
/// Sessions that are remembered, and keys.
const MOST_KNOWN: u64 = 10_000;
/// Use is noted to the minute.
const NOTE_USE_EVERY: Duration = Duration::from_secs(60);
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
    sessions: Remembered<KnownSession>,
    keys: Remembered<Arc<KnownKey>>,
    projects: ArcSwapOption<KnownProjects>,
    /// Counts changes to people, sessions, projects and access.
    epoch: watch::Sender<u64>,
    /// Logins under way at the provider, by their `state`.
    pub(crate) pending: moka::future::Cache<String, Arc<PendingLogin>>,
}

/// What was found out lately, by the token that was presented.
type Remembered<T> = moka::future::Cache<TokenHash, Arc<Known<T>>>;

/// What was found out about a session or a key.
struct Known<T> {
    at: Instant,
    epoch: u64,
    found: Option<T>,
}

/// A key, and what is hidden from it: all that is narrowed to groups, of which a key has none.
struct KnownKey {
    key: MachineKey,
    project: Option<Arc<Project>>,
    hidden: Arc<BTreeSet<EssentialName>>,
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
            sessions: remembered(),
            keys: remembered(),
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

    /// Whether `link` is the token that makes the first owner.
    pub(crate) fn is_setup_link(&self, link: &str) -> bool {
        self.setup.as_ref().is_some_and(|(_, hash)| *hash == TokenHash::of(link))
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
        self.remember(&self.sessions, hash, self.read_session(hash, now)).await
    }

    /// The key with its project, revoked and expired ones too.
    async fn find_key(&self, hash: &TokenHash, now: Timestamp) -> Result<Option<Arc<KnownKey>>> {
        self.remember(&self.keys, hash, self.read_key(hash, now)).await
    }

    /// What is remembered, where that was found out just now; else what `read` finds, or, while it
    /// cannot, what is remembered still.
    async fn remember<T: Clone + Send + Sync + 'static>(
        &self,
        remembered: &Remembered<T>,
        hash: &TokenHash,
        read: impl Future<Output = Result<Option<T>>>,
    ) -> Result<Option<T>> {
        let epoch = *self.epoch.borrow();
        let known = remembered.get(hash).await.filter(|known| known.epoch == epoch);
        if let Some(known) = &known
            && known.at.elapsed() < KNOWN_FOR
        {
            return Ok(known.found.clone());
        }
        match read.await {
            Ok(found) => {
                let known = Known { at: Instant::now(), epoch, found: found.clone() };
                remembered.insert(hash.clone(), Arc::new(known)).await;
                Ok(found)
            }
            Err(error) => match known {
                Some(known) => {
                    tracing::warn!(%error, "our own database is away: a session or key is taken from memory");
                    Ok(known.found.clone())
                }
                None => Err(error),
            },
        }
    }

    async fn read_key(&self, hash: &TokenHash, now: Timestamp) -> Result<Option<Arc<KnownKey>>> {
        let Some(key) = self.store.find_key(hash).await? else { return Ok(None) };
        let project = self.store.find_project(&key.project_id).await?.map(Arc::new);
        let unnoted =
            key.last_used_at.is_none_or(|used| now.duration_since(used).unsigned_abs() >= NOTE_USE_EVERY);
        if unnoted && key.works(now) {
            self.store.touch_key(&key.id, now).await?;
        }
        let access = match &project {
            Some(project) if project.has_estate => self.store.list_essential_access(&project.id).await?,
            _ => Vec::new(),
        };
        let hidden = Arc::new(access.into_iter().map(|access| access.essential).collect());
        Ok(Some(Arc::new(KnownKey { key, project, hidden })))
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

fn remembered<T: Send + Sync + 'static>() -> Remembered<T> {
    moka::future::Cache::builder().max_capacity(MOST_KNOWN).time_to_live(KEPT_FOR).build()
}

/// Whether a session of that age still counts.
fn is_current(created_at: Timestamp, last_seen_at: Timestamp, now: Timestamp) -> bool {
    let age = |since: Timestamp| Duration::try_from(now.duration_since(since)).unwrap_or_default();
    age(last_seen_at) < SESSION_IDLE && age(created_at) < SESSION_ABSOLUTE
}

impl Service {
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
