#![expect(clippy::disallowed_methods, reason = "edge: starts the thread that looks for what is wished for")]
//! Looks for what the screen wishes to choose from: sources of progress, and what could be watched.
//!
//! It is a thread of its own, started with the first wish: looking through `/proc` and greeting a keeper take longer
//! than a key press may.

use std::collections::HashMap;
use std::io;
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::Context as _;

use super::attach::{self, Found};
use super::settings::Settings;
use super::watch::{kept_source, tree_source};
use crate::feed::sources::sources;
use crate::feed::tail;
use crate::job::folder::{self, Places};
use crate::job::registry::{self, Fate};
use crate::model::candidate::{Candidate, Candidates, Target};
use crate::model::clock;
use crate::model::job::JobId;
use crate::model::metric::Bytes;
use crate::model::snapshot::Snapshot;
use crate::model::text::Text;
use crate::proc::candidates::TreeFinder;
use crate::scan::redact::redact;
use crate::session::asks::Asker;
use crate::session::keeper::KeeperLine;
use crate::session::sampler::Ask;
use crate::session::source::Source as _;
use crate::ui::event::Event;

/// Lines to keepers, by their job.
pub(super) type Keepers = Arc<Mutex<HashMap<JobId, KeeperLine>>>;

/// What can be looked for.
pub(super) enum Question {
    /// Where this job's progress could be read from, and by which patterns it is read now.
    Sources(JobId, Vec<Text>),
    /// What there is to watch.
    Candidates,
    /// Watch this.
    Attach(Target),
}

/// What the finder needs for its answers.
pub(super) struct Finder {
    /// Takes the answers.
    pub events: SyncSender<Event>,
    /// Takes new sources.
    pub asks: Asker,
    /// Takes the lines to keepers of what is attached.
    pub keepers: Keepers,
    /// The newest snapshot.
    pub newest: Arc<Mutex<Option<Arc<Snapshot>>>>,
    /// The name of this host.
    pub host: Text,
    /// How to watch what is attached.
    pub settings: Settings,
    /// Descriptors that one more job may use.
    pub descriptors: usize,
}

impl Finder {
    /// Starts the thread; it ends when nobody can ask any more.
    pub(super) fn start(self) -> io::Result<Sender<Question>> {
        let (asker, questions) = channel();
        std::thread::Builder::new()
            .name("finder".into())
            .stack_size(512 << 10)
            .spawn(move || self.answer(&questions))?;
        Ok(asker)
    }

    fn answer(&self, questions: &Receiver<Question>) {
        let mut trees = TreeFinder::default();
        let mut last = Candidates::default();
        while let Ok(question) = questions.recv() {
            let answer = match question {
                Question::Sources(job, in_use) => self.sources(&job, &in_use),
                Question::Candidates => {
                    last = candidates(&mut trees);
                    Some(Event::Candidates(last.clone()))
                }
                Question::Attach(target) => Some(match self.attach(&target, &last) {
                    Ok(job) => Event::Attached(job),
                    Err(error) => Event::Told(Text::new(&format!("{error:#}"))),
                }),
            };
            if answer.is_some_and(|answer| self.events.send(answer).is_err()) {
                return;
            }
        }
    }

    fn sources(&self, job: &JobId, in_use: &[Text]) -> Option<Event> {
        let snapshot = self.newest.lock().unwrap_or_else(PoisonError::into_inner).clone()?;
        let typed: Vec<Text> =
            self.settings.watch.progress.iter().map(|pattern| Text::new(pattern)).collect();
        Some(Event::Sources(sources(snapshot.job(job)?, in_use, &typed, snapshot.at)))
    }

    fn attach(&self, target: &Target, offered: &Candidates) -> anyhow::Result<JobId> {
        let named = match target {
            Target::Run(run) => run.to_string(),
            Target::Process(pid) => pid.to_string(),
        };
        let (found, _) = attach::resolve(&named, true)?;
        let found = found.into_iter().next().context("it is gone")?;
        let source = match found {
            Found::Kept(hello, control) => {
                let line = KeeperLine::new(control, &hello, Places::from_env());
                let source = kept_source(&hello, line.clone(), &self.host, &self.settings, self.descriptors)?;
                let mut keepers = self.keepers.lock().unwrap_or_else(PoisonError::into_inner);
                // A second line to the same keeper would be one that nobody listens to.
                keepers.entry(source.id().clone()).or_insert(line);
                source
            }
            Found::Process(pid, name) => {
                // It is called by what it was offered as.
                let offered = offered.list.iter().find(|candidate| candidate.target == *target);
                let name = offered.map_or(name, |candidate| candidate.command.clone());
                tree_source(pid, name, &self.host, tail::output_files(pid), &self.settings, self.descriptors)?
            }
        };
        let job = source.id().clone();
        let _ = self.asks.send(Ask::Add(Box::new(source)));
        Ok(job)
    }
}

/// Runs whose keeper lives, the newest first, and then process trees.
fn candidates(trees: &mut TreeFinder) -> Candidates {
    let mut found = trees.look(clock::now());
    let now = folder::unix_ms();
    let runs =
        registry::list(&Places::from_env()).into_iter().filter(|run| matches!(run.fate, Fate::Live(_)));
    let mut list: Vec<Candidate> = Vec::new();
    for run in runs {
        let pid = run.meta.pid as u32;
        let tree = found.list.iter().position(|tree| tree.pid == pid).map(|at| found.list.remove(at));
        let (processes, cpu, memory) =
            tree.map_or((1, 0.0, Bytes(0)), |tree| (tree.processes, tree.cpu, tree.memory));
        let command = Text::new(&redact(&run.meta.command));
        let name = run.meta.name.as_deref().map_or_else(|| command.clone(), Text::new);
        let age = Some(Duration::from_millis(now.saturating_sub(run.meta.started_unix_ms)));
        let target = Target::Run(Text::new(&run.meta.run));
        list.push(Candidate { target, pid, name, command, processes, cpu, memory, age });
    }
    list.append(&mut found.list);
    Candidates { list, ..found }
}
