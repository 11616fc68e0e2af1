//! Raw values as readers found them. Counters stay raw: rates are born in the fold, from two of them.

use std::sync::Arc;
use std::time::Duration;

use super::clock::{Moment, WallTime};
use super::freeze::Frozen;
use super::gpu::GpuUse;
use super::intake::Intake;
use super::job::{JobId, JobKind, MemoryLimit, WorkerCounts};
use super::member::{About, IoRates, MemberId, MemoryParts};
use super::metric::{Bytes, Unit};
use super::oom::OomCounters;
use super::pool::Pool;
use super::pressure::{PagingCounters, Waiting};
use super::process::{Exit, ProcState};
use super::room::RoomReading;
use super::said::SaidState;
use super::sign::SignRead;
use super::snapshot::Host;
use super::text::Text;

/// What a member's memory does, besides its size.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Paging {
    /// Page faults since its start that needed no disk.
    pub minor_faults: u64,
    /// Page faults since its start that waited for a disk.
    pub major_faults: u64,
    /// Its address space, used or not.
    pub address_space: Bytes,
    /// What of its memory is its own, read or carried on.
    pub parts: Option<MemoryParts>,
}

/// One member as it was read.
#[derive(Debug, Clone, PartialEq)]
pub struct MemberReading {
    /// Who it is.
    pub id: MemberId,
    /// What seldom changes in it.
    pub about: Arc<About>,
    /// The PID of its parent.
    pub parent: Option<u32>,
    /// What the scheduler says of it.
    pub state: Option<ProcState>,
    /// CPU time used since its start, in milliseconds.
    pub cpu_ms: u64,
    /// Resident memory.
    pub rss: Option<Bytes>,
    /// What that memory does.
    pub paging: Paging,
    /// Bytes read and written since its start; `None` when not read in this round.
    pub io: Option<(u64, u64)>,
    /// How many threads it has.
    pub threads: u32,
    /// What it waits for; `None` when it was not looked up in this round.
    pub waits_for: Option<Text>,
    /// What its source says of its being at work; `None` where that must be inferred.
    pub busy: Option<bool>,
    /// How it ended, for a zombie or a member whose end its source tells.
    pub exit: Option<Exit>,
}

/// A job's memory as it was read.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct MemoryReading {
    /// What a control group says that holds this job and nothing else.
    pub own_cgroup: Option<Bytes>,
    /// The limit that binds first.
    pub limit: Option<MemoryLimit>,
}

/// How the job or its host is pressed, as it was read.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct PressureReading {
    /// Whose waiting this is.
    pub scope: Text,
    /// Waiting for memory.
    pub memory: Option<Waiting>,
    /// Waiting for disks.
    pub io: Option<Waiting>,
    /// Waiting for a CPU.
    pub cpu: Option<Waiting>,
    /// Waiting for a CPU on the whole host.
    pub host_cpu: Option<Waiting>,
    /// What comes back from disk on the whole host.
    pub paging: Option<PagingCounters>,
    /// Processes of the whole host that were killed for want of memory.
    pub oom_kills: Option<u64>,
}

/// Counters that one line, datagram or poll carried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CountersRead {
    /// Finished tasks.
    pub done: Option<u64>,
    /// How many tasks there are.
    pub total: Option<u64>,
    /// Tasks in flight.
    pub in_flight: Option<u64>,
    /// Tasks that failed.
    pub failed: Option<u64>,
    /// True when done and total were told together: then a total that is not there is not known.
    pub is_pair: bool,
    /// What is counted.
    pub unit: Unit,
}

impl CountersRead {
    /// These counters, and where there is none, the older ones.
    #[must_use]
    pub fn or(self, older: Self) -> Self {
        let (pair, is_pair) =
            if self.is_pair { (self, true) } else { (older, older.is_pair && self.done.is_none()) };
        Self {
            done: self.done.or(pair.done),
            total: self.total.or(pair.total),
            is_pair,
            in_flight: self.in_flight.or(older.in_flight),
            failed: self.failed.or(older.failed),
            unit: if self.done.is_some() { self.unit } else { older.unit },
        }
    }

    /// True when nothing was recognised.
    pub fn is_empty(self) -> bool {
        self == Self { is_pair: self.is_pair, unit: self.unit, ..Self::default() }
    }
}

/// One line of output, redacted, with what a pattern found in it.
#[derive(Debug, Clone, PartialEq)]
pub struct LineReading {
    /// When it was read.
    pub at: Moment,
    /// What it says.
    pub text: Text,
    /// The counters in it.
    pub counters: CountersRead,
    /// Which pattern found them.
    pub pattern: Option<Text>,
}

/// What is told once of a job.
#[derive(Debug, Clone, PartialEq)]
pub struct JobIntro {
    /// What people call it.
    pub name: Text,
    /// What kind of thing it is.
    pub kind: JobKind,
    /// The host it runs on.
    pub host: Text,
    /// When it began.
    pub started: Option<Moment>,
}

/// All that was read of one job in one round.
#[derive(Debug, Clone, PartialEq)]
pub struct JobReading {
    /// Which job.
    pub id: JobId,
    /// Told with every round: it is two pointers.
    pub intro: Arc<JobIntro>,
    /// Every member that is there now, by identity; `None` when members were not read in this round.
    pub members: Option<Vec<MemberReading>>,
    /// The pools of threads there are, by member, as they were seen last.
    pub pools: Vec<(MemberId, Arc<Pool>)>,
    /// The workers counted, where the source tells that and no members.
    pub workers: Option<WorkerCounts>,
    /// How members ended that are gone since the last round.
    pub exits: Vec<(MemberId, Exit)>,
    /// Its memory.
    pub memory: Option<MemoryReading>,
    /// How it is pressed.
    pub pressure: Option<PressureReading>,
    /// What the kernel has killed for want of memory until now.
    pub oom: Option<OomCounters>,
    /// What its members use of GPUs.
    pub gpu: Option<GpuUse>,
    /// What may run out.
    pub rooms: Vec<RoomReading>,
    /// Lines that came since the last round, oldest first.
    pub lines: Vec<LineReading>,
    /// What stands after the last line end, redacted: a prompt, most often.
    pub partial: Option<Text>,
    /// Lines that came and were passed over, because more came than a screen can use.
    pub lines_skipped: u64,
    /// What the lines told of trouble, also those that were passed over after they were read.
    pub signs: Vec<SignRead>,
    /// When a progress bar in the lines moved last, be it the one that counts for the job or another.
    pub bar_moved: Option<Moment>,
    /// Counters from elsewhere than whole lines, with their source.
    pub counters: Option<(CountersRead, Text)>,
    /// Counters that the job tells outright, in datagrams or on a page of metrics, with their source.
    pub said: Option<(CountersRead, Text)>,
    /// The newest of what the job said that is a sign of progress by itself, and when; told when it is new.
    pub said_beat: Option<(Moment, Text)>,
    /// What the job told its manager of its own state.
    pub said_state: Option<SaidState>,
    /// What the job was seen to take in, and when; told in the round in which it is new.
    pub took: Option<(Moment, &'static str)>,
    /// The files that it reads through, and the bytes that wait to be taken.
    pub intake: Intake,
    /// What the whole job reads and writes, where its source tells that and no member's.
    pub io: Option<IoRates>,
    /// Counters are read from elsewhere from now on: those of the rounds before mean something else.
    pub is_anew: bool,
    /// Where beats are looked for.
    pub beat_sources: Vec<Text>,
    /// Its main process ended a moment ago: those that end with it are not lost.
    pub is_root_ending: bool,
    /// How the job ended.
    pub ended: Option<Exit>,
    /// How Telltale has frozen it, if it has.
    pub frozen: Option<Frozen>,
}

impl JobReading {
    /// A reading of a job that tells nothing yet.
    pub fn empty(id: JobId, intro: Arc<JobIntro>) -> Self {
        Self {
            id,
            intro,
            members: None,
            pools: Vec::new(),
            workers: None,
            exits: Vec::new(),
            memory: None,
            pressure: None,
            oom: None,
            gpu: None,
            rooms: Vec::new(),
            lines: Vec::new(),
            partial: None,
            lines_skipped: 0,
            signs: Vec::new(),
            bar_moved: None,
            counters: None,
            said: None,
            said_beat: None,
            said_state: None,
            took: None,
            intake: Intake::default(),
            io: None,
            is_anew: false,
            beat_sources: Vec::new(),
            is_root_ending: false,
            ended: None,
            frozen: None,
        }
    }
}

/// All that was read in one round.
#[derive(Debug, Clone, PartialEq)]
pub struct Readings {
    /// When.
    pub at: Moment,
    /// When, for people.
    pub wall: WallTime,
    /// Hosts.
    pub hosts: Vec<Host>,
    /// Jobs.
    pub jobs: Vec<JobReading>,
    /// CPU time the watcher used since its start in milliseconds, and its resident memory.
    pub own: (u64, Bytes),
    /// How late the round began against its schedule.
    pub late: Duration,
    /// How long the machine was suspended since the last round: nobody is silent in his sleep.
    pub slept: Duration,
    /// What could not be read, and why.
    pub problems: Vec<Text>,
}
