#![expect(clippy::disallowed_methods, reason = "edge: starts the job's process")]
//! Starting the job itself, called by its keeper: in a terminal of its own, or with the caller's streams.
//!
//! In its own terminal the *keeper* leads the session and the job is the foreground group in it, as under a shell.
//! A job that led the session itself could not be stopped with Ctrl-Z, as its group would be orphaned (setpgid(2)),
//! and its end would hang up on whatever it left running.

use std::ffi::OsString;
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, FromRawFd, OwnedFd, RawFd};
use std::os::unix::process::CommandExt;
use std::process::Command;

use rustix::fs::{OFlags, fcntl_setfl, fstat};
use rustix::process::{Pid, Signal};
use rustix::pty::{OpenptFlags, ioctl_tiocgptpeer, openpt, unlockpt};
use rustix::termios::{InputModes, OptionalActions, OutputModes, Winsize};
use rustix::termios::{isatty, tcgetattr, tcgetwinsize, tcsetattr, tcsetwinsize};

/// What was being done when the command itself could not be started.
pub(super) const STARTING: &str = "starting the command";

/// Why a job could not be started.
#[derive(Debug)]
pub(super) struct StartError {
    /// What was being done.
    pub(super) what: &'static str,
    /// What came of it.
    pub(super) error: io::Error,
}

impl StartError {
    fn at(what: &'static str) -> impl Fn(rustix::io::Errno) -> Self {
        move |errno| Self { what, error: errno.into() }
    }
}

/// A job in a terminal of its own.
pub(super) struct InTerminal {
    pub(super) pid: Pid,
    /// The keeper's end; reading it never blocks.
    pub(super) master: OwnedFd,
    /// The job's end, kept open for as long as the main process runs so that the terminal stays.
    pub(super) slave: OwnedFd,
}

/// Starts a job in a new terminal of this size, which becomes the calling process's controlling terminal too.
pub(super) fn in_terminal(
    argv: &[OsString],
    env: &Env,
    rows: u16,
    cols: u16,
) -> Result<InTerminal, StartError> {
    let at = StartError::at;
    let (master, slave) = terminal()?;
    resize(&master, rows, cols).map_err(at("setting the window size"))?;
    let mut modes = tcgetattr(&slave).map_err(at("reading the terminal's modes"))?;
    modes.input_modes |= InputModes::IUTF8;
    tcsetattr(&slave, OptionalActions::Now, &modes).map_err(at("setting the terminal's modes"))?;
    rustix::process::ioctl_tiocsctty(&slave).map_err(at("taking the terminal"))?;

    let copy = || slave.try_clone().map_err(|error| StartError { what: "copying the terminal", error });
    let mut command = command(argv, env);
    command.stdin(copy()?).stdout(copy()?).stderr(copy()?).process_group(0);
    come_to_foreground(&mut command);
    Ok(InTerminal { pid: start(&mut command)?, master, slave })
}

/// Makes the child take the terminal before it becomes the job, which might otherwise read too early and be stopped.
#[expect(unsafe_code, reason = "only the child itself can do this, between fork and exec")]
fn come_to_foreground(command: &mut Command) {
    const DEFAULT: usize = 0;
    const IGNORE: usize = 1;
    unsafe extern "C" {
        /// signal(2), from the C library that std is linked with.
        safe fn signal(number: std::ffi::c_int, handler: usize) -> usize;
    }
    let to_foreground = || {
        // The child is in a group of its own by now, that is in the background, where this call would stop it.
        signal(Signal::TTOU.as_raw(), IGNORE);
        let taken = rustix::termios::tcsetpgrp(rustix::stdio::stdin(), rustix::process::getpid());
        signal(Signal::TTOU.as_raw(), DEFAULT);
        taken.map_err(io::Error::from)
    };
    // SAFETY: the closure runs in the forked child and makes four system calls, each of which is async-signal-safe;
    // it neither allocates nor takes a lock.
    unsafe { command.pre_exec(to_foreground) };
}

/// Sets the size of a terminal; the kernel tells its foreground group.
pub(super) fn resize(terminal: impl AsFd, rows: u16, cols: u16) -> rustix::io::Result<()> {
    tcsetwinsize(terminal, Winsize { ws_row: rows, ws_col: cols, ws_xpixel: 0, ws_ypixel: 0 })
}

/// The caller's standard streams.
pub(super) struct Streams {
    pub(super) stdin: OwnedFd,
    pub(super) stdout: OwnedFd,
    pub(super) stderr: OwnedFd,
}

/// One stream of output: where it is read, without blocking, and where it belongs.
pub(super) struct Route {
    pub(super) from: OwnedFd,
    pub(super) to: OwnedFd,
    /// The job writes to a terminal that stands for the caller's.
    pub(super) is_terminal: bool,
}

/// Starts a job on these streams, with something in between for what it writes: a pipe, or for a terminal another
/// terminal, since programs buffer, colour and draw by what they find there.
///
/// If both outputs are one file, as after `2>&1`, they share one way, so that their order stays what it was.
pub(super) fn relayed(
    argv: &[OsString],
    env: &Env,
    streams: Streams,
) -> Result<(Pid, Vec<Route>), StartError> {
    let Streams { stdin, stdout, stderr } = streams;
    let is_one = is_same_file(&stdout, &stderr);
    let mut command = command(argv, env);
    let (route, into) = route(stdout)?;
    let mut routes = vec![route];
    if is_one {
        let copy = into.try_clone().map_err(|error| StartError { what: "copying a pipe", error })?;
        command.stderr(copy);
    } else {
        let (route, into) = self::route(stderr)?;
        command.stderr(into);
        routes.push(route);
    }
    command.stdin(stdin).stdout(into);
    Ok((start(&mut command)?, routes))
}

/// A way to this output, and the job's end of it.
fn route(to: OwnedFd) -> Result<(Route, OwnedFd), StartError> {
    let is_terminal = isatty(&to);
    let (from, into) = if is_terminal { stand_in(&to)? } else { pipe()? };
    Ok((Route { from, to, is_terminal }, into))
}

/// A terminal that stands for another one. It is nobody's controlling terminal: keys, job control and signals stay
/// with the one it stands for. It passes on what is written as it is, for the other one to interpret.
fn stand_in(real: &OwnedFd) -> Result<(OwnedFd, OwnedFd), StartError> {
    let at = StartError::at;
    let (master, slave) = terminal()?;
    let mut modes = tcgetattr(real).map_err(at("reading the terminal's modes"))?;
    modes.output_modes &= !OutputModes::OPOST;
    tcsetattr(&slave, OptionalActions::Now, &modes).map_err(at("setting the terminal's modes"))?;
    copy_size(real, &master);
    Ok((master, slave))
}

/// Gives one terminal the size of another.
pub(super) fn copy_size(of: impl AsFd, to: impl AsFd) {
    if let Ok(size) = tcgetwinsize(of) {
        let _ = tcsetwinsize(to, size);
    }
}

/// A new terminal, reading whose first end never blocks.
fn terminal() -> Result<(OwnedFd, OwnedFd), StartError> {
    let at = StartError::at;
    let flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC;
    let master = openpt(flags).map_err(at("opening a terminal"))?;
    unlockpt(&master).map_err(at("unlocking the terminal"))?;
    let slave = ioctl_tiocgptpeer(&master, flags).map_err(at("opening the job's end of the terminal"))?;
    fcntl_setfl(&master, OFlags::RDWR | OFlags::NONBLOCK).map_err(at("preparing the terminal"))?;
    Ok((master, slave))
}

fn is_same_file(one: &OwnedFd, other: &OwnedFd) -> bool {
    match (fstat(one), fstat(other)) {
        (Ok(one), Ok(other)) => {
            (one.st_dev, one.st_ino, one.st_rdev) == (other.st_dev, other.st_ino, other.st_rdev)
        }
        _ => false,
    }
}

fn pipe() -> Result<(OwnedFd, OwnedFd), StartError> {
    let at = StartError::at("making a pipe");
    let (from, into) = rustix::pipe::pipe_with(rustix::pipe::PipeFlags::CLOEXEC).map_err(&at)?;
    // Only the reading end: the job must find its output blocking, as ever.
    fcntl_setfl(&from, OFlags::NONBLOCK).map_err(&at)?;
    Ok((from, into))
}

/// What a job finds in its environment beside the caller's.
pub(super) type Env = Vec<(&'static str, OsString)>;

fn command(argv: &[OsString], env: &Env) -> Command {
    let (program, arguments) =
        argv.split_first().map_or((None, &[][..]), |(first, rest)| (Some(first), rest));
    let mut command = Command::new(program.cloned().unwrap_or_default());
    // It may be a secret, and is telltale's own.
    command.env_remove("TELLTALE_WEBHOOK");
    command.args(arguments).envs(env.iter().map(|(name, value)| (name, value)));
    command
}

/// Starts the process and lets go of the handle: the keeper waits for whatever child ends.
fn start(command: &mut Command) -> Result<Pid, StartError> {
    let child = command.spawn().map_err(|error| StartError { what: STARTING, error })?;
    Ok(Pid::from_child(&child))
}

/// Opens the one file that swallows everything.
pub(super) fn null() -> io::Result<OwnedFd> {
    Ok(File::options().read(true).write(true).open("/dev/null")?.into())
}

/// The descriptors this process was started with, beyond its standard streams. Ask before anything is opened.
pub(super) fn inherited() -> Vec<RawFd> {
    let listed: Vec<RawFd> = std::fs::read_dir("/proc/self/fd")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .filter(|&fd| fd > 2)
        .collect();
    // The listing's own descriptor was in the list and is closed by now.
    listed.into_iter().filter(|fd| std::fs::symlink_metadata(format!("/proc/self/fd/{fd}")).is_ok()).collect()
}

/// Closes descriptors that [`inherited`] gave, so that a detached job holds nothing of the caller's open.
#[expect(unsafe_code, reason = "a descriptor that was inherited has no owner in this process")]
pub(super) fn close(inherited: Vec<RawFd>) {
    for fd in inherited {
        // SAFETY: it was open before this process opened anything, so nothing here owns it, and each is closed once.
        drop(unsafe { OwnedFd::from_raw_fd(fd) });
    }
}
