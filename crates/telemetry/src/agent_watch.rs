//! Watches how agents do, from what is written of them.
//!
//! Of each agent that is up a few numbers are in memory: when data of it last came in, and its calls of the
//! last minutes. They only say whose state may be another by now. Of those, and of no others, the stored
//! state and sums are read, and [`advance`] decides by these.
//!
//! So any number of servers may watch one store, each hearing a part of what comes in: whoever hears the
//! failing part looks, all see the same sums, and an agent that is silent here but not elsewhere is found to
//! be up. A change is written once, for a store takes only one that leads to another status than it has. A
//! server that starts takes the agents from the store, and looks at each of them once.
//!
//! An agent says that it stops with an event or log record named [`STOPPED`], or with a record of metrics
//! whose `status` is `stopped`.

mod calls;
mod note;

pub use note::STOPPED;

use crate::agent_state::{Observation, Thresholds, advance};
use crate::changes::Changes;
use crate::rollup::Level;
use crate::store::{
    AgentChange, AgentSummary, Batch, Grouping, Receipt, SeriesQuery, SharedStore, StoreResult, TimeRange,
    Write,
};
use calls::{RecentCalls, Tally};
use model::Clock;
use model::identity::ProjectId;
use model::telemetry::{AgentName, AgentState, AgentStatus, StatusChange, UnixNanos};
pub(crate) use note::Note;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Watches the agents of a store. Cheap to clone; all clones share what they know.
#[derive(Clone)]
pub struct AgentWatch(Arc<Shared>);

struct Shared {
    store: SharedStore,
    changes: Changes,
    clock: Clock,
    thresholds: Thresholds,
    agents: Mutex<Agents>,
}

/// Those that are up, and those that were heard of since they were last looked at.
type Agents = HashMap<ProjectId, HashMap<AgentName, Watched>>;

#[derive(Clone, Default)]
struct Watched {
    /// As the store had it when it was last looked at. When it was last seen is always true.
    state: AgentState,
    /// What came in since.
    heard: Heard,
    calls: RecentCalls,
    /// Whatever the numbers say: a server that was here before may have died before it looked.
    must_look: bool,
}

#[derive(Clone, Copy, Default, PartialEq)]
struct Heard {
    /// The newest time that a record carries.
    newest: Option<UnixNanos>,
    /// When the latest record came in.
    received: Option<UnixNanos>,
    /// When the agent said that it stops.
    stopped: Option<UnixNanos>,
}

impl AgentWatch {
    /// Watches nobody yet. Who follows a project in `changes` is told when one of its agents does otherwise.
    pub(crate) fn new(store: SharedStore, clock: Clock, thresholds: Thresholds, changes: Changes) -> Self {
        Self(Arc::new(Shared { store, changes, clock, thresholds, agents: Mutex::default() }))
    }

    /// Takes the agents of a project that are up from the store: at the start, and now and then, because
    /// other servers hear of others, and change them.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn load(&self, project: &ProjectId) -> StoreResult<()> {
        let stored = self.0.store.agents(project).await?;
        let mut agents = self.0.agents();
        let watched = agents.entry(project.clone()).or_default();
        for agent in stored {
            let state = state_of(&agent);
            if let Some(known) = watched.get_mut(&agent.name) {
                let last_seen = state.last_seen.max(known.state.last_seen);
                known.state = AgentState { last_seen, ..state };
            } else if is_watched(agent.status) {
                let new = Watched { state, must_look: true, ..Watched::default() };
                watched.insert(agent.name, new);
            }
        }
        Ok(())
    }

    /// Takes in what was written, with what became of it.
    pub(crate) fn hear(&self, notes: Vec<Note>, results: &[StoreResult<Receipt>]) {
        let mut agents = self.0.agents();
        for (note, result) in notes.into_iter().zip(results) {
            // What was stored before says nothing new.
            if result.as_ref().is_ok_and(|receipt| receipt.stored > 0) {
                self.0.hear(&mut agents, note);
            }
        }
    }

    /// Looks at the agents whose state may be another by now, and writes what has changed. For every few
    /// seconds: it costs next to nothing while all is as before.
    ///
    /// # Errors
    /// The store cannot be read or written: the same agents are looked at the next time.
    pub async fn sweep(&self) -> StoreResult<()> {
        let now = self.0.clock.now().into();
        let mut result = Ok(());
        for (project, due) in self.0.due(now) {
            // One project does not keep the others from being looked at.
            result = self.0.look(&project, due, now).await.and(result);
        }
        result
    }
}

impl Shared {
    fn agents(&self) -> MutexGuard<'_, Agents> {
        self.agents.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn hear(&self, agents: &mut Agents, note: Note) {
        let Note { project, received, agents: told } = note;
        if !agents.contains_key(&project) {
            agents.insert(project.clone(), HashMap::new());
        }
        let Some(known) = agents.get_mut(&project) else { return };
        for told in told {
            // The name of one that is known, which nearly all are, is not copied.
            if !known.contains_key(&told.agent.name) {
                known.insert(told.agent.name.clone(), Watched::default());
            }
            let Some(watched) = known.get_mut(&told.agent.name) else { continue };
            watched.state.last_seen = watched.state.last_seen.max(Some(received));
            watched.heard.newest = watched.heard.newest.max(Some(told.newest));
            watched.heard.received = watched.heard.received.max(Some(received));
            watched.heard.stopped = watched.heard.stopped.max(told.stopped);
            watched.calls.add(&told.calls);
        }
    }

    /// Those that are to be looked at.
    fn due(&self, now: UnixNanos) -> Vec<(ProjectId, HashMap<AgentName, Watched>)> {
        let from = self.window_start(now);
        let mut agents = self.agents();
        let mut all_due = Vec::new();
        for (project, agents) in agents.iter_mut() {
            let mut due = HashMap::new();
            for (name, watched) in agents.iter_mut() {
                watched.calls.forget_before(from);
                if self.is_due(watched, now) {
                    due.insert(name.clone(), watched.clone());
                }
            }
            if !due.is_empty() {
                all_due.push((project.clone(), due));
            }
        }
        all_due
    }

    fn is_due(&self, watched: &Watched, now: UnixNanos) -> bool {
        if watched.must_look || watched.heard.stopped.is_some() {
            return true;
        }
        // Of a share that is reached by all servers together, one of them reaches it alone.
        let fails = || self.thresholds.is_share_reached(watched.calls.sum());
        match watched.state.status {
            AgentStatus::Unknown | AgentStatus::Stopped => watched.heard.newest.is_some(),
            AgentStatus::Running => self.is_silent(&watched.state, now) || fails(),
            AgentStatus::Error => self.is_silent(&watched.state, now) || !fails(),
        }
    }

    fn is_silent(&self, state: &AgentState, now: UnixNanos) -> bool {
        state.last_seen < Some(self.window_start(now))
    }

    fn window_start(&self, now: UnixNanos) -> UnixNanos {
        let window = i64::try_from(self.thresholds.window.as_nanos()).unwrap_or(i64::MAX);
        UnixNanos(now.0.saturating_sub(window))
    }

    async fn look(
        &self,
        project: &ProjectId,
        due: HashMap<AgentName, Watched>,
        now: UnixNanos,
    ) -> StoreResult<()> {
        let stored = self.store.agents(project).await?;
        let sums = self.sums(project, due.keys().cloned().collect(), now).await?;
        let mut looked: HashMap<AgentName, Option<AgentState>> =
            due.keys().map(|name| (name.clone(), None)).collect();
        let mut changes = Vec::new();
        for agent in stored {
            let Some(watched) = due.get(&agent.name) else { continue };
            let mut state = state_of(&agent);
            state.last_seen = state.last_seen.max(watched.state.last_seen);
            // Long calls are in sums of when they began; after a start only the sums know.
            let of_store = sums.get(&agent.name).copied().unwrap_or_default().calls();
            let of_memory = watched.calls.sum();
            let recent = if of_store.calls >= of_memory.calls { of_store } else { of_memory };
            let mut apply = |at, observation| {
                let change;
                (state, change) = advance(state, observation, at, &self.thresholds);
                changes.extend(change.map(|change| (agent.name.clone(), change)));
            };
            let stopped = watched.heard.stopped.filter(|stopped| *stopped >= agent.status_since);
            if let Some(stopped) = stopped {
                apply(stopped, Observation::Stop);
            }
            match (watched.heard.newest, watched.heard.received) {
                (Some(newest), Some(received)) if received >= self.window_start(now) => {
                    apply(received, Observation::Data { newest, recent });
                }
                _ => apply(now, Observation::Nothing { recent }),
            }
            looked.insert(agent.name, Some(state));
        }
        self.write(project, changes, now).await?;
        self.settle(project, &due, looked);
        Ok(())
    }

    /// What the store has summed of the agents' last minutes.
    async fn sums(
        &self,
        project: &ProjectId,
        agents: Vec<AgentName>,
        now: UnixNanos,
    ) -> StoreResult<HashMap<AgentName, Tally>> {
        let query = SeriesQuery {
            range: TimeRange { from: self.window_start(now), until: UnixNanos(now.0.saturating_add(1)) },
            agents: Some(agents),
            step_ns: Level::Minute.nanos(),
            grouping: Grouping::ByAgent,
        };
        let mut sums: HashMap<AgentName, Tally> = HashMap::new();
        for sum in self.store.series(project, query).await? {
            if let Some(agent) = sum.agent {
                sums.entry(agent).or_default().add(&Tally::of_bucket(&sum.bucket));
            }
        }
        Ok(sums)
    }

    async fn write(
        &self,
        project: &ProjectId,
        changes: Vec<(AgentName, StatusChange)>,
        now: UnixNanos,
    ) -> StoreResult<()> {
        if changes.is_empty() {
            return Ok(());
        }
        for (agent, change) in &changes {
            let (from, to) = (change.from.as_str(), change.to.as_str());
            tracing::info!(%project, %agent, from, to, "the agent is {to} now: {}", change.reason);
            metrics::counter!("sentry_agent_changes_total", "to" => to).increment(1);
        }
        let changes = changes.into_iter().map(|(agent, change)| AgentChange {
            agent,
            at: change.at,
            status: change.to,
            why: change.reason.to_string(),
        });
        let batch = Batch { changes: changes.collect(), ..Batch::default() };
        let write = Write::new(project.clone(), now, batch);
        let written = self.store.write(vec![write]).await?;
        self.changes.mark(project);
        written.into_iter().try_for_each(|result| result.map(drop))
    }

    /// Keeps what was found out. What came in meanwhile is for the next time.
    fn settle(
        &self,
        project: &ProjectId,
        due: &HashMap<AgentName, Watched>,
        looked: HashMap<AgentName, Option<AgentState>>,
    ) {
        let mut agents = self.agents();
        let Some(agents) = agents.get_mut(project) else { return };
        for (name, state) in looked {
            let Some(watched) = agents.get_mut(&name) else { continue };
            let last_seen = watched.state.last_seen;
            watched.state = state.unwrap_or_default();
            watched.state.last_seen = watched.state.last_seen.max(last_seen);
            watched.must_look = false;
            if due.get(&name).is_some_and(|due| due.heard == watched.heard) {
                watched.heard = Heard::default();
                if !is_watched(watched.state.status) {
                    agents.remove(&name);
                }
            }
        }
    }
}

/// Whether silence and failures change it. One that is down changes by what comes in only.
fn is_watched(status: AgentStatus) -> bool {
    matches!(status, AgentStatus::Running | AgentStatus::Error)
}

fn state_of(agent: &AgentSummary) -> AgentState {
    AgentState { status: agent.status, since: Some(agent.status_since), last_seen: Some(agent.last_seen) }
}
