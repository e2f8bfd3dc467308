//! Each byte of a small database's audit pages is changed, one after the other: verifying says
//! so, or the change was to space that holds nothing.

use crate::fixture::{Fixture, entry, tamper_with_file};
use model::audit::ChainVerdict;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection, Row, SqliteConnection};
use std::collections::BTreeSet;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use store::verify_backup;

/// The smallest there is: more structure a byte.
const PAGE: u64 = 512;
const THREADS: usize = 4;

/// What the audit tables hold, by table and by each index.
const CONTENT: [&str; 7] = [
    "SELECT group_concat(quote(seq) || quote(at_ms) || quote(body) || quote(hash)) FROM audit_record",
    "SELECT group_concat(quote(id) || quote(seq) || quote(hash)) FROM audit_head",
    "SELECT group_concat(quote(seq) || quote(hash) || quote(records) || quote(file_sha256) || quote(sealed_at)) \
     FROM audit_seal",
    "SELECT group_concat(quote(at_ms) || quote(seq)) FROM audit_record INDEXED BY audit_record_at WHERE at_ms > 0",
    "SELECT group_concat(quote(action) || quote(seq)) FROM audit_record INDEXED BY audit_record_action WHERE action > ''",
    "SELECT group_concat(quote(actor) || quote(seq)) FROM audit_record INDEXED BY audit_record_actor WHERE actor > ''",
    "SELECT group_concat(quote(object) || quote(seq)) FROM audit_record INDEXED BY audit_record_object WHERE object > ''",
];

async fn content(connection: &mut SqliteConnection) -> Result<Vec<Option<String>>, sqlx::Error> {
    let mut all = Vec::new();
    for select in CONTENT {
        all.push(sqlx::query(select).fetch_one(&mut *connection).await?.try_get(0)?);
    }
    Ok(all)
}

async fn open(path: &Path) -> SqliteConnection {
    let options = SqliteConnectOptions::new().filename(path).read_only(true).immutable(true);
    options.connect().await.unwrap()
}

/// A database with records, a seal and a head, in small pages.
async fn small_database(dir: &Path) -> PathBuf {
    let fixture = Fixture::sqlite().await;
    let entries: Vec<_> = (0..5).map(|n| entry("key.create", &format!("key:{n}"))).collect();
    fixture.store.record(&entries).await.unwrap();
    let sealed = fixture.dir.path().join("sealed.jsonl");
    fixture.store.seal_audit(1, &sealed, entry("audit", "audit:1")).await.unwrap();
    let copy = dir.join("copy.db");
    fixture.store.backup(&copy).await.unwrap();
    tamper_with_file(&copy, &format!("PRAGMA page_size = {PAGE}; VACUUM")).await.unwrap();
    copy
}

/// The pages of the audit tables and their indexes, counted from 1.
async fn audit_pages(connection: &mut SqliteConnection, file: &[u8]) -> BTreeSet<u64> {
    let roots = "SELECT rootpage FROM sqlite_schema WHERE rootpage > 0 AND tbl_name LIKE 'audit%'";
    let roots = sqlx::query(roots).fetch_all(connection).await.unwrap();
    let mut open: Vec<u64> = roots.iter().map(|row| row.get::<i64, _>(0).unsigned_abs()).collect();
    let mut pages = BTreeSet::new();
    let number = |at: usize| u64::from(u32::from_be_bytes(file[at..at + 4].try_into().unwrap()));
    while let Some(page) = open.pop() {
        pages.insert(page);
        let start = ((page - 1) * PAGE) as usize;
        // https://sqlite.org/fileformat2.html#b_tree_pages
        if matches!(file[start], 2 | 5) {
            let cells = usize::from(u16::from_be_bytes([file[start + 3], file[start + 4]]));
            open.push(number(start + 8));
            for cell in 0..cells {
                let pointer = start + 12 + 2 * cell;
                let offset = usize::from(u16::from_be_bytes([file[pointer], file[pointer + 1]]));
                open.push(number(start + offset));
            }
        }
    }
    pages
}

#[tokio::test(flavor = "multi_thread")]
async fn every_changed_byte_is_found() {
    let dir = tempfile::tempdir().unwrap();
    let original = small_database(dir.path()).await;
    let file = std::fs::read(&original).unwrap();
    let intact = verify_backup(&original).await.unwrap();
    assert!(matches!(intact, ChainVerdict::Intact { records: 5, last_seq: 6, .. }), "{intact:?}");
    let mut connection = open(&original).await;
    let expect = content(&mut connection).await.unwrap();
    let mut pages = audit_pages(&mut connection, &file).await;
    connection.close().await.unwrap();
    // Long bodies go on in pages that are no b-tree's.
    let overflow: Vec<u64> = (2..=file.len() as u64 / PAGE)
        .filter(|page| !matches!(file[((page - 1) * PAGE) as usize], 2 | 5 | 10 | 13))
        .collect();
    pages.extend(overflow);
    let bytes: Vec<u64> = pages.iter().flat_map(|page| (page - 1) * PAGE..page * PAGE).collect();
    assert!(bytes.len() > 5_000, "{}", bytes.len());

    let mut tasks = tokio::task::JoinSet::new();
    for (number, part) in bytes.chunks(bytes.len().div_ceil(THREADS)).enumerate() {
        let copy = dir.path().join(format!("copy-{number}.db"));
        std::fs::copy(&original, &copy).unwrap();
        let (part, expect, file) = (part.to_vec(), expect.clone(), file.clone());
        tasks.spawn(async move {
            let handle = std::fs::OpenOptions::new().write(true).open(&copy).unwrap();
            let (mut found, mut unused) = (0, 0);
            for at in part {
                let byte = file[at as usize];
                let flipped = byte ^ (1 << (at % 8));
                handle.write_all_at(&[flipped], at).unwrap();
                match verify_backup(&copy).await {
                    Ok(ChainVerdict::Broken { .. }) | Err(_) => found += 1,
                    Ok(ChainVerdict::Intact { .. }) => {
                        let mut connection = open(&copy).await;
                        let now = content(&mut connection).await.ok();
                        assert_eq!(now.as_ref(), Some(&expect), "byte {at}: {byte:#x} → {flipped:#x}");
                        unused += 1;
                    }
                }
                handle.write_all_at(&[byte], at).unwrap();
            }
            (found, unused)
        });
    }
    let counts = tasks.join_all().await;
    let (found, unused) = counts.iter().fold((0, 0), |sum, part| (sum.0 + part.0, sum.1 + part.1));
    println!("{found} changes found, {unused} in unused space");
    let held: usize = expect.iter().flatten().map(String::len).sum();
    assert!(found > held, "{found} found of {held} bytes that the tables and indexes hold");
}
