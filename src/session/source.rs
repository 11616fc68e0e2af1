//! Sources of readings: one for each watched job.

use std::cell::RefCell;
use std::os::fd::BorrowedFd;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::orphans::Orphans;
use super::output::OutputFeed;
use super::quiet::QuietFeed;
use super::said::SaidFeed;
use crate::job::folder::Places;
use crate::job::freeze::{hand, record};
use crate::job::mailbox::Mailbox;
use crate::job::tree::Process;
use crate::model::clock::{Moment, WallTime};
use crate::model::freeze::Frozen;
use crate::model::job::{JobId, JobKind};
use crate::model::log::LogTail;
use crate::model::member::MemberId;
use crate::model::process::Exit;
use crate::model::progress_source::INPUT;
use crate::model::reading::{JobIntro, JobReading};
use crate::model::said::Said;
use crate::model::sign::Leak;
use crate::model::snapshot::Host;
use crate::model::text::Text;
use crate::proc::memory::MemoryReader;
use crate::proc::oom::OomReader;
use crate::proc::ownlimit::{OwnLimitReader, tighter};
use crate::proc::pressure::PressureReader;
use crate::proc::pss::Budget;
use crate::proc::rooms::RoomReader;
use crate::proc::shares::ShareReader;
use crate::proc::threads::ThreadReader;
use crate::proc::tree::TreeReader;

/// Who ends so soon after the main process ended with it: a pool whose workers ask to die with their parent
/// (`PR_SET_PDEATHSIG`), or whom a script's last line kills.
const WITH_ITS_PARENT: Duration = Duration::from_secs(2);

/// What all sources of one round share.
#[derive(Debug, Clone, Copy)]
pub struct RoundContext<'a> {
    /// Now.
    pub at: Moment,
    /// Now, for people.
    pub wall: WallTime,
    /// The host's gauges.
    pub host: &'a Host,
    /// What may be spent on reading shares of memory.
    pub budget: &'a RefCell<Budget>,
}

/// Where the readings of one job come from.
pub trait Source: Send {
    /// The job it reads.
    fn id(&self) -> &JobId;

    /// Where it is kept what was seen of the job, for who watches it next.
    fn keepsake(&self) -> Option<PathBuf> {
        None
    }

    /// One round of readings. What can't be read goes to `problems` in one line, and the rest goes on.
    fn read(&mut self, context: &RoundContext<'_>, problems: &mut Vec<Text>) -> JobReading;

    /// Readable when something happened that is to be looked at before the next round.
    fn news(&self) -> Option<BorrowedFd<'_>> {
        None
    }

    /// Looks at it; true when a round should be taken at once.
    fn look(&mut self) -> bool {
        false
    }

    /// Reads counters by this pattern from the next round on; without one, by the built-in one. The newest lines are
    /// there so that a counter which is seldom written is known at once.
    fn choose_pattern(&mut self, pattern: Option<&str>, newest: &LogTail) {
        let _ = (pattern, newest);
    }
}

/// What a keeper tells of the job it holds.
pub trait Keeper: Send {
    /// How the job ended, once it did.
    fn ended(&mut self) -> Option<Exit>;

    /// What the job has said of itself so far, on the sockets that the keeper holds.
    fn said(&self) -> Option<Arc<Said>>;

    /// How orphans of the job ended that the keeper has reaped since the last time, by PID.
    fn orphans(&mut self) -> Vec<(u32, Exit)> {
        Vec::new()
    }
    /// How it has frozen the job, if it has.
    fn frozen(&self) -> Option<Frozen>;

    /// Secrets that stood in the output since the last time, before they were hidden.
    fn leaks(&mut self) -> Vec<Leak>;

    /// What does not work in the keeping itself.
    fn problems(&mut self) -> Vec<Text>;
}

/// A job that is a tree of processes.
pub struct TreeSource {
    id: JobId,
    intro: Arc<JobIntro>,
    root: MemberId,
    /// `None` when the job had ended before it could be looked at.
    tree: Option<TreeReader>,
    memory: MemoryReader,
    own_limits: OwnLimitReader,
    pressure: PressureReader,
    oom: OomReader,
    rooms: RoomReader,
    shares: ShareReader,
    threads: ThreadReader,
    feed: OutputFeed,
    said: SaidFeed,
    quiet: QuietFeed,
    keeper: Option<Box<dyn Keeper>>,
    orphans: Orphans,
    /// Where it is written down that a job without a keeper is frozen.
    frozen_at: Option<PathBuf>,
    root_exit: Option<Exit>,
    root_ended_at: Option<Moment>,
    ended: Option<Exit>,
    keepsake: Option<PathBuf>,
}

impl TreeSource {
    /// The job of the process tree `tree`, called `name`.
    pub fn attached(name: Text, host: Text, tree: TreeReader, feed: OutputFeed) -> Self {
        let intro = JobIntro { name, kind: JobKind::Attached, host, started: tree.started() };
        Self::new(tree.root().clone(), intro, Some(tree), feed, None)
    }

    /// The same, and what is seen of it is kept there for who watches it next.
    #[must_use]
    pub fn kept_in_mind(mut self, path: Option<PathBuf>) -> Self {
        self.keepsake = path;
        self
    }

    /// The job that `keeper` holds. It may have ended already, and then has no tree.
    pub fn kept(
        name: Text,
        host: Text,
        root: MemberId,
        tree: Option<TreeReader>,
        feed: OutputFeed,
        keeper: Box<dyn Keeper>,
    ) -> Self {
        let started = tree.as_ref().and_then(TreeReader::started);
        let intro = JobIntro { name, kind: JobKind::Launched, host, started };
        Self::new(root, intro, tree, feed, Some(keeper))
    }

    fn new(
        root: MemberId,
        intro: JobIntro,
        tree: Option<TreeReader>,
        feed: OutputFeed,
        keeper: Option<Box<dyn Keeper>>,
    ) -> Self {
        let id = Text::from(format!("{}:{root}", intro.host));
        Self {
            id,
            intro: Arc::new(intro),
            root,
            tree,
            memory: MemoryReader::default(),
            own_limits: OwnLimitReader::default(),
            pressure: PressureReader::default(),
            oom: OomReader::default(),
            rooms: RoomReader::default(),
            shares: ShareReader::default(),
            threads: ThreadReader::default(),
            feed,
            said: SaidFeed::default(),
            quiet: QuietFeed::default(),
            keeper,
            orphans: Orphans::default(),
            frozen_at: None,
            root_exit: None,
            root_ended_at: None,
            ended: None,
            keepsake: None,
        }
    }

    /// The same job, listened to as well.
    #[must_use]
    pub fn with_said(mut self, said: SaidFeed) -> Self {
        self.said = said;
        self
    }

    /// The same job, of which is written down in one of these places whether it is frozen.
    #[must_use]
    pub fn with_places(mut self, places: &Places) -> Self {
        let root = Process::of(&self.root).filter(|_| self.keeper.is_none());
        self.frozen_at = root.map(|root| record::of_process(places, root));
        self
    }

    /// Listens on this socket too, to the processes of the job.
    pub fn listen(&mut self, mailbox: Mailbox) {
        if let Some(root) = self.root.pid() {
            self.said.listen(mailbox, root);
        }
    }

    /// The same job, its progress read from a file that it reads, if one is named; the empty name is any.
    #[must_use]
    pub fn with_input(mut self, file: Option<&str>) -> Self {
        self.quiet.choose(file);
        self
    }

    /// Reads the members; true while one of them lives.
    fn read_members(
        &mut self,
        context: &RoundContext<'_>,
        reading: &mut JobReading,
        problems: &mut Vec<Text>,
    ) -> bool {
        let Some(tree) = &mut self.tree else { return false };
        let mut round = tree.read();
        let of_root = round.exits.iter().find(|(id, _)| *id == self.root).map(|(_, exit)| *exit);
        // A root that nobody has reaped yet tells its end as a zombie.
        let zombie =
            round.members.iter().find(|member| member.id == self.root).and_then(|member| member.exit);
        let had_root = self.root_exit.is_none();
        self.root_exit = self.root_exit.or(of_root).or(zombie);
        if had_root && self.root_exit.is_some() {
            self.root_ended_at = Some(context.at);
        }
        reading.is_root_ending = self.root_ended_at.is_some_and(|at| context.at.since(at) <= WITH_ITS_PARENT);
        let lives = round.members.iter().any(|member| member.exit.is_none());
        // The last round tells what its end was.
        let pressure = (lives || self.ended.is_none()).then(|| self.pressure.read(self.memory.unified()));
        let killed_on_host = pressure.as_ref().map(|read| read.oom_kills);
        if let Some(root) = self.root.pid().filter(|_| lives) {
            let mut memory = self.memory.read(root, &tree.pids(), context.host);
            memory.limit = tighter(memory.limit, self.own_limits.read(&round.members));
            let scarce = pressure.as_ref().and_then(|read| Some(read.host_cpu?.some));
            let (rooms, problem) = self.rooms.read(root, &round.members, context.at);
            reading.rooms = rooms;
            problems.extend(problem);
            let is_sum_known = memory.own_cgroup.is_some();
            let budget = &mut context.budget.borrow_mut();
            self.shares.read(&mut round.members, context.at, scarce, is_sum_known, budget);
            (reading.memory, reading.pressure) = (Some(memory), pressure);
        }
        reading.oom = killed_on_host.map(|on_host| self.oom.read(self.memory.own(), on_host));
        reading.pools = self.threads.read(&round.members, context.at);
        reading.members = Some(round.members);
        reading.exits = round.exits;
        let denied = tree.denied();
        if denied > 0 {
            problems.push(Text::from(format!(
                "no permission to see what {denied} processes of {} read, write and wait for: they belong to another user",
                self.intro.name
            )));
        }
        lives
    }
}

impl Source for TreeSource {
    fn id(&self) -> &JobId {
        &self.id
    }

    fn keepsake(&self) -> Option<PathBuf> {
        self.keepsake.clone()
    }

    fn read(&mut self, context: &RoundContext<'_>, problems: &mut Vec<Text>) -> JobReading {
        let mut reading = JobReading::empty(self.id.clone(), Arc::clone(&self.intro));
        let lives = self.read_members(context, &mut reading, problems);
        // The end is asked for before the output is read: what a job wrote last is then read too.
        match &mut self.keeper {
            Some(keeper) => {
                if self.ended.is_none() {
                    self.ended = keeper.ended();
                    self.orphans.hear(self.root.pid().zip(self.ended));
                }
                self.orphans.hear(keeper.orphans());
                self.orphans.explain(&mut reading.exits);
                problems.extend(keeper.problems());
            }
            None if !lives => self.ended = self.ended.or(self.root_exit).or(Some(Exit::Unknown)),
            None => {}
        }
        let kept = self.keeper.as_ref().and_then(|keeper| keeper.said());
        self.said.read(kept.as_deref(), context, &mut reading, problems);
        reading.ended = self.ended;
        reading.frozen = match &self.keeper {
            Some(keeper) => keeper.frozen(),
            None => self.frozen_at.as_deref().and_then(hand::look),
        };
        self.feed.read(context, &mut reading, problems);
        let leaks = self.keeper.as_mut().map(|keeper| keeper.leaks()).unwrap_or_default();
        reading.signs.extend(leaks.iter().map(|leak| leak.sign(context.at)));
        self.quiet.read(context, &mut reading);
        reading
    }

    fn news(&self) -> Option<BorrowedFd<'_>> {
        self.tree.as_ref().and_then(TreeReader::news)
    }

    fn look(&mut self) -> bool {
        self.tree.as_mut().is_some_and(TreeReader::look)
    }

    fn choose_pattern(&mut self, pattern: Option<&str>, newest: &LogTail) {
        let input = pattern.and_then(|pattern| pattern.strip_prefix(INPUT));
        self.quiet.choose(input);
        self.feed.choose(pattern.filter(|_| input.is_none()), newest);
    }
}
