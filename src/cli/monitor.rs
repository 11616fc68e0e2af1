#![expect(clippy::disallowed_methods, reason = "edge: starts the threads beside the screen")]
//! The screen with all that feeds it: the sampler, the scan, previews and signals.
//!
//! Each of them is a thread that sends events; the screen takes the newest and never waits for any of them.

use std::collections::HashMap;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::Context as _;
use rustix::event::{PollFd, PollFlags, poll};
use rustix::process::Signal;

use super::blaming::Blamer;
use super::errands::{self, Board};
use super::exit::Exit;
use super::finder::{Finder, Keepers};
use super::granter::Granter;
use super::settings::{self, Settings};
use super::tour::Tour;
use super::watch_args::WatchArgs;
use super::{first, talk, watch};
use crate::config::limits::END_GRACE;
use crate::job::folder::Places;
use crate::job::signals::Signals;
use crate::model::alert::Alarm;
use crate::model::job::JobId;
use crate::model::snapshot::Snapshot;
use crate::model::text::Text;
use crate::model::verdict::Severity;
use crate::proc::footprint;
use crate::proc::read::lift_descriptor_limit;
use crate::scan::finding::Finding;
use crate::session::asks::channel_of_asks;
use crate::session::fold::Effect;
use crate::session::inquiry::Inquirer;
use crate::session::keeper::KeeperLine;
use crate::session::sampler::Sampler;
use crate::session::scan_job::Plan;
use crate::session::teller::Teller;
use crate::ui::event::{Event, Leave};
use crate::ui::run::{self, channel as event_channel};
use crate::ui::state::{Options, Pane};
use crate::ui::terminal::reader;

/// Descriptors are shared out as if so many jobs were watched at once.
const JOBS_AT_ONCE: usize = 8;

/// Notifications that wait for a screen that is busy.
const NOTES_KEPT: usize = 4;

/// Lines shown around a finding.
const PREVIEW_CONTEXT: usize = 20;

/// What is to be shown.
pub struct Screen {
    /// Takes the rounds; its sources are added already.
    pub sampler: Sampler,
    /// The name of this host.
    pub host: Text,
    /// The lines to the keepers of the jobs that have one.
    pub keepers: Vec<(JobId, KeeperLine)>,
    /// What to scan from the start; without paths the key is waited for, and then the current folder is scanned.
    pub scan: Plan,
    /// The pane that is open at the start, and alone where it is the secrets'.
    pub pane: Pane,
    /// Time between TERM and KILL when the user ends the job.
    pub grace: Duration,
    /// Lead through the screens.
    pub tour: Option<Tour>,
    /// Begin with the list of what could be watched.
    pub is_choosing: bool,
}

/// How a screen was left.
pub struct Left {
    /// What becomes of the job.
    pub leave: Leave,
    /// The worst alert there was.
    pub worst: Option<Severity>,
    /// The line to the keeper of the job that was shown last.
    pub keeper: Option<KeeperLine>,
}

/// Shows the screen until it is left.
pub fn show(screen: Screen, settings: &Settings) -> anyhow::Result<Left> {
    let no_thread = "starting a thread (--headless needs none)";
    footprint::keep_little();
    let descriptors = watch::share(lift_descriptor_limit(), JOBS_AT_ONCE);
    let (events, received) = event_channel();
    let (asks, asked) = channel_of_asks().context("a pipe")?;
    let board: Board = Arc::default();
    let is_lent: Arc<AtomicBool> = Arc::default();
    listen_to_signals(events.clone(), Arc::clone(&is_lent)).context(no_thread)?;
    reader::spawn(events.clone()).context(no_thread)?;
    let newest: Arc<Mutex<Option<Arc<Snapshot>>>> = Arc::default();
    let keepers: Keepers = Arc::new(Mutex::new(screen.keepers.into_iter().collect()));
    let mut granter = Granter {
        finder: Some(Finder {
            events: events.clone(),
            asks: asks.clone(),
            keepers: Arc::clone(&keepers),
            newest: Arc::clone(&newest),
            host: screen.host.clone(),
            settings: if screen.sampler.is_idle() { settings.clone() } else { settings.for_another_job() },
            descriptors,
        }),
        questions: None,
        typed: settings.watch.progress.iter().map(|pattern| Text::new(pattern)).collect(),
        chosen: HashMap::new(),
        inquirer: Inquirer::default(),
        inquiry: None,
        asks,
        board: Arc::clone(&board),
        keepers,
        newest: Arc::clone(&newest),
        shown: None,
        host: screen.host,
        grace: screen.grace,
        blamer: Blamer::start(events.clone(), Arc::clone(&board)).context(no_thread)?,
        previews: previewer(events.clone(), Arc::clone(&board)).context(no_thread)?,
        tour: screen.tour.map(|tour| tour.lead(events.clone())).transpose().context(no_thread)?,
        events: events.clone(),
        is_lent,
        errands: errands::spawn(events.clone(), Arc::clone(&board)).context(no_thread)?,
        scan: screen.scan,
    };
    if !granter.scan.options.roots.is_empty() {
        granter.start_scan();
    }
    let worst = Arc::new(Mutex::new(None));
    let teller = watch::teller(settings);
    let (mut sampler, last_words) = (screen.sampler, teller.last_words());
    sampler.hear_of(teller.trouble());
    let publish = publisher(events, board, newest, Arc::clone(&worst), teller);
    sampler.spawn(asked, publish).context(no_thread)?;
    let options = Options {
        pane: screen.pane,
        is_zoomed: screen.pane == Pane::Scan,
        is_choosing: screen.is_choosing,
        is_first: !settings.screen.is_readonly && first::is_first(&Places::from_env()),
        ..settings.options()
    };
    let leave = run::run(received, &options, &mut |wish| granter.grant(wish));
    last_words.say();
    let leave = leave.context("the screen")?;
    let worst = *worst.lock().unwrap_or_else(PoisonError::into_inner);
    Ok(Left { leave, worst, keeper: granter.keeper() })
}

/// Both panes, with nothing watched and nothing scanned yet.
pub fn open() -> Exit {
    open_with(Plan::default(), Pane::Watch)
}

/// The pane of the secrets, with this scan in it.
pub fn open_scan(scan: Plan) -> Exit {
    open_with(scan, Pane::Scan)
}

fn open_with(scan: Plan, pane: Pane) -> Exit {
    if !watch::has_terminal() {
        talk::say(match pane {
            Pane::Scan => "the pane needs a terminal; without --interactive the findings are printed",
            Pane::Watch => "both panes need a terminal; `telltale --help` tells what works without one",
        });
        return Exit::Error;
    }
    let shown = settings::load(&WatchArgs::default()).and_then(|settings| {
        let (sampler, host) = watch::sampler(&settings);
        let (keepers, grace, is_choosing) = (Vec::new(), END_GRACE, pane == Pane::Watch);
        show(Screen { sampler, host, keepers, scan, pane, grace, tour: None, is_choosing }, &settings)
    });
    match shown {
        Ok(_) => Exit::Fine,
        Err(error) => {
            talk::error(&error);
            Exit::Error
        }
    }
}

/// Sends each snapshot, and findings when there are new ones. A screen that is too slow to take one misses it:
/// the next one tells all.
fn publisher(
    events: SyncSender<Event>,
    board: Board,
    newest: Arc<Mutex<Option<Arc<Snapshot>>>>,
    worst: Arc<Mutex<Option<Severity>>>,
    mut teller: Teller,
) -> impl FnMut(Arc<Snapshot>, Vec<Effect>) + Send {
    let mut alarm = Alarm::default();
    move |snapshot, effects| {
        for Effect::Notify(alert) in &effects {
            let mut worst = worst.lock().unwrap_or_else(PoisonError::into_inner);
            *worst = (*worst).max(Some(alert.claim.severity));
        }
        // What the screen had no time to hear of is told again with what is new.
        let Alarm { rings, notes } = teller.tell(&snapshot);
        alarm.rings |= rings;
        alarm.notes = notes.into_iter().chain(alarm.notes.drain(..)).take(NOTES_KEPT).collect();
        if !alarm.is_silent() && events.try_send(Event::Alarm(alarm.clone())).is_ok() {
            alarm = Alarm::default();
        }
        *newest.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&snapshot));
        let _ = events.try_send(Event::Snapshot(snapshot));
        let scan = board.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(scan) = scan
            && [scan.news().map(Event::Findings), scan.tally().map(Event::Tally)]
                .into_iter()
                .flatten()
                .any(|event| events.try_send(event).is_err())
        {
            scan.tell_again();
        }
    }
}

/// Reads the lines around findings; of several that wait, only the newest is read.
fn previewer(events: SyncSender<Event>, board: Board) -> io::Result<Sender<Arc<Finding>>> {
    let (wanted, wishes): (Sender<Arc<Finding>>, Receiver<Arc<Finding>>) = channel();
    std::thread::Builder::new().name("preview".into()).stack_size(512 << 10).spawn(move || {
        while let Ok(first) = wishes.recv() {
            let newest = wishes.try_iter().last().unwrap_or(first);
            let scan = board.lock().unwrap_or_else(PoisonError::into_inner).clone();
            // A file that is gone by now has no preview; the finding itself stays.
            if let Some(Ok(preview)) = scan.map(|scan| scan.preview(&newest, PREVIEW_CONTEXT))
                && events.send(Event::Preview(preview)).is_err()
            {
                return;
            }
        }
    })?;
    Ok(wanted)
}

/// Turns signals into events: TERM and its like leave, TSTP suspends, CONT draws again, WINCH is another size.
///
/// While an editor has the terminal, what the terminal sends to the group of both is for the editor.
fn listen_to_signals(events: SyncSender<Event>, is_lent: Arc<AtomicBool>) -> io::Result<()> {
    let caught =
        [Signal::TERM, Signal::HUP, Signal::INT, Signal::QUIT, Signal::TSTP, Signal::CONT, Signal::WINCH];
    let mut signals = Signals::catch(&caught.map(Signal::as_raw))?;
    std::thread::Builder::new().name("signals".into()).stack_size(128 << 10).spawn(move || {
        loop {
            let _ = poll(&mut [PollFd::new(&signals, PollFlags::IN)], None);
            for arrived in signals.take() {
                if is_lent.load(Ordering::SeqCst) && !is_an_end(arrived.signal) {
                    continue;
                }
                if events.send(event_of(arrived.signal)).is_err() {
                    return;
                }
            }
        }
    })?;
    Ok(())
}

/// Whether a signal is meant for this process whoever has the terminal.
fn is_an_end(signal: i32) -> bool {
    [Signal::TERM, Signal::HUP].map(Signal::as_raw).contains(&signal)
}

/// What a signal means to the screen.
const fn event_of(signal: i32) -> Event {
    match Signal::from_named_raw(signal) {
        Some(Signal::TSTP) => Event::Suspend,
        Some(Signal::CONT) => Event::Resumed,
        Some(Signal::WINCH) => Event::Resized,
        _ => Event::Leave,
    }
}
