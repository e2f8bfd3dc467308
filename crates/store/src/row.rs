//! From columns to the model's types.

use crate::error::{Error, Result};
use jiff::Timestamp;
use model::identity::{
    Email, Invitation, InvitationId, KeyId, MachineKey, Member, Project, ProjectId, SignInMethod, Slug, User,
    UserId,
};
use model::telemetry::{Redaction, Retention, TelemetryPolicy};
use model::{Role, Scope};
use sqlx::Row;
use sqlx::any::AnyRow;
use std::collections::BTreeSet;

/// A row of either database.
pub(crate) trait Columns {
    fn text(&self, column: &str) -> Result<String>;
    fn optional_text(&self, column: &str) -> Result<Option<String>>;
    fn number(&self, column: &str) -> Result<i64>;
    fn optional_number(&self, column: &str) -> Result<Option<i64>>;

    fn time(&self, column: &str) -> Result<Timestamp> {
        timestamp(self.number(column)?)
    }

    fn optional_time(&self, column: &str) -> Result<Option<Timestamp>> {
        self.optional_number(column)?.map(timestamp).transpose()
    }

    /// A column whose text must be one of those that `parse` knows.
    fn word<T>(&self, column: &str, parse: impl FnOnce(&str) -> Option<T>) -> Result<T> {
        let text = self.text(column)?;
        parse(&text).ok_or_else(|| malformed(&format!("the {column} {text:?}")))
    }
}

impl Columns for AnyRow {
    fn text(&self, column: &str) -> Result<String> {
        Ok(self.try_get(column)?)
    }

    fn optional_text(&self, column: &str) -> Result<Option<String>> {
        Ok(self.try_get(column)?)
    }

    fn number(&self, column: &str) -> Result<i64> {
        Ok(self.try_get(column)?)
    }

    fn optional_number(&self, column: &str) -> Result<Option<i64>> {
        Ok(self.try_get(column)?)
    }
}

pub(crate) fn malformed(what: &str) -> Error {
    Error::Malformed { what: what.to_owned() }
}

pub(crate) fn timestamp(millis: i64) -> Result<Timestamp> {
    Timestamp::from_millisecond(millis).map_err(|_| malformed(&format!("the time {millis}")))
}

/// Columns `user_id`, `email`, `user_name`, `method`, `user_created_at`.
pub(crate) fn user(row: &AnyRow) -> Result<User> {
    Ok(User {
        id: UserId::new(row.text("user_id")?),
        email: row.word("email", |text| Email::parse(text).ok())?,
        name: row.text("user_name")?,
        method: row.word("method", SignInMethod::parse)?,
        created_at: row.time("user_created_at")?,
    })
}

/// The columns that [`user`] reads, of the table `account`.
macro_rules! user_columns {
    () => {
        "account.id AS user_id, account.email, account.name AS user_name, account.method, \
         account.created_at AS user_created_at"
    };
}
pub(crate) use user_columns;

pub(crate) fn project(row: &AnyRow) -> Result<Project> {
    Ok(Project {
        id: ProjectId::new(row.text("id")?),
        slug: row.word("slug", Slug::parse)?,
        name: row.text("name")?,
        has_estate: row.number("has_estate")? == 1,
        archived_at: row.optional_time("archived_at")?,
        telemetry: telemetry_policy(row)?,
        redacted: u64::try_from(row.number("redacted")?).unwrap_or(0),
        version: row.number("version")?,
    })
}

fn telemetry_policy(row: &AnyRow) -> Result<TelemetryPolicy> {
    // They are checked when they are written.
    let days = |column| Ok::<_, Error>(u16::try_from(row.number(column)?).unwrap_or(u16::MAX));
    Ok(TelemetryPolicy {
        redaction: if row.number("redaction")? == 0 { Redaction::Off } else { Redaction::On },
        retention: Retention {
            spans: days("keep_spans_days")?,
            metrics: days("keep_metrics_days")?,
            logs: days("keep_logs_days")?,
            events: days("keep_events_days")?,
            minutes: days("keep_minutes_days")?,
            rollups: days("keep_rollups_days")?,
        },
    })
}

/// The columns of [`user`], and `role`, `source`, `version`; the groups are empty.
pub(crate) fn member(row: &AnyRow) -> Result<Member> {
    Ok(Member {
        user: user(row)?,
        role: row.word("role", Role::parse)?,
        source: row.word("source", SignInMethod::parse)?,
        groups: BTreeSet::new(),
        version: row.number("version")?,
    })
}

pub(crate) fn invitation(row: &AnyRow) -> Result<Invitation> {
    Ok(Invitation {
        id: InvitationId::new(row.text("id")?),
        project_id: ProjectId::new(row.text("project_id")?),
        role: row.word("role", Role::parse)?,
        created_by: row.text("created_by")?,
        created_at: row.time("created_at")?,
        expires_at: row.time("expires_at")?,
    })
}

pub(crate) fn machine_key(row: &AnyRow) -> Result<MachineKey> {
    let scopes = |text: &str| text.split_whitespace().map(Scope::parse).collect::<Option<BTreeSet<_>>>();
    Ok(MachineKey {
        id: KeyId::new(row.text("id")?),
        project_id: ProjectId::new(row.text("project_id")?),
        name: row.text("name")?,
        prefix: row.text("prefix")?,
        scopes: row.word("scopes", scopes)?,
        created_by: row.text("created_by")?,
        created_at: row.time("created_at")?,
        expires_at: row.optional_time("expires_at")?,
        last_used_at: row.optional_time("last_used_at")?,
        revoked_at: row.optional_time("revoked_at")?,
    })
}
