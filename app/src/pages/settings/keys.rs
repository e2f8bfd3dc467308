//! Machine keys of the project: made, shown once, revoked.

use super::once::{made_before, newest, show_once};
use super::times::{moment, moment_or};
use super::{card, table};
use crate::api::settings::{CreateKey, RevokeKey, list_keys};
use crate::components::error_page::ErrorPage;
use crate::components::form::{
    Outcome, SubmitButton, TextField, changes, keep_focus, last_attempt, reset_when_done,
};
use crate::components::skeleton::Skeleton;
use crate::components::status_badge::{StatusBadge, Tone};
use leptos::either::Either;
use leptos::html;
use leptos::prelude::*;
use model::identity::MachineKey;
use model::{Scope, Timestamp};

/// What a scope lets a program do.
fn scope_label(scope: Scope) -> &'static str {
    match scope {
        Scope::Ingest => "ingest: send telemetry",
        Scope::Read => "read: what a viewer reads",
        Scope::Webhook => "webhook: deliver webhooks",
    }
}

/// How a key stands at `now`.
fn key_state(key: &MachineKey, now: Timestamp) -> (&'static str, Tone) {
    match (key.revoked_at, key.expires_at) {
        (Some(_), _) => ("revoked", Tone::Idle),
        (None, Some(at)) if at <= now => ("expired", Tone::Warning),
        _ => ("active", Tone::Success),
    }
}

/// The section.
pub(crate) fn keys_section() -> AnyView {
    let create = ServerAction::<CreateKey>::new();
    let revoke = ServerAction::<RevokeKey>::new();
    let before = made_before("/settings/keys");
    let changed = (changes(create), changes(revoke));
    let keys = Resource::new(move || (changed.0.get(), changed.1.get()), |_| list_keys());
    keep_focus(move || keys.track());
    let made = Memo::new(move |_| newest(create.value().get(), before.clone()));
    let shown = move || {
        made.get().map(|text| {
            let note = "This is the key. It is shown now and never again: copy it to where it is used.";
            show_once(text, "key", note)
        })
    };
    view! {
        <Transition fallback=Skeleton>
            {move || {
                keys.get().map(|keys| match keys {
                    Ok((keys, now)) => Either::Left(key_table(keys, now, revoke)),
                    Err(error) => Either::Right(view! { <ErrorPage error/> }),
                })
            }}
            {move || {
                let allowed = keys.with(|keys| matches!(keys, Some(Ok(_))));
                allowed.then(|| create_card(create, view! { {shown} }.into_any()))
            }}
        </Transition>
    }
    .into_any()
}

fn create_card(create: ServerAction<CreateKey>, shown: AnyView) -> AnyView {
    let form = NodeRef::<html::Form>::new();
    let attempt = last_attempt(create);
    reset_when_done(form, attempt);
    let scopes = Scope::ALL.map(|scope| {
        view! {
            <label class="choice">
                <input r#type="checkbox" name="scopes[]" value=scope.as_str()/>
                {scope_label(scope)}
            </label>
        }
    });
    let content = view! {
        {shown}
        <ActionForm action=create node_ref=form>
            <TextField id="key-name" name="name" label="Name" hint="What uses it: ci, for example."/>
            <fieldset class="field"><legend>"What it is for"</legend>{scopes.into_iter().collect::<Vec<_>>()}</fieldset>
            <TextField id="key-days" name="expires_in_days" label="Expires after days" kind="number" required=false
                hint="1 to 3650; empty for a key without end."/>
            <Outcome attempts=vec![attempt] done=""/>
            <SubmitButton label="Create a key" pending=create.pending()/>
        </ActionForm>
    };
    let note = "Programs send a key in the header Authorization, after the word Bearer, or in X-API-Key.";
    card("A new key", note, content.into_any())
}

fn key_table(keys: Vec<MachineKey>, now: Timestamp, revoke: ServerAction<RevokeKey>) -> AnyView {
    let outcome = view! { <Outcome attempts=vec![last_attempt(revoke)] done="The key is revoked."/> };
    if keys.is_empty() {
        let content =
            view! { {outcome} <p class="settings-empty">"There are no keys yet. Make one below."</p> };
        return card("Keys", "", content.into_any());
    }
    let rows = keys.into_iter().map(|key| key_row(key, now, revoke)).collect();
    let headings = ["Name", "Begins with", "Scopes", "Status", "Created", "Expires", "Last used", ""];
    let content = view! { {outcome} {table("Keys", &headings, rows)} };
    card("Keys", "", content.into_any())
}

fn key_row(key: MachineKey, now: Timestamp, revoke: ServerAction<RevokeKey>) -> AnyView {
    let (label, tone) = key_state(&key, now);
    let scopes = key.scopes.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    let created = format!("by {}", key.created_by);
    let (id, name) = (key.id.to_string(), key.name.clone());
    let form = key.revoked_at.is_none().then(|| {
        let label = format!("Revoke {name}");
        view! {
            <details class="confirm">
                <summary class="quick-action">"Revoke…" <span class="visually-hidden">{name}</span></summary>
                <ActionForm action=revoke>
                    <input r#type="hidden" name="id" value=id/>
                    <p>"Programs that use it are refused at once. This cannot be undone."</p>
                    <SubmitButton label pending=revoke.pending() class="button is-danger"/>
                </ActionForm>
            </details>
        }
    });
    view! {
        <tr>
            <th scope="row">{key.name.clone()}</th>
            <td class="mono">{format!("{}…", key.prefix)}</td>
            <td>{scopes}</td>
            <td><StatusBadge tone label/></td>
            <td title=created>{moment(key.created_at)}</td>
            <td>{moment_or(key.expires_at, "never")}</td>
            <td>{moment_or(key.last_used_at, "never")}</td>
            <td>{form}</td>
        </tr>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::identity::{KeyId, ProjectId};

    #[test]
    fn a_key_is_revoked_before_it_is_expired() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let check = |expires_at: Option<i64>, revoked_at: Option<i64>, expect: &str| {
            let key = MachineKey {
                id: KeyId::new("k"),
                project_id: ProjectId::new("p"),
                name: "ci".to_owned(),
                prefix: "sk_live_12345678".to_owned(),
                scopes: [Scope::Read].into(),
                created_by: "ada@example.org".to_owned(),
                created_at: at(0),
                expires_at: expires_at.map(at),
                last_used_at: None,
                revoked_at: revoked_at.map(at),
            };
            assert_eq!(key_state(&key, at(100)).0, expect, "{expires_at:?} {revoked_at:?}");
        };
        check(None, None, "active");
        check(Some(101), None, "active");
        check(Some(100), None, "expired");
        check(Some(100), Some(50), "revoked");
        check(None, Some(50), "revoked");
    }
}
