//! `telltale run`: starts a job under a keeper, watches it, and ends with its code.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context as _;
use rustix::event::{PollFd, PollFlags, poll};

use super::args::RunArgs;
use super::exit::Exit;
use super::headless::{Headless, Listen, open_sink};
use super::monitor::{self, Screen};
use super::settings::{self, Settings};
use super::tour::Tour;
use super::watch::{self, kept_source};
use super::{guarding, talk};
use crate::job::folder::Places;
use crate::job::launch::{EndAfter, Io, LaunchError, LaunchSpec, Launched, launch};
use crate::job::message::{Asked, Whom};
use crate::job::signals::{Arrived, PASSED, Signals};
use crate::model::text::Text;
use crate::model::{metric, process};
use crate::proc::read::lift_descriptor_limit;
use crate::session::keeper::KeeperLine;
use crate::session::scan_job::Plan;
use crate::session::source::Source as _;
use crate::ui::event::Leave;
use crate::ui::state::Pane;
use crate::ui::terminal::term;

/// Runs the job and says how it ended.
pub fn run(args: &RunArgs) -> Exit {
    let result = settings::load(&args.watch).and_then(|settings| {
        guarding::check(&args.guard, &settings)?;
        if args.watch.draws() {
            on_screen(args, &settings, Vec::new(), None)
        } else {
            headless(args, &settings)
        }
    });
    result.unwrap_or_else(|error| {
        talk::error(&error);
        error.downcast_ref::<LaunchError>().map_or(Exit::NotStarted, |error| Exit::Job(error.exit_code()))
    })
}

fn spec(args: &RunArgs, io: Io) -> LaunchSpec {
    LaunchSpec {
        argv: args.command.clone(),
        name: args.name.clone(),
        io,
        log_cap: args.log_cap << 20,
        end_after: args.end_after.map(|after| EndAfter { after, grace: args.grace }),
        has_mailboxes: !args.no_sockets,
        guard: args.guard.plan(args.grace),
    }
}

/// Without a screen the job has the caller's own input, output and terminal; Telltale's lines go to
/// `--json-to`.
fn headless(args: &RunArgs, settings: &Settings) -> anyhow::Result<Exit> {
    let snapshots = args.watch.json_to.as_deref().map(open_sink).transpose()?;
    let mut signals = Signals::catch(&PASSED).context("catching signals")?;
    let Launched { hello, control, mut keeper } = launch(&spec(args, Io::Relay))?;
    let line = KeeperLine::new(control, &hello, Places::from_env());
    let (mut sampler, host) = watch::sampler(settings);
    let descriptors = lift_descriptor_limit();
    match kept_source(&hello, line.clone(), &host, settings, descriptors) {
        Ok(source) => sampler.add(Box::new(source)),
        // A job that ended before it could be looked at is waited for all the same.
        Err(error) => talk::warning(&error),
    }
    let teller = watch::teller(settings);
    let headless = Headless { snapshots, alerts: None, once: args.watch.once, teller, signals: &mut signals };
    let mut listener = Listener { descriptor: line.descriptor()?, line: line.clone() };
    let on_signal = |arrived| {
        pass_on(&line, arrived);
        false
    };
    let watched = headless.watch(&mut sampler, on_signal, Some(&mut listener));
    // The job is not hurt by a watch that failed: it is waited for.
    if let Err(error) = &watched {
        talk::warning(error);
    }
    let exit = wait_for_end(&line, Some(&mut signals));
    for warning in line.warnings() {
        talk::say(&warning);
    }
    if exit == process::Exit::Unknown {
        let pid = hello.meta.pid;
        talk::say(&format!(
            "the keeper of the job was killed, so that nothing tells how the job ends; if process {pid} still \
             runs, `telltale attach {pid}` watches it"
        ));
    }
    let _ = keeper.wait();
    Ok(Exit::Job(exit.shell_code()))
}

/// Passes a signal on to the job, unless the terminal sent it, which reaches the job too.
fn pass_on(line: &KeeperLine, arrived: Arrived) {
    if !arrived.is_from_terminal {
        line.ask(&Asked::Signal { signal: arrived.signal, to: Whom::Leader });
    }
}

/// Ends a job as the user asked on the screen, and says so.
pub(super) fn end(line: &KeeperLine, grace: Duration) -> process::Exit {
    talk::say(&format!("ending the job: TERM, and KILL {} later to what is left", metric::span(grace)));
    line.ask(&Asked::End { grace_ms: grace.as_millis() as u64 });
    let exit = wait_for_end(line, None);
    talk::say(&format!("the job is ended: {exit}"));
    exit
}

/// Blocks until the keeper tells the job's end; passes signals on meanwhile.
fn wait_for_end(line: &KeeperLine, mut signals: Option<&mut Signals>) -> process::Exit {
    loop {
        if let Some(exit) = line.listen() {
            return exit;
        }
        for arrived in signals.as_deref_mut().map(Signals::take).unwrap_or_default() {
            pass_on(line, arrived);
        }
        let Ok(descriptor) = line.descriptor() else { return process::Exit::Unknown };
        let mut sources = vec![PollFd::new(&descriptor, PollFlags::IN)];
        sources.extend(signals.as_deref().map(|signals| PollFd::new(signals, PollFlags::IN)));
        let _ = poll(&mut sources, None);
    }
}

struct Listener {
    descriptor: std::os::fd::OwnedFd,
    line: KeeperLine,
}

impl Listen for Listener {
    fn descriptor(&self) -> std::os::fd::BorrowedFd<'_> {
        use std::os::fd::AsFd as _;
        self.descriptor.as_fd()
    }

    fn has_ended(&mut self) -> bool {
        let has_ended = self.line.listen().is_some();
        // A line that was lost and found again has another descriptor.
        match self.line.descriptor() {
            Ok(descriptor) => self.descriptor = descriptor,
            // Out of descriptors: the rounds hear of the end too.
            Err(_) => return true,
        }
        has_ended
    }

    fn news(&mut self) -> Vec<Text> {
        self.line.news()
    }
}

/// With a screen the job has a terminal of its own. The folders in `scan` are scanned beside it from the start.
pub(super) fn on_screen(
    args: &RunArgs,
    settings: &Settings,
    scan: Vec<PathBuf>,
    tour: Option<Tour>,
) -> anyhow::Result<Exit> {
    let (cols, rows) = term::size().unwrap_or((80, 24));
    let launched = launch(&spec(args, Io::Pty { rows, cols }))?;
    let Launched { hello, control, mut keeper } = launched;
    let line = KeeperLine::new(control, &hello, Places::from_env());
    let (mut sampler, host) = watch::sampler(settings);
    let descriptors = lift_descriptor_limit();
    let keepers = match kept_source(&hello, line.clone(), &host, settings, descriptors) {
        Ok(source) => {
            let job = source.id().clone();
            sampler.add(Box::new(source));
            vec![(job, line.clone())]
        }
        Err(error) => {
            talk::warning(&error);
            return Ok(Exit::Job(wait_for_end(&line, None).shell_code()));
        }
    };
    let (scan, pane, grace) = (Plan::of(scan), Pane::Watch, args.grace);
    let screen = Screen { sampler, host, keepers, scan, pane, grace, tour, is_choosing: false };
    let leave = monitor::show(screen, settings).map(|left| match (left.leave, left.keeper) {
        // The job to be ended is the one that was shown, and it need not be this one.
        (Leave::EndJob, Some(shown)) if !shown.is_same(&line) => {
            end(&shown, args.grace);
            Leave::Detach
        }
        // Nobody holds the job that was shown.
        (Leave::EndJob, None) => Leave::Detach,
        (leave, _) => leave,
    });
    let name = hello.meta.run.as_str();
    if let Some(exit) = line.listen() {
        let _ = keeper.wait();
        return Ok(Exit::Job(exit.shell_code()));
    }
    match leave {
        Ok(Leave::EndJob) => {
            let exit = end(&line, args.grace);
            let _ = keeper.wait();
            Ok(Exit::Job(exit.shell_code()))
        }
        Ok(_) => {
            let goes_on = if line.freeze().is_some() {
                format!("the job stays frozen; `telltale thaw {name}` lets it go on")
            } else {
                "the job goes on".to_owned()
            };
            talk::say(&format!("{goes_on}; `telltale attach {name}` shows it again"));
            Ok(Exit::Fine)
        }
        Err(error) => {
            talk::say(&format!(
                "the screen failed, the job goes on; `telltale attach {name}` shows it again"
            ));
            Err(error)
        }
    }
}
