//! What can be typed about watching a job, whatever starts or finds it: types, and the settings they make.

use std::time::Duration;

use clap::{Args as ClapArgs, Parser, ValueEnum};

use super::alert_args::AlertArgs;
use super::scan_args::Color;
use super::source_name::SourceName;
use crate::config::depth::When;
use crate::config::graph::Graph;
use crate::config::screen::ScreenSet;
use crate::config::values::{self, OrOff};
use crate::config::watch::WatchSet;
use crate::feed::http::Url;
use crate::job::guard::GuardPlan;
use crate::model::freeze::Then;

/// Freezing a job before its memory limit does worse.
#[derive(Debug, Clone, Default, ClapArgs)]
pub struct GuardArgs {
    /// Freeze the job when the memory limit that binds it is that full; a key or `telltale thaw` lets it go on
    #[arg(long, value_name = "SHARE", value_parser = values::share)]
    pub guard: Option<f64>,
    /// What follows when nobody decides about a job that the guard froze [default: it stays frozen]
    #[arg(long, value_name = "WHAT", requires = "guard")]
    pub guard_then: Option<GuardThen>,
    /// How long that is waited for
    #[arg(long, value_name = "SPAN", default_value = "10m", value_parser = values::span, requires = "guard")]
    pub guard_wait: Option<Duration>,
}

/// What may follow a freeze.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum GuardThen {
    /// Let it go on
    Thaw,
    /// End it
    End,
}

impl GuardArgs {
    /// What a guard is told; this much time lies between TERM and KILL.
    pub fn plan(&self, grace: Duration) -> Option<GuardPlan> {
        let wait = self.guard_wait.unwrap_or(Duration::from_mins(10)).as_millis() as u64;
        let then = self.guard_then.map(|then| match then {
            GuardThen::Thaw => (Then::Thaw, wait),
            GuardThen::End => (Then::End, wait),
        });
        self.guard.map(|share| GuardPlan { share, then, grace_ms: grace.as_millis() as u64 })
    }
}

/// Levels of alerts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum AlertLevel {
    /// Any alert
    Warning,
    /// Alerts of a job that is, or soon will be, dead or stuck
    Critical,
}

/// What `run`, `attach` and `demo` share.
#[derive(Debug, Clone, ClapArgs)]
#[expect(clippy::struct_excessive_bools, reason = "what was typed: a flag is a bool")]
pub struct WatchArgs {
    /// Time between two looks [default: 1s]
    #[arg(long, short, value_name = "SPAN", value_parser = values::interval)]
    pub interval: Option<Duration>,
    /// Alert when there is no sign of progress for this long (or off) [default: 60s]
    #[arg(long, value_name = "SPAN", value_parser = values::span_or_off)]
    pub heartbeat: Option<OrOff<Duration>>,
    /// Alert when the whole run takes longer than this (or off); nothing is ended [default: off]
    #[arg(long, value_name = "SPAN", value_parser = values::span_or_off)]
    pub timeout: Option<OrOff<Duration>>,
    /// Alert when the memory limit that binds is fuller than this (or off) [default: 70%]
    #[arg(long, value_name = "SHARE", value_parser = values::share_or_off)]
    pub target_memory: Option<OrOff<f64>>,
    /// A pattern that finds counters in the output, in groups named done, total, `in_flight` or failed
    ///
    /// May be given several times; the first that fits a line counts. Until one has told what is done, the bars of
    /// known tools, and then `12/200` and `12 of 200`, are looked for.
    #[arg(long, value_name = "REGEX")]
    pub progress: Vec<String>,
    /// A metric that tells a counter (done, total, `in_flight` or failed), or `input`: a file that the job reads
    ///
    /// `input` or `input:NAME` is how far the job is in a file that it reads, in bytes; it is looked at anyway where
    /// nothing else tells what is done. A metric is named as in `done=my.tasks.done` or `'done=events_total{type="ok"}'`, for what the job sends to its statsd or
    /// `NOTIFY_SOCKET` socket (fields named `X_…`) and for the page of --prometheus. May be given several times; series of
    /// one name add up. Without it, a metric counts whose name says so, such as `rows.done`, `rows_total`,
    /// `tasks_in_flight`, unless there is a --progress pattern.
    #[arg(long, value_name = "COUNTER=METRIC|input[:NAME]")]
    pub source: Vec<SourceName>,
    /// A page of metrics that the job serves, in Prometheus' format; without a path, /metrics
    #[arg(long, value_name = "http://HOST:PORT/PATH")]
    pub prometheus: Option<Url>,
    /// No screen: one JSON object a line on standard output (`run`: to --json-to), alerts on standard error
    #[arg(long)]
    pub headless: bool,
    /// `attach`: one snapshot and out; implies --headless. A job that is started is watched to its end
    #[arg(long)]
    pub once: bool,
    /// JSON on standard output; it is what --headless prints anyway
    #[arg(long)]
    pub json: bool,
    /// Where the JSON lines go: a file, or the number of an open descriptor
    #[arg(long, value_name = "FILE|FD")]
    pub json_to: Option<String>,
    /// Draw with ASCII only [default: where the locale is not UTF-8]
    #[arg(long)]
    pub ascii: bool,
    /// Colours: terminal, dark, light, contrast, plain, or a theme of your own [default: terminal]
    #[arg(long, value_name = "NAME")]
    pub theme: Option<String>,
    /// What graphs are drawn with: braille, block or ascii [default: braille where it can be shown]
    #[arg(long, value_name = "KIND", value_parser = Graph::named)]
    pub graph: Option<Graph>,
    /// When to use colour; `NO_COLOR` in the environment turns `auto` into `never`
    #[arg(long, value_name = "WHEN", value_enum, default_value_t = Color::Auto)]
    pub color: Color,
    /// Leave the mouse to the terminal
    #[arg(long)]
    pub no_mouse: bool,
    /// Don't look into why a job stands still when an alert says so
    ///
    /// Otherwise an inquiry is started once for each stall, at most every five minutes a job: it looks for four
    /// seconds at what the threads of the job wait for, and touches nothing. Its cause is told with the alert.
    #[arg(long)]
    pub no_diagnose: bool,
    /// A screen that does nothing to the job and writes nothing: its keys for that are off
    #[arg(long)]
    pub readonly: bool,
    /// Who is told of alerts.
    #[command(flatten)]
    pub alert: AlertArgs,
}

impl WatchArgs {
    /// What was typed of what jobs are watched by.
    pub fn watch_set(&self) -> WatchSet {
        WatchSet {
            interval: self.interval,
            heartbeat: self.heartbeat,
            timeout: self.timeout,
            target_memory: self.target_memory,
            progress: (!self.progress.is_empty()).then(|| self.progress.clone()),
            diagnose: self.no_diagnose.then_some(false),
            ..WatchSet::default()
        }
    }

    /// What was typed of the screen.
    pub fn screen_set(&self) -> ScreenSet {
        ScreenSet {
            theme: self.theme.clone(),
            graph: self.graph,
            color: match self.color {
                Color::Auto => None,
                Color::Always => Some(When::Always),
                Color::Never => Some(When::Never),
            },
            mouse: self.no_mouse.then_some(false),
            ascii: self.ascii.then_some(true),
            readonly: self.readonly.then_some(true),
        }
    }
}

impl Default for WatchArgs {
    /// What holds when nothing was typed.
    fn default() -> Self {
        #[derive(Parser)]
        struct Nothing {
            #[command(flatten)]
            watch: WatchArgs,
        }
        Nothing::parse_from(["telltale"]).watch
    }
}
