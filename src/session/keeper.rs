//! The line to a keeper, shared by the sampler, which listens, and the screen, which speaks.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::source::Keeper;
use crate::job::attach::{Control, Heard};
use crate::job::folder::Places;
use crate::job::message::{Asked, Hello, Orphan, State, Told};
use crate::job::registry::{self, Fate};
use crate::model::clock;
use crate::model::freeze::Frozen;
use crate::model::metric;
use crate::model::process::Exit;
use crate::model::said::Said;
use crate::model::sign::Leak;
use crate::model::text::Text;
use crate::scan::leak::MOST_LEAKS;

/// Things a keeper says that are taken in one go: more wait for the next round.
const MOST_AT_ONCE: usize = 256;

/// Warnings of a keeper that are shown.
const WARNINGS_KEPT: usize = 8;

/// A line to a keeper, cheap to clone.
#[derive(Clone)]
pub struct KeeperLine(Arc<Mutex<Line>>);

struct Line {
    control: Control,
    run: String,
    places: Places,
    /// The line was lost once and is a second one.
    is_second: bool,
    ended: Option<Exit>,
    warnings: Vec<Text>,
    orphans: Vec<(u32, Exit)>,
    stopped: bool,
    said: Option<Arc<Said>>,
    /// Secrets in the output, and how many of them were taken.
    leaks: Vec<Leak>,
    leaks_taken: usize,
    frozen: Option<Frozen>,
    /// What is to be said where no screen shows it.
    news: Vec<Text>,
}

impl KeeperLine {
    /// Takes a line over, whose keeper has said hello; should it be lost, the run is looked up in `places`.
    pub fn new(control: Control, hello: &Hello, places: Places) -> Self {
        let warnings = hello.warnings.iter().map(|warning| Text::new(warning)).collect();
        let run = hello.meta.run.clone();
        let mut line = Line {
            control,
            run,
            places,
            is_second: false,
            ended: None,
            warnings,
            orphans: Vec::new(),
            stopped: false,
            said: None,
            leaks: Vec::new(),
            leaks_taken: 0,
            frozen: hello.frozen.clone(),
            news: Vec::new(),
        };
        line.take_state(hello.state);
        Self(Arc::new(Mutex::new(line)))
    }

    /// True for two clones of one line.
    pub fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// Asks the keeper for something. A keeper that is gone can't be asked; that shows as the job's unknown end.
    pub fn ask(&self, asked: &Asked) {
        let _ = self.lock().control.send(asked);
    }

    /// Takes what the keeper has said; how the job ended, once it did.
    pub fn listen(&self) -> Option<Exit> {
        let mut line = self.lock();
        line.listen();
        line.ended
    }

    /// What did not go as it should, and what the keeper did about it.
    pub fn warnings(&self) -> Vec<Text> {
        self.lock().warnings.clone()
    }

    /// What there is to say of a freeze where no screen shows it, each thing once; and again with each reminder.
    pub fn news(&self) -> Vec<Text> {
        std::mem::take(&mut self.lock().news)
    }

    /// How the job is frozen, as far as the keeper has said.
    pub fn freeze(&self) -> Option<Frozen> {
        self.lock().frozen.clone()
    }

    /// A copy of the line's descriptor, which is readable when the keeper says something.
    pub fn descriptor(&self) -> std::io::Result<std::os::fd::OwnedFd> {
        use std::os::fd::AsFd as _;
        self.lock().control.as_fd().try_clone_to_owned()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Line> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Line {
    fn take_state(&mut self, state: State) {
        match state {
            State::Running => self.stopped = false,
            State::Stopped => self.stopped = true,
            State::Ended(exit) => self.ended = Some(exit),
        }
    }

    fn listen(&mut self) {
        for _ in 0..MOST_AT_ONCE {
            match self.control.recv(Some(Duration::ZERO)) {
                Ok(Heard::Told(told)) => self.take(told),
                Ok(Heard::Nothing) => return,
                // A keeper says how the job ended before it goes.
                Ok(Heard::Gone) | Err(_) if self.ended.is_some() => return,
                Ok(Heard::Gone) | Err(_) => {
                    self.ended = self.find_again();
                    if self.ended.is_some() {
                        return;
                    }
                }
            }
        }
    }

    /// Finds the run again whose line was lost, as that of a client that was stopped for long: how it ended, or
    /// nothing while it lives and has taken us back. It is taken back once; a keeper that was killed took the exit
    /// with it.
    fn find_again(&mut self) -> Option<Exit> {
        match registry::look_up(&self.places, &self.run).map(|run| run.fate) {
            Some(Fate::Ended(ending)) => Some(ending.exit),
            Some(Fate::Live(_)) if !self.is_second => {
                let Ok(control) = Control::connect(&self.places, &self.run) else {
                    return Some(Exit::Unknown);
                };
                (self.control, self.is_second) = (control, true);
                None
            }
            _ => Some(Exit::Unknown),
        }
    }

    /// Only the newest word on a freeze is worth saying.
    fn tell(&mut self, frozen: &Frozen) {
        let evidence: Vec<&str> = frozen.evidence.iter().map(Text::as_str).collect();
        let since = metric::span(clock::wall().since(frozen.since));
        let words =
            format!("{} {since} ago; {}; {}", frozen.headline(), evidence.join("; "), frozen.way_out());
        self.news = vec![Text::from(words.replace("; ; ", "; "))];
    }

    fn warn(&mut self, warning: Text) {
        if self.warnings.len() < WARNINGS_KEPT && !self.warnings.contains(&warning) {
            self.warnings.push(warning);
        }
    }

    fn take(&mut self, told: Told) {
        match told {
            Told::Hello(hello) => {
                // The line holds: should it be lost once more, it may be found once more.
                self.is_second = false;
                self.frozen = hello.frozen;
                self.take_state(hello.state);
            }
            Told::Exited(exit) => self.ended = Some(exit),
            Told::Stopped { .. } => self.stopped = true,
            Told::Continued => self.stopped = false,
            Told::Warning(words) | Told::Failed { what: words, .. } => self.warn(Text::from(words)),
            Told::Frozen(frozen) => {
                self.tell(&frozen);
                self.frozen = Some(*frozen);
            }
            Told::Thawed => {
                if self.frozen.take().is_some() {
                    self.news.push(Text::from("the job goes on"));
                }
            }
            Told::Said(said) => self.said = Some(Arc::new(*said)),
            Told::Leak(leak) => {
                // After a line that was lost they are all told again.
                if self.leaks.len() < MOST_LEAKS && !self.leaks.iter().any(|known| known.id == leak.id) {
                    self.leaks.push(leak);
                }
            }
            // The sampler takes them in each round; without one nobody does, and the newest are kept.
            Told::Orphan(Orphan { pid, exit }) => {
                if self.orphans.len() == MOST_AT_ONCE {
                    self.orphans.remove(0);
                }
                self.orphans.push((pid.cast_unsigned(), exit));
            }
            Told::Output(_) => {}
        }
    }
}

impl Keeper for KeeperLine {
    fn leaks(&mut self) -> Vec<Leak> {
        let mut line = self.lock();
        let fresh = line.leaks[line.leaks_taken..].to_vec();
        line.leaks_taken = line.leaks.len();
        fresh
    }

    fn ended(&mut self) -> Option<Exit> {
        self.listen()
    }

    fn frozen(&self) -> Option<Frozen> {
        self.lock().frozen.clone()
    }

    fn said(&self) -> Option<Arc<Said>> {
        self.lock().said.clone()
    }

    fn orphans(&mut self) -> Vec<(u32, Exit)> {
        std::mem::take(&mut self.lock().orphans)
    }

    fn problems(&mut self) -> Vec<Text> {
        let line = self.lock();
        let is_stopped = line.stopped && line.frozen.is_none();
        let stopped = is_stopped.then(|| Text::from("the job is stopped: send it SIGCONT to let it go on"));
        line.warnings.iter().cloned().chain(stopped).collect()
    }
}

/// The files in which a keeper logs the output of its job.
pub fn log_of(hello: &Hello) -> Vec<PathBuf> {
    hello.folder.iter().map(|folder| folder.join(crate::job::folder::LOG)).collect()
}
