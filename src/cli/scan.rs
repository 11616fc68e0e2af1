#![expect(clippy::disallowed_methods, reason = "edge: looks for the paths, reads the environment")]
//! `telltale scan`: runs the engine, writes what it finds, says what it did.
//!
//! Findings go to standard output or a file, everything else to standard error: a progress line while that is a
//! terminal, and a summary at the end.

use std::fs::File;
use std::io::{self, Read as _, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Context;

use super::exit::Exit;
use super::interrupt::Interruption;
use super::scan_args::{Format, ScanArgs};
use super::scan_talk::{kind, stopped, summary, way_out, with_progress_line};
use super::{hook, merge, monitor, path_list, scan_baseline, scan_cache, scan_outputs, talk};
use crate::model::clock::{self};
use crate::model::text::{escape, escape_path};
use crate::scan::baseline_file::Choice;
use crate::scan::engine::{self, Options, Place};
use crate::scan::finding::{Harm, Level};
use crate::scan::history::course::History;
use crate::scan::history::handed;
use crate::scan::id_key::IdKey;
use crate::scan::judge::model::{self, Model};
use crate::scan::known::Known;
use crate::scan::output::summary::Summary;
use crate::scan::policy::desk::Policy;
use crate::scan::policy::{config_files, file_name, files};
use crate::scan::progress::Progress;
use crate::scan::random::class::LineView;
use crate::scan::rule;
use crate::scan::unpack::limits::Limits;
use crate::session::scan_job::Plan;

/// How many stale exceptions are told one by one.
pub(super) const STALE: usize = 20;

/// Runs the subcommand.
pub fn run(args: &ScanArgs) -> Exit {
    let interruption = Interruption::default();
    let exit = match scan(args, &interruption) {
        Ok(exit) => exit,
        Err(error) if is_broken_pipe(&error) => Exit::Fine,
        Err(error) => {
            talk::error(&error);
            Exit::Error
        }
    };
    interruption.pass_on();
    exit
}

fn scan(args: &ScanArgs, interruption: &Interruption) -> anyhow::Result<Exit> {
    if args.list_rules {
        list_rules(&*policy(args)?, &mut io::stdout().lock())?;
        return Ok(Exit::Fine);
    }
    let folder = || args.paths.first().map_or(Path::new(""), PathBuf::as_path);
    if args.install_hook || args.uninstall_hook {
        let change = if args.install_hook { hook::install } else { hook::uninstall };
        return change(folder()).map(|()| Exit::Fine);
    }
    let mut args = args.clone();
    if let Some(list) = &args.files_from {
        args.paths.extend(path_list::read(list, args.null)?);
        if args.paths.is_empty() {
            talk::say("the list of paths is empty: nothing was scanned");
            return Ok(Exit::Fine);
        }
    }
    if args.pre_commit {
        hand_over(&mut args)?;
    }
    if args.paths.is_empty() && place(&args) != Place::Tree {
        args.paths.extend(way_to_the_top());
    }
    let args = &args;
    if !args.interactive {
        interruption.listen();
    }
    if args.merge {
        return merge::merge(args, interruption);
    }
    for path in args.paths.iter().filter(|path| path.as_os_str() != engine::STDIN) {
        let shown = escape_path(path);
        std::fs::symlink_metadata(path).with_context(|| format!("can't scan {shown}; check the path"))?;
    }
    if args.interactive {
        return interactive(args);
    }
    let known = Arc::new(Known::load(&args.paths, &baseline(args))?);
    let policy = policy(args)?;
    let options = Options {
        known: Some(Arc::clone(&known)),
        id_key: id_key(args)?,
        rules: policy.rules(),
        policy: Some(Arc::clone(&policy)),
        ..options(args)
    };
    options.check()?;
    if options.shard.is_some() && options.roots.iter().any(|root| root.as_os_str() == engine::STDIN) {
        anyhow::bail!("standard input can't be shared; scan `-` without --shard");
    }
    if args.write_baseline {
        return scan_baseline::write(options, &known, args.lists_down_to(), interruption);
    }
    let options = Options { cache: scan_cache::open(args, &options), ..options };
    let ledger = Mutex::new(scan_outputs::ledger(args, options.rules(), Some(Arc::clone(&known)))?);
    let (progress, stop) = (Progress::default(), interruption.flag());
    let started = clock::now();
    let report = with_progress_line(args, &progress, started, || {
        engine::scan(&options, &progress, stop, &|finding| {
            if finding.accepted.is_some() && !args.show_accepted {
                return;
            }
            if !ledger.lock().unwrap_or_else(PoisonError::into_inner).take(finding) {
                stop.store(true, Ordering::Relaxed);
            }
        })
    });
    interruption.writes();
    scan_cache::keep(options.cache.as_deref(), &report);
    let found = ledger.into_inner().unwrap_or_else(PoisonError::into_inner);
    let found = found.finish(Summary::new(&report))?;
    for problem in &report.problems {
        talk::say(problem);
    }
    // Who has not read all files can't say that something is nowhere.
    let is_whole = !report.stopped && place(args) == Place::Tree && args.shard.is_none();
    let stale =
        if is_whole { tell_stale(&policy) + scan_baseline::stale(&known, args.prune_baseline)? } else { 0 };
    if known.is_exhausted() {
        talk::say("too many secrets to look up in the baseline; the rest is reported, accepted or not");
    }
    if !args.quiet {
        talk::as_it_is(&summary(&report, kind(args), clock::now().since(started)));
        let unlisted = report.count(Level::Low);
        if unlisted > 0 && args.lists_down_to() < Level::Low && !args.entropy {
            talk::as_it_is(&format!("the {unlisted} low ones are not listed; --level low lists them\n"));
        }
        if let Some(told) = policy.told() {
            talk::as_it_is(&format!("{told}\n"));
        }
    }
    let exit = exit(args, &found, stale);
    if report.stopped {
        talk::say(&stopped(&report, &progress.snapshot(), kind(args), interruption.signal()));
    } else if !args.quiet
        && let Some(words) = way_out(args, exit)
    {
        talk::say(words);
    }
    Ok(exit)
}

/// Finds out what the files are that a hook was handed: those of a commit, or some that are to be looked through.
fn hand_over(args: &mut ScanArgs) -> anyhow::Result<()> {
    match handed::staged_names(&args.paths)? {
        Some(names) => {
            args.staged = true;
            args.handed = Some(Arc::new(names.into_iter().collect()));
            args.paths.clear();
        }
        None if args.quiet => {}
        None => talk::say(
            "not all of these files are staged as they are: each is scanned whole, with what is old in it",
        ),
    }
    Ok(())
}

/// The way up to the top of the repository that the current folder lies in: git's own view of it is scanned whole, and what
/// lies at its top holds. `None` at the top itself, outside of a repository, and where git is told that it is another.
fn way_to_the_top() -> Option<PathBuf> {
    let here = std::env::current_dir().ok().filter(|_| std::env::var_os("GIT_DIR").is_none())?;
    let steps = here.ancestors().position(|folder| folder.join(".git").exists())?;
    (steps > 0).then(|| std::iter::repeat_n("..", steps).collect())
}

/// What other tools were told to look for, and to let through; what is not understood in it is told.
fn policy(args: &ScanArgs) -> anyhow::Result<Arc<Policy>> {
    let policy = files::load(&args.paths, &choice(args))?;
    policy.notes().iter().for_each(|note| talk::say(note));
    Ok(Arc::new(policy))
}

/// Which files of other tools are heeded. Where gitleaks was told of its configuration by the environment, so are we.
fn choice(args: &ScanArgs) -> files::Choice {
    let from_environment =
        || std::env::var_os("GITLEAKS_CONFIG").filter(|file| !file.is_empty()).map(PathBuf::from);
    let config = match args.config.clone() {
        _ if args.no_config => config_files::Choice::Ignored,
        Some(file) => config_files::Choice::At(file),
        None => from_environment().map_or(config_files::Choice::InFolder, config_files::Choice::At),
    };
    files::Choice { config, is_strict: args.no_allow }
}

/// Tells which exceptions allow nothing any more; gives their number.
fn tell_stale(policy: &Policy) -> usize {
    let stale = files::stale(policy);
    for line in stale.iter().take(STALE) {
        talk::say(&format!("stale: {line}; nothing is there to be allowed any more"));
    }
    if stale.len() > STALE {
        talk::say(&format!("stale: and {} more", stale.len() - STALE));
    }
    stale.len()
}

/// All rules that a scan with these arguments would use: those of a configuration among them.
fn list_rules(policy: &Policy, out: &mut dyn Write) -> io::Result<()> {
    let rules = &policy.rules().unwrap_or_else(rule::builtin).rules;
    let names = policy.name_rules();
    let widths = rules.iter().map(|rule| &rule.id).chain(names.iter().map(|(id, _)| id)).map(|id| id.len());
    let widest = widths.max().unwrap_or(0);
    writeln!(out, "{:<widest$}  {:<8}  score  what it finds", "rule", "severity")?;
    let mut line = |id: &str, severity: Harm, score: f64, name: &str| {
        let (id, name, severity) = (escape(id), escape(name), severity.as_str());
        writeln!(out, "{id:<widest$}  {severity:<8}  {score:<5.2}  {name}")
    };
    rules.iter().try_for_each(|rule| line(&rule.id, rule.severity, rule.score, rule.name))?;
    names.iter().try_for_each(|(id, path)| {
        line(id, Harm::default(), file_name::SCORE, &format!("files whose path matches {path}"))
    })
}

/// The same on the screen. A baseline that can't be read is told before it opens.
fn interactive(args: &ScanArgs) -> anyhow::Result<Exit> {
    if args.paths.iter().any(|path| path.as_os_str() == engine::STDIN) {
        anyhow::bail!("the pane needs standard input for its keys; scan `-` without --interactive");
    }
    let mut options = options(args);
    options.check()?;
    Known::load(&args.paths, &baseline(args))?;
    files::load(&args.paths, &choice(args))?;
    if options.roots.is_empty() {
        options.roots.push(".".into());
    }
    Ok(monitor::open_scan(Plan { options, baseline: baseline(args), heeded: choice(args) }))
}

fn id_key(args: &ScanArgs) -> anyhow::Result<Option<IdKey>> {
    let key = args.id_key.as_ref().map(|file| IdKey::at(file).with_context(|| escape_path(file)));
    key.transpose()
}

/// Which baseline is heeded.
pub(super) fn baseline(args: &ScanArgs) -> Choice {
    match &args.baseline {
        _ if args.no_baseline => Choice::Ignored,
        Some(file) if args.write_baseline => Choice::Written(file.clone()),
        Some(file) => Choice::At(file.clone()),
        None => Choice::InFolder,
    }
}

pub(super) fn options(args: &ScanArgs) -> Options {
    Options {
        roots: args.paths.clone(),
        place: place(args),
        threads: args.threads,
        max_filesize: args.max_filesize,
        excludes: args.exclude.clone(),
        no_ignore: args.no_ignore,
        unpack: Limits { depth: usize::from(args.archive_depth), unpacked: args.max_unpacked },
        binaries: args.binary,
        only: None,
        lines: lines(args),
        show_secrets: args.show_secrets,
        no_map: !args.interactive,
        shard: args.shard,
        model: args.model.as_deref().and_then(model),
        ..Options::default()
    }
}

/// How lines that look random are told, when they are what was asked for. A history tells tokens: its lines are many, and old.
fn lines(args: &ScanArgs) -> Option<LineView> {
    let is_asked = args.entropy && place(args) == Place::Tree;
    let each = args.format == Format::Json || args.report.iter().any(|report| report.format == Format::Json);
    is_asked.then_some(if each { LineView::Each } else { LineView::Folded })
}

/// The model in this file. With a bad one the scan goes on: it judges as it would without.
fn model(file: &Path) -> Option<Arc<Model>> {
    let read = || {
        let mut bytes = Vec::new();
        File::open(file)?.take(model::MOST_BYTES as u64 + 1).read_to_end(&mut bytes)?;
        Ok::<_, anyhow::Error>(Model::read(&bytes)?)
    };
    match read() {
        Ok(model) => Some(Arc::new(model)),
        Err(error) => {
            talk::say(&format!("{}: {error}; the built-in model is used", escape_path(file)));
            None
        }
    }
}

pub(super) fn place(args: &ScanArgs) -> Place {
    match () {
        () if args.staged => Place::Staged(args.handed.clone()),
        () if args.history || args.unreachable || args.since.is_some() => {
            let tokens = (!args.interactive && !args.write_baseline)
                .then(|| args.top.unwrap_or(scan_outputs::TOP) as usize);
            Place::History(History { since: args.since.clone(), unreachable: args.unreachable, tokens })
        }
        () => Place::Tree,
    }
}

/// What the process says at its end; `stale` exceptions allow nothing any more.
pub(super) fn exit(args: &ScanArgs, found: &Summary, stale: usize) -> Exit {
    let fails = |level: &Level| args.fail_on.includes(*level) && found.count(*level) > 0;
    if [Level::High, Level::Medium, Level::Low].iter().any(fails) || (args.fail_on_stale && stale > 0) {
        Exit::Found
    } else if found.complete {
        Exit::Fine
    } else {
        Exit::Incomplete
    }
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    let io = error.chain().filter_map(|cause| cause.downcast_ref::<io::Error>());
    let json = error.chain().filter_map(|cause| cause.downcast_ref::<serde_json::Error>());
    io.map(io::Error::kind)
        .chain(json.filter_map(serde_json::Error::io_error_kind))
        .any(|kind| kind == io::ErrorKind::BrokenPipe)
}
