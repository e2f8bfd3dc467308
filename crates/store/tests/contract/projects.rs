//! Projects, members, invitations.

use crate::fixture::{Fixture, entry, invitation, on_both, project, token};
use model::Role;
use model::identity::{ProjectId, SignInMethod, UserId};
use model::telemetry::{Redaction, Retention, TelemetryPolicy};
use std::collections::BTreeSet;
use store::{Error, Store};

on_both!(
    projects_are_listed_with_the_estates_first,
    the_second_of_two_edits_is_a_conflict,
    a_policy_is_kept_and_redactions_are_counted,
    one_project_has_the_estate,
    members_come_and_go,
    the_second_of_two_role_changes_is_a_conflict,
    the_last_owner_stays,
    two_owners_who_leave_at_once_do_not_both,
    an_invitation_is_used_once,
    groups_are_of_their_source
);

async fn projects_are_listed_with_the_estates_first(fixture: Fixture) {
    let Fixture { store, .. } = &fixture;
    for name in ["Zeta", "alpha"] {
        fixture.add_project(name).await;
    }
    let estate = model::identity::Project { has_estate: true, ..project("Middle") };
    let mut write = store.begin().await.unwrap();
    write.insert_project(&estate).await.unwrap();
    write.commit(entry("project.create", "project:middle")).await.unwrap();
    let names: Vec<_> =
        store.list_projects().await.unwrap().into_iter().map(|project| project.name).collect();
    assert_eq!(names, ["Middle", "alpha", "Zeta"]);
    assert_eq!(store.find_project(&estate.id).await.unwrap(), Some(estate.clone()));
    assert_eq!(store.find_project_by_slug(&estate.slug).await.unwrap(), Some(estate.clone()));
    assert_eq!(store.find_project(&"p-none".into()).await.unwrap(), None);

    let ada = fixture.add_member(&estate.id, "ada", Role::Owner).await;
    let mut write = store.begin().await.unwrap();
    for (id, role) in [("p-Zeta", Role::Viewer), ("p-alpha", Role::Admin)] {
        write.insert_member(&id.into(), &ada, role, SignInMethod::Ldap).await.unwrap();
    }
    write.commit(entry("member.add", "member:ada@example.org")).await.unwrap();
    let memberships = store.list_memberships(&ada).await.unwrap();
    let read: Vec<_> = memberships.iter().map(|m| (m.project.name.as_str(), m.role)).collect();
    assert_eq!(read, [("Middle", Role::Owner), ("alpha", Role::Admin), ("Zeta", Role::Viewer)]);
    assert_eq!(store.list_memberships(&"u-none".into()).await.unwrap(), []);
}

async fn the_second_of_two_edits_is_a_conflict(fixture: Fixture) {
    let Fixture { store, .. } = &fixture;
    let read = fixture.add_project("Rates").await;
    let rename = async |name: &str| {
        let mut write = store.begin().await?;
        write.update_project(&model::identity::Project { name: name.to_owned(), ..read.clone() }).await?;
        write.commit(entry("project.rename", "project:rates")).await
    };
    rename("First").await.unwrap();
    let conflict = rename("Second").await.unwrap_err();
    assert!(matches!(conflict, Error::Conflict { what: "project" }), "{conflict:?}");
    let now = store.find_project(&read.id).await.unwrap().unwrap();
    assert_eq!((now.name.as_str(), now.version), ("First", 2));

    let mut write = store.begin().await.unwrap();
    let archived = model::identity::Project { archived_at: Some(fixture.now()), ..now };
    write.update_project(&archived).await.unwrap();
    write.commit(entry("project.archive", "project:rates")).await.unwrap();
    let found = store.find_project(&read.id).await.unwrap().unwrap();
    assert_eq!(found.archived_at, Some(fixture.now()));
}

async fn a_policy_is_kept_and_redactions_are_counted(fixture: Fixture) {
    let Fixture { store, .. } = &fixture;
    let made = fixture.add_project("Rates").await;
    assert_eq!(store.find_project(&made.id).await.unwrap().unwrap().telemetry, TelemetryPolicy::default());
    let retention = Retention { spans: 1, metrics: 2, logs: 3, events: 4, minutes: 5, rollups: 3650 };
    let telemetry = TelemetryPolicy { redaction: Redaction::Off, retention };
    let mut write = store.begin().await.unwrap();
    write.update_project(&model::identity::Project { telemetry, ..made.clone() }).await.unwrap();
    write.commit(entry("project.update", "project:rates")).await.unwrap();
    store.count_redactions(&made.id, 3).await.unwrap();
    store.count_redactions(&made.id, 4).await.unwrap();
    let read = store.find_project(&made.id).await.unwrap().unwrap();
    assert_eq!(read, model::identity::Project { telemetry, redacted: 7, version: 2, ..made });
    let born = model::identity::Project { telemetry, ..project("Born so") };
    let mut write = store.begin().await.unwrap();
    write.insert_project(&born).await.unwrap();
    write.commit(entry("project.create", "project:born-so")).await.unwrap();
    assert_eq!(store.find_project(&born.id).await.unwrap(), Some(born));
}

async fn one_project_has_the_estate(fixture: Fixture) {
    let mut write = fixture.store.begin().await.unwrap();
    let one = model::identity::Project { has_estate: true, ..project("one") };
    write.insert_project(&one).await.unwrap();
    write.commit(entry("project.create", "project:one")).await.unwrap();
    for other in [model::identity::Project { has_estate: true, ..project("two") }, project("one")] {
        let mut write = fixture.store.begin().await.unwrap();
        let conflict = write.insert_project(&other).await.unwrap_err();
        assert!(matches!(conflict, Error::Conflict { what: "slug" }), "{conflict:?}");
    }
}

async fn members_come_and_go(fixture: Fixture) {
    let Fixture { store, .. } = &fixture;
    let rates = fixture.add_project("Rates").await.id;
    let eve = fixture.add_member(&rates, "eve", Role::Viewer).await;
    let ada = fixture.add_member(&rates, "ada", Role::Owner).await;
    let members = store.list_members(&rates).await.unwrap();
    let read: Vec<_> = members.iter().map(|member| (member.user.id.clone(), member.role)).collect();
    assert_eq!(read, [(ada.clone(), Role::Owner), (eve.clone(), Role::Viewer)]);
    assert_eq!(store.find_member(&rates, &eve).await.unwrap().as_ref(), Some(&members[1]));
    assert_eq!(store.find_member(&"p-none".into(), &eve).await.unwrap(), None);

    let mut write = store.begin().await.unwrap();
    let twice = write.insert_member(&rates, &eve, Role::Owner, SignInMethod::Password).await.unwrap_err();
    assert!(matches!(twice, Error::Conflict { what: "member" }), "{twice:?}");
    drop(write);
    let mut write = store.begin().await.unwrap();
    let nobody = write.insert_member(&rates, &"u-none".into(), Role::Owner, SignInMethod::Oidc).await;
    assert!(matches!(nobody, Err(Error::NotFound { .. })), "{nobody:?}");
    drop(write);

    let mut write = store.begin().await.unwrap();
    write.remove_member(&rates, &eve, 1).await.unwrap();
    write.commit(entry("member.remove", "member:eve@example.org")).await.unwrap();
    assert_eq!(store.find_member(&rates, &eve).await.unwrap(), None);
    let mut write = store.begin().await.unwrap();
    let gone = write.remove_member(&rates, &eve, 1).await.unwrap_err();
    assert!(matches!(gone, Error::NotFound { what: "member" }), "{gone:?}");
}

async fn set_role(
    store: &Store,
    project: &ProjectId,
    user: &UserId,
    role: Role,
    version: i64,
) -> Result<i64, Error> {
    let mut write = store.begin().await?;
    write.set_member_role(project, user, role, version).await?;
    write.commit(entry("member.set_role", "member:x")).await
}

async fn the_second_of_two_role_changes_is_a_conflict(fixture: Fixture) {
    let Fixture { store, .. } = &fixture;
    let rates = fixture.add_project("Rates").await.id;
    fixture.add_member(&rates, "ada", Role::Owner).await;
    let eve = fixture.add_member(&rates, "eve", Role::Viewer).await;
    set_role(store, &rates, &eve, Role::Engineer, 1).await.unwrap();
    let conflict = set_role(store, &rates, &eve, Role::Admin, 1).await.unwrap_err();
    assert!(matches!(conflict, Error::Conflict { what: "member" }), "{conflict:?}");
    let member = store.find_member(&rates, &eve).await.unwrap().unwrap();
    assert_eq!((member.role, member.version), (Role::Engineer, 2));
    let removed = store.begin().await.unwrap().remove_member(&rates, &eve, 1).await.unwrap_err();
    assert!(matches!(removed, Error::Conflict { what: "member" }), "{removed:?}");
}

async fn the_last_owner_stays(fixture: Fixture) {
    let Fixture { store, .. } = &fixture;
    let rates = fixture.add_project("Rates").await.id;
    let ada = fixture.add_member(&rates, "ada", Role::Owner).await;
    let eve = fixture.add_member(&rates, "eve", Role::Admin).await;
    for role in [Role::Admin, Role::Viewer] {
        let kept = set_role(store, &rates, &ada, role, 1).await.unwrap_err();
        assert!(matches!(kept, Error::LastOwner), "{kept:?}");
    }
    let kept = store.begin().await.unwrap().remove_member(&rates, &ada, 1).await.unwrap_err();
    assert!(matches!(kept, Error::LastOwner), "{kept:?}");
    // Of another project does not count.
    let other = fixture.add_project("Other").await.id;
    let mut write = store.begin().await.unwrap();
    write.insert_member(&other, &eve, Role::Owner, SignInMethod::Password).await.unwrap();
    write.commit(entry("member.add", "member:eve@example.org")).await.unwrap();
    assert!(matches!(set_role(store, &rates, &ada, Role::Viewer, 1).await, Err(Error::LastOwner)));

    set_role(store, &rates, &ada, Role::Owner, 1).await.unwrap();
    set_role(store, &rates, &eve, Role::Owner, 1).await.unwrap();
    set_role(store, &rates, &ada, Role::Viewer, 2).await.unwrap();
    assert!(matches!(set_role(store, &rates, &eve, Role::Viewer, 2).await, Err(Error::LastOwner)));
}

async fn two_owners_who_leave_at_once_do_not_both(fixture: Fixture) {
    let rates = fixture.add_project("Rates").await.id;
    let ada = fixture.add_member(&rates, "ada", Role::Owner).await;
    let eve = fixture.add_member(&rates, "eve", Role::Owner).await;
    // Each through a store of its own, as two servers would.
    let other = fixture.open_again().await;
    for _ in 0..20 {
        let version = async |user| fixture.store.find_member(&rates, user).await.unwrap().unwrap().version;
        let (ada_version, eve_version) = (version(&ada).await, version(&eve).await);
        let (one, two) = tokio::join!(
            set_role(&fixture.store, &rates, &ada, Role::Viewer, ada_version),
            set_role(&other, &rates, &eve, Role::Viewer, eve_version),
        );
        assert!(one.is_ok() != two.is_ok(), "{one:?} {two:?}");
        let loser = if one.is_ok() { (&ada, ada_version) } else { (&eve, eve_version) };
        set_role(&fixture.store, &rates, loser.0, Role::Owner, loser.1 + 1).await.unwrap();
    }
}

async fn an_invitation_is_used_once(fixture: Fixture) {
    let Fixture { store, .. } = &fixture;
    let rates = fixture.add_project("Rates").await.id;
    let (ada, eve) = (fixture.add_user("ada").await.id, fixture.add_user("eve").await.id);
    let made = invitation("i-1", &rates, fixture.now());
    let mut write = store.begin().await.unwrap();
    write.insert_invitation(&made, &token("link")).await.unwrap();
    write.insert_invitation(&invitation("i-2", &rates, fixture.now()), &token("other")).await.unwrap();
    write.commit(entry("member.invite", "invitation:i-1")).await.unwrap();
    fixture.pass(1_000_000);
    assert_eq!(store.find_invitation(&token("link")).await.unwrap(), Some(made.clone()), "expired ones too");
    assert_eq!(store.find_invitation(&token("guess")).await.unwrap(), None);
    assert_eq!(store.list_invitations(&rates).await.unwrap().len(), 2);

    let accept = async |user: &UserId| {
        let mut write = store.begin().await?;
        write.use_invitation(&made.id, user).await?;
        write.insert_member(&rates, user, made.role, SignInMethod::Password).await?;
        write.commit(entry("invitation.use", "invitation:i-1")).await
    };
    let (one, two) = tokio::join!(accept(&ada), accept(&eve));
    assert!(one.is_ok() != two.is_ok(), "{one:?} {two:?}");
    let late = one.and(two).unwrap_err();
    assert!(matches!(late, Error::Conflict { what: "invitation" }), "{late:?}");
    assert_eq!(store.list_members(&rates).await.unwrap().len(), 1);
    assert_eq!(store.find_invitation(&token("link")).await.unwrap(), None);

    let mut write = store.begin().await.unwrap();
    assert!(matches!(write.remove_invitation(&rates, &made.id).await, Err(Error::NotFound { .. })));
    assert!(matches!(
        write.remove_invitation(&"p-x".into(), &"i-2".into()).await,
        Err(Error::NotFound { .. })
    ));
    write.remove_invitation(&rates, &"i-2".into()).await.unwrap();
    write.commit(entry("invitation.remove", "invitation:i-2")).await.unwrap();
    assert_eq!(store.list_invitations(&rates).await.unwrap(), []);
    let back = store.begin().await.unwrap().use_invitation(&"i-2".into(), &eve).await.unwrap_err();
    assert!(matches!(back, Error::Conflict { what: "invitation" }), "{back:?}");
}

async fn groups_are_of_their_source(fixture: Fixture) {
    let Fixture { store, .. } = &fixture;
    let rates = fixture.add_project("Rates").await.id;
    let ada = fixture.add_member(&rates, "ada", Role::Owner).await;
    let eve = fixture.add_member(&rates, "eve", Role::Viewer).await;
    let set = async |source, groups: &[&str]| {
        let groups: BTreeSet<String> = groups.iter().map(|group| (*group).to_owned()).collect();
        let mut write = store.begin().await.unwrap();
        write.set_groups(&rates, &eve, source, &groups).await.unwrap();
        write.commit(entry("member.set_groups", "member:eve@example.org")).await.unwrap();
        let member = store.find_member(&rates, &eve).await.unwrap().unwrap();
        assert_eq!(member.groups, store.list_groups(&rates, &eve).await.unwrap());
        (member.groups.into_iter().collect::<Vec<_>>(), member.version)
    };
    let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    assert_eq!(set(SignInMethod::Ldap, &["cn=a", "both"]).await, (names(&["both", "cn=a"]), 2));
    assert_eq!(set(SignInMethod::Password, &["both", "here"]).await, (names(&["both", "cn=a", "here"]), 3));
    assert_eq!(set(SignInMethod::Ldap, &["cn=b"]).await, (names(&["both", "cn=b", "here"]), 4));
    assert_eq!(set(SignInMethod::Ldap, &["cn=b"]).await.1, 4, "nothing changed");
    assert_eq!(set(SignInMethod::Password, &[]).await.0, names(&["cn=b"]));
    let members = store.list_members(&rates).await.unwrap();
    assert_eq!((members[0].user.id.clone(), members[0].groups.len(), members[1].groups.len()), (ada, 0, 1));

    let version = members[1].version;
    let mut write = store.begin().await.unwrap();
    write.remove_member(&rates, &eve, version).await.unwrap();
    write.commit(entry("member.remove", "member:eve@example.org")).await.unwrap();
    assert!(store.list_groups(&rates, &eve).await.unwrap().is_empty());
    let mut write = store.begin().await.unwrap();
    let gone = write.set_groups(&rates, &eve, SignInMethod::Ldap, &["x".to_owned()].into()).await;
    assert!(matches!(gone, Err(Error::NotFound { what: "member" })), "{gone:?}");
}
