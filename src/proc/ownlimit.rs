//! Limits that a process has of its own (`ulimit -v`, `ulimit -d`): the fullest of a job's members.

use std::collections::BTreeMap;

use super::parse::{self, OwnLimits};
use super::read::Reader;
use crate::model::job::MemoryLimit;
use crate::model::member::MemberId;
use crate::model::metric::Bytes;
use crate::model::reading::MemberReading;
use crate::model::text::Text;

/// Members whose limits are looked up in one round, new ones first: a process may set its own at any time.
const LOOKED_UP_A_ROUND: usize = 16;
/// Members with a limit of their own whose sizes are read in one round at most.
const READ_A_ROUND: usize = 64;
/// From this fill on such a limit may be the one that binds: a small tracker with a small limit never gets there.
const WORTH_TELLING: f64 = 0.3;
/// The limit that was told last is told again until another has less room by this share of it: workers of one pool fill
/// theirs side by side, and a limit that is another one in each round has no trend.
const NOTABLE: f64 = 0.05;

/// Looks up and watches the limits of one job's members.
#[derive(Debug, Default)]
pub struct OwnLimitReader {
    known: BTreeMap<u32, (u64, OwnLimits)>,
    cursor: u32,
    reader: Reader,
    /// Which limit was told last.
    told: Text,
}

impl OwnLimitReader {
    /// The limit of a single member with the least room, where one is notably full.
    pub fn read(&mut self, members: &[MemberReading]) -> Option<MemoryLimit> {
        self.look_up(members);
        let limited = |member: &&MemberReading| {
            let (pid, start) = process(member)?;
            let known = self.known.get(&pid).filter(|(known, _)| *known == start)?;
            (known.1 != OwnLimits::default()).then_some((pid, known.1))
        };
        // Hardly any process has one.
        if self.known.values().all(|(_, limits)| *limits == OwnLimits::default()) {
            return None;
        }
        let limited: Vec<_> = members
            .iter()
            .filter_map(|member| Some((member, limited(&member)?)))
            .take(READ_A_ROUND)
            .collect();
        let (mut tightest, mut again) = (None, None);
        for (member, (pid, limits)) in limited {
            let data = limits.data.and_then(|limit| {
                let status = self.reader.file(&format!("/proc/{pid}/status")).ok()?;
                Some((limit, parse::data_size(status)?))
            });
            let all = limits.address_space.map(|limit| (limit, member.paging.address_space.0));
            for (name, found) in [("RLIMIT_AS", all), ("RLIMIT_DATA", data)] {
                let limit = found.map(|(limit, used)| told(member, name, limit, used));
                let limit = limit.filter(|limit| limit.fill() >= WORTH_TELLING);
                again = again.or_else(|| limit.clone().filter(|limit| limit.scope == self.told));
                tightest = tighter(tightest, limit);
            }
        }
        let tightest = steadier(again, tightest);
        self.told = tightest.as_ref().map(|limit| limit.scope.clone()).unwrap_or_default();
        tightest
    }

    fn look_up(&mut self, members: &[MemberReading]) {
        let is_new = |member: &&MemberReading| {
            process(member)
                .is_some_and(|(pid, start)| self.known.get(&pid).is_none_or(|(known, _)| *known != start))
        };
        let from = members.partition_point(|member| member.id.pid() <= Some(self.cursor));
        let in_turn = members[from..].iter().chain(&members[..from]);
        let chosen: Vec<_> = members
            .iter()
            .filter(is_new)
            .chain(in_turn.filter(|member| !is_new(member)))
            .filter_map(process)
            .take(LOOKED_UP_A_ROUND.max(if self.known.is_empty() { READ_A_ROUND } else { 0 }))
            .collect();
        for (pid, start) in chosen {
            let limits = self.reader.file(&format!("/proc/{pid}/limits")).map(parse::own_limits);
            // What may not be read is taken for unlimited until its next turn.
            self.known.insert(pid, (start, limits.unwrap_or_default()));
            self.cursor = pid;
        }
        if self.known.len() > 2 * members.len() + READ_A_ROUND {
            let alive: std::collections::HashSet<_> = members.iter().filter_map(process).collect();
            self.known.retain(|&pid, &mut (start, _)| alive.contains(&(pid, start)));
        }
    }
}

fn process(member: &MemberReading) -> Option<(u32, u64)> {
    match member.id {
        MemberId::Process { pid, start } if member.exit.is_none() => Some((pid, start)),
        _ => None,
    }
}

fn told(member: &MemberReading, name: &str, limit: u64, used: u64) -> MemoryLimit {
    let scope = Text::from(format!("process {} ({}), {name}", member.id, member.about.name));
    MemoryLimit { scope, limit: Bytes(limit), used: Bytes(used) }
}

/// The limit that was told last, unless the tightest has notably less room.
fn steadier(again: Option<MemoryLimit>, tightest: Option<MemoryLimit>) -> Option<MemoryLimit> {
    let is_near = |again: &MemoryLimit| {
        let notably = (again.limit.0 as f64 * NOTABLE) as u64;
        tightest.as_ref().is_some_and(|tightest| again.room().0 <= tightest.room().0 + notably)
    };
    again.filter(is_near).or(tightest)
}

/// The limit with less room.
pub fn tighter(one: Option<MemoryLimit>, other: Option<MemoryLimit>) -> Option<MemoryLimit> {
    match (one, other) {
        (Some(one), Some(other)) => Some(if other.room() < one.room() { other } else { one }),
        (one, other) => one.or(other),
    }
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "starts a child to read its limits")]
mod tests {
    use super::*;
    use crate::proc::tree::TreeReader;
    use std::io::Read as _;
    use std::process::{Command, Stdio};

    fn limit(used: u64, limit: u64) -> MemoryLimit {
        MemoryLimit { scope: Text::default(), limit: Bytes(limit), used: Bytes(used) }
    }

    #[test]
    fn the_tighter_limit_has_less_room() {
        let (a, b) = (limit(10, 100), limit(900, 950));
        assert_eq!(tighter(Some(a.clone()), Some(b.clone())), Some(b.clone()));
        assert_eq!(tighter(None, Some(b.clone())), Some(b));
        assert_eq!(tighter(Some(a.clone()), None), Some(a));
    }

    #[test]
    fn who_was_told_last_is_told_again_until_another_is_notably_tighter() {
        let (a, b) = (limit(60, 100), limit(64, 100));
        assert_eq!(steadier(Some(a.clone()), Some(b.clone())), Some(a.clone()));
        let c = limit(66, 100);
        assert_eq!(steadier(Some(a), Some(c.clone())), Some(c));
        assert_eq!(steadier(None, Some(b.clone())), Some(b));
    }

    #[test]
    fn a_process_that_limits_itself_is_named() {
        let script = "ulimit -S -v 4000; echo .; read line";
        let mut child = Command::new("sh")
            .args(["-c", script])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("sh(1) exists");
        child.stdout.as_mut().expect("it is a pipe").read_exact(&mut [0]).expect("it says so");
        let mut members = TreeReader::new(child.id(), Vec::new(), 100).expect("it lives").read().members;
        let mut reader = OwnLimitReader::default();
        // A shell takes some 2.5 MB of address space; so that no libc makes a difference, it is said here.
        members[0].paging.address_space = Bytes(3 << 20);
        let found = reader.read(&members).expect("it is more than half full");
        assert_eq!(found.scope.as_str(), format!("process {} (sh), RLIMIT_AS", child.id()));
        assert_eq!((found.limit, found.used), (Bytes(4_000 << 10), Bytes(3 << 20)));
        members[0].paging.address_space = Bytes(1 << 20);
        assert_eq!(reader.read(&members), None, "far from it");
        drop(child.stdin.take());
        let _ = child.wait();
    }
}
