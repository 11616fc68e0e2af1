//! Telltale sees what fails in silence: batch jobs that stall, and secrets that a repository tells.
//!
//! This page is the map. The binary `telltale` parses and dispatches; everything else is in this library.
//!
//! # How data flows
//!
//! One way, no exceptions:
//!
//! ```text
//! readers (proc, feed, job) -> Reading -> fold -> Snapshot -> { ui | headless | history | alert }
//! walk -> blob -> matcher -> Finding -> baseline -> { ui | text | json }
//! ```
//!
//! - **Readers** turn the outside into raw values: [`proc`] reads `/proc`, [`feed`] follows the output of a job,
//!   [`job`] speaks with the keeper that holds it. Counters stay raw.
//! - **The fold** ([`session::fold`]) is pure: the snapshot before and new readings make the next snapshot. Rates
//!   are born there, from two readings, and nowhere else. It *wishes* (tell of an alert); whoever
//!   drives the sampler *grants*.
//! - **A snapshot** ([`model::snapshot`]) is all derived values at one instant. It is published as an `Arc` and
//!   never edited after. Screen and headless output are equals that take snapshots, and
//!   [`history::series`] reads a recorded series back through the same code, so that detectors are tested on it.
//! - **Detectors** ([`detect`]) say that a condition holds and show what was measured; "not yet known" is an
//!   answer. [`alert`] gives their claims a beginning and an end.
//! - **A diagnosis** is asked for: by `telltale diagnose`, by a key, or by an alert that says that a job stands still. An
//!   inquiry ([`session::inquiry`]) looks at the job over a few seconds in a thread of its own, has the cause named by pure
//!   code from what was seen, and brings back an answer ([`model::inquiry`]), which [`ui::answer`] lays out for both.
//! - **Being told** ([`alert::policy`], pure) decides whom an alert reaches and when; bell, desktop, command and webhook
//!   hang on it, off the sampler's thread. **A freeze** ([`job::freeze`]) is the keeper's, and is written down before it is done.
//! - **The screen** ([`ui`]) is a function of a snapshot and of what the user chose to look at. It reads nothing:
//!   a preview, a scan or the end of a job is wished for, granted by [`cli`], and comes back as an event.
//! - **The scanner** ([`scan`]) knows nothing of jobs. In the pane it is a job like any other
//!   ([`session::scan_job`]) and publishes the same gauges.
//!
//! # Who holds a launched job
//!
//! ```text
//! telltale run ── socket ── keeper (the same binary, no threads) ── terminal or pipes ── the job
//!      │                       ├─ output.log (redacted, capped), exit.json
//!      │                       └─ statsd and sd_notify sockets: what the job says is added up here
//!      └─ reads /proc and the log like any observer
//! ```
//!
//! The screen may be closed, killed or lose its line: the keeper and the job go on ([`job`]).
//!
//! # Floors
//!
//! A room imports only rooms below it; `tests/architecture.rs` holds this as a table.
//!
//! ```text
//! main
//! cli, demo
//! session
//! feed, history, job
//! detect, diagnose, alert, proc, ui
//! scan, config
//! model                     imports nothing
//! ```
//!
//! # Invariants
//!
//! - Watching never hurts the job: no signal, no pause, no ptrace stop, no descriptor of the job opened that could
//!   block it or take its bytes. Only what asks for it stops, signals or ends a job: `--end-after`, `--guard`, `thaw`, and
//!   keys that ask first. The files that may signal are named in `tests/architecture.rs`.
//! - Text from outside passes [`model::text::Text`] before it is shown: it can't hold a control character.
//! - Whatever is shown or written down of a job's output and command lines passes [`scan::redact`] first.
//! - Time is an argument: only [`model::clock`] asks for it, so that an hour's hang is a test of a millisecond.
//! - What can fail is at the edge. An edge file opens with `#![expect(clippy::disallowed_methods)]` and says why.
//! - Memory is bounded: histories, the kept past, logs, alerts, lost members, findings and lines all have a cap with a name.
//!
//! # Deliberately absent
//!
//! No async runtime (a handful of threads that block on channels is the whole of it), no plugin system, no
//! `/proc` watching outside of Linux (scanner, panes and model build without it), no live validation of secrets.

pub mod alert;
pub mod cli;
pub mod config;
pub mod demo;
pub mod detect;
pub mod diagnose;
pub mod feed;
pub mod history;
pub mod job;
pub mod model;
pub mod proc;
pub mod scan;
pub mod session;
pub mod ui;
