#![expect(clippy::disallowed_methods, reason = "edge: writes snapshots where the user wants them")]
//! Watching without a screen: one JSON object a line, alerts in words, in one thread.

use std::fs::File;
use std::io::{self, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::Arc;

use anyhow::Context as _;
use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::talk;
use crate::alert::message::word;
use crate::alert::rule;
use crate::history::series;
use crate::job::signals::{Arrived, Signals};
use crate::model::alert::Alert;
use crate::model::clock::Moment;
use crate::model::job::Phase;
use crate::model::metric::span;
use crate::model::snapshot::Snapshot;
use crate::model::text::Text;
use crate::model::verdict::Severity;
use crate::session::fold::Effect;
use crate::session::sampler::Sampler;
use crate::session::teller::Teller;

/// Where a headless watch writes, and when it stops.
pub struct Headless<'a> {
    /// Takes the JSON lines.
    pub snapshots: Option<Box<dyn Write + 'a>>,
    /// Takes alerts in words.
    pub alerts: Option<Box<dyn Write + 'a>>,
    /// Stop after the first snapshot that has rates.
    pub once: bool,
    /// Tells of alerts elsewhere.
    pub teller: Teller,
    /// Signals that end the watching, or are passed on.
    pub signals: &'a mut Signals,
}

/// Why a headless watch ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outcome {
    /// The worst alert there was.
    pub worst: Option<Severity>,
}

impl Headless<'_> {
    /// Watches until every job has ended, `on_signal` says to stop, or, without a keeper, the reader of the lines
    /// has gone.
    ///
    /// When the keeper says something, a round is taken at once if the job has ended.
    pub fn watch(
        mut self,
        sampler: &mut Sampler,
        on_signal: impl FnMut(Arrived) -> bool,
        keeper: Option<&mut dyn Listen>,
    ) -> anyhow::Result<Outcome> {
        sampler.hear_of(self.teller.trouble());
        let mut newest = None;
        let outcome = self.watch_on(sampler, on_signal, keeper, &mut newest);
        if let Some(newest) = newest {
            self.tell_ends(&newest, newest.at, None);
        }
        self.teller.last_words().say();
        outcome
    }

    fn watch_on(
        &mut self,
        sampler: &mut Sampler,
        mut on_signal: impl FnMut(Arrived) -> bool,
        mut keeper: Option<&mut dyn Listen>,
        newest: &mut Option<Arc<Snapshot>>,
    ) -> anyhow::Result<Outcome> {
        let mut worst = None;
        // The first snapshot has no rates yet: they are born from two readings.
        let mut rounds_left = self.once.then_some(2_u32);
        loop {
            let (snapshot, effects) = sampler.round();
            rounds_left = rounds_left.map(|left| left - 1);
            let over = snapshot.jobs.iter().all(|job| matches!(job.phase, Phase::Ended { .. }));
            if (over || rounds_left.is_none_or(|left| left == 0)) && !self.write(&snapshot)? {
                if keeper.is_none() {
                    return Ok(Outcome { worst });
                }
                // A launched job is watched to its end for the sake of its limits and its code.
                self.snapshots = None;
            }
            for news in keeper.as_deref_mut().map(Listen::news).unwrap_or_default() {
                talk::say(&news);
            }
            for Effect::Notify(alert) in &effects {
                worst = worst.max(Some(alert.claim.severity));
            }
            self.tell(&snapshot, &effects);
            self.tell_causes(&snapshot, newest.as_deref());
            let before = newest.as_ref().map_or(snapshot.at, |before| before.at);
            self.tell_ends(&snapshot, before, Some(snapshot.at));
            *newest = Some(Arc::clone(&snapshot));
            // There is no terminal to ring.
            let _ = self.teller.tell(&snapshot);
            if over || rounds_left == Some(0) {
                return Ok(Outcome { worst });
            }
            // Looked at once in each round, however long rounds take: a signal is never passed over.
            loop {
                let ready = wait(self.signals, keeper.as_deref(), sampler)?;
                for arrived in self.signals.take() {
                    if on_signal(arrived) {
                        return Ok(Outcome { worst });
                    }
                }
                if ready.keeper && keeper.as_deref_mut().is_some_and(Listen::has_ended) {
                    keeper = None;
                    break;
                }
                if ready.news && sampler.look() || sampler.wait().is_zero() {
                    break;
                }
            }
        }
    }

    /// False when nobody reads any more.
    fn write(&mut self, snapshot: &Snapshot) -> anyhow::Result<bool> {
        let Some(out) = &mut self.snapshots else { return Ok(true) };
        match series::write(out, snapshot).and_then(|()| out.flush()) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(false),
            Err(error) => Err(error).context("writing a snapshot"),
        }
    }

    /// One line for each alert that began or became worse.
    fn tell(&mut self, snapshot: &Snapshot, effects: &[Effect]) {
        let Some(out) = &mut self.alerts else { return };
        let name = |alert: &Alert| snapshot.job(&alert.job).map_or(&alert.job, |job| &job.name).clone();
        // Nobody to tell is no reason to stop watching.
        for Effect::Notify(alert) in effects {
            let evidence: Vec<_> = alert.claim.evidence.iter().map(ToString::to_string).collect();
            let (name, level, evidence) = (name(alert), word(alert.claim.severity), evidence.join("; "));
            let _ = writeln!(out, "telltale: {name}: {level}: {}: {evidence}", alert.claim.headline);
        }
    }

    /// One line for each alert of which it is known now why it holds.
    fn tell_causes(&mut self, snapshot: &Snapshot, before: Option<&Snapshot>) {
        let Some(out) = &mut self.alerts else { return };
        let was = |alert: &Alert| {
            let is_same = |old: &&Alert| {
                (&old.job, old.since) == (&alert.job, alert.since)
                    && (old.claim.condition, &old.claim.subject)
                        == (alert.claim.condition, &alert.claim.subject)
            };
            before
                .and_then(|before| before.alerts.iter().find(is_same))
                .and_then(|old| old.diagnosis.as_ref())
        };
        for alert in &snapshot.alerts {
            let Some(brief) = alert.diagnosis.as_ref().filter(|brief| was(alert) != Some(brief)) else {
                continue;
            };
            let name = snapshot.job(&alert.job).map_or(&alert.job, |job| &job.name);
            let _ = writeln!(out, "telltale: {name}: {}: {}", alert.claim.headline, brief.line());
        }
    }

    /// One line for each alert that was over for good after one moment and until another: what comes and goes is told
    /// once.
    fn tell_ends(&mut self, snapshot: &Snapshot, after: Moment, until: Option<Moment>) {
        let Some(out) = &mut self.alerts else { return };
        for alert in &snapshot.alerts {
            let (Some(ended), Some(settled)) = (alert.ended, rule::settles(alert)) else { continue };
            if settled <= after || until.is_some_and(|until| settled > until) {
                continue;
            }
            let name = snapshot.job(&alert.job).map_or(&alert.job, |job| &job.name);
            let lasted = span(ended.since(alert.since));
            let _ = writeln!(out, "telltale: {name}: over after {lasted}: {}", alert.claim.headline);
        }
    }
}

/// A line on which the end of a job is heard.
pub trait Listen {
    /// The line.
    fn descriptor(&self) -> BorrowedFd<'_>;
    /// Takes what came; true when the job has ended or nothing more will come.
    fn has_ended(&mut self) -> bool;
    /// What there is to say at once, to people.
    fn news(&mut self) -> Vec<Text>;
}

/// Who said something.
struct Ready {
    keeper: bool,
    news: bool,
}

/// Waits for a signal, for the keeper, for news or for the next round.
fn wait(signals: &Signals, keeper: Option<&dyn Listen>, sampler: &Sampler) -> anyhow::Result<Ready> {
    let patience = sampler.patience();
    let timeout = Timespec::try_from(patience).context("an interval fits a timespec")?;
    let mut sources = vec![PollFd::new(signals, PollFlags::IN)];
    if let Some(keeper) = keeper {
        sources.push(PollFd::from_borrowed_fd(keeper.descriptor(), PollFlags::IN));
    }
    let before_news = sources.len();
    sources.extend(sampler.news().map(|news| PollFd::from_borrowed_fd(news, PollFlags::IN)));
    match poll(&mut sources, Some(&timeout)) {
        Ok(_) | Err(rustix::io::Errno::INTR) => {}
        Err(errno) => return Err(errno).with_context(|| format!("waiting for {}", span(patience))),
    }
    let is_ready = |source: Option<&PollFd<'_>>| source.is_some_and(|source| !source.revents().is_empty());
    let (others, news) = sources.split_at(before_news);
    Ok(Ready { keeper: is_ready(others.get(1)), news: is_ready(news.first()) })
}

/// Opens what `--json-to` names: the number of an open descriptor, or a file, which is written anew.
#[expect(unsafe_code, reason = "a descriptor given by number can't be had safely")]
pub fn open_sink(target: &str) -> anyhow::Result<Box<dyn Write>> {
    let Ok(number) = target.parse::<i32>() else {
        let file = File::create(target).with_context(|| format!("opening {target} for --json-to"))?;
        return Ok(Box::new(file));
    };
    let about = || format!("descriptor {number} of --json-to");
    anyhow::ensure!(number >= 0, "{}: not a descriptor", about());
    // SAFETY: the descriptor is only duplicated and marked here, and borrowed no longer than this function; a number
    // that is not open makes both calls fail with EBADF, which is told.
    let named = unsafe { BorrowedFd::borrow_raw(number) };
    let copy = named.as_fd().try_clone_to_owned().with_context(about)?;
    // The job must not inherit what was meant for us: it could write there, and its daemons would keep it open.
    if number > 2 {
        rustix::io::fcntl_setfd(named, rustix::io::FdFlags::CLOEXEC).with_context(about)?;
    }
    Ok(Box::new(File::from(copy)))
}
