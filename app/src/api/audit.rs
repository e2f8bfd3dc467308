//! The audit trail.

use super::json::JsonText;
use crate::error::AppError;
use leptos::prelude::*;
use leptos::server_fn::codec::{GetUrl, Post};
use model::audit::{AuditFilter, AuditPage, AuditRecord};

/// Records that match, newest first: those before `before`, or the newest.
#[server(prefix = "/api/ui", endpoint = "list_audit", input = GetUrl, output = Post<JsonText>)]
pub async fn list_audit(
    /// What is wanted.
    filter: AuditFilter,
    /// Where the page begins: older records than this place.
    before: Option<i64>,
) -> Result<AuditPage, AppError> {
    let (service, actor) = super::context()?;
    Ok(service.list_audit(&actor, filter, before).await?)
}

/// One record.
#[server(prefix = "/api/ui", endpoint = "get_audit_record", input = GetUrl, output = Post<JsonText>)]
pub async fn get_audit_record(
    /// Its place in the chain.
    seq: i64,
) -> Result<AuditRecord, AppError> {
    let (service, actor) = super::context()?;
    Ok(service.get_audit_record(&actor, seq).await?)
}
