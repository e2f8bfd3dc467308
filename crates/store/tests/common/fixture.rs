//! A store on an empty database, and things to put into it.

#![allow(dead_code)] // each test binary uses its part

use jiff::SignedDuration;
use model::audit::{AuditEntry, AuditResult, AuditValues, ChainVerdict};
use model::identity::{
    Email, Invitation, InvitationId, KeyId, MachineKey, Project, ProjectId, SignInMethod, Slug, User, UserId,
};
use model::telemetry::TelemetryPolicy;
use model::{Clock, Role, Scope, Timestamp};
use std::path::Path;
use store::{Store, StoreKind, StoreSettings, TokenHash};
use tempfile::TempDir;
use testkit::postgres::Postgres;

pub(crate) const START: &str = "2026-03-02T08:00:00Z";

/// Runs a test on both databases.
macro_rules! on_both {
    ($($name:ident),* $(,)?) => {
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $name() {
                super::$name(crate::fixture::Fixture::sqlite().await).await;
            })*
        }
        mod postgres {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $name() {
                super::$name(crate::fixture::Fixture::postgres().await).await;
            })*
        }
    };
}
pub(crate) use on_both;

/// A store on an empty database with a clock that stands still.
pub(crate) struct Fixture {
    pub(crate) store: Store,
    pub(crate) clock: Clock,
    pub(crate) settings: StoreSettings,
    pub(crate) dir: TempDir,
}

impl Fixture {
    pub(crate) async fn sqlite() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let kind = StoreKind::Sqlite { dir: dir.path().join("data") };
        Self::open(StoreSettings { kind }, dir).await
    }

    pub(crate) async fn postgres() -> Self {
        let url = Postgres::shared().create_database().await;
        let kind = StoreKind::Postgres { url: url.into() };
        Self::open(StoreSettings { kind }, tempfile::tempdir().unwrap()).await
    }

    async fn open(settings: StoreSettings, dir: TempDir) -> Self {
        let clock = Clock::frozen(START.parse().unwrap());
        let store = Store::open(&settings, clock.clone()).await.unwrap();
        Self { store, clock, settings, dir }
    }

    pub(crate) async fn open_again(&self) -> Store {
        Store::open(&self.settings, self.clock.clone()).await.unwrap()
    }

    pub(crate) fn is_postgres(&self) -> bool {
        matches!(self.settings.kind, StoreKind::Postgres { .. })
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub(crate) fn pass(&self, seconds: i64) {
        self.clock.advance(SignedDuration::from_secs(seconds));
    }

    /// Runs a statement as somebody with all rights on the database would, past the store.
    pub(crate) async fn tamper(&self, sql: &str) -> Result<u64, sqlx::Error> {
        match &self.settings.kind {
            StoreKind::Sqlite { dir } => tamper_with_file(&dir.join("sentry.db"), sql).await,
            StoreKind::Postgres { url } => {
                use secrecy::ExposeSecret;
                use sqlx::{Connection, Executor};
                let mut connection = sqlx::PgConnection::connect(url.expose_secret()).await?;
                Ok(connection.execute(sqlx::raw_sql(sqlx::AssertSqlSafe(sql))).await?.rows_affected())
            }
        }
    }

    /// Does what somebody would who first takes the triggers away.
    pub(crate) async fn tamper_without_triggers(&self, sql: &str) {
        let sql = if self.is_postgres() {
            format!("SET session_replication_role = replica; {sql}")
        } else {
            let names = [
                "audit_record_appends",
                "audit_record_no_update",
                "audit_record_no_delete",
                "audit_seal_appends",
                "audit_seal_no_update",
                "audit_seal_no_delete",
                "audit_head_is_one",
                "audit_head_grows",
                "audit_head_no_delete",
            ];
            let drop: String = names.map(|name| format!("DROP TRIGGER IF EXISTS {name}; ")).concat();
            drop + sql
        };
        self.tamper(&sql).await.unwrap();
    }

    pub(crate) async fn verdict(&self) -> ChainVerdict {
        self.store.verify_audit(|_| ()).await.unwrap()
    }

    /// An account, made and recorded.
    pub(crate) async fn add_user(&self, name: &str) -> User {
        let user = user(name, self.now());
        let mut write = self.store.begin().await.unwrap();
        write.insert_user(&user, Some("$argon2id$hash")).await.unwrap();
        write.commit(entry("user.create", &format!("user:{}", user.email))).await.unwrap();
        user
    }

    /// A project, made and recorded.
    pub(crate) async fn add_project(&self, name: &str) -> Project {
        let project = project(name);
        let mut write = self.store.begin().await.unwrap();
        write.insert_project(&project).await.unwrap();
        write.commit(entry("project.create", &format!("project:{}", project.slug))).await.unwrap();
        project
    }

    /// Somebody new in a project.
    pub(crate) async fn add_member(&self, project: &ProjectId, name: &str, role: Role) -> UserId {
        let user = self.add_user(name).await;
        let mut write = self.store.begin().await.unwrap();
        write.insert_member(project, &user.id, role, SignInMethod::Password).await.unwrap();
        write.commit(entry("member.add", &format!("member:{}", user.email))).await.unwrap();
        user.id
    }
}

pub(crate) async fn tamper_with_file(path: &Path, sql: &str) -> Result<u64, sqlx::Error> {
    use sqlx::{ConnectOptions, Connection, Executor};
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(path).create_if_missing(true);
    let mut connection = options.connect().await?;
    let done = connection.execute(sqlx::raw_sql(sqlx::AssertSqlSafe(sql))).await?.rows_affected();
    connection.close().await?;
    Ok(done)
}

pub(crate) fn entry(action: &str, object: &str) -> AuditEntry {
    AuditEntry {
        action: action.to_owned(),
        actor: "ada@example.org".to_owned(),
        actor_id: Some("u-ada".to_owned()),
        address: Some("192.0.2.7".to_owned()),
        after: AuditValues::new(),
        before: AuditValues::new(),
        object: object.to_owned(),
        project: None,
        request_id: Some("01J-REQUEST".to_owned()),
        result: AuditResult::Success,
        user_agent: Some("Mozilla/5.0".to_owned()),
    }
}

pub(crate) fn user(name: &str, now: Timestamp) -> User {
    User {
        id: UserId::new(format!("u-{name}")),
        email: Email::parse(&format!("{name}@example.org")).unwrap(),
        name: name.to_uppercase(),
        method: SignInMethod::Password,
        created_at: now,
    }
}

pub(crate) fn project(name: &str) -> Project {
    Project {
        id: ProjectId::new(format!("p-{name}")),
        slug: Slug::of_name(name).unwrap(),
        name: name.to_owned(),
        has_estate: false,
        archived_at: None,
        telemetry: TelemetryPolicy::default(),
        redacted: 0,
        version: 1,
    }
}

pub(crate) fn invitation(id: &str, project: &ProjectId, now: Timestamp) -> Invitation {
    Invitation {
        id: InvitationId::new(id),
        project_id: project.clone(),
        role: Role::Engineer,
        created_by: "ada@example.org".to_owned(),
        created_at: now,
        expires_at: now + SignedDuration::from_hours(72),
    }
}

pub(crate) fn key(id: &str, project: &ProjectId, now: Timestamp) -> MachineKey {
    MachineKey {
        id: KeyId::new(id),
        project_id: project.clone(),
        name: format!("key {id}"),
        prefix: "sk_abcdef".to_owned(),
        scopes: [Scope::Read, Scope::Ingest].into(),
        created_by: "ada@example.org".to_owned(),
        created_at: now,
        expires_at: None,
        last_used_at: None,
        revoked_at: None,
    }
}

pub(crate) fn token(text: &str) -> TokenHash {
    TokenHash::of(text)
}
