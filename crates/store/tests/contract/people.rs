//! Accounts and sessions.

use crate::fixture::{Fixture, entry, on_both, token, user};
use model::ErrorKind;
use model::identity::SignInMethod;
use store::Error;

on_both!(
    an_account_is_found_by_id_and_address,
    one_address_has_one_account,
    a_subject_is_one_person,
    a_session_lives_and_ends,
    a_disabled_account_has_no_session,
    a_dropped_write_leaves_nothing,
    sessions_expire_by_use_and_by_age
);

async fn an_account_is_found_by_id_and_address(fixture: Fixture) {
    let Fixture { store, .. } = &fixture;
    assert!(!store.has_users().await.unwrap());
    let ada = fixture.add_user("ada").await;
    assert!(store.has_users().await.unwrap());
    assert_eq!(store.find_user(&ada.id).await.unwrap(), Some(ada.clone()));
    assert_eq!(store.find_user(&"nobody".into()).await.unwrap(), None);
    let credentials = store.find_credentials(&ada.email).await.unwrap().unwrap();
    assert_eq!(credentials.user, ada);
    assert_eq!(credentials.password_hash.as_deref(), Some("$argon2id$hash"));
    assert!(!credentials.is_disabled);
    assert!(!format!("{credentials:?}").contains("argon2id"));
    assert!(store.find_credentials(&user("eve", fixture.now()).email).await.unwrap().is_none());

    let mut write = store.begin().await.unwrap();
    assert!(write.has_users().await.unwrap());
    write.set_password(&ada.id, "$argon2id$other").await.unwrap();
    write.rename_user(&ada.id, "Ada Ümläut").await.unwrap();
    let unknown = write.rename_user(&"nobody".into(), "x").await.unwrap_err();
    assert!(matches!(unknown, Error::NotFound { what: "user" }), "{unknown:?}");
    write.commit(entry("user.rename", "user:ada@example.org")).await.unwrap();
    let credentials = store.find_credentials(&ada.email).await.unwrap().unwrap();
    assert_eq!(credentials.user.name, "Ada Ümläut");
    assert_eq!(credentials.password_hash.as_deref(), Some("$argon2id$other"));
}

async fn one_address_has_one_account(fixture: Fixture) {
    fixture.add_user("ada").await;
    let mut again = user("ada", fixture.now());
    again.id = "u-other".into();
    let mut write = fixture.store.begin().await.unwrap();
    let taken = write.insert_user(&again, None).await.unwrap_err();
    assert!(matches!(taken, Error::Conflict { what: "email" }), "{taken:?}");
    assert_eq!(taken.kind(), ErrorKind::Conflict);
}

async fn a_subject_is_one_person(fixture: Fixture) {
    let Fixture { store, .. } = &fixture;
    let ada = fixture.add_user("ada").await;
    let eve = fixture.add_user("eve").await;
    let mut write = store.begin().await.unwrap();
    write.insert_vouched(&ada.id, SignInMethod::Oidc, "4711").await.unwrap();
    write.insert_vouched(&eve.id, SignInMethod::Ldap, "4711").await.unwrap();
    write.commit(entry("user.create", "user:ada@example.org")).await.unwrap();
    let mut write = store.begin().await.unwrap();
    let taken = write.insert_vouched(&eve.id, SignInMethod::Oidc, "4711").await.unwrap_err();
    assert!(matches!(taken, Error::Conflict { what: "subject" }), "{taken:?}");
    drop(write);
    let found = store.find_vouched(SignInMethod::Oidc, "4711").await.unwrap().unwrap();
    assert_eq!(found.user, ada);
    assert_eq!(store.find_vouched(SignInMethod::Ldap, "4711").await.unwrap().unwrap().user, eve);
    assert!(store.find_vouched(SignInMethod::Oidc, "4712").await.unwrap().is_none());
}

async fn a_session_lives_and_ends(fixture: Fixture) {
    let Fixture { store, .. } = &fixture;
    let ada = fixture.add_user("ada").await;
    let made = fixture.now();
    for (secret, agent) in [("one", "Firefox"), ("two", "Chromium"), ("three", "curl")] {
        let mut write = store.begin().await.unwrap();
        write.insert_session(&token(secret), &ada.id, made, "192.0.2.7", agent).await.unwrap();
        write.commit(entry("session.create", "user:ada@example.org")).await.unwrap();
    }
    let found = store.find_session(&token("one")).await.unwrap().unwrap();
    assert_eq!((found.user.id, found.created_at, found.last_seen_at), (ada.id.clone(), made, made));
    assert!(store.find_session(&token("guess")).await.unwrap().is_none());

    fixture.pass(60);
    let later = fixture.now();
    store.touch_session(&token("two"), later).await.unwrap();
    store.touch_session(&token("two"), made).await.unwrap();
    let sessions = store.list_sessions(&ada.id).await.unwrap();
    assert_eq!(sessions.len(), 3);
    assert_eq!(sessions[0].0, token("two"));
    assert_eq!((sessions[0].1.last_seen_at, sessions[0].1.created_at), (later, made));
    assert_eq!(
        (sessions[0].1.user_agent.as_str(), sessions[0].1.address.as_str()),
        ("Chromium", "192.0.2.7")
    );

    let mut write = store.begin().await.unwrap();
    write.remove_session(&token("three")).await.unwrap();
    write.remove_session(&token("three")).await.unwrap();
    assert_eq!(write.remove_sessions(&ada.id, Some(&token("two"))).await.unwrap(), 1);
    write.commit(entry("session.remove", "user:ada@example.org")).await.unwrap();
    assert!(store.find_session(&token("two")).await.unwrap().is_some());
    assert!(store.find_session(&token("one")).await.unwrap().is_none());
    let mut write = store.begin().await.unwrap();
    assert_eq!(write.remove_sessions(&ada.id, None).await.unwrap(), 1);
    write.commit(entry("session.remove", "user:ada@example.org")).await.unwrap();
    assert_eq!(store.list_sessions(&ada.id).await.unwrap(), []);
}

async fn a_disabled_account_has_no_session(fixture: Fixture) {
    let Fixture { store, .. } = &fixture;
    let ada = fixture.add_user("ada").await;
    let mut write = store.begin().await.unwrap();
    write.insert_session(&token("one"), &ada.id, fixture.now(), "", "").await.unwrap();
    write.disable_user(&ada.id).await.unwrap();
    write.commit(entry("user.disable", "user:ada@example.org")).await.unwrap();
    assert!(store.find_session(&token("one")).await.unwrap().is_none());
    assert!(store.find_credentials(&ada.email).await.unwrap().unwrap().is_disabled);

    // One that a sign-in made at the same moment does not count either.
    let mut write = store.begin().await.unwrap();
    write.insert_session(&token("late"), &ada.id, fixture.now(), "", "").await.unwrap();
    write.commit(entry("session.create", "user:ada@example.org")).await.unwrap();
    assert!(store.find_session(&token("late")).await.unwrap().is_none());
    let mut write = store.begin().await.unwrap();
    write.enable_user(&ada.id).await.unwrap();
    write.commit(entry("user.enable", "user:ada@example.org")).await.unwrap();
    assert!(store.find_session(&token("late")).await.unwrap().is_some());
}

async fn a_dropped_write_leaves_nothing(fixture: Fixture) {
    let Fixture { store, .. } = &fixture;
    let ada = user("ada", fixture.now());
    let mut write = store.begin().await.unwrap();
    write.insert_user(&ada, None).await.unwrap();
    drop(write);
    let mut write = store.begin().await.unwrap();
    write.insert_user(&ada, None).await.unwrap();
    assert_eq!(write.commit_all(Vec::new()).await.unwrap(), 0, "no record, no commit");
    assert!(!store.has_users().await.unwrap());
    assert_eq!(store.find_audit(1).await.unwrap(), None);
}

async fn sessions_expire_by_use_and_by_age(fixture: Fixture) {
    let Fixture { store, .. } = &fixture;
    let ada = fixture.add_user("ada").await;
    let mut write = store.begin().await.unwrap();
    for secret in ["idle", "old", "fresh"] {
        write.insert_session(&token(secret), &ada.id, fixture.now(), "", "").await.unwrap();
    }
    write.commit(entry("session.create", "user:ada@example.org")).await.unwrap();
    let (idle, absolute) = (24 * 3_600_000, 30 * 24 * 3_600_000);

    fixture.pass(12 * 3600);
    store.touch_session(&token("old"), fixture.now()).await.unwrap();
    store.touch_session(&token("fresh"), fixture.now()).await.unwrap();
    fixture.pass(12 * 3600 - 1);
    assert_eq!(store.remove_expired(fixture.now(), idle, absolute).await.unwrap(), 0);
    fixture.pass(1);
    assert_eq!(store.remove_expired(fixture.now(), idle, absolute).await.unwrap(), 1);
    assert!(store.find_session(&token("idle")).await.unwrap().is_none());

    fixture.pass(29 * 24 * 3600);
    store.touch_session(&token("old"), fixture.now()).await.unwrap();
    let mut write = store.begin().await.unwrap();
    write.insert_session(&token("new"), &ada.id, fixture.now(), "", "").await.unwrap();
    write.commit(entry("session.create", "user:ada@example.org")).await.unwrap();
    assert_eq!(store.remove_expired(fixture.now(), idle, absolute).await.unwrap(), 2);
    let left = store.list_sessions(&ada.id).await.unwrap();
    assert_eq!(left.iter().map(|(hash, _)| hash.clone()).collect::<Vec<_>>(), [token("new")]);
}
