#![expect(clippy::disallowed_methods, reason = "edge: starts a thread for each inquiry")]
//! Inquiries into why a job hangs: one looks at its processes for some seconds, asks for the stacks of their languages,
//! and has the cause named.
//!
//! Each has a thread of its own, for a read of `/proc` may hang with the process that is looked at. Whoever asked goes
//! on meanwhile, may give it up, and never waits for the thread. Threads that do not come back are counted: when too
//! many hang, nothing more is asked.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use super::discretion::{redacted, without_secrets};
use crate::diagnose;
use crate::diagnose::flame::{self, Samples};
use crate::model::cause::Cause;
use crate::model::clock::Moment;
use crate::model::evidence::{Evidence, Gone, Runtime};
use crate::model::inquiry::{Advice, Answer, Seen};
use crate::model::job::Job;
use crate::model::member::{Activity, Member};
use crate::model::text::Text;
use crate::proc::footprint;
use crate::proc::probe::{Options, Probe, Progress};
use crate::proc::{stacks, trace};

/// Threads that may be under way at once: one that is asked for, those that were given up, and those that hang.
const MOST: usize = 4;

/// Time between two looks where the time is to be drawn.
const TO_DRAW: Duration = Duration::from_millis(50);

/// What a thread of an inquiry may put on its stack.
const STACK: usize = 2 << 20;

/// What is asked.
#[derive(Debug, Clone, PartialEq)]
pub struct Question {
    /// The process at the top of the job.
    pub root: u32,
    /// How long it is looked at.
    pub window: Duration,
    /// Members that whoever watches the job has seen end before.
    pub gone: Vec<Gone>,
    /// How far it may go.
    pub reach: Reach,
    /// Whether the time is to be drawn.
    pub is_drawn: bool,
}

/// How far an inquiry may go with those it looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Reach {
    /// It looks, and nobody can tell.
    #[default]
    Looks,
    /// It may have a Java machine asked for its stacks by `jcmd`, which sends it a signal that it catches.
    Asks,
    /// It may also stop a few threads at each of their system calls, for a moment.
    Traces,
}

/// The workers that a watched job has lost: whoever looks later can't see them any more.
pub fn lost(job: &Job, now: Moment) -> Vec<Gone> {
    let gone = |member: &Member| {
        let Activity::Lost(exit) = member.activity else { return None };
        let ago = member.ended.map_or(Duration::ZERO, |ended| now.since(ended));
        Some(Gone {
            pid: member.id.pid()?,
            parent: member.parent.unwrap_or_default(),
            name: member.about.name.to_string(),
            command: member.about.command.to_string(),
            exit: Some(exit),
            at: -ago.as_secs_f64().max(f64::EPSILON),
        })
    };
    job.members.iter().filter_map(gone).collect()
}

/// What an inquiry tells while it is under way.
#[derive(Debug)]
pub enum News {
    /// What was seen so far.
    Seen(Seen),
    /// The answer, and what it was made from.
    Found(Box<Found>),
    /// There is nothing that could be looked at, for this reason.
    Refused(Text),
}

/// An answer with the evidence.
#[derive(Debug)]
pub struct Found {
    /// The answer.
    pub answer: Answer,
    /// What was seen, without secrets.
    pub evidence: Evidence,
    /// Where the time went, as SVG, where that was asked for.
    pub flame: Option<String>,
}

/// Asks, and keeps count.
#[derive(Debug, Clone, Default)]
pub struct Inquirer {
    under_way: Arc<AtomicUsize>,
}

/// One inquiry; dropped, it is given up.
#[derive(Debug)]
pub struct Inquiry {
    is_given_up: Arc<AtomicBool>,
}

impl Drop for Inquiry {
    fn drop(&mut self) {
        self.is_given_up.store(true, Ordering::Relaxed);
    }
}

/// Counts a thread for as long as it lives.
struct Counted(Arc<AtomicUsize>);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Inquirer {
    /// Starts an inquiry, which tells what it sees to `tell` from its own thread until it has told what it found.
    pub fn ask(
        &self,
        question: Question,
        mut tell: impl FnMut(News) + Send + 'static,
    ) -> io::Result<Inquiry> {
        if self.under_way.fetch_add(1, Ordering::Relaxed) >= MOST {
            self.under_way.fetch_sub(1, Ordering::Relaxed);
            return Err(io::Error::other("earlier ones have not come back: a process hangs in the kernel"));
        }
        let counted = Counted(Arc::clone(&self.under_way));
        let is_given_up: Arc<AtomicBool> = Arc::default();
        let asked = Arc::clone(&is_given_up);
        std::thread::Builder::new().name("inquiry".into()).stack_size(STACK).spawn(move || {
            let _counted = counted;
            let found = look(question, &mut |seen| {
                let goes_on = !asked.load(Ordering::Relaxed);
                if goes_on {
                    tell(News::Seen(seen));
                }
                goes_on
            });
            if !asked.load(Ordering::Relaxed) {
                tell(found.map_or_else(News::Refused, |found| News::Found(Box::new(found))));
            }
            // Stacks and maps have taken some megabytes that the watching does not need.
            footprint::give_back();
        })?;
        Ok(Inquiry { is_given_up })
    }
}

/// Looks, and names the cause, in the thread of the caller. `goes_on` is told what was seen and says whether anybody
/// still wants to know.
pub fn look(question: Question, goes_on: &mut dyn FnMut(Seen) -> bool) -> Result<Found, Text> {
    let every = if question.is_drawn { TO_DRAW } else { Options::default().every };
    let probe = Probe::new(question.root, Options { gone: question.gone, every, ..Options::default() });
    let probe = probe.map_err(|refusal| Text::from(refusal.to_string()))?;
    let may_signal = question.reach >= Reach::Asks;
    let mut stacks = stacks::Reader::new(stacks::Options { may_signal, ..stacks::Options::default() });
    let mut samples = Samples::default();
    let mut evidence = probe.watch(question.window, &mut |progress| {
        if question.is_drawn {
            sample(progress, &mut stacks, &mut samples);
        }
        goes_on(seen(progress))
    });
    stacks.read(&mut evidence);
    if question.reach == Reach::Traces {
        trace::failed_calls(&mut evidence);
    }
    let evidence = redacted(evidence);
    let flame = question.is_drawn.then(|| flame::svg(&evidence, &samples));
    Ok(Found { answer: answer(&evidence), evidence, flame })
}

/// Takes a sample of the stacks that can be had at any time.
fn sample(progress: &Progress<'_>, stacks: &mut stacks::Reader, samples: &mut Samples) {
    let pythons = progress.evidence.members().filter(|process| process.runtime == Runtime::Python);
    for process in pythons {
        for (tid, frames) in stacks.sample(process.pid) {
            samples.add(progress.elapsed, tid, &frames);
        }
    }
}

fn seen(progress: &Progress<'_>) -> Seen {
    let members = || progress.evidence.members();
    let threads = || members().flat_map(|process| &process.threads);
    Seen {
        elapsed: progress.elapsed,
        window: progress.window,
        processes: members().count(),
        threads: threads().count(),
        still: threads().filter(|thread| thread.is_still).count(),
    }
}

/// What the evidence says.
pub fn answer(evidence: &Evidence) -> Answer {
    let diagnosis = without_secrets(diagnose::name(evidence));
    let advice = advice(diagnosis.cause);
    Answer::of(diagnosis, advice, evidence)
}

/// What is advised about a cause.
fn advice(cause: Cause) -> Option<Advice> {
    diagnose::advice::advice(cause).map(|advice| Advice {
        meaning: Text::new(&advice.meaning),
        now: Text::new(&advice.now),
        prevent: Text::new(&advice.prevent),
    })
}
