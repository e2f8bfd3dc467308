//! A thread beside the writer: it adds up what commits have stored, until that is folded, and gives the
//! memory of what was written back. Both together are a fifth of what the writer would have to do.

use super::fold::{Pending, Sums};
use super::places::Places;
use crate::store::{StoreError, StoreResult, Write};
use rusqlite::Connection;
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};

/// So much may wait to be added up or given back; the writer waits then.
const WAITING: usize = 2;

/// The thread, as the writer sees it.
pub(super) struct Summing {
    to: SyncSender<Told>,
    observations: usize,
}

enum Told {
    Stored(Pending),
    /// Not needed any more.
    Written(Vec<Write>),
    Folded(Sums),
    Take(Sender<Sums>),
    Keep(Sums),
}

impl Summing {
    /// Starts it with what is not folded yet.
    pub(super) fn start(sums: Sums) -> StoreResult<Self> {
        let observations = sums.len();
        let (to, told) = sync_channel(WAITING);
        std::thread::Builder::new()
            .name("telemetry-sums".to_owned())
            .spawn(move || run(&told, sums))
            .map_err(|error| StoreError::Unavailable(error.into()))?;
        Ok(Self { to, observations })
    }

    /// How many observations are not folded.
    pub(super) fn len(&self) -> usize {
        self.observations
    }

    /// Adds what a commit has stored.
    pub(super) fn add(&mut self, pending: Pending) {
        self.observations += pending.len();
        self.tell(Told::Stored(pending));
    }

    /// Gives the memory of what is written back.
    pub(super) fn free(&self, group: Vec<Write>) {
        self.tell(Told::Written(group));
    }

    /// Folds the sums of all that was added, and the places. Where that fails the sums are kept.
    pub(super) fn fold(&mut self, connection: &mut Connection, places: &Places) -> StoreResult<()> {
        let sums = match self.take() {
            Some(sums) => sums,
            None => {
                tracing::error!("the thread that adds sums up has failed: they are read from the file");
                // Read first: a fold of less than the file has would take away what it does not count.
                let sums = Sums::load(connection)?;
                *self = Self::start(Sums::default())?;
                sums
            }
        };
        let folded = sums.fold(connection, places);
        match folded {
            Ok(()) => {
                self.observations = 0;
                self.tell(Told::Folded(sums));
            }
            Err(_) => {
                self.observations = sums.len();
                self.tell(Told::Keep(sums));
            }
        }
        folded
    }

    /// All that was added; `None` where the thread is gone.
    fn take(&self) -> Option<Sums> {
        let (take, taken) = channel();
        self.tell(Told::Take(take));
        taken.recv().ok()
    }

    /// Where the thread is gone the next fold sees it, and reads from the file what this was.
    fn tell(&self, what: Told) {
        drop(self.to.send(what));
    }
}

fn run(told: &Receiver<Told>, mut sums: Sums) {
    for what in told {
        match what {
            Told::Stored(pending) => sums.add(pending),
            Told::Written(group) => drop(group),
            Told::Folded(folded) => drop(folded),
            Told::Take(to) => drop(to.send(std::mem::take(&mut sums))),
            Told::Keep(kept) => sums = kept,
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that panics has failed")]
mod tests {
    use super::super::fold::Source;
    use super::super::names::Names;
    use super::super::schema;
    use super::*;
    use crate::rollup::Fact;
    use model::identity::ProjectId;
    use model::telemetry::{AgentIdentity, AgentName, UnixNanos};

    const AT: UnixNanos = UnixNanos(1_771_400_000_000_000_000);

    /// What a commit would add that has one request in it; committed, as its row is.
    fn observed(connection: &Connection) -> Pending {
        let mut names = Names::default();
        let project = names.project(connection, &ProjectId::from("p")).unwrap();
        let identity = AgentIdentity { name: AgentName::new("a"), id: None, metadata: Vec::new() };
        let agent = names.agent(connection, project, &identity.into(), AT).unwrap();
        let mut pending = Pending::new(AT);
        pending.see(agent, AT, AT);
        pending.observe(Source { project, agent }, AT, Fact::Request { latency_ms: 1.0, is_error: false });
        pending.write(connection).unwrap();
        pending
    }

    fn requests(connection: &Connection) -> u64 {
        let body = "SELECT body FROM rollup WHERE level = 0";
        let body: Vec<u8> = connection.query_row(body, [], |row| row.get(0)).unwrap();
        let bucket: crate::rollup::Bucket = super::super::names::decode(&body, "a sum").unwrap();
        bucket.requests.count
    }

    #[test]
    fn a_fold_that_fails_keeps_what_the_next_one_counts_once() {
        let dir = tempfile::tempdir().unwrap();
        let mut connection = schema::open_writer(&dir.path().join("file")).unwrap();
        let mut summing = Summing::start(Sums::default()).unwrap();
        for _ in 0..3 {
            let pending = observed(&connection);
            summing.add(pending);
        }
        connection.pragma_update(None, "query_only", true).unwrap();
        summing.fold(&mut connection, &Places::default()).unwrap_err();
        connection.pragma_update(None, "query_only", false).unwrap();
        assert_eq!(summing.len(), 3);
        summing.fold(&mut connection, &Places::default()).unwrap();
        assert_eq!((summing.len(), requests(&connection)), (0, 3));
        let pending = observed(&connection);
        summing.add(pending);
        summing.fold(&mut connection, &Places::default()).unwrap();
        assert_eq!(requests(&connection), 4);
    }

    #[test]
    fn where_the_thread_is_gone_the_file_says_what_is_not_folded() {
        let dir = tempfile::tempdir().unwrap();
        let mut connection = schema::open_writer(&dir.path().join("file")).unwrap();
        let (to, gone) = sync_channel(WAITING);
        drop(gone);
        let mut summing = Summing { to, observations: 0 };
        let lost = observed(&connection);
        summing.add(lost);
        connection.execute_batch("ALTER TABLE unfolded RENAME TO away").unwrap();
        summing.fold(&mut connection, &Places::default()).unwrap_err();
        connection.execute_batch("ALTER TABLE away RENAME TO unfolded").unwrap();
        for _ in 0..2 {
            let pending = observed(&connection);
            summing.add(pending);
            summing.fold(&mut connection, &Places::default()).unwrap();
        }
        assert_eq!((summing.len(), requests(&connection)), (0, 3));
    }
}
