//! The keeper freezes its job and lets it go on: when a client asks, and when the guard says so. So a freeze outlives
//! every screen; and the record of it, in the folder of the run, outlives the keeper.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use super::hold::Keeper;
use super::warnings;
use crate::job::freeze::kin::Kin;
use crate::job::freeze::record::{self, Reason, Record};
use crate::job::freeze::stop;
use crate::job::guard::{self, Guard, GuardPlan};
use crate::job::message::{Asked, Told, not_frozen};
use crate::job::tree::Process;
use crate::model::clock;
use crate::model::freeze::{Frozen, Then};
use crate::model::job::MemoryLimit;
use crate::model::text::Text;
use crate::proc::fill::FillReader;

/// Stopping a tree may hold up the loop for so long; what runs then is stopped in the next looks.
const PATIENCE: Duration = Duration::from_millis(300);

/// A frozen job is looked at this often: somebody else may have let it go on.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// And clients hear of it again this often.
const REMIND_EVERY: Duration = Duration::from_mins(1);

/// What a keeper knows of freezing.
#[derive(Default)]
pub(super) struct Cold {
    held: Option<Held>,
    watch: Option<Watch>,
}

/// A job that is frozen.
struct Held {
    record: Record,
    /// Nobody was left that ran.
    is_whole: bool,
    look_at: Instant,
    remind_at: Instant,
    then: Option<(Instant, Then)>,
}

/// The guard on duty.
struct Watch {
    guard: Guard,
    reader: FillReader,
    fill: f64,
    look_at: Instant,
}

impl Cold {
    /// When there is something to do next.
    pub(super) fn next(&self) -> Option<Instant> {
        let held = self.held.as_ref().map(|held| {
            let then = held.then.map_or(held.look_at, |(at, _)| at);
            held.look_at.min(held.remind_at).min(then)
        });
        held.into_iter().chain(self.watch.as_ref().map(|watch| watch.look_at)).min()
    }

    /// What there is to tell of a freeze.
    pub(super) fn told(&self) -> Option<Frozen> {
        self.held.as_ref().map(|held| held.record.told.clone())
    }
}

impl Keeper {
    /// Takes the guard over, in the place of one there was.
    pub(super) fn guard(&mut self, plan: GuardPlan, now: Instant) {
        let adopters = vec![self.parts.meta.keeper_pid as u32];
        match FillReader::new(self.parts.meta.pid as u32, adopters) {
            Ok(reader) => {
                let guard = Guard::new(plan);
                self.cold.watch = Some(Watch { guard, reader, fill: 0.0, look_at: now });
            }
            Err(error) => self.warn(format!("no guard over its memory: {error}")),
        }
    }

    /// Freezes the job; a frozen one is frozen whole again.
    pub(super) fn freeze(&mut self, reason: Reason, now: Instant) {
        let then =
            reason.then.and_then(|(then, ms)| Some((now.checked_add(Duration::from_millis(ms))?, then)));
        let meta = &self.parts.meta;
        let root = Process { pid: meta.pid, start: meta.start_ticks };
        let name = Text::new(meta.name.as_deref().unwrap_or(&meta.command));
        let mut record = Record::new(root, name, Text::new(&meta.run), reason);
        let before = self.cold.held.take();
        if let Some(held) = &before {
            // Since when, and who was stopped for it, stays what it was.
            record.told.since = held.record.told.since;
            record.take_over(held.record.clone());
        }
        let path = self.record_path();
        let keep = |record: &Record| {
            if let Some(path) = &path {
                // The keeper knows it too; what can't be written is undone by the keeper alone.
                let _ = record::write(path, record);
            }
        };
        match stop::freeze(&Kin::Below(meta.keeper_pid), &mut record, &keep, PATIENCE) {
            Ok(is_whole) => {
                let told = Box::new(record.told.clone());
                let (look_at, remind_at) = (now + LOOK_EVERY, now + REMIND_EVERY);
                self.cold.held = Some(Held { record, is_whole, look_at, remind_at, then });
                self.tell_all(&Told::Frozen(told));
            }
            Err(error) => {
                // Nobody was stopped: what was frozen before is so still.
                match &before {
                    Some(held) => keep(&held.record),
                    None => path.as_deref().map(record::remove).unwrap_or_default(),
                }
                self.cold.held = before;
                if let Some(watch) = &mut self.cold.watch {
                    // Once is enough: what can't be frozen now can't be in a moment.
                    watch.guard.let_go(watch.fill);
                }
                self.warn(format!("not frozen: {error}"));
            }
        }
    }

    /// Lets the job go on, or one process of it alone.
    pub(super) fn thaw(&mut self, only: Option<i32>, now: Instant) {
        let path = self.record_path();
        let Some(held) = &mut self.cold.held else {
            self.tell_all(&Told::Thawed);
            return;
        };
        if let Some(watch) = &mut self.cold.watch {
            watch.guard.let_go(watch.fill);
            watch.look_at = now;
        }
        let Some(pid) = only else {
            stop::thaw(&held.record);
            self.forget_freeze();
            return;
        };
        let keep = |record: &Record| {
            if let Some(path) = &path {
                let _ = record::write(path, record);
            }
        };
        if stop::thaw_one(&Kin::Below(self.parts.meta.keeper_pid), &mut held.record, pid, &keep) {
            // Somebody has come and decided.
            (held.then, held.record.told.then) = (None, None);
            let told = Box::new(held.record.told.clone());
            self.tell_all(&Told::Frozen(told));
        } else {
            self.tell_all(&Told::Warning(not_frozen(pid)));
        }
    }

    /// What is stopped can't end: it is let go on after it was asked to.
    pub(super) fn thaw_to_end(&mut self) {
        if let Some(held) = &self.cold.held {
            stop::thaw(&held.record);
            self.forget_freeze();
        }
    }

    /// Does what is due: looks at the fill, and at a job that is frozen.
    pub(super) fn mind_the_cold(&mut self, now: Instant) {
        if self.cold.next().is_none_or(|at| now < at) {
            return;
        }
        self.look_at_fill(now);
        let Some(held) = &mut self.cold.held else { return };
        if now >= held.look_at {
            held.look_at = now + LOOK_EVERY;
            let (is_still, is_whole) = (stop::is_still(&held.record), held.is_whole);
            if !is_still {
                self.forget_freeze();
                return;
            }
            if !is_whole {
                self.stop_the_rest();
            }
        }
        let Some(held) = &mut self.cold.held else { return };
        if now >= held.remind_at {
            held.remind_at = now + REMIND_EVERY;
            let told = Box::new(held.record.told.clone());
            self.tell_all(&Told::Frozen(told));
        }
        let due = self.cold.held.as_mut().and_then(|held| held.then.take_if(|(at, _)| *at <= now));
        if let Some((_, then)) = due {
            self.follow(then, now);
        }
    }

    /// Nobody has decided in time.
    fn follow(&mut self, then: Then, now: Instant) {
        self.tell_all(&Told::Warning(format!("nobody decided about the frozen job: {}", then.words())));
        let grace_ms = self.cold.watch.as_ref().map_or(0, |watch| watch.guard.plan.grace_ms);
        match then {
            Then::Thaw => self.thaw(None, now),
            Then::End => self.grant(Asked::End { grace_ms }, now),
        }
    }

    fn stop_the_rest(&mut self) {
        let path = self.record_path();
        let Some(held) = &mut self.cold.held else { return };
        let going = held.record.told.going.clone();
        if going.is_empty() {
            let keep = |record: &Record| {
                if let Some(path) = &path {
                    let _ = record::write(path, record);
                }
            };
            let kin = Kin::Below(self.parts.meta.keeper_pid);
            held.is_whole = stop::freeze(&kin, &mut held.record, &keep, PATIENCE).unwrap_or(true);
        }
    }

    fn look_at_fill(&mut self, now: Instant) {
        // A job that is being ended is not to be held up.
        let is_ending = self.ending.is_some();
        let Some(watch) = self.cold.watch.as_mut().filter(|watch| now >= watch.look_at) else { return };
        let limit = watch.reader.read(clock::now());
        let fill = limit.as_ref().map(MemoryLimit::fill);
        watch.fill = fill.unwrap_or(0.0);
        watch.look_at = now + watch.guard.pause(fill, now.elapsed());
        let is_held = self.cold.held.as_ref().is_some_and(|held| held.record.told.going.is_empty());
        if let Some(limit) = limit
            && watch.guard.trips(watch.fill)
            && !is_held
            && !is_ending
        {
            let reason = guard::reason(&watch.guard.plan, &limit);
            self.freeze(reason, now);
        }
    }

    fn forget_freeze(&mut self) {
        self.cold.held = None;
        self.record_path().as_deref().map(record::remove);
        self.tell_all(&Told::Thawed);
    }

    fn record_path(&self) -> Option<PathBuf> {
        self.parts.folder.as_deref().map(record::of_run)
    }

    /// Tells everybody, and whoever comes later.
    pub(super) fn warn(&mut self, warning: String) {
        self.tell_all(&Told::Warning(warning.clone()));
        warnings::hold(&mut self.parts.warnings, warning);
    }
}
