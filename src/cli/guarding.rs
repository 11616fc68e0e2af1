//! `--guard` on a job that runs already: its keeper takes it over, or a thread here does where there is none.

use std::sync::mpsc::Sender;

use anyhow::{Context as _, bail};

use super::args::AttachArgs;
use super::settings::Settings;
use super::talk;
use super::watch_args::GuardArgs;
use crate::config::limits::END_GRACE;
use crate::job::folder::Places;
use crate::job::freeze::{hand, record};
use crate::job::message::Asked;
use crate::job::tree::Process;
use crate::model::job::JobId;
use crate::model::text::Text;
use crate::session::guard;
use crate::session::keeper::KeeperLine;

/// What is attached, and whom it takes to guard it.
pub(super) struct Attached<'a> {
    /// Jobs with a keeper.
    pub keepers: &'a [(JobId, KeeperLine)],
    /// Jobs without one, by their main process and name.
    pub processes: Vec<(u32, Text)>,
}

/// Refuses a guard on a screen that may do nothing.
pub(super) fn check(args: &GuardArgs, settings: &Settings) -> anyhow::Result<()> {
    if args.guard.is_some() && settings.screen.is_readonly {
        bail!("--guard freezes a job, and --readonly forbids that; leave one of them out");
    }
    Ok(())
}

/// Sets the guard over all of them; it goes with what this returns, but for a keeper's.
pub(super) fn begin(args: &AttachArgs, attached: &Attached<'_>) -> anyhow::Result<Option<Sender<()>>> {
    let Some(plan) = args.guard.plan(END_GRACE) else { return Ok(None) };
    for (_, line) in attached.keepers {
        line.ask(&Asked::Guard(plan));
    }
    for (pid, name) in &attached.processes {
        if is_forbidden(*pid) {
            bail!("--guard: {name} belongs to another user; only that one or root may freeze it");
        }
    }
    if attached.processes.is_empty() {
        return Ok(None);
    }
    // The screen shows a freeze from its record.
    let is_shown = args.watch.draws();
    let tell = move |words: &str| {
        if !is_shown {
            talk::say(words);
        }
    };
    let guard = guard::spawn(attached.processes.clone(), plan, &Places::from_env(), tell);
    guard.map(Some).context("starting the thread of --guard")
}

/// Says which of them stay frozen when they are left.
pub(super) fn say_what_stays(attached: &Attached<'_>) {
    let places = Places::from_env();
    let of_keepers = attached.keepers.iter().filter_map(|(_, line)| line.freeze());
    let of_processes = attached.processes.iter().filter_map(|(pid, _)| {
        let root = Process::now(i32::try_from(*pid).ok()?)?;
        hand::look(&record::of_process(&places, root))
    });
    for frozen in of_keepers.chain(of_processes) {
        talk::say(&format!("it stays frozen: {}", frozen.way_out()));
    }
}

fn is_forbidden(pid: u32) -> bool {
    let pid = i32::try_from(pid).ok().and_then(rustix::process::Pid::from_raw);
    pid.is_some_and(|pid| rustix::process::test_kill_process(pid) == Err(rustix::io::Errno::PERM))
}
