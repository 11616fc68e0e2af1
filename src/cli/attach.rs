//! `telltale attach`: watches what runs already.

use anyhow::{Context as _, bail};

use super::args::AttachArgs;
use super::exit::Exit;
use super::guarding::{self, Attached};
use super::headless::{Headless, Outcome, open_sink};
use super::monitor::{self, Screen};
use super::settings::{self, Settings};
use super::several::{self, Joining};
use super::watch::{self, kept_source, share, tree_source};
use super::watch_args::AlertLevel;
use super::{run, talk};
use crate::config::limits::END_GRACE;
use crate::feed::tail;
use crate::job::attach::{Control, Heard};
use crate::job::folder::{self, Places};
use crate::job::message::{Hello, Told};
use crate::job::registry::{self, Fate, Run};
use crate::job::signals::Signals;
use crate::model::job::JobId;
use crate::model::text::Text;
use crate::model::verdict::Severity;
use crate::proc::find;
use crate::proc::read::lift_descriptor_limit;
use crate::session::keeper::KeeperLine;
use crate::session::recruits::MOST_JOBS;
use crate::session::sampler::Sampler;
use crate::session::scan_job::Plan;
use crate::session::source::Source as _;
use crate::ui::event::Leave;
use crate::ui::state::Pane;

/// A keeper says hello at once; one that doesn't is stuck.
const HELLO_PATIENCE: std::time::Duration = std::time::Duration::from_secs(2);

/// Watches until every job has ended or the user leaves.
pub fn attach(args: &AttachArgs) -> Exit {
    match watch(args) {
        Ok(exit) => exit,
        Err(error) => {
            talk::error(&error);
            Exit::Error
        }
    }
}

fn watch(args: &AttachArgs) -> anyhow::Result<Exit> {
    let settings = settings::load(&args.watch)?;
    let (mut sampler, host) = watch::sampler(&settings);
    guarding::check(&args.guard, &settings)?;
    let mut processes = Vec::new();
    let keepers = add_targets(args, &settings, &mut sampler, &host, &mut processes)?;
    let lines = keepers.clone();
    let attached = Attached { keepers: &lines, processes };
    let _guard = guarding::begin(args, &attached)?;
    let worst = if args.watch.draws() {
        let (scan, pane, grace) = (Plan::default(), Pane::Watch, END_GRACE);
        let screen = Screen { sampler, host, keepers, scan, pane, grace, tour: None, is_choosing: false };
        let left = monitor::show(screen, &settings)?;
        if let (Leave::EndJob, Some(line)) = (left.leave, &left.keeper) {
            run::end(line, END_GRACE);
        }
        left.worst
    } else {
        headless(args, &settings, &mut sampler)?.worst
    };
    guarding::say_what_stays(&attached);
    let fails = match args.fail_on_alert {
        Some(AlertLevel::Warning) => worst.is_some(),
        Some(AlertLevel::Critical) => worst == Some(Severity::Critical),
        None => false,
    };
    Ok(if fails { Exit::Found } else { Exit::Fine })
}

fn headless(args: &AttachArgs, settings: &Settings, sampler: &mut Sampler) -> anyhow::Result<Outcome> {
    let sink: Box<dyn std::io::Write> = match &args.watch.json_to {
        Some(target) => open_sink(target)?,
        None => Box::new(std::io::stdout().lock()),
    };
    let left_on = [rustix::process::Signal::INT.as_raw(), rustix::process::Signal::TERM.as_raw()];
    let mut signals = Signals::catch(&left_on).context("catching signals")?;
    let headless = Headless {
        snapshots: Some(sink),
        // Not locked: a guard beside it speaks there too.
        alerts: Some(Box::new(std::io::stderr())),
        once: args.watch.once,
        teller: watch::teller(settings),
        signals: &mut signals,
    };
    headless.watch(sampler, |_| true, None)
}

/// What a target turned out to be.
pub(super) enum Found {
    /// A run whose keeper was asked.
    Kept(Box<Hello>, Control),
    /// A process and what people call it.
    Process(u32, Text),
}

impl Found {
    const fn is_process(&self) -> bool {
        matches!(self, Self::Process(..))
    }
}

/// Adds every target; gives the lines to the keepers of the runs among them, and tells of the other `processes`.
fn add_targets(
    args: &AttachArgs,
    settings: &Settings,
    sampler: &mut Sampler,
    host: &Text,
    processes: &mut Vec<(u32, Text)>,
) -> anyhow::Result<Vec<(JobId, KeeperLine)>> {
    let descriptors = lift_descriptor_limit();
    // Who starts between its look and the next one is found by that.
    let mut joining = Joining::new(host, settings);
    let (mut targets, mut patterns) = (Vec::new(), Vec::new());
    if args.targets.is_empty() {
        targets.push(newest_run()?);
    }
    for target in &args.targets {
        let (found, said) = resolve(target, args.one)?;
        if let Some(said) = said {
            talk::say(&said);
        }
        if target.parse::<u32>().is_err() && found.iter().any(Found::is_process) {
            patterns.push(target.clone());
        }
        targets.extend(found);
    }
    if targets.len() > 1 && !args.log.is_empty() {
        bail!(
            "--log is the log of one job, and {} are meant; without it, each one's own output is followed",
            targets.len()
        );
    }
    if targets.len() > 1 && args.statsd.is_some() {
        bail!("--statsd listens to one job: name one target");
    }
    if targets.len() > 1 && args.watch.prometheus.is_some() {
        bail!("--prometheus is the page of one job: name one target");
    }
    // What is told of one job is no instance's that starts later.
    let is_one = args.one || args.statsd.is_some() || args.watch.prometheus.is_some() || !args.log.is_empty();
    let may_join = !is_one && !patterns.is_empty();
    // Who joins later needs a share too.
    let share = share(descriptors, if may_join { targets.len().max(MOST_JOBS) } else { targets.len() });
    if may_join {
        joining.begin(patterns, share);
        sampler.recruit(Box::new(joining));
    }
    let is_several = targets.len() > 1;
    let (mut keepers, mut gone) = (Vec::new(), None);
    for target in targets {
        if let Found::Process(pid, name) = &target {
            processes.push((*pid, name.clone()));
        }
        match add(target, args, settings, sampler, host, share) {
            Ok(kept) => keepers.extend(kept),
            // One of several may have ended since it was found.
            Err(error) if is_several => gone = Some(error),
            Err(error) => return Err(error),
        }
    }
    match gone {
        Some(error) if sampler.is_idle() => Err(error),
        _ => Ok(keepers),
    }
}

/// Adds one target; gives the line to its keeper where it has one.
fn add(
    target: Found,
    args: &AttachArgs,
    settings: &Settings,
    sampler: &mut Sampler,
    host: &Text,
    share: usize,
) -> anyhow::Result<Option<(JobId, KeeperLine)>> {
    match target {
        Found::Kept(hello, control) => {
            let line = KeeperLine::new(control, &hello, Places::from_env());
            if args.statsd.is_some() {
                bail!("--statsd: this run has a socket of its own, which its keeper holds");
            }
            let source = kept_source(&hello, line.clone(), host, settings, share)?;
            let id = source.id().clone();
            sampler.add(Box::new(source));
            Ok(Some((id, line)))
        }
        Found::Process(pid, name) => {
            let logs = if args.log.is_empty() { tail::output_files(pid) } else { args.log.clone() };
            for log in &args.log {
                tail::Tail::open(log).with_context(|| format!("--log {}", log.display()))?;
            }
            let mut source = tree_source(pid, name, host, logs, settings, share)?;
            if let Some(address) = args.statsd.as_deref() {
                source.listen(watch::mailbox(address)?);
            }
            sampler.add(Box::new(source));
            Ok(None)
        }
    }
}

fn newest_run() -> anyhow::Result<Found> {
    let places = Places::from_env();
    let live = registry::list(&places).into_iter().find(|run| matches!(run.fate, Fate::Live(_)));
    if let Some(run) = live {
        return connect(&places, &run);
    }
    let last = registry::list(&places).first().map(|run| format!("; the last one, {}", obituary(run)));
    bail!("no detached run is alive; name a PID, as in `telltale attach 4711`{}", last.unwrap_or_default())
}

fn obituary(run: &Run) -> String {
    run.obituary(folder::unix_ms())
}

/// Finds what the user means: a PID, a run, or all that a name or part of a command line fits; and what is to be
/// said of the choice.
pub(super) fn resolve(target: &str, is_one: bool) -> anyhow::Result<(Vec<Found>, Option<String>)> {
    let places = Places::from_env();
    let only = |found: Found| Ok((vec![found], None));
    let over = match registry::find(&places, target) {
        registry::Found::One(run) if matches!(run.fate, Fate::Live(_)) => {
            return only(connect(&places, &run)?);
        }
        registry::Found::One(run) if run.meta.run == target => bail!("{}", obituary(&run)),
        registry::Found::Many(runs) => bail!("{target} fits several runs: {}; name one", runs.join(", ")),
        // A run that has ended may have the name of a process that runs.
        registry::Found::One(run) => Some(*run),
        registry::Found::None => None,
    };
    if let Ok(pid) = target.parse::<u32>() {
        let over =
            if is_there(pid) { None } else { over.or_else(|| registry::with_pid(&places, pid as i32)) };
        if let Some(run) = over {
            bail!("no process {pid}; {}", obituary(&run));
        }
        return only(Found::Process(pid, Text::from(format!("pid {pid}"))));
    }
    let matching = find::matching(target);
    match over {
        Some(run) if matching.found.is_empty() => bail!("{}", obituary(&run)),
        _ => several::meant(target, &matching, &places, is_one),
    }
}

fn is_there(pid: u32) -> bool {
    let pid = i32::try_from(pid).ok().and_then(rustix::process::Pid::from_raw);
    let asked = pid.map(rustix::process::test_kill_process);
    asked.is_some_and(|answer| answer != Err(rustix::io::Errno::SRCH))
}

/// Asks the keeper of a run.
pub(super) fn connect(places: &Places, run: &Run) -> anyhow::Result<Found> {
    let about = || format!("asking the keeper of run {}", run.meta.run);
    let mut control = match Control::connect(places, &run.meta.run) {
        Ok(control) => control,
        // It may have ended since it was found.
        Err(error) => match registry::look_up(places, &run.meta.run) {
            Some(run) if matches!(run.fate, Fate::Ended(_)) => bail!("{}", obituary(&run)),
            _ => return Err(error).with_context(about),
        },
    };
    match control.recv(Some(HELLO_PATIENCE)).with_context(about)? {
        Heard::Told(Told::Hello(hello)) => Ok(Found::Kept(hello, control)),
        _ => bail!(
            "{}: it does not answer; `telltale attach {}` watches the job without it",
            about(),
            run.meta.pid
        ),
    }
}
