//! The project itself: its name, its archive, and new projects beside it.

use super::card;
use crate::api::settings::{
    ArchiveProject, CreateProject, RenameProject, RestoreProject, SetTelemetryPolicy,
};
use crate::api::sign_in::get_viewer;
use crate::components::error_page::ErrorPage;
use crate::components::form::{Outcome, SubmitButton, TextField, changes, keep_focus, last_attempt};
use crate::components::skeleton::Skeleton;
use crate::error::AppError;
use leptos::either::Either;
use leptos::prelude::*;
use model::identity::{Project, Viewer};
use model::telemetry::{Redaction, Retention};
use model::{Capability, ErrorKind};

/// What can be done here.
#[derive(Clone, Copy)]
struct Actions {
    rename: ServerAction<RenameProject>,
    telemetry: ServerAction<SetTelemetryPolicy>,
    archive: ServerAction<ArchiveProject>,
    restore: ServerAction<RestoreProject>,
    create: ServerAction<CreateProject>,
}

/// The section.
pub(crate) fn project_section() -> AnyView {
    let actions = Actions {
        rename: ServerAction::new(),
        telemetry: ServerAction::new(),
        archive: ServerAction::new(),
        restore: ServerAction::new(),
        create: ServerAction::new(),
    };
    let changed = [
        changes(actions.rename),
        changes(actions.telemetry),
        changes(actions.archive),
        changes(actions.restore),
    ];
    let viewer = Resource::new(move || changed.map(|changes| changes.get()), |_| get_viewer());
    keep_focus(move || viewer.track());
    #[cfg(not(feature = "ssr"))]
    Effect::new(move |_| lead_to_archived(actions.archive, viewer));
    view! {
        <Transition fallback=Skeleton>
            {move || {
                viewer.get().map(|viewer| match viewer {
                    Ok(viewer) => Either::Left(cards(viewer, actions)),
                    Err(error) => Either::Right(view! { <ErrorPage error/> }),
                })
            }}
        </Transition>
    }
    .into_any()
}

/// Where the project was the viewer's first one, another is that now: the archived one is named.
#[cfg(not(feature = "ssr"))]
fn lead_to_archived(archive: ServerAction<ArchiveProject>, viewer: Resource<Result<Viewer, AppError>>) {
    let is_done = archive.value().with(|value| matches!(value, Some(Ok(()))));
    let project = viewer.with_untracked(|viewer| match viewer {
        Some(Ok(viewer)) => viewer.project.as_ref().map(path_of),
        _ => None,
    });
    if let Some(path) = project.filter(|_| is_done) {
        let _ = window().location().assign(&path);
    }
}

/// The page, for that project.
fn path_of(project: &Project) -> String {
    format!("/settings/project?project={}", project.slug)
}

fn cards(viewer: Viewer, actions: Actions) -> AnyView {
    let may = |capability| viewer.capabilities.contains(&capability);
    let any = [Capability::ManageProject, Capability::ArchiveProject, Capability::CreateProject];
    if !any.into_iter().any(may) {
        let message = "Only admins and owners change a project.";
        return view! { <ErrorPage error=AppError::new(ErrorKind::Forbidden, message)/> }.into_any();
    }
    let project = viewer.project.as_ref();
    let name = project.filter(|_| may(Capability::ManageProject)).map(|project| name_card(project, actions));
    let telemetry =
        project.filter(|_| may(Capability::ManageProject)).map(|project| telemetry_card(project, actions));
    let archive =
        project.filter(|_| may(Capability::ArchiveProject)).map(|project| archive_card(project, actions));
    let create = may(Capability::CreateProject).then(|| create_card(actions));
    view! { {name} {telemetry} {archive} {create} }.into_any()
}

fn name_card(project: &Project, actions: Actions) -> AnyView {
    let rename = actions.rename;
    let (name, version) = (project.name.clone(), project.version);
    let estate = if project.has_estate { "belongs to it" } else { "belongs to another project" };
    let content = view! {
        <dl class="facts">
            <dt>"Short name in URLs"</dt><dd class="mono">{project.slug.to_string()}</dd>
            <dt>"Batch estate"</dt><dd>{estate}</dd>
        </dl>
        <ActionForm action=rename>
            <input r#type="hidden" name="version" value=version/>
            <TextField id="name" name="name" label="Name" value=name hint="1 to 80 characters."/>
            <Outcome attempts=vec![last_attempt(rename)] done="The name is saved. Other pages show it when they are loaded again."/>
            <SubmitButton label="Save" pending=rename.pending()/>
        </ActionForm>
    };
    card("Name", "", content.into_any())
}

fn telemetry_card(project: &Project, actions: Actions) -> AnyView {
    let telemetry = actions.telemetry;
    let (policy, version) = (project.telemetry, project.version);
    let Retention { spans, metrics, logs, events, minutes, rollups } = policy.retention;
    let days = |id, name, label, days: u16| {
        view! { <TextField id name label kind="number" value=days.to_string()/> }
    };
    let content = view! {
        <dl class="facts">
            <dt>"Secrets taken out so far"</dt><dd>{project.redacted}</dd>
        </dl>
        <ActionForm action=telemetry>
            <input r#type="hidden" name="version" value=version/>
            <div class="field">
                <label for="redaction">"Secrets in what agents send"</label>
                <select class="field-input" id="redaction" name="redaction">
                    <option value="on" selected=policy.redaction == Redaction::On>"Take them out before anything is stored"</option>
                    <option value="off" selected=policy.redaction == Redaction::Off>"Store everything as it is sent"</option>
                </select>
            </div>
            {days("keep-spans", "retention[spans]", "Days that traces are kept", spans)}
            {days("keep-metrics", "retention[metrics]", "Days that metrics are kept", metrics)}
            {days("keep-logs", "retention[logs]", "Days that log records are kept", logs)}
            {days("keep-events", "retention[events]", "Days that events are kept", events)}
            {days("keep-minutes", "retention[minutes]", "Days that sums per minute are kept", minutes)}
            {days("keep-rollups", "retention[rollups]", "Days that sums per hour and day, costs and sessions are kept", rollups)}
            <Outcome attempts=vec![last_attempt(telemetry)] done="Saved. What is too old now goes within the hour."/>
            <SubmitButton label="Save" pending=telemetry.pending()/>
        </ActionForm>
    };
    let note = "E-mail addresses, card numbers, keys and the like are secrets. Days: 1 to 3650.";
    card("Telemetry", note, content.into_any())
}

fn archive_card(project: &Project, actions: Actions) -> AnyView {
    let Actions { archive, restore, .. } = actions;
    let attempts = vec![last_attempt(archive), last_attempt(restore)];
    let (label, version) = (format!("Archive {}", project.name), project.version);
    let (note, form) = match project.archived_at {
        None => (
            "An archived project can be read but not changed, its keys do nothing, and it leaves the list of projects. An owner can bring it back.",
            view! {
                <details class="confirm">
                    <summary class="button is-danger">"Archive the project…"</summary>
                    <ActionForm action=archive>
                        <input r#type="hidden" name="version" value=version/>
                        <p>"Nobody can change it until an owner brings it back."</p>
                        <SubmitButton label pending=archive.pending() class="button is-danger"/>
                    </ActionForm>
                </details>
            }
            .into_any(),
        ),
        Some(_) => (
            "This project is archived: it can be read but not changed.",
            view! {
                <ActionForm action=restore>
                    <input r#type="hidden" name="version" value=version/>
                    <SubmitButton label="Bring it back" pending=restore.pending()/>
                </ActionForm>
            }
            .into_any(),
        ),
    };
    let href = path_of(project);
    let content = view! {
        <p class="settings-note">"Archived or not, an owner finds it at " <a class="mono" href=href.clone()>{href.clone()}</a> "."</p>
        <Outcome attempts done="Done."/>
        {form}
    };
    card("Archive", note, content.into_any())
}

fn create_card(actions: Actions) -> AnyView {
    let create = actions.create;
    let content = view! {
        <ActionForm action=create>
            <TextField id="new-name" name="name" label="Name" hint="1 to 80 characters. Its short name in URLs is made from it, and stays."/>
            <Outcome attempts=vec![last_attempt(create)] done=""/>
            <SubmitButton label="Create the project" pending=create.pending()/>
        </ActionForm>
    };
    card(
        "A new project",
        "It has members, keys and a trail of its own; you are its first owner.",
        content.into_any(),
    )
}
