//! What `run`, `attach` and `demo` share: limits, patterns, and how a watch is made of what was typed.

use std::io::IsTerminal as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use anyhow::Context as _;

use super::settings::Settings;
use super::watch_args::WatchArgs;
use crate::config::watch::Watch;
use crate::job::folder::Places;
use crate::job::mailbox::{Mailbox, Speech};
use crate::job::message::Hello;
use crate::job::watchers::Watcher;
use crate::model::member::MemberId;
use crate::model::text::Text;
use crate::proc::host::HostReader;
use crate::proc::tree::{SPARE_DESCRIPTORS, TreeError, TreeReader};
use crate::session::keeper::{KeeperLine, log_of};
use crate::session::keepsake;
use crate::session::output::OutputFeed;
use crate::session::page::PageFeed;
use crate::session::said::SaidFeed;
use crate::session::sampler::Sampler;
use crate::session::source::TreeSource;
use crate::session::teller::Teller;

impl WatchArgs {
    /// True when there is to be a screen: one is wanted, and there is a terminal for it.
    pub fn draws(&self) -> bool {
        let wants_none = self.headless || self.once || self.json || self.json_to.is_some();
        !wants_none && has_terminal()
    }
}

/// What a job says of itself, and which of its metrics count.
fn said_feed(settings: &Settings) -> anyhow::Result<SaidFeed> {
    let page = settings.page.clone().map(|url| PageFeed::start(url, settings.watch.interval)).transpose();
    let page = page.context("starting a thread for the page of --prometheus")?;
    Ok(SaidFeed::new(settings.sources.clone(), settings.watch.progress.is_empty(), page))
}

/// Opens what `--statsd` names: a port, an address, or a path for a unix socket.
pub fn mailbox(address: &str) -> anyhow::Result<Mailbox> {
    let about = || format!("--statsd {address}");
    if address.contains('/') {
        return Mailbox::unix(Path::new(address), Speech::Statsd).with_context(about);
    }
    let address = match address.parse::<u16>() {
        Ok(port) => SocketAddr::from(([127, 0, 0, 1], port)),
        Err(_) => address.parse().with_context(about)?,
    };
    Mailbox::udp(address).with_context(about)
}

/// Who tells of alerts, and leaves word for `telltale status` unless nothing is to be written.
pub fn teller(settings: &Settings) -> Teller {
    let watcher = (!settings.screen.is_readonly).then(|| Watcher::new(&Places::from_env()));
    Teller::new(&settings.telling, watcher)
}

/// True when people are there to look and to type.
pub fn has_terminal() -> bool {
    std::io::stdout().is_terminal() && std::io::stdin().is_terminal()
}

/// A sampler with the host's name; sources are added to it.
pub fn sampler(settings: &Settings) -> (Sampler, Text) {
    let host = HostReader::default();
    let name = host.name();
    let Watch { interval, limits, .. } = &settings.watch;
    (
        Sampler::new(*interval, *limits, host)
            .telling(settings.notices.clone())
            .diagnosing(settings.watch.is_diagnosing)
            .writing_nothing(settings.screen.is_readonly),
        name,
    )
}

/// What one of so many jobs may keep open. What a reader spares for the rest of the program is spared once.
pub fn share(descriptors: usize, jobs: usize) -> usize {
    descriptors.saturating_sub(SPARE_DESCRIPTORS) / jobs.max(1) + SPARE_DESCRIPTORS
}

/// The source of a process tree's readings.
pub fn tree_source(
    pid: u32,
    name: Text,
    host: &Text,
    logs: Vec<PathBuf>,
    settings: &Settings,
    descriptors: usize,
) -> anyhow::Result<TreeSource> {
    let tree = TreeReader::new(pid, Vec::new(), descriptors)?;
    let feed = OutputFeed::new(logs, settings.patterns()?).with_signs(settings.signs()?);
    let keepsake = keepsake::of_process(&Places::from_env(), tree.root());
    let source = TreeSource::attached(name, host.clone(), tree, feed).kept_in_mind(keepsake);
    let source = source.with_said(said_feed(settings)?).with_places(&Places::from_env());
    Ok(source.with_input(settings.input.as_deref()))
}

/// The source of a kept job's readings.
pub fn kept_source(
    hello: &Hello,
    line: KeeperLine,
    host: &Text,
    settings: &Settings,
    descriptors: usize,
) -> anyhow::Result<TreeSource> {
    let meta = &hello.meta;
    let root = MemberId::Process { pid: meta.pid as u32, start: meta.start_ticks };
    let tree = match TreeReader::new(meta.pid as u32, vec![meta.keeper_pid as u32], descriptors) {
        // Another start is another process: the job ended, and its PID was given anew. A keeper that could not
        // tell the start wrote 0.
        Ok(tree) => Some(tree).filter(|tree| meta.start_ticks == 0 || *tree.root() == root),
        // It ended before it could be looked at; the keeper tells how.
        Err(TreeError::NoSuchProcess(_) | TreeError::Zombie(_)) => None,
        Err(error) => return Err(error.into()),
    };
    let feed = OutputFeed::new(log_of(hello), settings.patterns()?).with_signs(settings.signs()?);
    let name = Text::new(meta.name.as_deref().unwrap_or(&meta.command));
    let said = said_feed(settings)?;
    let keepsake = hello.folder.as_deref().map(keepsake::of_run);
    let source = TreeSource::kept(name, host.clone(), root, tree, feed, Box::new(line));
    Ok(source.kept_in_mind(keepsake).with_said(said).with_input(settings.input.as_deref()))
}
