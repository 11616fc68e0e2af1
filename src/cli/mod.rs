//! The command line: what can be typed, and one file for each subcommand.

pub mod args;
pub mod ledger;
pub mod scan;
pub mod scan_args;
