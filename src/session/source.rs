//! Sources of readings: one for each watched job.

use std::cell::RefCell;
use std::os::fd::BorrowedFd;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::gauges;
use super::orphans::Orphans;
use super::passed::Passed;
use super::quiet::QuietFeed;
use super::said::SaidFeed;
use crate::feed::board::Board;
use crate::feed::pattern::{self, Pattern};
use crate::feed::signs::{OwnSign, SignReader};
use crate::feed::tail::Tail;
use crate::job::folder::Places;
use crate::job::freeze::{hand, record};
use crate::job::mailbox::Mailbox;
use crate::job::tree::Process;
use crate::model::clock::{Moment, WallTime};
use crate::model::freeze::Frozen;
use crate::model::job::{JobId, JobKind, LogTail};
use crate::model::member::MemberId;
use crate::model::process::Exit;
use crate::model::progress_source::INPUT;
use crate::model::reading::{CountersRead, JobIntro, JobReading, LineReading};
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
use crate::scan::redact::{Redactor, redact};

/// Lines of one round that go into a snapshot; counters are read from all of them.
const LINES_A_ROUND: usize = 200;

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

/// The files and patterns in which a job's progress is looked for.
#[derive(Debug, Default)]
pub struct OutputFeed {
    tails: Vec<Followed>,
    unreadable: Vec<Text>,
    meaning: Meaning,
    signs: SignReader,
    redactor: Redactor,
    /// The patterns are other ones since the last round, and this is what they read in the lines before.
    is_anew: bool,
    read_before: Option<(CountersRead, Text)>,
}

/// A file, and what stood after its last line end a round ago.
#[derive(Debug)]
struct Followed {
    tail: Tail,
    partial: String,
    /// When that was written.
    partial_at: Moment,
    is_partial_read: bool,
    passed: Passed,
}

impl Followed {
    fn new(tail: Tail) -> Self {
        Self {
            tail,
            partial: String::new(),
            partial_at: Moment::default(),
            is_partial_read: true,
            passed: Passed::default(),
        }
    }

    /// A bar ends its line only when it is drawn again, so its newest state stands after the last line end. What
    /// stood there a round ago already was not cut in the midst of being written, nor was what an ended job left.
    fn rested(&mut self, partial: &str, at: Moment, has_ended: bool) -> Option<(&str, Moment)> {
        let is_new = self.partial != partial;
        if is_new {
            (self.partial, self.partial_at, self.is_partial_read) = (partial.to_owned(), at, false);
        }
        if is_new && !has_ended {
            return None;
        }
        (!std::mem::replace(&mut self.is_partial_read, true)).then_some((&self.partial, self.partial_at))
    }
}

/// What the lines of a job mean: counters, by the first that finds some of the user's patterns, the bars of known
/// tools, and what counts look like.
#[derive(Debug, Default)]
struct Meaning {
    patterns: Vec<Pattern>,
    board: Board,
    counts: Option<Pattern>,
    /// A pattern of the user's has told what is done: from then on nothing else does.
    is_told_by_user: bool,
}

impl Meaning {
    fn new(patterns: Vec<Pattern>) -> Self {
        Self { patterns, counts: Some(Pattern::counts()), ..Self::default() }
    }

    /// The counters in a line, and who found them. `moved` is when a bar moved last.
    fn read(&mut self, line: &str, at: Moment, moved: &mut Option<Moment>) -> (CountersRead, Option<Text>) {
        if let Some((read, name)) = pattern::read_first(&self.patterns, line) {
            self.is_told_by_user |= read.done.is_some();
            return (read, Some(name.clone()));
        }
        if self.is_told_by_user {
            return Default::default();
        }
        if let Some(shown) = self.board.read(line, at) {
            *moved = if shown.has_moved { (*moved).max(Some(at)) } else { *moved };
            return (shown.counters, Some(shown.source));
        }
        // A count in a line of text is a guess, and a bar that runs is none.
        let guess = self.counts.as_ref().filter(|_| !self.board.has_live_bar());
        match guess.and_then(|counts| pattern::read_first(std::slice::from_ref(counts), line)) {
            Some((read, name)) => (read, Some(name.clone())),
            None => Default::default(),
        }
    }

    /// The same for what stands after the last line end: bars only, for a count in a question is none.
    fn read_rested(
        &mut self,
        partial: &str,
        at: Moment,
        moved: &mut Option<Moment>,
    ) -> Option<(CountersRead, Text)> {
        let shown = self.board.read_unended(partial, at).filter(|_| !self.is_told_by_user)?;
        *moved = if shown.has_moved { (*moved).max(Some(at)) } else { *moved };
        (!shown.counters.is_empty()).then_some((shown.counters, shown.source))
    }
}

impl OutputFeed {
    /// Follows `files`, looking for `patterns` in order, and then for what tools and people print.
    pub fn new(files: Vec<PathBuf>, patterns: Vec<Pattern>) -> Self {
        let redactor = Redactor::default().telling();
        let mut feed = Self { meaning: Meaning::new(patterns), redactor, ..Self::default() };
        for file in files {
            match Tail::open(&file) {
                Ok(tail) => feed.tails.push(Followed::new(tail)),
                Err(error) => feed.unreadable.push(Text::from(format!("{}: {error}", file.display()))),
            }
        }
        feed
    }

    /// Looks for these signs of trouble too.
    #[must_use]
    pub fn with_signs(mut self, own: Vec<OwnSign>) -> Self {
        self.signs = SignReader::new(own);
        self
    }

    /// Looks for this pattern alone from now on; for what counts look like, without one.
    fn choose(&mut self, pattern: Option<&str>, newest: &LogTail) {
        let Some(patterns) = pattern.map_or(Some(Vec::new()), |text| Some(vec![Pattern::chosen(text).ok()?]))
        else {
            // It was tried out before it was offered.
            return;
        };
        let is_told_by_user = !patterns.is_empty();
        self.meaning = Meaning { is_told_by_user, ..Meaning::new(patterns) };
        self.is_anew = true;
        self.read_before = None;
        for line in newest.lines.iter() {
            if let (read, Some(name)) = self.meaning.read(&line.text, line.at, &mut None) {
                self.read_before = Some((read, name));
            }
        }
    }

    fn read(&mut self, context: &RoundContext<'_>, reading: &mut JobReading, problems: &mut Vec<Text>) {
        reading.is_anew = std::mem::take(&mut self.is_anew);
        reading.counters = self.read_before.take();
        problems.extend(self.unreadable.iter().cloned());
        // `pv -n` prints bare numbers, which mean nothing of anybody else.
        let members = reading.members.iter().flatten();
        self.meaning.board.expect_pv(members.into_iter().any(|member| member.about.name.as_str() == "pv"));
        let has_ended = reading.ended.is_some();
        for followed in &mut self.tails {
            match followed.tail.read(context.at, context.wall) {
                Ok(round) => {
                    let name =
                        followed.tail.path().file_name().map(|name| name.to_string_lossy().into_owned());
                    let name = name.unwrap_or_default();
                    followed.passed.add(round.skipped, context.at);
                    problems.extend(followed.passed.words(&name, context.at).map(Text::from));
                    reading.beat_sources.push(Text::from(name));
                    reading.lines_skipped += u64::from(round.skipped > 0);
                    if !round.partial.trim().is_empty() {
                        reading.partial = Some(Text::new(&redact(&round.partial)));
                    }
                    for (at, line) in round.lines {
                        let (counters, pattern) = if gauges::is_own(at, &reading.intro) {
                            self.meaning.read(&line, at, &mut reading.bar_moved)
                        } else {
                            Default::default()
                        };
                        let shown = self.redactor.line(&line);
                        if gauges::is_own(at, &reading.intro) {
                            self.signs.read(&line, &shown, at);
                        }
                        let text = Text::new(&shown);
                        reading.lines.push(LineReading { at, text, counters, pattern });
                    }
                    if let Some((partial, at)) = followed.rested(&round.partial, round.at, has_ended)
                        && gauges::is_own(at, &reading.intro)
                        && let Some(shown) = self.meaning.read_rested(partial, at, &mut reading.bar_moved)
                    {
                        reading.counters = Some(shown);
                    }
                }
                Err(error) => {
                    problems.push(Text::from(format!("{}: {error}", followed.tail.path().display())));
                }
            }
        }
        reading.signs = self.signs.take();
        reading.signs.extend(self.redactor.take_leaks().iter().map(|leak| leak.sign(context.at)));
        keep_newest(reading);
    }
}

/// Drops all but the newest lines, and keeps the newest counters with them.
fn keep_newest(reading: &mut JobReading) {
    let surplus = reading.lines.len().saturating_sub(LINES_A_ROUND);
    if surplus == 0 {
        return;
    }
    let dropped = reading.lines.drain(..surplus).rev().filter(|line| !line.counters.is_empty());
    let carried =
        dropped.reduce(|newest, line| LineReading { counters: newest.counters.or(line.counters), ..newest });
    if let (Some(carried), Some(first)) = (carried, reading.lines.first_mut()) {
        first.counters = first.counters.or(carried.counters);
        first.pattern = first.pattern.take().or(carried.pattern);
    }
    reading.lines_skipped += surplus as u64;
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

#[cfg(test)]
mod tests {
    use std::io::Write as _;
    use std::time::Duration;

    use super::*;
    use crate::model::metric::Bytes;
    use crate::model::sign::SignClass;

    /// A log that grows, and what is read of it a round later.
    struct Log {
        file: tempfile::NamedTempFile,
        feed: OutputFeed,
        at: Moment,
    }

    impl Log {
        fn new(patterns: &[&str]) -> Self {
            let file = tempfile::NamedTempFile::new().expect("a temporary file");
            let patterns =
                patterns.iter().map(|pattern| Pattern::new(pattern).expect("it is valid")).collect();
            let feed = OutputFeed::new(vec![file.path().to_owned()], patterns);
            let mut log = Self { file, feed, at: Moment::from_millis(1_000_000) };
            log.round("", None);
            log
        }

        fn round(&mut self, text: &str, ended: Option<Exit>) -> JobReading {
            self.file.write_all(text.as_bytes()).expect("written");
            self.at = self.at.plus(Duration::from_secs(1));
            let (name, host) = (Text::from("etl"), Text::from("db7"));
            let intro = JobIntro { name: name.clone(), kind: JobKind::Attached, host, started: None };
            let mut reading = JobReading { ended, ..JobReading::empty(name, Arc::new(intro)) };
            let host = Host {
                name: Text::from("db7"),
                cpus: 4,
                load: None,
                memory_total: Bytes(0),
                memory_available: Bytes(0),
                gpus: Vec::new(),
            };
            let budget = RefCell::default();
            let context = RoundContext { at: self.at, wall: WallTime(0), host: &host, budget: &budget };
            self.feed.read(&context, &mut reading, &mut Vec::new());
            reading
        }

        /// What is told: done, total, and by whom.
        fn told(&mut self, text: &str) -> String {
            let Some((read, source)) = gauges::newest_counters(&self.round(text, None)) else {
                return "nothing".to_owned();
            };
            let figure = |figure: Option<u64>| figure.map_or("?".to_owned(), |figure| figure.to_string());
            format!("{}/{} by {source}", figure(read.done), figure(read.total))
        }
    }

    #[test]
    fn the_tool_that_prints_is_named_and_a_guess_waits_until_its_bar_is_over() {
        let mut log = Log::new(&[]);
        assert_eq!(log.told("part 1/9 begins\n"), "1/9 by n/m in its output");
        assert_eq!(log.told("x:  33%|#6   | 20/60 [00:00<00:00, 46.19it/s]\n"), "20/60 by tqdm");
        assert_eq!(log.told("file 3/4 is odd\n"), "nothing");
        assert_eq!(log.told("x: 100%|#####| 60/60 [00:00<00:00, 46.19it/s]\n"), "60/60 by tqdm");
        assert_eq!(log.told("part 2/9 begins\n"), "2/9 by n/m in its output");
    }

    #[test]
    fn the_users_pattern_replaces_all_others_once_it_found_something() {
        let mut log = Log::new(&[r"rows=(?P<done>\d+) of (?P<total>\d+)"]);
        assert_eq!(log.told(" 33%|#6   | 20/60 [00:00<00:00, 46.19it/s]\n"), "20/60 by tqdm");
        assert_eq!(log.told("rows=5 of 90\n"), "5/90 by --progress");
        assert_eq!(log.told(" 35%|#6   | 21/60 [00:00<00:00, 46.19it/s]\n"), "nothing");
    }

    #[test]
    fn a_bar_that_has_not_ended_its_line_is_read_once_it_rests() {
        let mut log = Log::new(&[]);
        assert_eq!(
            log.told("\r 33%|#6   | 20/60 [00:00<00:00, 46.19it/s]"),
            "nothing",
            "it may be half a frame"
        );
        assert_eq!(log.told(""), "20/60 by tqdm");
        assert_eq!(log.told(""), "nothing", "nothing new");
        let last = log.round("\r 50%|###  | 30/60 [00:00<00:00, 46.19it/s]", Some(Exit::Code(0)));
        assert_eq!(last.counters.map(|(read, _)| read.done), Some(Some(30)), "nobody will write more");
    }

    #[test]
    fn a_bar_that_moves_is_told_and_one_that_is_drawn_again_is_not() {
        let mut log = Log::new(&[]);
        let bar = |n: u32| format!("\rbatch 1:  33%|#6   | {n}/60 [00:00<00:00, 46.19it/s]\n");
        log.round("\repoch:   0%|     | 0/3 [00:00<?, ?it/s]\n", None);
        log.round(&bar(1), None);
        let inner = log.round(&bar(2), None);
        assert_eq!((inner.bar_moved, inner.lines[0].counters.total), (Some(log.at), Some(3)));
        assert_eq!(log.round(&bar(2), None).bar_moved, None);
    }

    #[test]
    fn a_log_that_is_read_along_tells_its_signs_and_its_secrets_once() {
        let mut log = Log::new(&[]);
        let line = format!("ghp_{}", "q8Zr2mT0xW5nB7vK1cJ9dL4hP6sG3fYAe2Xu");
        let first = log.round(&format!("using {line}\nfalling back to sequential\n"), None);
        let classes: Vec<_> = first.signs.iter().map(|sign| sign.kind.class).collect();
        assert_eq!(classes, [SignClass::Degraded, SignClass::Secret]);
        assert!(!first.lines[0].text.contains(&line) && !format!("{:?}", first.signs).contains(&line));
        assert!(log.round(&format!("using {line} again\n"), None).signs.is_empty());
        let before = "Traceback (most recent call last):\n".to_owned() + &"x\n".repeat(LINES_A_ROUND + 9);
        let flood = log.round(&before, None);
        assert_eq!((flood.signs[0].count, flood.signs[0].lines_after), (1, LINES_A_ROUND as u64 + 9));
    }
}
