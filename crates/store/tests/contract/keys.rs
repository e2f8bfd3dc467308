//! Machine keys.

use crate::fixture::{Fixture, entry, key, on_both, token};
use jiff::SignedDuration;
use store::Error;

on_both!(a_key_is_found_until_it_is_gone);

async fn a_key_is_found_until_it_is_gone(fixture: Fixture) {
    let Fixture { store, .. } = &fixture;
    let rates = fixture.add_project("Rates").await.id;
    let mut made = key("k-1", &rates, fixture.now());
    made.expires_at = Some(fixture.now() + SignedDuration::from_hours(1));
    let mut write = store.begin().await.unwrap();
    write.insert_key(&made, &token("secret")).await.unwrap();
    fixture.pass(1);
    write.insert_key(&key("k-2", &rates, fixture.now()), &token("other")).await.unwrap();
    write.commit(entry("key.create", "key:key k-1")).await.unwrap();
    assert_eq!(store.find_key(&token("secret")).await.unwrap(), Some(made.clone()));
    assert_eq!(store.find_key(&token("guess")).await.unwrap(), None);
    let ids: Vec<_> = store.list_keys(&rates).await.unwrap().into_iter().map(|key| key.id).collect();
    assert_eq!(ids, ["k-2".into(), "k-1".into()]);
    assert_eq!(store.list_keys(&"p-none".into()).await.unwrap(), []);

    fixture.pass(7200);
    store.touch_key(&made.id, fixture.now()).await.unwrap();
    store.touch_key(&made.id, made.created_at).await.unwrap();
    let used = store.find_key(&token("secret")).await.unwrap().unwrap();
    assert_eq!(used.last_used_at, Some(fixture.now()), "and an expired one is found");

    let mut write = store.begin().await.unwrap();
    let foreign = write.revoke_key(&"p-none".into(), &made.id, fixture.now()).await.unwrap_err();
    assert!(matches!(foreign, Error::NotFound { what: "key" }), "{foreign:?}");
    write.revoke_key(&rates, &made.id, fixture.now()).await.unwrap();
    write.commit(entry("key.revoke", "key:key k-1")).await.unwrap();
    let revoked = store.find_key(&token("secret")).await.unwrap().unwrap();
    assert_eq!(revoked.revoked_at, Some(fixture.now()));
    let again = store.begin().await.unwrap().revoke_key(&rates, &made.id, fixture.now()).await;
    assert!(matches!(again, Err(Error::NotFound { .. })), "{again:?}");
}
