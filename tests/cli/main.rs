//! The command line from outside: one binary, one file for each subcommand.
#![expect(clippy::disallowed_methods, clippy::unwrap_used, reason = "tests make files and start the program")]

mod apart;
mod archives;
mod attach;
mod baseline;
mod cache;
mod config;
mod diagnose;
mod frozen;
mod generate;
mod gpu;
mod history;
mod interrupted;
mod judged;
mod large;
mod oom;
mod paths;
mod policy;
mod quiet;
mod reports;
mod repository;
mod run;
mod said;
mod scan;
mod shards;
mod signs;
mod staged;
mod status;
mod strain;
mod threads;
mod told;
mod util;
