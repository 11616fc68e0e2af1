#![expect(
    clippy::disallowed_methods,
    reason = "edge: the keeper's poll loop asks the clock and sends signals"
)]
//! The keeper's one loop: output, children, clients and clocks, until the job has ended and its output is drained.

use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::Pid;

use super::children::{Change, Orphans, changes};
use super::clients::{Client, MAX_CLIENTS};
use super::cold::Cold;
use super::feed::{Feed, TURN};
use super::grant::Winding;
use super::log::Log;
use super::mail::Mail;
use crate::job::folder::{self, Ending, FORMAT};
use crate::job::message::{Asked, Hello, Meta, State, Told, VERSION, Volume};
use crate::job::socket::{self, Socket};
use crate::model::metric::span;
use crate::model::process::Exit;
use crate::model::sign::Leak;
use crate::proc::footprint;

/// How often clients are told of new output.
const POKE_EVERY: Duration = Duration::from_millis(100);

/// The main process has ended, others hold its output open: after this long without any, its own has been read.
const QUIET: Duration = Duration::from_millis(50);

/// More than a pipe or terminal can have held when the main process ended; what comes later is not its own.
const LEFT_OVER: usize = 1024 * 1024;

/// How long after output memory is given back: it costs a tenth of a millisecond, and a line a second is no reason.
const TIDY_AFTER: Duration = Duration::from_secs(1);

/// How long clients get to read the last words.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// What a keeper starts with.
pub(super) struct Parts {
    pub(super) leader: Pid,
    pub(super) meta: Meta,
    pub(super) folder: Option<PathBuf>,
    pub(super) feeds: Vec<Feed>,
    pub(super) slave: Option<OwnedFd>,
    pub(super) log: Log,
    pub(super) socket: Option<Socket>,
    pub(super) mail: Mail,
    pub(super) children_tell: UnixStream,
    pub(super) window_changed: UnixStream,
    /// When to end the job, and how many milliseconds it then gets.
    pub(super) end_at: Option<(Instant, u64)>,
    pub(super) warnings: Vec<String>,
}

/// Everything a keeper holds.
pub(super) struct Keeper {
    pub(super) parts: Parts,
    clients: Vec<Client>,
    orphans: Orphans,
    /// Secrets that stood in the output; there is a bound on how many are told.
    leaks: Vec<Leak>,
    pub(super) state: State,
    /// The end of the main process has been announced.
    is_announced: bool,
    last_read: Instant,
    read_since_end: usize,
    pub(super) ending: Option<Winding>,
    pub(super) cold: Cold,
    poked: Volume,
    next_poke: Instant,
    /// When to give memory back that the output of late has needed.
    tidy_at: Option<Instant>,
    space: Box<[u8]>,
}

/// What a descriptor in the poll list belongs to.
#[derive(Debug, Clone, Copy)]
enum Source {
    Children,
    Window,
    Listener,
    Client(usize),
    From(usize),
    To(usize),
    Mail(usize),
}

impl Keeper {
    /// A keeper of a job that has just been started.
    pub(super) fn new(parts: Parts, now: Instant) -> Self {
        Self {
            parts,
            clients: Vec::new(),
            orphans: Orphans::default(),
            leaks: Vec::new(),
            state: State::Running,
            is_announced: false,
            last_read: now,
            read_since_end: 0,
            ending: None,
            cold: Cold::default(),
            poked: Volume::default(),
            next_poke: now,
            tidy_at: Some(now),
            space: vec![0; TURN].into_boxed_slice(),
        }
    }

    /// Holds the job until there is nothing left to hold.
    pub(super) fn hold(&mut self) {
        while !self.is_done() {
            self.turn();
        }
        let until = Instant::now() + LAST_WORDS;
        self.parts.socket = None;
        while self.clients.iter().any(|client| client.is_behind() && !client.is_gone())
            && Instant::now() < until
        {
            let mut behind: Vec<_> =
                self.clients.iter().map(|client| PollFd::new(client, PollFlags::OUT)).collect();
            let _ = poll(&mut behind, Timespec::try_from(POKE_EVERY).ok().as_ref());
            self.clients.iter_mut().for_each(Client::flush);
        }
    }

    /// Processes that the job left running keep the keeper for as long as they hold its output: to leave them alone
    /// means not to hang up on them.
    fn is_done(&self) -> bool {
        self.is_announced && self.ending.is_none() && self.parts.feeds.iter().all(Feed::is_over)
    }

    fn turn(&mut self) {
        let ready = self.wait();
        let now = Instant::now();
        for (source, events) in ready {
            match source {
                Source::Children => self.reap(),
                Source::Window => self.follow_window(),
                Source::Listener => self.accept(),
                Source::Client(index) => self.serve(index, events, now),
                Source::From(index) => self.read(index, events, now),
                Source::To(index) => self.pass_on(index, events, now),
                Source::Mail(index) => {
                    self.parts.mail.take(index, &mut self.space);
                }
            }
        }
        self.keep_time(now);
        self.clients.retain(|client| !client.is_gone());
    }

    fn wait(&self) -> Vec<(Source, PollFlags)> {
        let mut sources = vec![Source::Children, Source::Window];
        let mut asked = vec![
            PollFd::new(&self.parts.children_tell, PollFlags::IN),
            PollFd::new(&self.parts.window_changed, PollFlags::IN),
        ];
        if let Some(socket) = self.parts.socket.as_ref().filter(|_| self.clients.len() < MAX_CLIENTS) {
            sources.push(Source::Listener);
            asked.push(PollFd::new(&socket.listener, PollFlags::IN));
        }
        for (index, client) in self.clients.iter().enumerate() {
            let reading = if client.is_behind() { PollFlags::OUT } else { PollFlags::empty() };
            sources.push(Source::Client(index));
            asked.push(PollFd::new(client, PollFlags::IN | reading));
        }
        for (index, feed) in self.parts.feeds.iter().enumerate() {
            if let (Some(wants), Some(from)) = (feed.wants_from(), &feed.from) {
                sources.push(Source::From(index));
                asked.push(PollFd::from_borrowed_fd(from.as_fd(), wants));
            }
            if let (Some(wants), Some(to)) = (feed.wants_to(), &feed.to) {
                sources.push(Source::To(index));
                asked.push(PollFd::from_borrowed_fd(to.as_fd(), wants));
            }
        }
        for (index, mailbox) in self.parts.mail.mailboxes().iter().enumerate() {
            sources.push(Source::Mail(index));
            asked.push(PollFd::new(mailbox, PollFlags::IN));
        }
        let timeout = self.deadline().map(|at| at.saturating_duration_since(Instant::now()));
        let timeout = timeout.and_then(|timeout| Timespec::try_from(timeout).ok());
        if poll(&mut asked, timeout.as_ref()).is_err() {
            // A signal came in between; what it means is in the pipe that is polled.
            return Vec::new();
        }
        let ready = sources.into_iter().zip(asked.iter().map(PollFd::revents));
        ready.filter(|(_, events)| !events.is_empty()).collect()
    }

    /// When to wake up though nothing happens.
    fn deadline(&self) -> Option<Instant> {
        let poke = (!self.clients.is_empty()
            && (self.poked != self.parts.log.volume() || self.parts.mail.has_news()))
        .then_some(self.next_poke);
        let is_draining = matches!(self.state, State::Ended(_))
            && !self.is_announced
            && self.parts.feeds.iter().all(Feed::is_flushed);
        let drained = is_draining.then(|| self.last_read + QUIET);
        let look = self.ending.as_ref().map(|winding| winding.look_at);
        let end = self.parts.end_at.map(|(at, _)| at);
        let tries = self.parts.feeds.iter().filter_map(Feed::next_try);
        [poke, drained, look, end, self.cold.next(), self.tidy_at, self.parts.log.next_rest()]
            .into_iter()
            .flatten()
            .chain(tries)
            .min()
    }

    /// Does what is due by the clock.
    fn keep_time(&mut self, now: Instant) {
        for feed in &mut self.parts.feeds {
            if feed.next_try().is_some_and(|at| at <= now) {
                feed.flush(now);
            }
        }
        self.parts.log.rest(now);
        if let Some((_, grace_ms)) = self.parts.end_at.take_if(|(at, _)| *at <= now)
            && !matches!(self.state, State::Ended(_))
        {
            let warning = format!(
                "its time is up (--end-after): TERM now, KILL {} later",
                span(Duration::from_millis(grace_ms))
            );
            self.warn(warning);
            self.grant(Asked::End { grace_ms }, now);
        }
        if let Some(trouble) = self.parts.log.take_trouble() {
            self.warn(trouble);
        }
        let volume = self.parts.log.volume();
        let (has_mail, has_output) = (self.parts.mail.has_news(), volume != self.poked);
        if now >= self.next_poke && (has_mail || has_output) {
            self.next_poke = now + POKE_EVERY;
            // A job that never stops talking in datagrams has its output told all the same.
            if has_output {
                self.tell_output(volume);
            }
            if has_mail {
                self.tell_mail();
            }
        }
        if self.tidy_at.is_some_and(|at| at <= now) {
            self.tidy_at = None;
            footprint::give_back();
        }
        self.wind_up(now);
        self.mind_the_cold(now);
        if let State::Ended(exit) = self.state
            && !self.is_announced
            && self.is_drained(now)
        {
            self.announce(exit);
        }
    }

    /// Whether all that the main process wrote has been read and passed on.
    fn is_drained(&self, now: Instant) -> bool {
        let feeds = &self.parts.feeds;
        let is_quiet =
            now.saturating_duration_since(self.last_read) >= QUIET && feeds.iter().all(Feed::is_flushed);
        feeds.iter().all(Feed::is_over) || is_quiet || self.read_since_end > LEFT_OVER
    }

    fn announce(&mut self, exit: Exit) {
        self.is_announced = true;
        self.parts.log.finish();
        self.tell_leaks();
        if let Some(folder) = &self.parts.folder {
            let ended_unix_ms = folder::unix_ms();
            let ending = Ending { format: FORMAT, exit, ended_unix_ms, orphans: self.orphans.list() };
            // There is nobody to tell but those who hear of the exit anyway.
            let _ = folder::write_ending(folder, &ending);
        }
        self.parts.mail.take_rest(&mut self.space);
        self.tell_mail();
        self.poked = self.parts.log.volume();
        self.tell_all(&Told::Output(self.poked));
        self.tell_all(&Told::Exited(exit));
    }

    /// Tells how much output there is, to those who keep up with reading.
    fn tell_output(&mut self, volume: Volume) {
        for client in self.clients.iter_mut().filter(|client| !client.is_behind()) {
            client.tell(&Told::Output(volume));
        }
        self.poked = volume;
    }

    /// Tells what the job has said, to those who keep up with reading.
    fn tell_mail(&mut self) {
        if let Some(said) = self.parts.mail.news() {
            for client in self.clients.iter_mut().filter(|client| !client.is_behind()) {
                client.tell(&said);
            }
        }
    }

    fn reap(&mut self) {
        swallow(&self.parts.children_tell);
        for change in changes(self.parts.leader) {
            match change {
                Change::Ended(exit) => {
                    self.state = State::Ended(exit);
                    // Quiet counts from here: what the job wrote last may not have been polled yet.
                    self.last_read = Instant::now();
                    self.parts.slave = None;
                }
                Change::Stopped(signal) => {
                    self.state = State::Stopped;
                    self.tell_all(&Told::Stopped { signal });
                }
                Change::Continued => {
                    self.state = State::Running;
                    self.tell_all(&Told::Continued);
                }
                Change::Orphan(orphan) => {
                    self.orphans.remember(orphan);
                    self.tell_all(&Told::Orphan(orphan));
                }
            }
        }
    }

    /// The caller's terminal has another size, and so have those that stand for it.
    fn follow_window(&self) {
        swallow(&self.parts.window_changed);
        self.parts.feeds.iter().for_each(Feed::copy_size);
    }

    fn read(&mut self, index: usize, events: PollFlags, now: Instant) {
        let feed = &mut self.parts.feeds[index];
        if events.contains(PollFlags::OUT) {
            feed.flush_typed();
        }
        if events.intersects(PollFlags::IN | PollFlags::HUP | PollFlags::ERR) {
            let bytes = feed.read(&mut self.space, now);
            self.last_read = now;
            self.tidy_at.get_or_insert(now + TIDY_AFTER);
            if matches!(self.state, State::Ended(_)) {
                self.read_since_end += bytes.len();
            }
            self.parts.log.push(index, bytes, now);
            self.tell_leaks();
        }
    }

    fn pass_on(&mut self, index: usize, events: PollFlags, now: Instant) {
        let feed = &mut self.parts.feeds[index];
        if events.contains(PollFlags::OUT) {
            feed.flush(now);
        } else if events.intersects(PollFlags::ERR | PollFlags::NVAL) {
            feed.close();
        }
    }

    fn accept(&mut self) {
        let Some(Ok((stream, _))) = self.parts.socket.as_ref().map(|socket| socket.listener.accept()) else {
            return;
        };
        if socket::is_trusted(&stream) {
            self.greet(Client::new(stream));
        }
    }

    /// Takes a client in and says hello to it.
    pub(super) fn greet(&mut self, mut client: Client) {
        let hello = Hello {
            version: VERSION,
            meta: self.parts.meta.clone(),
            state: self.state,
            folder: self.parts.folder.clone(),
            orphans: self.orphans.list(),
            output: self.parts.log.volume(),
            warnings: self.parts.warnings.clone(),
            frozen: self.cold.told(),
        };
        client.tell(&Told::Hello(Box::new(hello)));
        if let Some(said) = self.parts.mail.all() {
            client.tell(&said);
        }
        for leak in &self.leaks {
            client.tell(&Told::Leak(leak.clone()));
        }
        if let State::Ended(exit) = self.state
            && self.is_announced
        {
            client.tell(&Told::Exited(exit));
        }
        self.clients.push(client);
    }

    /// Tells of secrets that stand in the output for the first time: once read, the log has them no more.
    fn tell_leaks(&mut self) {
        for leak in self.parts.log.take_leaks() {
            self.tell_all(&Told::Leak(leak.clone()));
            self.leaks.push(leak);
        }
    }

    pub(super) fn tell_all(&mut self, told: &Told) {
        for client in &mut self.clients {
            client.tell(told);
        }
    }

    fn serve(&mut self, index: usize, events: PollFlags, now: Instant) {
        if events.contains(PollFlags::OUT) {
            self.clients[index].flush();
        }
        if !events.intersects(PollFlags::IN | PollFlags::HUP | PollFlags::ERR) {
            return;
        }
        for asked in self.clients[index].asks() {
            self.grant(asked, now);
        }
    }
}

/// Empties a descriptor that only wakes us up.
fn swallow(stream: &UnixStream) {
    let mut bytes = [0; 64];
    while rustix::io::read(stream, &mut bytes).is_ok_and(|count| count > 0) {}
}
