//! Polls, live updates and sources that come and go, on a real SQLite database that changes.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use futures::StreamExt;
use model::diff::BoardDiff;
use model::live::Pulse;
use model::source::{SourceName, SourceState, SourceStatus};
use model::{Actor, Board, BusinessDate, Clock, EssentialName, EssentialStatus, SnapshotId};
use serde_json::Value;
use service::live::LiveStream;
use service::settings::{
    EssentialSettings, LenzAuth, LenzSettings, QueryLimits, SqlSettings, SqliteSettings,
};
use service::{Error, Service, Settings, SourceSettings};
use sqlx::{ConnectOptions, Connection};
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};
use std::time::Duration;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::time::timeout;

static OWNER: LazyLock<Actor> = LazyLock::new(Actor::local_owner);

fn date() -> BusinessDate {
    BusinessDate::parse("2026-02-18").unwrap()
}

/// A catalog API that answers from the reference estate.
struct CatalogApi {
    url: String,
    /// How many it may answer; the rest wait for more.
    allowed: Arc<Semaphore>,
    /// An essential of the settings that it does not know.
    lacks: Option<&'static str>,
}

async fn catalog_api(allowed: usize) -> CatalogApi {
    let allowed = Arc::new(Semaphore::new(allowed));
    let gate = allowed.clone();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let estate: Value = serde_json::from_str(testkit::reference::ESTATE_JSON).unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (catalog, gate) = (estate["catalog"].clone(), gate.clone());
            tokio::spawn(async move {
                let mut stream = BufReader::new(stream);
                loop {
                    let mut request = String::new();
                    while !request.ends_with("\r\n\r\n") {
                        if stream.read_line(&mut request).await.unwrap_or(0) == 0 {
                            return;
                        }
                    }
                    let name =
                        request.split("name=").nth(1).and_then(|rest| rest.split([' ', '&']).next()).unwrap();
                    gate.acquire().await.unwrap().forget();
                    let known = request.starts_with("GET /def?") && !catalog[name].is_null();
                    let status = if known { "200 OK" } else { "404 Not Found" };
                    let body = catalog[name].to_string();
                    let head = format!(
                        "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
                        body.len()
                    );
                    stream.write_all(format!("{head}{body}").as_bytes()).await.unwrap();
                }
            });
        }
    });
    CatalogApi { url, allowed, lacks: None }
}

struct World {
    service: Service,
    database: PathBuf,
    catalog: CatalogApi,
    _folder: TempDir,
}

async fn world(create: bool) -> World {
    world_with(create, catalog_api(Semaphore::MAX_PERMITS).await, Duration::from_secs(20)).await
}

async fn world_with(create: bool, catalog: CatalogApi, catalog_wait: Duration) -> World {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("estate.sqlite");
    if create {
        testkit::sqlite::create_reference(&database).await;
    }
    let estate: Value = serde_json::from_str(testkit::reference::ESTATE_JSON).unwrap();
    let mut essentials: Vec<EssentialSettings> =
        serde_json::from_value(estate["essentials"].clone()).unwrap();
    essentials.extend(catalog.lacks.map(|name| EssentialSettings {
        name: name.into(),
        display_name: name.to_owned(),
        aliases: Vec::new(),
        depends_on: Vec::new(),
    }));
    let source = SourceSettings::Real {
        sql: SqlSettings::Sqlite(SqliteSettings { path: database.clone(), limits: QueryLimits::default() }),
        lenz: LenzSettings { base_url: catalog.url.clone(), auth: LenzAuth::None },
        essentials,
        lenz_cache_ttl: Duration::from_secs(300),
    };
    let mut settings = Settings::new(source, "TEST", folder.path().join("data"));
    settings.poll_today = Duration::from_millis(50);
    settings.catalog_wait = catalog_wait;
    let clock = Clock::frozen("2026-02-18T12:09:40Z".parse().unwrap());
    let service = Service::open(settings, clock).await.unwrap();
    let runner = service.clone();
    tokio::spawn(async move { runner.run(std::future::pending()).await });
    World { service, database, catalog, _folder: folder }
}

async fn execute(database: &Path, statement: &'static str) {
    let mut connection =
        sqlx::sqlite::SqliteConnectOptions::new().filename(database).connect().await.unwrap();
    sqlx::query(statement).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
}

fn check_of(service: &Service, name: SourceName) -> SourceStatus {
    let checks = service.get_health(&OWNER).unwrap().checks;
    checks.into_iter().find(|check| check.name == name).unwrap()
}

struct Event {
    name: String,
    id: Option<SnapshotId>,
    data: String,
}

async fn next(stream: &mut LiveStream) -> Event {
    let bytes = timeout(Duration::from_secs(20), stream.next()).await.expect("an event in time").unwrap();
    let text = String::from_utf8(bytes.to_vec()).unwrap();
    assert!(text.ends_with("\n\n"), "{text}");
    let field = |name: &str| {
        let line = text.lines().find(|line| line.starts_with(name));
        line.map(|line| line[name.len()..].to_owned())
    };
    Event {
        name: field("event: ").unwrap(),
        id: field("id: ").map(|id| SnapshotId(id.parse().unwrap())),
        data: field("data: ").unwrap(),
    }
}

async fn next_named(stream: &mut LiveStream, name: &str) -> Event {
    loop {
        let event = next(stream).await;
        if event.name == name {
            return event;
        }
    }
}

/// Waits until the board of the date is known, through the live stream itself.
async fn known_board(service: &Service, stream: &mut LiveStream) -> Board {
    loop {
        if let Some(board) = &service.get_board(&OWNER, date()).await.unwrap().board {
            return Board::clone(board);
        }
        next(stream).await;
    }
}

const REPAIR: &str = "UPDATE WORKFLOW_RUN_INSTANCE SET STATUS = 'SUCCESS' WHERE STATUS = 'FAILED'";
const BREAK: &str = "UPDATE WORKFLOW_RUN_INSTANCE SET STATUS = 'FAILED' WHERE DAG_ID = '6g_calc_workflow_V2'";

#[tokio::test]
async fn a_change_reaches_followers_as_a_diff_that_makes_the_new_board() {
    let world = world(true).await;
    let mut stream = world.service.subscribe_board(&OWNER, date(), None).await.unwrap();
    let mut board = known_board(&world.service, &mut stream).await;
    execute(&world.database, REPAIR).await;
    let event = next_named(&mut stream, "diff").await;
    let diff: BoardDiff = serde_json::from_str(&event.data).unwrap();
    assert_eq!(event.id, Some(diff.to));
    assert_eq!(diff.changed.iter().map(|e| e.display_name.as_str()).collect::<Vec<_>>(), ["FR2052A (6G)"]);
    diff.apply(&mut board).unwrap();
    assert_eq!(board.summary.failed, 0);
    let now = world.service.get_board(&OWNER, date()).await.unwrap();
    assert_eq!(&board, &**now.board().unwrap());
}

#[tokio::test]
async fn a_follower_that_comes_back_gets_what_it_missed() {
    let world = world(true).await;
    let mut stream = world.service.subscribe_board(&OWNER, date(), None).await.unwrap();
    let mut board = known_board(&world.service, &mut stream).await;
    for change in [REPAIR, BREAK] {
        execute(&world.database, change).await;
        next_named(&mut stream, "diff").await;
    }
    let mut back = world.service.subscribe_board(&OWNER, date(), Some(board.id)).await.unwrap();
    for _ in 0..2 {
        let event = next(&mut back).await;
        assert_eq!(event.name, "diff");
        serde_json::from_str::<BoardDiff>(&event.data).unwrap().apply(&mut board).unwrap();
    }
    assert_eq!(&board, &**world.service.get_board(&OWNER, date()).await.unwrap().board().unwrap());

    // Up to date: nothing to catch up on. Unknown: start over.
    let mut current = world.service.subscribe_board(&OWNER, date(), Some(board.id)).await.unwrap();
    assert_eq!(next(&mut current).await.name, "heartbeat");
    let mut lost = world.service.subscribe_board(&OWNER, date(), Some(SnapshotId(1))).await.unwrap();
    let event = next(&mut lost).await;
    let pulse: Pulse = serde_json::from_str(&event.data).unwrap();
    assert_eq!((event.name.as_str(), pulse.id), ("snapshot", Some(board.id)));
}

#[tokio::test]
async fn a_slow_follower_is_told_to_start_over() {
    let world = world(true).await;
    let mut quick = world.service.subscribe_board(&OWNER, date(), None).await.unwrap();
    known_board(&world.service, &mut quick).await;
    let mut slow = world.service.subscribe_board(&OWNER, date(), None).await.unwrap();
    assert_eq!(next(&mut slow).await.name, "snapshot");
    for _ in 0..70 {
        next_named(&mut quick, "heartbeat").await;
    }
    assert_eq!(next(&mut slow).await.name, "snapshot");
}

#[tokio::test]
async fn nothing_new_keeps_the_board_and_its_id() {
    let world = world(true).await;
    let mut stream = world.service.subscribe_board(&OWNER, date(), None).await.unwrap();
    let first = known_board(&world.service, &mut stream).await;
    for _ in 0..5 {
        let event = next_named(&mut stream, "heartbeat").await;
        assert_eq!(event.id, None);
        assert_eq!(serde_json::from_str::<Pulse>(&event.data).unwrap().id, Some(first.id));
    }
}

#[tokio::test]
async fn no_board_shows_a_part_of_the_catalog_as_the_whole() {
    let world = world_with(true, catalog_api(4).await, Duration::from_secs(20)).await;
    while world.catalog.allowed.available_permits() > 0 {
        tokio::task::yield_now().await;
    }
    let early = timeout(Duration::from_millis(500), world.service.get_board(&OWNER, date())).await;
    let board = early.ok().and_then(|snapshot| snapshot.unwrap().board.clone());
    assert_eq!(board.map(|board| board.summary.total), None, "five answers are still under way");
    world.catalog.allowed.add_permits(5);
    let snapshot = world.service.get_board(&OWNER, date()).await.unwrap();
    assert_eq!(snapshot.board().unwrap().summary.total, 9);
}

#[tokio::test]
async fn a_catalog_that_is_slow_at_start_is_named_and_holds_nothing_up_for_ever() {
    let world = world_with(true, catalog_api(4).await, Duration::from_millis(300)).await;
    let mut stream = world.service.subscribe_board(&OWNER, date(), None).await.unwrap();
    let board = known_board(&world.service, &mut stream).await;
    assert_eq!(board.summary.total, 4);
    let catalog = || check_of(&world.service, SourceName::LenzApi);
    assert_eq!(catalog().state, SourceState::Down);
    assert_eq!(catalog().error.as_deref(), Some("has not answered for all essentials yet"));

    world.catalog.allowed.add_permits(5);
    loop {
        let board = known_board(&world.service, &mut stream).await;
        if board.summary.total == 9 && catalog().state == SourceState::Up {
            break;
        }
        next(&mut stream).await;
    }
}

#[tokio::test]
async fn a_name_that_the_catalog_does_not_know_leaves_the_catalog_up() {
    let mut catalog = catalog_api(Semaphore::MAX_PERMITS).await;
    catalog.lacks = Some("Nowhere");
    let world = world_with(true, catalog, Duration::from_secs(20)).await;
    let snapshot = world.service.get_board(&OWNER, date()).await.unwrap();
    assert_eq!(snapshot.board().unwrap().summary.total, 9);
    let check = check_of(&world.service, SourceName::LenzApi);
    assert_eq!(check.state, SourceState::Up);
    assert_eq!(check.error.as_deref(), Some("does not know the name (asked for Nowhere)"));
    let error = world.service.get_essential(&OWNER, "nowhere", date()).await.unwrap_err();
    assert_eq!(error.to_string(), "the catalog does not know the name: nothing is known of Nowhere");
    let again = world.service.refresh_catalog(&OWNER, Some("Nowhere")).await.unwrap();
    assert_eq!(again.failed[0].error, "does not know the name");
    assert_eq!(check_of(&world.service, SourceName::LenzApi).state, SourceState::Up);
}

#[tokio::test]
async fn a_catalog_that_knows_no_name_at_all_is_down() {
    let mut catalog = catalog_api(Semaphore::MAX_PERMITS).await;
    catalog.url.push_str("/wrong");
    let world = world_with(true, catalog, Duration::from_secs(20)).await;
    assert!(world.service.get_board(&OWNER, date()).await.unwrap().board.is_none());
    let check = check_of(&world.service, SourceName::LenzApi);
    assert_eq!(check.state, SourceState::Down);
    assert!(check.error.unwrap().starts_with("does not know the name (asked for "));
}

#[tokio::test]
async fn a_source_that_is_down_at_start_is_named_and_shown_once_it_is_there() {
    let world = world(false).await;
    let mut stream = world.service.subscribe_board(&OWNER, date(), None).await.unwrap();
    let down = loop {
        let check = check_of(&world.service, SourceName::FgwDatabase);
        let catalog = world.service.get_essential(&OWNER, "SNU", date()).await.unwrap_err();
        if check.state == SourceState::Down && !catalog.to_string().contains("catalog") {
            break check;
        }
        next(&mut stream).await;
    };
    assert!(down.error.is_some() && down.last_success.is_none());
    let error = world.service.get_essential(&OWNER, "SNU", date()).await.unwrap_err();
    assert!(
        matches!(&error, Error::Unavailable { message } if message.contains("workflow database")),
        "{error}"
    );

    testkit::sqlite::create_reference(&world.database).await;
    let board = known_board(&world.service, &mut stream).await;
    assert_eq!(board.summary.total, 9);
}

#[tokio::test]
async fn a_source_that_goes_down_leaves_the_last_board_with_its_age() {
    let world = world(true).await;
    let mut stream = world.service.subscribe_board(&OWNER, date(), None).await.unwrap();
    let board = known_board(&world.service, &mut stream).await;
    execute(&world.database, "ALTER TABLE WORKFLOW_RUN_INSTANCE RENAME TO GONE").await;
    loop {
        let event = next_named(&mut stream, "heartbeat").await;
        let pulse: Pulse = serde_json::from_str(&event.data).unwrap();
        let source = pulse.sources.iter().find(|source| source.name == SourceName::FgwDatabase).unwrap();
        if source.state == SourceState::Down {
            assert!(source.error.is_some() && source.last_success.is_some());
            break;
        }
    }
    let snapshot = world.service.get_board(&OWNER, date()).await.unwrap();
    assert_eq!(&**snapshot.board().unwrap(), &board);
    assert_eq!(snapshot.polled_at.unwrap().to_string(), "2026-02-18T12:09:40Z");
    execute(&world.database, "ALTER TABLE GONE RENAME TO WORKFLOW_RUN_INSTANCE").await;
    loop {
        let event = next_named(&mut stream, "heartbeat").await;
        let pulse: Pulse = serde_json::from_str(&event.data).unwrap();
        if pulse
            .sources
            .iter()
            .all(|source| source.name == SourceName::AirflowDatabase || source.state == SourceState::Up)
        {
            break;
        }
    }
}

#[tokio::test]
async fn past_dates_are_kept_within_bounds() {
    let world = world(true).await;
    let mut stream = world.service.subscribe_board(&OWNER, date(), None).await.unwrap();
    known_board(&world.service, &mut stream).await;
    let mut day = date();
    for _ in 0..12 {
        day = day.yesterday();
        let snapshot = world.service.get_board(&OWNER, day).await.unwrap();
        assert_eq!(snapshot.board().unwrap().run_count, 0);
    }
    let board = world.service.get_board(&OWNER, date()).await.unwrap();
    assert_eq!(board.board().unwrap().essentials[0].status, EssentialStatus::Running);
}

/// The actor from whom the 6G essential, which [`REPAIR_6G`] changes, is kept.
fn without_6g() -> Actor {
    let hidden = ["6G-FR2052a-E2E"].map(EssentialName::new);
    Actor { hidden: Arc::new(hidden.into()), ..Actor::local_owner() }
}

const REPAIR_6G: &str =
    "UPDATE WORKFLOW_RUN_INSTANCE SET STATUS = 'SUCCESS' WHERE DAG_ID = '6g_calc_workflow_V2'";
const CHANGE_SNU: &str =
    "UPDATE WORKFLOW_RUN_INSTANCE SET STATUS = 'FAILED' WHERE OUTPUT_DATASET_ID LIKE '%snu_stage_03%'";

async fn board_of(service: &Service, actor: &Actor) -> Board {
    Board::clone(service.get_board(actor, date()).await.unwrap().board().unwrap())
}

#[tokio::test]
async fn a_change_in_a_hidden_essential_is_no_event() {
    let world = world(true).await;
    let mut whole = world.service.subscribe_board(&OWNER, date(), None).await.unwrap();
    known_board(&world.service, &mut whole).await;
    let actor = without_6g();
    let mut narrowed = world.service.subscribe_board(&actor, date(), None).await.unwrap();
    let mut board = board_of(&world.service, &actor).await;
    let first = next(&mut narrowed).await;
    assert_eq!((first.name.as_str(), first.id), ("snapshot", Some(board.id)));

    execute(&world.database, REPAIR_6G).await;
    next_named(&mut whole, "diff").await;
    execute(&world.database, CHANGE_SNU).await;
    next_named(&mut whole, "diff").await;
    let mut heard = Vec::new();
    let change = loop {
        let event = next(&mut narrowed).await;
        if event.name != "heartbeat" {
            break event;
        }
        heard.push(event.data);
    };
    for heartbeat in &heard {
        let pulse: Pulse = serde_json::from_str(heartbeat).unwrap();
        assert_eq!(pulse.id, Some(board.id), "not even the id tells of it");
    }
    assert_eq!(change.name, "diff");
    assert!(!change.data.to_lowercase().contains("6g"), "{}", change.data);
    let diff: BoardDiff = serde_json::from_str(&change.data).unwrap();
    assert_eq!(diff.changed.iter().map(|e| e.name.as_str()).collect::<Vec<_>>(), ["SNU"]);
    diff.apply(&mut board).unwrap();
    assert_eq!(board, board_of(&world.service, &actor).await);
    assert_eq!((board.summary.total, board.summary.failed), (8, 1));
}

#[tokio::test]
async fn a_narrowed_follower_that_comes_back_gets_what_it_missed_of_its_own_board() {
    let world = world(true).await;
    let mut whole = world.service.subscribe_board(&OWNER, date(), None).await.unwrap();
    let everything = known_board(&world.service, &mut whole).await;
    let actor = without_6g();
    let mut board = board_of(&world.service, &actor).await;
    let follow = async |last| world.service.subscribe_board(&actor, date(), Some(last)).await.unwrap();

    // A hidden change is none to catch up on.
    execute(&world.database, REPAIR_6G).await;
    next_named(&mut whole, "diff").await;
    assert_eq!(next(&mut follow(board.id).await).await.name, "heartbeat");

    // A visible one is, though nobody of this audience was there when it happened.
    execute(&world.database, CHANGE_SNU).await;
    next_named(&mut whole, "diff").await;
    let event = next(&mut follow(board.id).await).await;
    assert_eq!(event.name, "diff");
    serde_json::from_str::<BoardDiff>(&event.data).unwrap().apply(&mut board).unwrap();
    assert_eq!(board, board_of(&world.service, &actor).await);

    // Boards of another audience are unknown here: start over.
    let theirs = board_of(&world.service, &OWNER).await;
    for id in [everything.id, theirs.id] {
        let event = next(&mut follow(id).await).await;
        assert_eq!((event.name.as_str(), event.id), ("snapshot", Some(board.id)));
    }
    let mut lost = world.service.subscribe_board(&OWNER, date(), Some(board.id)).await.unwrap();
    assert_eq!(next(&mut lost).await.id, Some(theirs.id));
}

#[tokio::test]
async fn an_event_is_encoded_once_for_all_of_an_audience() {
    let world = world(true).await;
    let mut whole = world.service.subscribe_board(&OWNER, date(), None).await.unwrap();
    known_board(&world.service, &mut whole).await;
    let mut events = Vec::new();
    let mut streams = Vec::new();
    for _ in 0..3 {
        streams.push(world.service.subscribe_board(&without_6g(), date(), None).await.unwrap());
    }
    execute(&world.database, CHANGE_SNU).await;
    for stream in &mut streams {
        let diff = loop {
            let bytes = timeout(Duration::from_secs(20), stream.next()).await.unwrap().unwrap();
            if String::from_utf8_lossy(&bytes).contains("event: diff") {
                break bytes;
            }
        };
        events.push(diff.as_ptr());
    }
    assert!(events.iter().all(|event| *event == events[0]));
}

#[tokio::test]
async fn a_slow_narrowed_follower_starts_over_with_its_own_board() {
    let world = world(true).await;
    let mut quick = world.service.subscribe_board(&OWNER, date(), None).await.unwrap();
    known_board(&world.service, &mut quick).await;
    let actor = without_6g();
    let mut slow = world.service.subscribe_board(&actor, date(), None).await.unwrap();
    assert_eq!(next(&mut slow).await.name, "snapshot");
    for _ in 0..70 {
        next_named(&mut quick, "heartbeat").await;
    }
    let again = next(&mut slow).await;
    let board = board_of(&world.service, &actor).await;
    assert_eq!((again.name.as_str(), again.id), ("snapshot", Some(board.id)));
}
