//! The command line: what can be typed, and one file for each subcommand.

mod acting;
pub mod alert_args;
pub mod args;
pub mod attach;
pub mod demo;
mod editor;
mod errands;
pub mod exit;
mod finder;
mod first;
pub mod generate;
mod guarding;
pub mod headless;
pub mod ledger;
pub mod monitor;
pub mod run;
mod sample;
pub mod scan;
pub mod scan_args;
pub mod settings;
mod several;
pub mod status;
mod status_line;
pub mod talk;
pub mod thaw;
pub mod tour;
pub mod watch;
