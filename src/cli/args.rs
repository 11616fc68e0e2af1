//! What can be typed.

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use super::{scan, scan_args::ScanArgs};

/// Sees what fails in silence: batch jobs that stall, and secrets that a repository tells.
#[derive(Debug, Parser)]
#[command(name = "telltale", version)]
struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Scan(ScanArgs),
}

/// Parses the command line and runs what it asks for.
pub fn dispatch() -> ExitCode {
    match Args::parse().command {
        Command::Scan(args) => scan::run(&args).into(),
    }
}
