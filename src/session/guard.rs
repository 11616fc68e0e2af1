#![expect(clippy::disallowed_methods, reason = "edge: owns the thread that guards jobs without a keeper")]
//! The guard over jobs that nobody keeps: a thread that looks at little and often, and freezes at its line.
//!
//! A launched job is guarded by its keeper, which outlives the screen. Here the screen goes and the guard with it; a
//! freeze stays, and is written down.

use std::io;
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::Duration;

use crate::job::folder::Places;
use crate::job::freeze::hand::{self, Job};
use crate::job::freeze::record;
use crate::job::guard::{Guard, GuardPlan, reason};
use crate::job::tree::Process;
use crate::model::clock::{self, Moment};
use crate::model::freeze::{Frozen, Then};
use crate::model::job::MemoryLimit;
use crate::model::metric::span;
use crate::model::text::Text;
use crate::proc::fill::FillReader;

/// A frozen job is told of again this often.
const REMIND_EVERY: Duration = Duration::from_mins(1);

/// The longest pause between two looks at anything.
const LONGEST: Duration = Duration::from_secs(1);

/// Guards these jobs, by their main process and name, until they end or the sender is dropped; `tell` hears what
/// happens.
pub fn spawn(
    jobs: Vec<(u32, Text)>,
    plan: GuardPlan,
    places: &Places,
    tell: impl Fn(&str) + Send + 'static,
) -> io::Result<Sender<()>> {
    let (stop, stopped) = channel();
    let posts: Vec<Post> =
        jobs.into_iter().filter_map(|(pid, name)| Post::of(pid, name, plan, places)).collect();
    let places = places.clone();
    std::thread::Builder::new()
        .name("guard".into())
        .stack_size(512 << 10)
        .spawn(move || watch(posts, &places, &tell, &stopped))?;
    Ok(stop)
}

fn watch(mut posts: Vec<Post>, places: &Places, tell: &dyn Fn(&str), stopped: &Receiver<()>) {
    while !posts.is_empty() {
        let now = clock::now();
        for post in posts.iter_mut().filter(|post| post.look_at <= now) {
            post.look(now, places, tell);
        }
        posts.retain(|post| !post.is_over);
        let next = posts.iter().map(|post| post.look_at.since(clock::now())).min().unwrap_or(LONGEST);
        if stopped.recv_timeout(next) != Err(RecvTimeoutError::Timeout) {
            return;
        }
    }
}

/// One guarded job.
struct Post {
    name: Text,
    root: Process,
    path: PathBuf,
    reader: FillReader,
    guard: Guard,
    frozen: Option<Frozen>,
    /// What follows when nobody decides, and when.
    then: Option<(Moment, Then)>,
    remind_at: Moment,
    look_at: Moment,
    is_over: bool,
}

impl Post {
    /// `None` for a job that has ended meanwhile.
    fn of(pid: u32, name: Text, plan: GuardPlan, places: &Places) -> Option<Self> {
        let reader = FillReader::new(pid, Vec::new()).ok()?;
        let root = Process::of(reader.root())?;
        Some(Self {
            name,
            root,
            path: record::of_process(places, root),
            reader,
            guard: Guard::new(plan),
            frozen: None,
            then: None,
            remind_at: Moment::default(),
            look_at: Moment::default(),
            is_over: false,
        })
    }

    fn look(&mut self, now: Moment, places: &Places, tell: &dyn Fn(&str)) {
        let limit = self.reader.read(now);
        self.is_over = self.reader.members().is_empty();
        let fill = limit.as_ref().map(MemoryLimit::fill);
        self.follow_others(fill.unwrap_or_default(), tell);
        let is_whole = self.frozen.as_ref().is_some_and(|frozen| frozen.going.is_empty());
        if let Some(limit) = limit
            && self.guard.trips(limit.fill())
            && !is_whole
        {
            self.freeze(&limit, now, places, tell);
        }
        if let Some((_, then)) = self.then.take_if(|(at, _)| *at <= now) {
            self.follow(then, tell);
        }
        if let Some(frozen) = self.frozen.as_ref().filter(|_| now >= self.remind_at) {
            self.remind_at = now.plus(REMIND_EVERY);
            let since = span(clock::wall().since(frozen.since));
            let said: Vec<&str> = frozen.evidence.iter().map(Text::as_str).collect();
            let said = said.join("; ");
            tell(&format!("{}: {} {since} ago; {said}; {}", self.name, frozen.headline(), frozen.way_out()));
        }
        self.look_at = now.plus(self.guard.pause(fill, clock::now().since(now)).min(LONGEST));
    }

    /// Takes in what others did: a key, or `telltale thaw`.
    fn follow_others(&mut self, fill: f64, tell: &dyn Fn(&str)) {
        let going = |frozen: &Frozen| frozen.going.len();
        let before = std::mem::replace(&mut self.frozen, hand::look(&self.path));
        match (&before, &self.frozen) {
            (Some(_), None) => {
                self.guard.let_go(fill);
                self.then = None;
                tell(&format!("{} goes on", self.name));
            }
            (Some(before), Some(now)) if going(now) > going(before) => {
                self.guard.let_go(fill);
                self.then = None;
            }
            (None, Some(_)) => self.remind_at = clock::now().plus(REMIND_EVERY),
            _ => {}
        }
    }

    fn freeze(&mut self, limit: &MemoryLimit, now: Moment, places: &Places, tell: &dyn Fn(&str)) {
        let members = self.reader.members().iter().filter_map(Process::of).collect();
        let job = Job { root: self.root, members, name: self.name.clone() };
        let plan = self.guard.plan;
        match hand::freeze(places, &job, reason(&plan, limit)) {
            Ok(frozen) => {
                self.frozen = Some(frozen);
                // That it is frozen is told as an alert, and this is only the reminder.
                self.remind_at = now.plus(REMIND_EVERY);
                self.then = plan.then.map(|(then, ms)| (now.plus(Duration::from_millis(ms)), then));
            }
            Err(error) => {
                // Once is enough: what can't be frozen now can't be in a moment.
                self.guard.let_go(limit.fill());
                tell(&format!("{}: not frozen: {error}", self.name));
            }
        }
    }

    /// Nobody has decided in time.
    fn follow(&mut self, then: Then, tell: &dyn Fn(&str)) {
        let Some(mut record) = record::read(&self.path) else { return };
        tell(&format!("{}: nobody decided: {}", self.name, then.words()));
        match then {
            Then::Thaw => {
                hand::thaw(&self.path, &mut record, None);
            }
            Then::End => {
                hand::end(&self.path, &record, Duration::from_millis(self.guard.plan.grace_ms));
            }
        }
    }
}
