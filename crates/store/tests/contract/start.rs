//! Opening: migrations, several processes, newer schemas, what cannot be reached.

use crate::fixture::{Fixture, entry, on_both};
use model::{Clock, ErrorKind};
use std::os::unix::fs::PermissionsExt;
use store::{Error, Store, StoreKind, StoreSettings, restore, verify_backup};
use testkit::postgres::Postgres;

on_both!(a_store_is_opened_again_with_all_it_holds, a_newer_schema_is_refused, a_store_says_what_it_is);

async fn a_store_is_opened_again_with_all_it_holds(fixture: Fixture) {
    let ada = fixture.add_user("ada").await;
    let again = fixture.open_again().await;
    assert_eq!(again.find_user(&ada.id).await.unwrap(), Some(ada));
    assert_eq!(again.record(&[entry("a.b", "c")]).await.unwrap(), 2);
    assert_eq!(fixture.store.record(&[entry("a.b", "c")]).await.unwrap(), 3);
}

async fn a_newer_schema_is_refused(fixture: Fixture) {
    let later = "INSERT INTO schema_migration (version, name, applied_at) VALUES (99, 'later', 0)";
    fixture.tamper(later).await.unwrap();
    let refused = Store::open(&fixture.settings, fixture.clock.clone()).await.unwrap_err();
    assert!(matches!(refused, Error::NewerSchema { found: 99, .. }), "{refused:?}");
}

async fn a_store_says_what_it_is(fixture: Fixture) {
    fixture.add_user("ada").await;
    let status = fixture.store.describe().await.unwrap();
    assert_eq!(status.kind, if fixture.is_postgres() { "PostgreSQL" } else { "SQLite" });
    assert!(status.server_version.starts_with(char::is_numeric), "{status:?}");
    assert_eq!((status.schema_version, status.audit_records), (4, 1));
    assert!(status.size_bytes > 10_000, "{status:?}");
}

/// All at once on an empty database: one sets it up, the others find it ready.
async fn open_at_once(settings: StoreSettings) {
    let open = |_| {
        let settings = settings.clone();
        tokio::spawn(async move {
            let store = Store::open(&settings, Clock::system()).await.unwrap();
            store.record(&[entry("a.b", "c")]).await.unwrap()
        })
    };
    let tasks: Vec<_> = (0..8).map(open).collect();
    let mut places = Vec::new();
    for task in tasks {
        places.push(task.await.unwrap());
    }
    places.sort_unstable();
    assert_eq!(places, (1..=8).collect::<Vec<_>>());
}

#[tokio::test(flavor = "multi_thread")]
async fn several_open_a_new_sqlite_at_once() {
    for _ in 0..5 {
        let dir = tempfile::tempdir().unwrap();
        open_at_once(StoreSettings { kind: StoreKind::Sqlite { dir: dir.path().join("data") } }).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn several_open_a_new_postgres_at_once() {
    for _ in 0..3 {
        let url = Postgres::shared().create_database().await;
        open_at_once(StoreSettings { kind: StoreKind::Postgres { url: url.into() } }).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_data_directory_is_for_its_user_only() {
    let fixture = Fixture::sqlite().await;
    let dir = fixture.dir.path().join("data");
    let mode = |path: &std::path::Path| path.metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&dir), 0o700);
    for file in std::fs::read_dir(&dir).unwrap() {
        let file = file.unwrap().path();
        assert_eq!(mode(&file), 0o600, "{}", file.display());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_reached_says_so_and_nothing_secret() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let kind = StoreKind::Sqlite { dir: file.path().to_owned() };
    let error = Store::open(&StoreSettings { kind }, Clock::system()).await.unwrap_err();
    assert!(matches!(error, Error::Directory { .. }), "{error:?}");
    assert_eq!(error.kind(), ErrorKind::Unavailable);

    for (url, kind) in [
        ("postgres://u:hunter2@127.0.0.1:1/x", ErrorKind::Unavailable),
        ("mysql://u:hunter2@127.0.0.1:1/x", ErrorKind::Invalid),
        ("postgres://u:hunter2@127.0.0.1:port/x", ErrorKind::Invalid),
    ] {
        let settings = StoreSettings { kind: StoreKind::Postgres { url: url.to_owned().into() } };
        assert!(!format!("{settings:?}").contains("hunter2"));
        let error = Store::open(&settings, Clock::system()).await.unwrap_err();
        assert_eq!(error.kind(), kind, "{error:?}");
        assert!(!format!("{error} {error:?}").contains("hunter2"), "{error:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_stops_is_unavailable_until_it_is_back() {
    let server = Postgres::start();
    let settings = StoreSettings { kind: StoreKind::Postgres { url: server.create_database().await.into() } };
    let store = Store::open(&settings, Clock::system()).await.unwrap();
    store.record(&[entry("a.b", "c")]).await.unwrap();
    server.stop();
    let error = store.record(&[entry("a.b", "c")]).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable, "{error:?}");
    assert_eq!(store.has_users().await.unwrap_err().kind(), ErrorKind::Unavailable);
    server.start_again();
    assert_eq!(store.record(&[entry("a.b", "c")]).await.unwrap(), 2);
}

/// A backup of a database with one account and its record.
async fn backed_up() -> (Fixture, std::path::PathBuf) {
    let fixture = Fixture::sqlite().await;
    fixture.add_user("ada").await;
    let backup = fixture.dir.path().join("backup.db");
    fixture.store.backup(&backup).await.unwrap();
    (fixture, backup)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_is_restored() {
    let (fixture, backup) = backed_up().await;
    assert_eq!(backup.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    let refused = fixture.store.backup(&backup).await.unwrap_err();
    assert!(matches!(refused, Error::Directory { .. }), "{refused:?}");
    let dir = fixture.dir.path().join("data");
    fixture.add_user("eve").await;
    let refused = restore(&backup, &dir).await.unwrap_err();
    assert!(matches!(refused, Error::InUse(_)), "{refused:?}");

    let Fixture { store, settings, clock, dir: _keep } = fixture;
    store.close().await;
    drop(store);
    for expected in ["sentry.db.before-restore-1", "sentry.db.before-restore-2"] {
        assert_eq!(restore(&backup, &dir).await.unwrap(), Some(dir.join(expected)));
    }
    let store = Store::open(&settings, clock).await.unwrap();
    assert!(store.find_user(&"u-ada".into()).await.unwrap().is_some());
    assert!(store.find_user(&"u-eve".into()).await.unwrap().is_none());
    assert_eq!(store.record(&[entry("store.restore", "store")]).await.unwrap(), 2);
    let elsewhere = dir.with_file_name("elsewhere");
    assert_eq!(restore(&backup, &elsewhere).await.unwrap(), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_closed_store_is_free_at_once_though_children_are_being_started() {
    let (fixture, backup) = backed_up().await;
    let dir = fixture.dir.path().join("data");
    drop(fixture.store);
    let done = std::sync::atomic::AtomicBool::new(false);
    let restored = std::thread::scope(|threads| {
        threads.spawn(|| {
            while !done.load(std::sync::atomic::Ordering::Relaxed) {
                std::process::Command::new("true").status().unwrap();
            }
        });
        let restore_often = async {
            for _ in 0..50 {
                restore(&backup, &dir).await?;
            }
            Ok::<_, Error>(())
        };
        let restored =
            tokio::task::block_in_place(|| tokio::runtime::Handle::current().block_on(restore_often));
        done.store(true, std::sync::atomic::Ordering::Relaxed);
        restored
    });
    restored.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn only_an_intact_backup_of_ours_is_restored() {
    let (fixture, backup) = backed_up().await;
    let target = fixture.dir.path().join("target");
    let refuse = async |path: &std::path::Path, expect: &str| {
        let refused = restore(path, &target).await.unwrap_err();
        assert!(refused.to_string().contains(expect), "{expect}: {refused:?}");
        let left: Vec<_> =
            std::fs::read_dir(&target).unwrap().map(|file| file.unwrap().file_name()).collect();
        assert_eq!(left, ["sentry.lock"], "{expect}");
    };
    let path = |name: &str| fixture.dir.path().join(name);
    std::fs::write(path("text"), "no database at all, but long enough to be read as one".repeat(200))
        .unwrap();
    refuse(&path("text"), "is no database of this program").await;
    crate::fixture::tamper_with_file(&path("foreign.db"), "CREATE TABLE x (y)").await.unwrap();
    refuse(&path("foreign.db"), "is no database of this program").await;
    refuse(&path("none.db"), "cannot be used").await;
    refuse(&path("data/sentry.db"), "make a backup of it first").await;
    std::fs::copy(&backup, path("edited.db")).unwrap();
    let edit = "DROP TRIGGER audit_record_no_update; UPDATE audit_record SET at_ms = 0";
    crate::fixture::tamper_with_file(&path("edited.db"), edit).await.unwrap();
    refuse(&path("edited.db"), "the audit record 1 of the backup is broken").await;
    assert!(matches!(
        verify_backup(&backup).await,
        Ok(model::audit::ChainVerdict::Intact { records: 1, .. })
    ));
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_is_backed_up_by_its_own_tools() {
    let fixture = Fixture::postgres().await;
    let refused = fixture.store.backup(&fixture.dir.path().join("backup.db")).await.unwrap_err();
    assert!(refused.to_string().contains("pg_dump"), "{refused:?}");
}
