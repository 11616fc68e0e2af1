#![expect(clippy::disallowed_methods, reason = "edge: stops the program itself")]
//! Grants what the screen wishes for: hands it to the thread that does it, and never waits for one.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::sync::mpsc::{Sender, SyncSender};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rustix::process::{Signal, getpid, kill_process};

use super::acting::{self, Act};
use super::asking;
use super::blaming::Blamer;
use super::editor::{self, Lent};
use super::errands::{Board, Errand};
use super::finder::{Finder, Keepers, Question};
use crate::job::message::Asked;
use crate::model::evidence::Gone;
use crate::model::job::{Job, JobId};
use crate::model::snapshot::Snapshot;
use crate::model::text::Text;
use crate::proc::own;
use crate::scan::finding::Finding;
use crate::session::asks::Asker;
use crate::session::inquiry::{Inquirer, Inquiry, lost};
use crate::session::keeper::KeeperLine;
use crate::session::sampler::Ask;
use crate::session::scan_job::{Plan, ScanJob, ScanSource};
use crate::ui::event::{Event, Wish};

/// Grants what the screen wishes for.
pub(super) struct Granter {
    pub(super) asks: Asker,
    pub(super) board: Board,
    pub(super) keepers: Keepers,
    pub(super) newest: Arc<Mutex<Option<Arc<Snapshot>>>>,
    /// The job that the screen shows.
    pub(super) shown: Option<JobId>,
    pub(super) host: Text,
    pub(super) grace: Duration,
    pub(super) previews: Sender<Arc<Finding>>,
    pub(super) blamer: Blamer,
    pub(super) errands: Sender<Errand>,
    /// What is scanned when a scan is asked for.
    pub(super) scan: Plan,
    /// Dropping it ends the tour.
    pub(super) tour: Option<Sender<()>>,
    pub(super) events: SyncSender<Event>,
    /// An editor has the terminal.
    pub(super) is_lent: Arc<AtomicBool>,
    /// What looks for things, until it is started.
    pub(super) finder: Option<Finder>,
    pub(super) questions: Option<Sender<Question>>,
    /// The patterns of the command line.
    pub(super) typed: Vec<Text>,
    /// The pattern that was chosen for a job.
    pub(super) chosen: HashMap<JobId, Option<Text>>,
    pub(super) inquirer: Inquirer,
    /// What is looked into; dropping it gives it up.
    pub(super) inquiry: Option<Inquiry>,
}

impl Granter {
    /// Sees to it that a wish is granted; what takes long is done elsewhere.
    pub(super) fn grant(&mut self, wish: Wish) {
        match wish {
            Wish::Preview(finding) => {
                let _ = self.previews.send(finding);
            }
            Wish::Input(bytes) => self.ask(&Asked::Input(bytes)),
            Wish::ResizeJob { rows, cols } => self.ask(&Asked::Resize { rows, cols }),
            Wish::EndJob => self.ask(&Asked::End { grace_ms: self.grace.as_millis() as u64 }),
            Wish::Freeze(job) => self.freeze(&job),
            Wish::Thaw { job, only } => self.thaw(&job, only),
            Wish::EndFrozen(job) => self.end_frozen(&job),
            Wish::Signal { signal, targets } => {
                self.run_errand(Errand::Act(Act::Signal(signal, acting::processes(&targets))));
            }
            Wish::StartScan => self.start_scan(),
            Wish::StopScan => {
                if let Some(scan) = &*self.board.lock().unwrap_or_else(PoisonError::into_inner) {
                    scan.stop();
                }
            }
            Wish::Blame(finding) => self.blamer.ask(finding),
            Wish::GiveUpBlame => self.blamer.give_up(),
            Wish::Reveal(finding) => self.run_errand(Errand::Reveal(finding)),
            Wish::Decide(found, verdict) => self.run_errand(Errand::Decide(found, verdict)),
            Wish::TakeBack => self.run_errand(Errand::TakeBack),
            Wish::ShowAccepted(is_wanted) => self.run_errand(Errand::ShowAccepted(is_wanted)),
            Wish::Suspend => stop(),
            Wish::EndTour => self.tour = None,
            Wish::Edit { path, line } => self.edit(&path, line),
            Wish::Shows(job) => self.shown = Some(job),
            Wish::Interval(interval) => {
                let _ = self.asks.send(Ask::Interval(interval));
            }
            Wish::FindSources(job) => {
                let in_use = match self.chosen.get(&job) {
                    Some(chosen) => chosen.iter().cloned().collect(),
                    None => self.typed.clone(),
                };
                self.find(Question::Sources(job, in_use));
            }
            Wish::UseSource { job, pattern } => {
                self.chosen.insert(job.clone(), pattern.clone());
                let _ = self.asks.send(Ask::Progress { job, pattern });
            }
            Wish::FindCandidates => self.find(Question::Candidates),
            Wish::Attach(target) => self.find(Question::Attach(target)),
            Wish::Diagnose(pid) => {
                self.inquiry = asking::ask(&self.inquirer, pid, self.gone(pid), &self.events);
            }
            Wish::GiveUpDiagnosis => self.inquiry = None,
            // The screen itself grants these.
            Wish::Leave(_) | Wish::Redraw | Wish::Copy(_) | Wish::Rewind(_) => {}
        }
    }

    fn edit(&self, path: &Path, line: u64) {
        let _lent = Lent::new(&self.is_lent);
        if let Err(words) = editor::edit(path, line, stop) {
            // Granted from the thread that takes the events, so a full channel must not stop it.
            let _ = self.events.try_send(Event::Told(Text::from(words)));
        }
    }

    /// Starts the finder with the first question; without a thread there is no answer, and its list says that it looks.
    fn find(&mut self, question: Question) {
        if let Some(finder) = self.finder.take() {
            self.questions = finder.start().ok();
        }
        if let Some(questions) = &self.questions {
            let _ = questions.send(question);
        }
    }

    /// The line to the keeper of the job that is shown.
    pub(super) fn keeper(&self) -> Option<KeeperLine> {
        let keepers = self.keepers.lock().unwrap_or_else(PoisonError::into_inner);
        keepers.get(self.shown.as_ref()?).cloned()
    }

    fn ask(&self, asked: &Asked) {
        if let Some(keeper) = self.keeper() {
            keeper.ask(asked);
        }
    }

    /// The line to the keeper of this job, if it has one.
    fn keeper_of(&self, job: &JobId) -> Option<KeeperLine> {
        self.keepers.lock().unwrap_or_else(PoisonError::into_inner).get(job).cloned()
    }

    /// This job as it was seen last.
    fn job(&self, job: &JobId) -> Option<Job> {
        self.newest.lock().unwrap_or_else(PoisonError::into_inner).as_ref()?.job(job).cloned()
    }

    /// Who is known to have ended of the job whose member this is.
    fn gone(&self, pid: u32) -> Vec<Gone> {
        let newest = self.newest.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let Some(snapshot) = newest else { return Vec::new() };
        let has_it = |job: &&Job| job.members.iter().any(|member| member.id.pid() == Some(pid));
        snapshot.jobs.iter().find(has_it).map(|job| lost(job, snapshot.at)).unwrap_or_default()
    }

    fn freeze(&self, job: &JobId) {
        if let Some(keeper) = self.keeper_of(job) {
            keeper.ask(&Asked::Freeze);
        } else if let Some(job) = self.job(job) {
            self.run_errand(Errand::Act(acting::of(&job).map_or(Act::Nothing, Act::Freeze)));
        }
    }

    fn thaw(&self, job: &JobId, only: Option<u32>) {
        let only = only.and_then(|pid| i32::try_from(pid).ok());
        if let Some(keeper) = self.keeper_of(job) {
            keeper.ask(&Asked::Thaw { only });
        } else if let Some(job) = self.job(job) {
            let act = acting::root(&job).map_or(Act::Nothing, |root| Act::Thaw(root, only));
            self.run_errand(Errand::Act(act));
        }
    }

    fn end_frozen(&self, job: &JobId) {
        if let Some(keeper) = self.keeper_of(job) {
            keeper.ask(&Asked::End { grace_ms: self.grace.as_millis() as u64 });
        } else if let Some(job) = self.job(job) {
            let act = acting::root(&job).map_or(Act::Nothing, |root| Act::End(root, self.grace));
            self.run_errand(Errand::Act(act));
        }
    }

    fn run_errand(&self, errand: Errand) {
        let _ = self.errands.send(errand);
    }

    /// Starts a scan in the place of one that runs or ran before.
    pub(super) fn start_scan(&mut self) {
        if self.scan.options.roots.is_empty() {
            self.scan.options.roots.push(PathBuf::from("."));
        }
        // Without a thread there is no scan; the pane goes on saying how to start one.
        let Ok(job) = ScanJob::start(self.scan.clone()) else { return };
        let old = self.board.lock().unwrap_or_else(PoisonError::into_inner).replace(Arc::clone(&job));
        if let Some(old) = old {
            old.stop();
        }
        let _ = self.asks.send(Ask::Remove(Text::from("scan")));
        let _ = self.asks.send(Ask::Add(Box::new(ScanSource::new(job, self.host.clone()))));
    }
}

/// Stops this process, and no other, until a shell continues it; returns at once where none could.
///
/// The signal is SIGSTOP, because SIGTSTP may be what was caught and brought us here.
fn stop() {
    if own::has_shell() {
        // A stop that fails is a stop that did not happen: the screen comes back.
        let _ = kill_process(getpid(), Signal::STOP);
    }
}
