//! The progress of a job that says nothing: how far it is in the files that it reads, and what waits in its pipes.
//!
//! Nothing of this is done while counters tell more, and who reads nothing new is not looked at again. `/proc/PID/fd`
//! of a few members a round at most is looked through, in turn.

use std::collections::HashMap;
use std::time::Duration;

use super::queues::{Ends, QueueFeed, present};
use super::source::RoundContext;
use crate::model::clock::{self, Moment};
use crate::model::member::MemberId;
use crate::model::reading::{JobReading, MemberReading};
use crate::model::text::Text;
use crate::proc::descriptors::Target;
use crate::proc::holdings::HoldingsReader;
use crate::proc::inputs::{Inputs, Place, may_be_input};

/// Members whose descriptors are listed in one round at most, and the CPU time after which no more are: 20 µs for a
/// member with ten descriptors.
const LOOKS_A_ROUND: usize = 8;
const TIME_A_ROUND: Duration = Duration::from_millis(1);
/// A member is left alone for so long after its birth: what it reads is open by then.
const YOUNG: Duration = Duration::from_secs(2);
/// How long a member is left alone after a look: twice as long after each in vain.
const SOONEST: Duration = Duration::from_secs(2);
const LATEST: Duration = Duration::from_secs(64);
/// A counter that told nothing for so long tells no more.
const SILENT: Duration = Duration::from_secs(30);
/// What is known of members is tidied after so many rounds.
const ROUNDS_TO_TIDY: u64 = 64;

/// What is known of a member that was looked at.
#[derive(Debug, Clone, Copy)]
struct Looked {
    start: u64,
    at: Moment,
    wait: Duration,
    /// Bytes that it had read by then.
    read: u64,
    /// The descriptor to go on from.
    from: u32,
}

/// Watches what a job takes in.
#[derive(Debug, Default)]
pub struct QuietFeed {
    holdings: HoldingsReader,
    inputs: Inputs,
    queues: QueueFeed,
    looked: HashMap<u32, Looked>,
    /// The member that was looked at last.
    cursor: u32,
    round: u64,
    /// When a counter of the job's own told something last.
    counted: Option<Moment>,
    /// When the job told last how many tasks are in flight.
    flown: Option<Moment>,
    /// The file that the user chose; the empty name is any.
    chosen: Option<String>,
    has_told: bool,
}

impl QuietFeed {
    /// Progress is read from this file from now on, whatever else tells it; `None` leaves the choice to what is found.
    pub fn choose(&mut self, file: Option<&str>) {
        self.chosen = file.map(str::to_owned);
        self.counted = None;
    }

    /// Adds to a reading what the job takes in. All that its output tells stands in the reading already.
    pub(super) fn read(&mut self, context: &RoundContext<'_>, reading: &mut JobReading) {
        let now = context.at;
        self.round += 1;
        if reading.is_anew {
            self.counted = None;
        }
        let outright = reading.said.iter().chain(&reading.counters).map(|(counters, _)| counters);
        for counters in outright.chain(reading.lines.iter().map(|line| &line.counters)) {
            self.counted = counters.done.map(|_| now).or(self.counted);
            self.flown = counters.in_flight.map(|_| now).or(self.flown);
        }
        let is_recent = |at: Option<Moment>| at.is_some_and(|at| now.since(at) < SILENT);
        let wants_files = !is_recent(self.counted) || self.chosen.is_some();
        let wants_queues = !is_recent(self.flown);
        if reading.ended.is_some() || !(wants_files || wants_queues) {
            return;
        }
        if let Some(members) = &reading.members {
            self.look(members, wants_files, now);
            if wants_queues {
                let waiting = self.queues.read(members, now);
                reading.took = waiting.has_fallen.then_some((now, "a pipe that drained"));
                reading.beat_sources.extend(waiting.is_steady.then(|| Text::from("its task pipe")));
                reading.intake.queues = waiting.queues;
            }
        }
        if !wants_files {
            return;
        }
        self.follow(now);
        reading.intake.files = self.inputs.files(now);
        let moved = self.inputs.moved().filter(|&at| at == now);
        reading.took = moved.map(|at| (at, "an offset in its input that rose")).or(reading.took);
        reading.beat_sources.extend(self.inputs.steady().cloned());
        if self.counted.is_some() && self.chosen.is_none() {
            // The counter tells how far it is, though not now; the files tell only that it goes on.
            return;
        }
        let chosen = self.chosen.as_deref().filter(|name| !name.is_empty());
        let told = self.inputs.told(chosen, now);
        // What was read to its end and closed is no progress of what comes then.
        reading.is_anew |= told.is_none() && self.has_told;
        self.has_told = told.is_some();
        if let Some(told) = told {
            // What the user chose counts before all else.
            let place = if self.chosen.is_some() { &mut reading.said } else { &mut reading.counters };
            *place = Some((told.counters, told.source));
        }
    }

    /// Looks through the descriptors of members that read something since they were looked at.
    fn look(&mut self, members: &[MemberReading], wants_files: bool, now: Moment) {
        let begin = clock::thread_cpu();
        let from = members.partition_point(|member| member.id.pid() <= Some(self.cursor));
        let mut looks = 0;
        for member in members[from..].iter().chain(&members[..from]) {
            if !self.is_due(member, wants_files, now) {
                continue;
            }
            if looks == LOOKS_A_ROUND || clock::thread_cpu().saturating_sub(begin) > TIME_A_ROUND {
                break;
            }
            looks += 1;
            self.look_at(member, now);
        }
        if self.round.is_multiple_of(ROUNDS_TO_TIDY) {
            let present = present(members);
            self.looked.retain(|pid, _| present.contains(pid));
            self.queues.keep(&present);
        }
    }

    fn is_due(&self, member: &MemberReading, wants_files: bool, now: Moment) -> bool {
        let (MemberId::Process { pid, start }, Some((read, _))) = (&member.id, member.io) else {
            return false;
        };
        match self.looked.get(pid).filter(|looked| looked.start == *start) {
            Some(looked) => {
                let wait = if wants_files { looked.wait } else { LATEST };
                looked.from > 0 || (read > looked.read && now.since(looked.at) >= wait)
            }
            None => member.about.started.is_none_or(|started| now.since(started) >= YOUNG),
        }
    }

    fn look_at(&mut self, member: &MemberReading, now: Moment) {
        let (MemberId::Process { pid, start }, Some((read, _))) = (&member.id, member.io) else { return };
        let (pid, start) = (*pid, *start);
        self.cursor = pid;
        let before = self.looked.get(&pid).filter(|looked| looked.start == start).copied();
        let inputs = &mut self.inputs;
        let name = member.about.name.as_str();
        let mut has_found = false;
        let mut ends = Ends::default();
        let from = before.map_or(0, |looked| looked.from);
        let looked = self.holdings.each(pid, from, |held| {
            let Target::File(path) = held.target else { return ends.take(held) };
            if held.writes {
                inputs.is_written(path);
            } else if held.reads && may_be_input(path, name, held.fd) {
                has_found |= inputs.follow(Place { pid, fd: held.fd }, path);
            }
        });
        if from == 0 {
            // What lies beyond the first some hundred descriptors is no queue of a pool.
            self.queues.see(pid, ends);
        }
        let patience = before.map_or(SOONEST, |looked| (looked.wait * 2).clamp(SOONEST, LATEST));
        let (wait, from) = match looked {
            Ok((_, from)) => (if has_found { SOONEST } else { patience }, from.unwrap_or(0)),
            Err(_) => (LATEST, 0),
        };
        self.looked.insert(pid, Looked { start, at: now, wait, read, from });
    }

    /// Reads the offsets of the files that are followed.
    fn follow(&mut self, now: Moment) {
        for place in self.inputs.due(now) {
            let path = self.inputs.path(place).unwrap_or_default();
            if let Some(position) = self.holdings.position(place, path) {
                let wants_size = self.inputs.wants_size(place);
                let size = if wants_size { self.holdings.size(place, position) } else { None };
                self.inputs.note(place, position.offset, size, now);
            } else {
                self.inputs.close(place);
                // It may have gone on to the next of its files.
                if let Some(looked) = self.looked.get_mut(&place.pid) {
                    (looked.wait, looked.read) = (Duration::ZERO, 0);
                }
            }
        }
    }
}
