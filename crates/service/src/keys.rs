//! Machine keys: how programs ask and send.

use crate::accounts::joined;
use crate::projects::require_open;
use crate::sign_in::{check_name, invalid};
use crate::{Result, Service};
use identity::token;
use model::audit::AuditEntry;
use model::identity::{KeyId, MachineKey, ShownOnce};
use model::{Actor, Capability, Scope};
use secrecy::ExposeSecret;
use std::collections::BTreeSet;
use std::time::Duration;
use store::TokenHash;

/// Characters of a key by which people know it again: `sk_live_` and eight more.
const PREFIX_CHARS: usize = 16;
/// The longest life of a key, in days.
const MOST_DAYS: u16 = 3650;

impl Service {
    /// The keys of the actor's project, newest first, without the keys themselves.
    pub async fn list_keys(&self, actor: &Actor) -> Result<Vec<MachineKey>> {
        self.require(actor, Capability::ManageKeys)?;
        let project = self.project_of(actor)?;
        Ok(self.0.accounts.store.list_keys(&project.id).await?)
    }

    /// Makes a key and answers with it, once.
    pub async fn create_key(
        &self,
        actor: &Actor,
        name: &str,
        scopes: BTreeSet<Scope>,
        expires_in_days: Option<u16>,
    ) -> Result<ShownOnce> {
        self.require(actor, Capability::ManageKeys)?;
        let project = self.project_of(actor)?;
        require_open(&project)?;
        let name = check_name("name", name)?;
        if scopes.is_empty() {
            return Err(invalid("scopes", "choose at least one of ingest, read and webhook"));
        }
        if expires_in_days.is_some_and(|days| !(1..=MOST_DAYS).contains(&days)) {
            return Err(invalid("expires_in_days", "write 1 to 3650 days, or nothing for a key without end"));
        }
        let now = self.clock().now();
        let text = token::new_machine_key();
        let lasts = |days: u16| now + Duration::from_secs(u64::from(days) * 24 * 3600);
        let key = MachineKey {
            id: KeyId::new(token::new_id("key_")),
            project_id: project.id.clone(),
            name,
            prefix: text.expose_secret().chars().take(PREFIX_CHARS).collect(),
            scopes,
            created_by: actor.label(),
            created_at: now,
            expires_at: expires_in_days.map(lasts),
            last_used_at: None,
            revoked_at: None,
        };
        let mut write = self.0.accounts.store.begin().await?;
        write.insert_key(&key, &TokenHash::of(text.expose_secret())).await?;
        let entry = AuditEntry::by(actor, "key.create", format!("key:{}", key.id))
            .after("name", &key.name)
            .after("prefix", &key.prefix)
            .after("scopes", joined(&key.scopes));
        let expires = key.expires_at.map_or_else(|| "never".to_owned(), |at| at.to_string());
        write.commit(entry.after("expires_at", expires)).await?;
        self.0.accounts.forget();
        Ok(ShownOnce { text: text.expose_secret().to_owned() })
    }

    /// Makes a key useless: at once here, within two seconds in other processes.
    pub async fn revoke_key(&self, actor: &Actor, id: &KeyId) -> Result<()> {
        self.require(actor, Capability::ManageKeys)?;
        let project = self.project_of(actor)?;
        let mut write = self.0.accounts.store.begin().await?;
        write.revoke_key(&project.id, id, self.clock().now()).await?;
        write.commit(AuditEntry::by(actor, "key.revoke", format!("key:{id}"))).await?;
        self.0.accounts.forget();
        Ok(())
    }
}
