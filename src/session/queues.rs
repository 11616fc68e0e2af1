//! The bytes that wait in a job's pipes and sockets: what an uncooperative pool has in flight.
//!
//! A queue that falls is a beat: somebody took what was in it. Of a task pipe that fell steadily a silence can be judged
//! while something waits in it.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::time::Duration;

use crate::model::clock::{self, Moment};
use crate::model::intake::{Queue, QueueKind};
use crate::model::member::MemberId;
use crate::model::metric::Bytes;
use crate::model::reading::MemberReading;
use crate::model::text::Text;
use crate::proc::descriptors::Target;
use crate::proc::holdings::{Held, network_tables};
use crate::proc::net::{self, SocketQueues};
use crate::proc::pipes::{End, Kind, Plumbing};
use crate::proc::tap::{self, Dry};

/// Sockets that are remembered of one member, and of how many members.
const MOST_SOCKETS: usize = 64;
const MOST_HOLDERS: usize = 256;
/// Tables of sockets are read this often at most, and so that no more than a part in so many of a core goes into it.
const SOONEST_TABLE: Duration = Duration::from_secs(5);
const PART_OF_A_CORE: u32 = 500;
/// A shared pipe that holds less than any task does tells nothing: `make` keeps a byte for each free slot in one.
const LEAST_SHARED: u64 = 64;
/// From so many falls on a silence can be judged, if no gap between them was longer than this.
const STEADY: u32 = 10;
const STEADY_GAP: Duration = Duration::from_secs(20);

/// One pipe through the rounds.
#[derive(Debug, Clone, Copy, Default)]
struct Level {
    bytes: u64,
    falls: u32,
    fell: Option<Moment>,
    longest_gap: Duration,
    round: u64,
}

/// What was found in one round.
#[derive(Debug, Default)]
pub(super) struct Waiting {
    pub(super) queues: Vec<Queue>,
    /// Somebody took something.
    pub(super) has_fallen: bool,
    /// A task pipe whose silence would tell something.
    pub(super) is_steady: bool,
}

/// Watches what waits in a job.
#[derive(Debug, Default)]
pub(super) struct QueueFeed {
    plumbing: Plumbing,
    levels: HashMap<u64, Level>,
    sockets: HashMap<u32, Vec<u64>>,
    in_sockets: SocketQueues,
    next_table: Moment,
    /// Members whose pipes may not be asked.
    denied: HashSet<u32>,
    round: u64,
}

/// The pipes and sockets among the descriptors of one member.
#[derive(Debug, Default)]
pub(super) struct Ends {
    pipes: Vec<End>,
    sockets: Vec<u64>,
}

impl Ends {
    pub(super) fn take(&mut self, held: Held<'_>) {
        let Held { fd, target, reads, writes } = held;
        match target {
            Target::Pipe(pipe) if reads != writes => self.pipes.push(End { pipe, fd, reads }),
            Target::Socket(inode) if self.sockets.len() < MOST_SOCKETS => self.sockets.push(inode),
            _ => {}
        }
    }
}

impl QueueFeed {
    /// What a member holds by now.
    pub(super) fn see(&mut self, pid: u32, ends: Ends) {
        self.plumbing.see(pid, ends.pipes);
        if ends.sockets.is_empty() {
            self.sockets.remove(&pid);
        } else if self.sockets.len() < MOST_HOLDERS || self.sockets.contains_key(&pid) {
            self.sockets.insert(pid, ends.sockets);
        }
    }

    /// Forgets all members but these.
    pub(super) fn keep(&mut self, present: &HashSet<u32>) {
        self.plumbing.keep(|pid| present.contains(&pid));
        self.sockets.retain(|pid, _| present.contains(pid));
        self.denied.retain(|pid| present.contains(pid));
        let round = self.round;
        self.levels.retain(|_, level| level.round == round);
    }

    /// What waits now.
    pub(super) fn read(&mut self, members: &[MemberReading], now: Moment) -> Waiting {
        self.round += 1;
        let mut waiting = Waiting::default();
        self.read_pipes(members, now, &mut waiting);
        self.read_sockets(now, &mut waiting);
        waiting
    }

    fn read_pipes(&mut self, members: &[MemberReading], now: Moment, waiting: &mut Waiting) {
        let member = |pid: u32| {
            let at = members.binary_search_by_key(&Some(pid), |member| member.id.pid()).ok()?;
            members.get(at)
        };
        let kind = |pid: u32| {
            let member = member(pid)?;
            Some(Kind { parent: member.parent.unwrap_or(0), family: member.about.family })
        };
        let name = |pid: Option<&u32>| {
            pid.and_then(|&pid| member(pid)).map(|member| member.about.name.to_string()).unwrap_or_default()
        };
        for queue in self.plumbing.queues(kind) {
            let mut asked = Err(Dry::Gone);
            for &place in &queue.places {
                if self.denied.contains(&place.pid) {
                    continue;
                }
                asked = tap::waiting(place, queue.pipe);
                match asked {
                    Err(Dry::Denied) => drop(self.denied.insert(place.pid)),
                    Err(Dry::Gone) => {}
                    _ => break,
                }
            }
            let Ok(bytes) = asked else { continue };
            let level = self.levels.entry(queue.pipe).or_insert(Level { bytes, ..Level::default() });
            level.round = self.round;
            if bytes < level.bytes {
                waiting.has_fallen = true;
                level.longest_gap =
                    level.longest_gap.max(level.fell.map_or(Duration::ZERO, |at| now.since(at)));
                (level.falls, level.fell) = (level.falls.saturating_add(1), Some(now));
            }
            level.bytes = bytes;
            waiting.is_steady |= queue.kind == QueueKind::Tasks
                && bytes > 0
                && level.falls >= STEADY
                && level.longest_gap <= STEADY_GAP;
            let is_told = match queue.kind {
                QueueKind::Tasks => true,
                QueueKind::Shared => bytes >= LEAST_SHARED,
                _ => bytes > 0,
            };
            if !is_told {
                continue;
            }
            let between = match queue.kind {
                QueueKind::Stream => {
                    format!("{} to {}", name(queue.writers.last()), name(queue.readers.last()))
                }
                QueueKind::Results => format!("{} to {}", queue.writers.len(), name(queue.readers.last())),
                _ => format!("{} read it", queue.readers.len()),
            };
            waiting.queues.push(Queue {
                kind: queue.kind,
                bytes: Bytes(bytes),
                between: Text::from(between),
            });
        }
    }

    fn read_sockets(&mut self, now: Moment, waiting: &mut Waiting) {
        let Some(&pid) = self.sockets.keys().min() else {
            self.in_sockets = SocketQueues::default();
            return;
        };
        if now >= self.next_table {
            let begin = clock::thread_cpu();
            let own: BTreeSet<u64> = self.sockets.values().flatten().copied().collect();
            let tables = network_tables(pid);
            let found = tables.iter().map(|table| net::queues(table, &own));
            self.in_sockets = found.fold(SocketQueues::default(), SocketQueues::and);
            let cost = clock::thread_cpu().saturating_sub(begin).saturating_mul(PART_OF_A_CORE);
            self.next_table = now.plus(cost.max(SOONEST_TABLE));
        }
        let SocketQueues { sockets, received, unread, sent, untaken } = self.in_sockets;
        for (kind, bytes, some) in
            [(QueueKind::Received, received, unread), (QueueKind::Unsent, sent, untaken)]
        {
            if bytes > 0 {
                let between = Text::from(format!("{some} of {sockets} connections"));
                waiting.queues.push(Queue { kind, bytes: Bytes(bytes), between });
            }
        }
    }
}

/// Who is there.
pub(super) fn present(members: &[MemberReading]) -> HashSet<u32> {
    let pid = |member: &MemberReading| match member.id {
        MemberId::Process { pid, .. } => Some(pid),
        MemberId::Named(_) => None,
    };
    members.iter().filter_map(pid).collect()
}
