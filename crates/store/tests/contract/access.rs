//! Groups that give a role, and groups that see an essential.

use crate::fixture::{Fixture, entry, on_both};
use model::Role;
use model::identity::{EssentialAccess, GroupRole};
use store::Error;

on_both!(group_roles_are_replaced, essential_access_is_replaced);

async fn group_roles_are_replaced(fixture: Fixture) {
    let Fixture { store, .. } = &fixture;
    let (rates, other) = (fixture.add_project("Rates").await.id, fixture.add_project("Other").await.id);
    let role = |group: &str, role| GroupRole { group: group.to_owned(), role };
    let set = async |project, roles: &[GroupRole]| {
        let mut write = store.begin().await?;
        write.set_group_roles(project, roles).await?;
        write.commit(entry("access.set_roles", "project:rates")).await
    };
    set(&other, &[role("cn=a", Role::Viewer)]).await.unwrap();
    set(&rates, &[role("cn=b", Role::Owner), role("cn=A", Role::Viewer)]).await.unwrap();
    set(&rates, &[role("cn=b", Role::Admin), role("cn=a", Role::Viewer)]).await.unwrap();
    let read = store.list_group_roles(&rates).await.unwrap();
    assert_eq!(read, [role("cn=a", Role::Viewer), role("cn=b", Role::Admin)]);
    let twice = set(&rates, &[role("cn=c", Role::Admin), role("cn=c", Role::Viewer)]).await.unwrap_err();
    assert!(matches!(twice, Error::Conflict { what: "group" }), "{twice:?}");
    assert_eq!(store.list_group_roles(&rates).await.unwrap(), read, "a refused write changes nothing");
    let nowhere = "p-none".into();
    assert!(matches!(set(&nowhere, &read).await, Err(Error::NotFound { .. })));
    set(&rates, &[]).await.unwrap();
    assert_eq!(store.list_group_roles(&rates).await.unwrap(), []);
    assert_eq!(store.list_group_roles(&other).await.unwrap().len(), 1);
}

async fn essential_access_is_replaced(fixture: Fixture) {
    let Fixture { store, .. } = &fixture;
    let rates = fixture.add_project("Rates").await.id;
    let access = |essential: &str, groups: &[&str]| EssentialAccess {
        essential: essential.into(),
        groups: groups.iter().map(|group| (*group).to_owned()).collect(),
    };
    let set = async |narrowed: &[EssentialAccess]| {
        let mut write = store.begin().await?;
        write.set_essential_access(&rates, narrowed).await?;
        write.commit(entry("access.set_essentials", "project:rates")).await
    };
    set(&[access("TB-Old", &["x"])]).await.unwrap();
    let wanted = [access("TB-Derivatives", &["a", "b"]), access("TB-Loans", &["b"])];
    set(&wanted).await.unwrap();
    assert_eq!(store.list_essential_access(&rates).await.unwrap(), wanted);
    assert!(matches!(set(&[access("TB-None", &[])]).await, Err(Error::Invalid(_))));
    assert_eq!(store.list_essential_access(&rates).await.unwrap(), wanted);
    assert_eq!(store.list_essential_access(&"p-none".into()).await.unwrap(), []);
}
