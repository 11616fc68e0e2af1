//! Jobs that join while others are watched: more instances of the script that was named.

use super::source::Source;
use crate::model::clock::Moment;
use crate::model::job::Phase;
use crate::model::snapshot::Snapshot;
use crate::model::text::Text;

/// Jobs that are watched at once at most, where they were not named one by one.
pub const MOST_JOBS: usize = 64;

/// Finds jobs that start later.
pub trait Recruiter: Send {
    /// What has started since the last look. It is asked in each round, and looks as often as it can afford.
    fn look(&mut self, watched: &Snapshot, now: Moment) -> Joined;
}

/// What came of a look.
#[derive(Default)]
pub struct Joined {
    /// More jobs to watch.
    pub sources: Vec<Box<dyn Source>>,
    /// That some had no room.
    pub left_out: Option<Text>,
}

impl Joined {
    /// Lets go of the jobs that ended first, as far as those that join need their room.
    pub(super) fn make_room(&self, sources: &mut Vec<Box<dyn Source>>, watched: &Snapshot) {
        let surplus = (sources.len() + self.sources.len()).saturating_sub(MOST_JOBS);
        if surplus == 0 || self.sources.is_empty() {
            return;
        }
        let mut over: Vec<_> = watched
            .jobs
            .iter()
            .filter_map(|job| match job.phase {
                Phase::Ended { at, .. } => Some((at, &job.id)),
                Phase::Running => None,
            })
            .collect();
        over.sort_unstable();
        for (_, id) in over.into_iter().take(surplus) {
            sources.retain(|source| source.id() != id);
        }
    }
}
