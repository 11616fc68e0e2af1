//! How many processes and threads a job's user may have, `RLIMIT_NPROC` in getrlimit(2), and how many the job has.
//!
//! The limit counts all that the user has, on the whole machine, which would cost a look at every process. The job's own
//! are known already and are a lower bound: something is told only when they alone come near the limit.

use super::parse;
use super::read::Reader;
use crate::model::member::MemberId;
use crate::model::reading::MemberReading;
use crate::model::room::{RoomKind, RoomReading};
use crate::model::text::Text;

/// What is less full than this is not told: lower than where it counts as near, so that it is seen to get better.
const WORTH_TELLING: f64 = 0.7;

/// The tightest limit that was seen of a member.
#[derive(Debug, Default)]
pub(super) struct UserTasks {
    tightest: Option<(u64, MemberId)>,
}

impl UserTasks {
    /// Takes in the text of `/proc/PID/limits` of a member.
    pub(super) fn see(&mut self, member: &MemberId, limits: &[u8]) {
        let limit = parse::soft_limit(limits, "Max processes ");
        match (&self.tightest, limit) {
            (Some((_, of)), None) if of == member => self.tightest = None,
            (Some((least, of)), Some(limit)) if limit >= *least && of != member => {}
            (_, Some(limit)) => self.tightest = Some((limit, member.clone())),
            (_, None) => {}
        }
    }

    /// How near the job alone brings its user to that limit, where it does.
    pub(super) fn room(&mut self, members: &[MemberReading], reader: &mut Reader) -> Option<RoomReading> {
        let alive = || members.iter().filter(|member| member.exit.is_none());
        let Some(whose) = self.tightest.as_ref().and_then(|(_, of)| alive().find(|member| member.id == *of))
        else {
            self.tightest = None;
            return None;
        };
        let (limit, _) = self.tightest.as_ref()?;
        let is_worth_telling = |used: u64| used as f64 >= WORTH_TELLING * *limit as f64;
        let sum = |threads: &mut dyn Iterator<Item = u32>| threads.map(u64::from).sum::<u64>();
        if !is_worth_telling(sum(&mut alive().map(|member| member.threads))) {
            return None;
        }
        let pid = whose.id.pid()?;
        let mut user = |pid: u32| reader.file(&format!("/proc/{pid}/status")).ok().map(parse::bound_user);
        // The kernel binds neither root nor who may exceed limits.
        let uid = user(pid)??;
        let is_of_user = |member: &&MemberReading| {
            member.id.pid().and_then(&mut user).is_some_and(|other| other == Some(uid))
        };
        let used = sum(&mut alive().filter(is_of_user).map(|member| member.threads));
        is_worth_telling(used).then(|| RoomReading {
            kind: RoomKind::UserTasks,
            scope: Text::from(format!("user {uid} (ulimit -u of process {pid}, {})", whose.about.name)),
            subject: None,
            used,
            limit: *limit,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(pid: u32) -> MemberId {
        MemberId::Process { pid, start: 1 }
    }

    fn limits(soft: &str) -> Vec<u8> {
        format!("Limit  Soft Limit  Hard Limit  Units\nMax processes             {soft}      unlimited    processes\n")
            .into_bytes()
    }

    #[test]
    fn the_tightest_limit_of_all_members_counts() {
        let mut tasks = UserTasks::default();
        for (pid, soft, expected) in [
            (1, "unlimited", None),
            (2, "500", Some((500, 2))),
            (3, "900", Some((500, 2))),
            (4, "64", Some((64, 4))),
            (4, "700", Some((700, 4))),
            (4, "unlimited", None),
        ] {
            tasks.see(&id(pid), &limits(soft));
            assert_eq!(tasks.tightest, expected.map(|(limit, pid)| (limit, id(pid))), "{pid} {soft}");
        }
    }
}
