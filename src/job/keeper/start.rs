#![expect(clippy::disallowed_methods, reason = "edge: the keeper's process, from its order to its poll loop")]
//! How a process becomes a keeper: it takes its order, starts the job, and says how that went.

use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rustix::process::Pid;
use signal_hook::consts::{SIGALRM, SIGCHLD, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP};
use signal_hook::consts::{SIGTTIN, SIGTTOU, SIGUSR1, SIGUSR2, SIGWINCH, SIGXCPU, SIGXFSZ};

use super::clients::Client;
use super::feed::Feed;
use super::hold::{Keeper, Parts};
use super::log::Log;
use super::mail::Mail;
use super::sink::Sink;
use crate::job::folder::{self, FORMAT};
use crate::job::handoff::{self, Order};
use crate::job::message::{IoMode, Meta, Told};
use crate::job::spawn::{self, Env, StartError, Streams};
use crate::job::{signals, socket, tree};
use crate::proc::footprint;

/// What a keeper outlives: whatever the terminal or a user may send to the whole group, and a scheduler to all; and
/// the job's own limits on time and file size, which are the keeper's too.
const OUTLIVED: [i32; 12] = [
    SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP, SIGTTIN, SIGTTOU, SIGUSR1, SIGUSR2, SIGALRM, SIGXCPU, SIGXFSZ,
];

/// Error numbers that say that the command is to blame: it is missing, or is nothing that can be executed.
const COMMAND_IS_TO_BLAME: [rustix::io::Errno; 10] = {
    use rustix::io::Errno;
    [
        Errno::NOENT,
        Errno::ACCESS,
        Errno::NOEXEC,
        Errno::NOTDIR,
        Errno::TOOBIG,
        Errno::LOOP,
        Errno::NAMETOOLONG,
        Errno::TXTBSY,
        Errno::ISDIR,
        Errno::PERM,
    ]
};

/// Keeps a job: takes the order for it from the standard input, holds it until it has ended and its output is
/// drained, and gives the exit code of the keeper's own process.
pub fn keep() -> u8 {
    let mut inherited = spawn::inherited();
    let Ok(front) = order_line() else { return 125 };
    let Ok((order, streams)) = handoff::receive(&front) else { return 125 };
    let _ = rustix::thread::set_name(c"telltale-keep");
    footprint::keep_little();
    // A relayed job inherits what it would without us, a job in a terminal of its own holds nothing of the caller's.
    if order.window.is_some() {
        spawn::close(std::mem::take(&mut inherited));
    }
    let mut front = Client::new(front);
    let begun = begin(&order, streams);
    spawn::close(inherited);
    match begun {
        Ok(mut keeper) => {
            keeper.greet(front);
            keeper.hold();
            0
        }
        Err(StartError { what, error }) => {
            let errno = error.raw_os_error().unwrap_or(rustix::io::Errno::IO.raw_os_error());
            let is_exec = what == spawn::STARTING
                && COMMAND_IS_TO_BLAME.contains(&rustix::io::Errno::from_raw_os_error(errno));
            front.tell(&Told::Failed { errno, what: what.to_owned(), is_exec });
            125
        }
    }
}

/// Takes the socket off the standard input and leaves nothing there that a job could inherit.
fn order_line() -> io::Result<UnixStream> {
    let line = rustix::io::fcntl_dupfd_cloexec(rustix::stdio::stdin(), 3)?;
    rustix::stdio::dup2_stdin(spawn::null()?)?;
    Ok(UnixStream::from(line))
}

fn begin(order: &Order, streams: Vec<OwnedFd>) -> Result<Keeper, StartError> {
    let at = |what| move |error: io::Error| StartError { what, error };
    let mut warnings = Vec::new();
    if let Err(errno) = rustix::process::set_child_subreaper(Some(rustix::process::getpid())) {
        warnings.push(format!("orphans of the job will not be seen: {}", io::Error::from(errno)));
    }
    signals::outlive(&OUTLIVED, order.window.is_some()).map_err(at("catching signals"))?;
    let children_tell = becomes_readable_on(SIGCHLD).map_err(at("listening for children"))?;
    let folder =
        order.folder.as_ref().map_err(|why| warnings.push(format!("no folder for this run: {why}"))).ok();
    let socket = socket::listen(folder.map(PathBuf::as_path), &order.sockets, &order.run)
        .map_err(|error| warnings.push(format!("no socket, so nobody else can attach: {error}")))
        .ok();

    let window_changed = becomes_readable_on(SIGWINCH).map_err(at("listening to the terminal"))?;
    let (mail, env) = if order.has_mailboxes {
        Mail::open(folder.map(PathBuf::as_path), &mut warnings)
    } else {
        Default::default()
    };
    let (leader, feeds, slave) = start(order, &env, streams)?;
    let meta = meta(order, leader);
    if let Some(folder) = folder
        && let Err(error) = folder::write_meta(folder, &meta)
    {
        warnings.push(format!("no record of this run: {error}"));
    }
    let log = Log::new(folder.map(PathBuf::as_path), feeds.len() as u8, order.log_cap);
    // The keeper may live for days and must not keep a file system from being unmounted.
    let _ = rustix::process::chdir("/");
    let folder = folder.cloned();
    let now = Instant::now();
    let end_at = order
        .end_after
        .and_then(|(after, grace)| Some((now.checked_add(Duration::from_millis(after))?, grace)));
    let parts = Parts {
        leader,
        meta,
        folder,
        feeds,
        slave,
        log,
        socket,
        mail,
        children_tell,
        window_changed,
        end_at,
        warnings,
    };
    let mut keeper = Keeper::new(parts, now);
    if let Some(plan) = order.guard {
        keeper.guard(plan, now);
    }
    Ok(keeper)
}

/// The job's main process, its output, and the end of its terminal that keeps it alive.
type Begun = (Pid, Vec<Feed>, Option<OwnedFd>);

fn start(order: &Order, env: &Env, streams: Vec<OwnedFd>) -> Result<Begun, StartError> {
    if let Some((rows, cols)) = order.window {
        // It fails for a process that leads a session already, and then there is nothing to do.
        let _ = rustix::process::setsid();
        let job = spawn::in_terminal(&order.argv(), env, rows, cols)?;
        return Ok((job.pid, vec![Feed::of_terminal(job.master)], Some(job.slave)));
    }
    let Ok([stdin, stdout, stderr]) = <[OwnedFd; 3]>::try_from(streams) else {
        return Err(StartError {
            what: "receiving the caller's streams",
            error: io::ErrorKind::InvalidData.into(),
        });
    };
    let (leader, routes) = spawn::relayed(&order.argv(), env, Streams { stdin, stdout, stderr })?;
    let feeds = routes
        .into_iter()
        .map(|route| Feed::relayed(route.from, Sink::new(route.to), route.is_terminal))
        .collect();
    Ok((leader, feeds, None))
}

/// A descriptor that becomes readable when this signal has arrived.
fn becomes_readable_on(signal: i32) -> io::Result<UnixStream> {
    let (read, write) = UnixStream::pair()?;
    read.set_nonblocking(true)?;
    signal_hook::low_level::pipe::register(signal, write)?;
    Ok(read)
}

fn meta(order: &Order, leader: Pid) -> Meta {
    let pid = leader.as_raw_nonzero().get();
    let words: Vec<String> = order.argv().iter().map(|word| quoted(&word.to_string_lossy())).collect();
    let cwd = std::env::current_dir().unwrap_or_default();
    Meta {
        format: FORMAT,
        run: order.run.clone(),
        name: order.name.clone(),
        command: Log::redacted(&words.join(" ")),
        pid,
        start_ticks: tree::start_ticks(pid).unwrap_or(0),
        started_unix_ms: folder::unix_ms(),
        cwd: Path::new(&Log::redacted(&cwd.to_string_lossy())).to_owned(),
        io: if order.window.is_some() { IoMode::Pty } else { IoMode::Relay },
        host: folder::host(),
        keeper_pid: rustix::process::getpid().as_raw_nonzero().get(),
    }
}

/// A word of a command line as one would type it, on one line.
fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "_-./=:,@%+".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn command_lines_read_as_typed() {
        let table =
            [("a-b/c.py", "a-b/c.py"), ("", "''"), ("two words", "'two words'"), ("it's", "'it'\\''s'")];
        for (word, expected) in table {
            assert_eq!(quoted(word), expected);
        }
    }
}
