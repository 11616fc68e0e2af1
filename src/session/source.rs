//! Sources of readings: one for each watched job.

use std::path::PathBuf;
use std::sync::Arc;

use crate::feed::pattern::{self, Pattern};
use crate::feed::tail::Tail;
use crate::model::clock::{Moment, WallTime};
use crate::model::job::{JobId, JobKind, LogTail};
use crate::model::member::MemberId;
use crate::model::process::Exit;
use crate::model::reading::{CountersRead, JobIntro, JobReading, LineReading};
use crate::model::snapshot::Host;
use crate::model::text::Text;
use crate::proc::memory::MemoryReader;
use crate::proc::tree::TreeReader;
use crate::scan::redact::{Redactor, redact};

/// Lines of one round that go into a snapshot; counters are read from all of them.
const LINES_A_ROUND: usize = 200;

/// What all sources of one round share.
#[derive(Debug, Clone, Copy)]
pub struct RoundContext<'a> {
    /// Now.
    pub at: Moment,
    /// Now, for people.
    pub wall: WallTime,
    /// The host's gauges.
    pub host: &'a Host,
}

/// Where the readings of one job come from.
pub trait Source: Send {
    /// The job it reads.
    fn id(&self) -> &JobId;

    /// One round of readings. What can't be read goes to `problems` in one line, and the rest goes on.
    fn read(&mut self, context: &RoundContext<'_>, problems: &mut Vec<Text>) -> JobReading;

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

    /// What does not work in the keeping itself.
    fn problems(&mut self) -> Vec<Text>;
}

/// The files and patterns in which a job's progress is looked for.
#[derive(Debug, Default)]
pub struct OutputFeed {
    tails: Vec<Tail>,
    unreadable: Vec<Text>,
    patterns: Vec<Pattern>,
    redactor: Redactor,
    /// The patterns are other ones since the last round, and this is what they read in the lines before.
    is_anew: bool,
    read_before: Option<(CountersRead, Text)>,
}

impl OutputFeed {
    /// Follows `files`, looking for `patterns` in order; without any, for what counts look like.
    pub fn new(files: Vec<PathBuf>, mut patterns: Vec<Pattern>) -> Self {
        let mut feed = Self::default();
        if patterns.is_empty() {
            patterns.push(Pattern::counts());
        }
        feed.patterns = patterns;
        for file in files {
            match Tail::open(&file) {
                Ok(tail) => feed.tails.push(tail),
                Err(error) => feed.unreadable.push(Text::from(format!("{}: {error}", file.display()))),
            }
        }
        feed
    }

    /// Looks for this pattern alone from now on; for what counts look like, without one.
    fn choose(&mut self, pattern: Option<&str>, newest: &LogTail) {
        // A pattern that can't be used was tried out before it was offered.
        let chosen = pattern.map_or_else(|| Ok(Pattern::counts()), Pattern::chosen);
        let Ok(chosen) = chosen else { return };
        self.patterns = vec![chosen];
        self.is_anew = true;
        self.read_before = newest.lines.iter().rev().find_map(|line| {
            let (read, name) = pattern::read_first(&self.patterns, &line.text)?;
            Some((read, name.clone()))
        });
    }

    fn read(&mut self, context: &RoundContext<'_>, reading: &mut JobReading, problems: &mut Vec<Text>) {
        reading.is_anew = std::mem::take(&mut self.is_anew);
        reading.counters = self.read_before.take();
        problems.extend(self.unreadable.iter().cloned());
        for tail in &mut self.tails {
            match tail.read(context.at, context.wall) {
                Ok(round) => {
                    let name = tail.path().file_name().map(|name| name.to_string_lossy().into_owned());
                    reading.beat_sources.push(Text::from(name.unwrap_or_default()));
                    reading.lines_skipped += u64::from(round.skipped > 0);
                    if !round.partial.trim().is_empty() {
                        reading.partial = Some(Text::new(&redact(&round.partial)));
                    }
                    for (at, line) in round.lines {
                        let found = pattern::read_first(&self.patterns, &line);
                        let (counters, pattern) =
                            found.map_or_else(Default::default, |(read, name)| (read, Some(name.clone())));
                        let text = Text::new(&self.redactor.line(&line));
                        reading.lines.push(LineReading { at, text, counters, pattern });
                    }
                }
                Err(error) => problems.push(Text::from(format!("{}: {error}", tail.path().display()))),
            }
        }
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
    feed: OutputFeed,
    keeper: Option<Box<dyn Keeper>>,
    root_exit: Option<Exit>,
    ended: Option<Exit>,
}

impl TreeSource {
    /// The job of the process tree `tree`, called `name`.
    pub fn attached(name: Text, host: Text, tree: TreeReader, feed: OutputFeed) -> Self {
        let intro = JobIntro { name, kind: JobKind::Attached, host, started: tree.started() };
        Self::new(tree.root().clone(), intro, Some(tree), feed, None)
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
        let memory = MemoryReader::default();
        Self { id, intro: Arc::new(intro), root, tree, memory, feed, keeper, root_exit: None, ended: None }
    }

    /// Reads the members; true while one of them lives.
    fn read_members(
        &mut self,
        context: &RoundContext<'_>,
        reading: &mut JobReading,
        problems: &mut Vec<Text>,
    ) -> bool {
        let Some(tree) = &mut self.tree else { return false };
        let round = tree.read();
        let of_root = round.exits.iter().find(|(id, _)| *id == self.root).map(|(_, exit)| *exit);
        // A root that nobody has reaped yet tells its end as a zombie.
        let zombie =
            round.members.iter().find(|member| member.id == self.root).and_then(|member| member.exit);
        self.root_exit = self.root_exit.or(of_root).or(zombie);
        let lives = round.members.iter().any(|member| member.exit.is_none());
        if let Some(root) = self.root.pid().filter(|_| lives) {
            reading.memory = Some(self.memory.read(root, &tree.pids(), context.host));
        }
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

    fn read(&mut self, context: &RoundContext<'_>, problems: &mut Vec<Text>) -> JobReading {
        let mut reading = JobReading::empty(self.id.clone(), Arc::clone(&self.intro));
        let lives = self.read_members(context, &mut reading, problems);
        // The end is asked for before the output is read: what a job wrote last is then read too.
        match &mut self.keeper {
            Some(keeper) => {
                self.ended = self.ended.or_else(|| keeper.ended());
                problems.extend(keeper.problems());
            }
            None if !lives => self.ended = self.ended.or(self.root_exit).or(Some(Exit::Unknown)),
            None => {}
        }
        self.feed.read(context, &mut reading, problems);
        reading.ended = self.ended;
        reading
    }

    fn choose_pattern(&mut self, pattern: Option<&str>, newest: &LogTail) {
        self.feed.choose(pattern, newest);
    }
}
