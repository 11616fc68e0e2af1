#![expect(clippy::disallowed_methods, reason = "edge: starts the keeper's process")]
//! Launching a job: the front starts a keeper, hands it the order and waits for its answer.

use std::ffi::OsString;
use std::io;
use std::os::fd::{BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use super::attach::{Control, Heard};
use super::folder::{self, Places};
use super::guard::GuardPlan;
use super::handoff::{self, Order};
use super::message::{Hello, Told};

/// The hidden subcommand under which the binary becomes a keeper.
pub const KEEP: &str = "keep";

/// The hidden subcommand under which it becomes a process of the demo's job: no watcher, for once.
pub const DEMO_JOB: &str = "demo-job";

/// The default cap of a log; two of them are the most there is.
pub const LOG_CAP: u64 = 64 * 1024 * 1024;

/// A keeper answers at once; on a machine that thrashes it may take a while.
const PATIENCE: Duration = Duration::from_mins(1);

/// Which input and output the job gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Io {
    /// A terminal of its own, of this size.
    Pty {
        /// Its height.
        rows: u16,
        /// Its width.
        cols: u16,
    },
    /// The front's own streams; what it writes is copied byte for byte and logged.
    Relay,
}

/// What to launch.
#[derive(Debug, Clone)]
pub struct LaunchSpec {
    /// The command and its arguments, byte for byte.
    pub argv: Vec<OsString>,
    /// A name to find it by.
    pub name: Option<String>,
    /// Its input and output.
    pub io: Io,
    /// The cap of its log, see [`LOG_CAP`].
    pub log_cap: u64,
    /// When to end it; the keeper does that, whoever watches by then.
    pub end_after: Option<EndAfter>,
    /// Whether it gets sockets on which it can tell of itself: statsd and `sd_notify(3)`.
    pub has_mailboxes: bool,
    /// When it is to be frozen for the sake of its memory limit; the keeper does that.
    pub guard: Option<GuardPlan>,
}

/// The longest a job may run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EndAfter {
    /// From its start; then it gets TERM.
    pub after: Duration,
    /// From TERM to KILL.
    pub grace: Duration,
}

/// A job that runs, and the line to its keeper.
#[derive(Debug)]
pub struct Launched {
    /// What the keeper said of it.
    pub hello: Hello,
    /// The line to the keeper.
    pub control: Control,
    /// The keeper's process; only the front it was started by can reap it.
    pub keeper: Child,
}

/// Why a job was not launched.
#[derive(Debug, thiserror::Error)]
pub enum LaunchError {
    /// There is no such command.
    #[error("{command}: command not found")]
    NotFound {
        /// The command.
        command: String,
    },
    /// There is one, and it cannot be executed.
    #[error("{command}: {error}")]
    NotExecutable {
        /// The command.
        command: String,
        /// What the kernel said.
        error: io::Error,
    },
    /// Telltale itself failed.
    #[error("{what}: {error}")]
    Failed {
        /// What was being done.
        what: String,
        /// What came of it.
        error: io::Error,
    },
}

impl LaunchError {
    /// The exit code, as a shell would choose it.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::NotFound { .. } => 127,
            Self::NotExecutable { .. } => 126,
            Self::Failed { .. } => 125,
        }
    }

    fn failed(what: &str) -> impl FnOnce(io::Error) -> Self {
        move |error| Self::Failed { what: what.to_owned(), error }
    }
}

/// Who launches: where files go, which binary becomes the keeper, and whose streams a relayed job gets.
#[derive(Debug)]
pub struct Front<'a> {
    /// Where runs and sockets are kept.
    pub places: Places,
    /// The binary that has the subcommand [`KEEP`].
    pub binary: PathBuf,
    /// Standard input, output and error of the job, if it is relayed.
    pub streams: [BorrowedFd<'a>; 3],
}

impl Front<'static> {
    /// This process.
    pub fn here() -> Self {
        Self {
            places: Places::from_env(),
            binary: PathBuf::from("/proc/self/exe"),
            streams: [rustix::stdio::stdin(), rustix::stdio::stdout(), rustix::stdio::stderr()],
        }
    }
}

/// Starts a job under a keeper of its own and gives the line to it.
pub fn launch(spec: &LaunchSpec) -> Result<Launched, LaunchError> {
    Front::here().launch(spec)
}

impl Front<'_> {
    /// Starts a job under a keeper of its own and gives the line to it.
    pub fn launch(&self, spec: &LaunchSpec) -> Result<Launched, LaunchError> {
        folder::prune(&self.places);
        let (run, folder) = folder::create(&self.places);
        let order = Order {
            run,
            folder: folder.clone(),
            sockets: self.places.sockets.clone(),
            name: spec.name.clone(),
            argv: handoff::bytes_of(&spec.argv),
            window: match spec.io {
                Io::Pty { rows, cols } => Some((rows, cols)),
                Io::Relay => None,
            },
            log_cap: spec.log_cap,
            end_after: spec.end_after.map(|end| (end.after.as_millis() as u64, end.grace.as_millis() as u64)),
            has_mailboxes: spec.has_mailboxes,
            guard: spec.guard,
        };
        let launched = self.start_keeper(&order).and_then(|(keeper, control)| meet(spec, keeper, control));
        if launched.is_err()
            && let Ok(folder) = folder
        {
            folder::discard(&folder);
        }
        launched
    }

    fn start_keeper(&self, order: &Order) -> Result<(Child, Control), LaunchError> {
        let (ours, theirs) = UnixStream::pair().map_err(LaunchError::failed("making a socket pair"))?;
        let mut command = Command::new(&self.binary);
        // The run id is there for whoever reads the process list.
        command.arg0("telltale").args([KEEP, &order.run]);
        command.stdin(OwnedFd::from(theirs)).stdout(Stdio::null()).stderr(Stdio::null());
        let keeper = command.spawn().map_err(LaunchError::failed("starting the keeper"))?;
        drop(command);
        let streams = if order.window.is_some() { &self.streams[..0] } else { &self.streams[..] };
        handoff::send(&ours, order, streams)
            .map_err(LaunchError::failed("passing the order to the keeper"))?;
        let control = Control::over(ours).map_err(LaunchError::failed("listening to the keeper"))?;
        Ok((keeper, control))
    }
}

fn meet(spec: &LaunchSpec, mut keeper: Child, mut control: Control) -> Result<Launched, LaunchError> {
    let command = spec.argv.first().map(|first| first.to_string_lossy().into_owned()).unwrap_or_default();
    let answer = control.recv(Some(PATIENCE)).map_err(LaunchError::failed("hearing from the keeper"))?;
    let told = match answer {
        Heard::Told(told) => told,
        Heard::Nothing => {
            return Err(LaunchError::failed("waiting for the keeper")(io::ErrorKind::TimedOut.into()));
        }
        Heard::Gone => {
            let what = match keeper.try_wait() {
                Ok(Some(status)) => format!("the keeper ended with {status} before it started anything"),
                _ => "the keeper left before it started anything".to_owned(),
            };
            return Err(LaunchError::Failed { what, error: io::ErrorKind::ConnectionReset.into() });
        }
    };
    match told {
        Told::Hello(hello) => Ok(Launched { hello: *hello, control, keeper }),
        Told::Failed { errno, what, is_exec } => {
            let _ = keeper.wait();
            let error = io::Error::from_raw_os_error(errno);
            Err(match error.kind() {
                io::ErrorKind::NotFound if is_exec => LaunchError::NotFound { command },
                _ if is_exec => LaunchError::NotExecutable { command, error },
                _ => LaunchError::Failed { what, error },
            })
        }
        other => {
            let error = io::Error::other(format!("{other:?}"));
            Err(LaunchError::Failed { what: "the keeper spoke out of turn".to_owned(), error })
        }
    }
}
