//! `telltale demo`: the built-in batch job under watch, and a real scan beside it.

use std::ffi::OsString;
use std::io::Write;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, bail};

use super::args::{DemoArgs, RunArgs};
use super::exit::Exit;
use super::tour::Tour;
use super::watch_args::GuardArgs;
use super::{lab, run, settings, talk};
use crate::demo::folder::{self, Planted};
use crate::demo::hang::{self, HANGS};
use crate::demo::scenario::arguments;
use crate::demo::{SCENARIOS, Scenario, tour};
use crate::model::clock;

/// Long enough to read a sentence and to look at what it says.
const LOOK: Duration = Duration::from_secs(4);

/// Shows a scenario.
pub fn demo(args: &DemoArgs, out: &mut dyn Write) -> Exit {
    if args.list {
        // A reader that has gone has read enough.
        let _ = list(out);
        return Exit::Fine;
    }
    if args.lab {
        let _ = lab::walk(out, args.watch.draws());
        return Exit::Fine;
    }
    match show(args) {
        Ok(exit) => exit,
        Err(error) => {
            talk::error(&error);
            Exit::NotStarted
        }
    }
}

fn list(out: &mut dyn Write) -> std::io::Result<()> {
    writeln!(out, "Batch jobs, which work or fail in their own time:")?;
    for batch in SCENARIOS {
        writeln!(out, "  {:12}  {}", batch.name, batch.about)?;
    }
    writeln!(out, "\nHangs, each with the cause that a diagnosis names:")?;
    for hang in HANGS {
        writeln!(out, "  {:12}  {:18}  {}", hang.name, hang.cause.id(), hang.about)?;
    }
    writeln!(out, "frozen, throttled, thrashes and oom make a control group, which takes root.")
}

/// The scenario of this name and how long it runs unless it is told otherwise.
fn scenario(name: &str) -> anyhow::Result<(&'static str, Duration)> {
    if let Some(hang) = hang::named(name) {
        return Ok((hang.name, hang::LIMIT));
    }
    let Some(batch) = Scenario::named(name) else {
        let batches = SCENARIOS.iter().map(|batch| batch.name);
        let names: Vec<_> = batches.chain(HANGS.iter().map(|hang| hang.name)).collect();
        bail!("no scenario {name:?}; there are {}", names.join(", "));
    };
    Ok((batch.name(), Duration::from_secs(batch.seconds().into())))
}

fn show(args: &DemoArgs) -> anyhow::Result<Exit> {
    let (name, usual) = scenario(&args.scenario)?;
    let length = args.length.unwrap_or(usual);
    let seconds = u32::try_from(length.as_secs()).unwrap_or(u32::MAX).max(1);
    let binary = std::env::current_exe().context("finding telltale's own binary")?;
    let words = arguments(name, seconds).map(OsString::from);
    let run_args = RunArgs {
        no_sockets: true,
        guard: GuardArgs::default(),
        name: Some(format!("demo-{name}")),
        end_after: None,
        grace: crate::config::limits::END_GRACE,
        log_cap: 1,
        watch: args.watch.clone(),
        command: std::iter::once(binary.into_os_string()).chain(words).collect(),
    };
    if !args.watch.draws() {
        return Ok(run::run(&run_args));
    }
    let settings = settings::load(&args.watch)?;
    // The folder goes when this is left; it holds made-up secrets, so that there is something to find.
    let planted = plant().inspect_err(talk::warning).ok();
    let mut folders: Vec<PathBuf> = planted.iter().map(|planted| planted.path().to_owned()).collect();
    folders.push(PathBuf::from("."));
    // The job goes on for a while after the last stop, so that there is something left to look at.
    let tour = args.tour.then(|| {
        let stops = tour::stops();
        Tour { pace: (length / (stops.len() as u32 + 3)).min(LOOK), stops }
    });
    run::on_screen(&run_args, &settings, folders, tour)
}

fn plant() -> anyhow::Result<Planted> {
    let seed = clock::wall().0 as u64;
    let path = std::env::temp_dir().join(format!("telltale-demo-{}-{seed}", std::process::id()));
    folder::plant(&path, seed).with_context(|| format!("making {}", path.display()))
}
