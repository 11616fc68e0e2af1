//! What can be typed: types only.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args as ClapArgs, Parser, Subcommand, ValueEnum};

use super::diagnose_args::DiagnoseArgs;
use super::exit;
use super::scan_args::ScanArgs;
use super::watch_args::{AlertLevel, GuardArgs, WatchArgs};
use crate::config::values;

/// What most people come for.
pub(super) const EXAMPLES: &str = "\
Examples:
  telltale demo                         watch a built-in batch job, and scan this folder
  telltale run -- python etl.py         start a job, watch it, keep it when the line drops
  telltale attach 4711                  watch what runs already
  telltale attach 4711 --log etl.log    … and take its progress from a log
  telltale diagnose 4711                why does it hang?
  telltale scan .                       secrets in this folder, the likeliest first";

/// Sees what fails in silence: watches batch jobs, and finds exposed secrets.
///
/// One pane watches a running job: memory, workers, tasks in flight, throughput, heartbeats. It alerts before
/// or as the job stalls. The other scans code for secrets and lines of high entropy.
#[derive(Debug, Parser)]
#[command(name = "telltale", version, max_term_width = 100, after_help = EXAMPLES,
    after_long_help = format!("{EXAMPLES}\n\n{}", exit::TABLE))]
pub struct Args {
    /// What to do; without one, both panes open and nothing is watched yet.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Start a job, watch it and exit with its code
    Run(RunArgs),
    /// Watch what runs already: a PID, a name, a pattern or a detached run
    Attach(AttachArgs),
    /// Say why a job hangs: the cause, who is to blame, what was seen, and what to do
    ///
    /// Looks at the process and all below it for some seconds: what every thread waits for, who holds the other end,
    /// who died, what the kernel keeps back. Nothing is stopped or traced unless `--trace` asks for it, and nothing is signalled but
    /// a Java machine that is made to take the question (below). The job needs nothing built in, and you need no rights but
    /// your own for your own jobs. Where nothing can be said for sure, it says so.
    Diagnose(DiagnoseArgs),
    /// Find secrets, and the lines that are high in entropy
    ///
    /// Reads all files below each PATH, hidden ones too, and reports what looks like a secret: tokens of known
    /// providers, private keys, passwords in URLs, headers and assignments, and, ranked behind them, tokens that look
    /// as good as random. The real secrets come first. Secrets are shown redacted: `ghp_********`.
    ///
    /// Secrets are checked as far as they tell about themselves: checksums, the claims of a JSON Web Token, keys that
    /// parse. That makes a finding worth more or less, and never hides it. Nothing is sent anywhere: whether a secret
    /// still works is not asked.
    ///
    /// What stands in base64, hex, percent, unicode or HTML escapes is found too, also one in another, up to five deep; line
    /// and column are those of the encoded text. Tokens that only look random are listed in plain text alone.
    ///
    /// Within a git repository what `.gitignore` names is skipped, but hidden files such as `.env` never are: that is
    /// where secrets live. Folders that git ignores, the inside of `.git` and symbolic links that are met on the way
    /// are skipped and counted. UTF-16 text is decoded (columns then count bytes of the decoded line); in binary files
    /// only provider tokens and private keys are looked for. No file is too large unless you set a limit. Of a file that
    /// grows while it is read all is read that stood there at first, and what comes then up to as much again.
    ///
    /// A pipe that is given, as in `telltale scan <(cmd)`, is read like standard input; a named one into which nobody
    /// writes within 10 seconds is given up and counted as unreadable. Pipes that are met on the way are skipped.
    Scan(ScanArgs),
    /// How the jobs stand that are watched or held: a line each, or one for a tmux status bar
    Status(StatusArgs),
    /// Let a frozen job go on, or end it
    ///
    /// Which jobs are frozen is written down, so this works when whoever froze it was killed, the keeper of a run included.
    /// Only what telltale has stopped goes on.
    Thaw(ThawArgs),
    /// A built-in job to learn on: it works, stalls, leaks, dies or hangs on request
    ///
    /// Most scenarios are a batch job in which something goes wrong. The others hang from the start, each in one way: what
    /// they print names the process to look at, from here or from another terminal. `--list` has all of them. Each ends by
    /// itself, uses at most one CPU and little memory, and takes its processes with it.
    Demo(DemoArgs),
    /// Print a man page, shell completions or a configuration to begin with
    Generate(GenerateArgs),
}

const RUN_HELP: &str = "\
Examples:
  telltale run -- python3 etl.py --workers 8
  telltale run --name nightly --heartbeat 5m --target-memory 80% -- ./nightly.sh
  telltale run --progress 'rows=(?P<done>\\d+) of (?P<total>\\d+)' -- ./load
  telltale run --headless --json-to run.jsonl -- make -j8   # in a script: output and exit code are the job's

Inside: q leaves and asks whether the job goes on; i types to the job; ? shows all keys.
A job goes on when the screen is closed, killed or loses its line: `telltale attach` finds it again.";

/// Arguments of `run`.
#[derive(Debug, ClapArgs)]
#[command(after_help = RUN_HELP)]
pub struct RunArgs {
    /// A name for the run [default: the command]
    #[arg(long)]
    pub name: Option<String>,
    /// End the job when it has run this long: TERM, and KILL after --grace
    #[arg(long, value_name = "SPAN", value_parser = values::span)]
    pub end_after: Option<Duration>,
    /// Time between TERM and KILL
    #[arg(long, value_name = "SPAN", default_value = "10s", value_parser = values::span)]
    pub grace: Duration,
    /// What is kept of the job's output, in MiB; older output goes
    #[arg(long, value_name = "MIB", default_value_t = 64, value_parser = clap::value_parser!(u64).range(1..=65_536))]
    pub log_cap: u64,
    /// Hand the job no sockets for what it says of itself
    ///
    /// Otherwise it finds a statsd socket in `STATSD_HOST`, `STATSD_PORT`, `DD_AGENT_HOST`, `DD_DOGSTATSD_PORT` and
    /// `DD_DOGSTATSD_URL`, and one for `sd_notify(3)` in `NOTIFY_SOCKET`, unless these are set already.
    #[arg(long)]
    pub no_sockets: bool,
    /// When to freeze it.
    #[command(flatten)]
    pub guard: GuardArgs,
    /// How to watch.
    #[command(flatten)]
    pub watch: WatchArgs,
    /// The command and its arguments
    #[arg(last = true, required = true, value_name = "CMD")]
    pub command: Vec<OsString>,
}

const ATTACH_HELP: &str = "\
Examples:
  telltale attach 4711                        a PID: the whole tree below it
  telltale attach etl.py                      a name or a part of a command line: all instances at once
  telltale attach                             a run that was detached
  telltale attach 4711 --once --json | jq .   one snapshot
  telltale attach 4711 --headless             one snapshot a second, a JSON object a line

Nothing is done to what is watched: no signal, no pause, no trace, unless --guard or a key asks for it.";

/// Arguments of `attach`.
#[derive(Debug, ClapArgs)]
#[command(after_help = ATTACH_HELP)]
pub struct AttachArgs {
    /// PID, name, part of a command line, or the name of a detached run [default: the newest detached run]
    ///
    /// A name or a part of a command line means all processes that run it, up to 64: a row each, and a sum. What fits
    /// below one that fits belongs to its tree. Editors, searches and clients of other machines that only name it are
    /// left out and told. Instances that start later join within ten seconds.
    #[arg(value_name = "TARGET")]
    pub targets: Vec<String>,
    /// Refuse a name that fits more than one, and let none join
    #[arg(long)]
    pub one: bool,
    /// A file that the job writes its progress to [default: the files behind its standard output and error]
    #[arg(long, value_name = "FILE")]
    pub log: Vec<PathBuf>,
    /// Listen for statsd datagrams: a port, an address of the loopback as 127.0.0.1:8125, or a path for a unix socket
    #[arg(long, value_name = "ADDR")]
    pub statsd: Option<String>,
    /// Exit with 1 when there was an alert of this level or above
    #[arg(long, value_name = "LEVEL")]
    pub fail_on_alert: Option<AlertLevel>,
    /// When to freeze it.
    #[command(flatten)]
    pub guard: GuardArgs,
    /// How to watch.
    #[command(flatten)]
    pub watch: WatchArgs,
}

/// Arguments of `thaw`.
#[derive(Debug, ClapArgs)]
pub struct ThawArgs {
    /// The run, its name, or the PID of the job's main process [default: what is frozen, if it is one job]
    #[arg(value_name = "TARGET")]
    pub target: Option<String>,
    /// Let this process go on alone, with all below it; the others wait
    #[arg(long, value_name = "PID", conflicts_with = "end")]
    pub worker: Option<i32>,
    /// End it: TERM, and KILL after --grace
    #[arg(long)]
    pub end: bool,
    /// Time between TERM and KILL
    #[arg(long, value_name = "SPAN", default_value = "10s", value_parser = values::span)]
    pub grace: Duration,
}

const STATUS_HELP: &str = "\
Examples:
  telltale status
  set -g status-right '#(telltale status --format tmux)'     # in ~/.tmux.conf, with status-interval 5

It looks at nothing itself: it tells what the screens and headless watches of this user have seen last, and what the
keepers of detached runs know. With --readonly a screen leaves no word for it.

Exit codes: 0 no alert holds, 1 one does, 2 error.";

/// Arguments of `status`.
#[derive(Debug, ClapArgs)]
#[command(after_help = STATUS_HELP)]
pub struct StatusArgs {
    /// How to print it
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t = StatusFormat::Text)]
    pub format: StatusFormat,
}

/// Forms of a status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum StatusFormat {
    /// A line for each job
    Text,
    /// One line with tmux's colours
    Tmux,
    /// A JSON object a line for each job
    Json,
}

/// Arguments of `demo`.
#[derive(Debug, ClapArgs)]
pub struct DemoArgs {
    /// Which story; --list names all [default: works; with --tour: dies]
    #[arg(
        value_name = "SCENARIO",
        default_value = "works",
        hide_default_value = true,
        default_value_if("tour", "true", "dies")
    )]
    pub scenario: String,
    /// Tell what each scenario does
    #[arg(long)]
    pub list: bool,
    /// Walk through some hangs: what is seen of each, and what gives it away; without a terminal, print the pages
    #[arg(long, conflicts_with = "tour")]
    pub lab: bool,
    /// Show all screens one after the other, with a word on each; any key ends the tour
    #[arg(long)]
    pub tour: bool,
    /// About how long the job takes, or hangs [default: 3m; slows, drags and hangs: 10m; with --tour: 60s]
    #[arg(long, value_name = "SPAN", value_parser = values::span, default_value_if("tour", "true", "60s"))]
    pub length: Option<Duration>,
    /// How to watch.
    #[command(flatten)]
    pub watch: WatchArgs,
}

/// Arguments of `generate`.
#[derive(Debug, ClapArgs)]
pub struct GenerateArgs {
    /// What to print
    #[command(subcommand)]
    pub what: Generate,
}

/// What can be generated.
#[derive(Debug, Subcommand)]
pub enum Generate {
    /// The manual page, for man(1)
    Man,
    /// Completions for a shell
    Completions {
        /// For which shell
        shell: clap_complete::Shell,
    },
    /// A configuration with all settings at their defaults, for ~/.config/telltale/config.toml
    Config,
}
