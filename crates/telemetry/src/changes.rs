//! Tells those who look at a project that something of it was written.

use model::identity::ProjectId;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::watch;

/// Who follows which project. Cheap to clone.
///
/// A follower learns that something was written since it last looked, never what or how often: marking a
/// project is the same small work for any number of records, and a follower that is slow holds nothing up.
#[derive(Clone, Debug, Default)]
pub struct Changes(Arc<Mutex<HashMap<ProjectId, watch::Sender<()>>>>);

impl Changes {
    /// Sees every mark of `project` from now on.
    pub fn follow(&self, project: &ProjectId) -> watch::Receiver<()> {
        self.followed().entry(project.clone()).or_default().subscribe()
    }

    /// Something of `project` was written.
    pub(crate) fn mark(&self, project: &ProjectId) {
        let mut followed = self.followed();
        let is_left = followed.get(project).is_some_and(|followers| followers.send(()).is_err());
        if is_left {
            followed.remove(project);
        }
    }

    fn followed(&self) -> MutexGuard<'_, HashMap<ProjectId, watch::Sender<()>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_follower_learns_of_its_project_only_and_once() {
        let changes = Changes::default();
        let mut follower = changes.follow(&"ours".into());
        changes.mark(&"theirs".into());
        assert!(!follower.has_changed().unwrap());
        changes.mark(&"ours".into());
        changes.mark(&"ours".into());
        assert!(follower.has_changed().unwrap());
        follower.mark_unchanged();
        assert!(!follower.has_changed().unwrap());
    }

    #[test]
    fn what_nobody_follows_is_not_kept() {
        let changes = Changes::default();
        let follower = changes.follow(&"ours".into());
        let other = changes.follow(&"ours".into());
        drop(follower);
        changes.mark(&"ours".into());
        assert_eq!(changes.followed().len(), 1);
        drop(other);
        changes.mark(&"ours".into());
        assert_eq!(changes.followed().len(), 0);
    }
}
