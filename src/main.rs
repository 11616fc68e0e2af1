//! `telltale`: parse, dispatch, exit code.

use std::process::ExitCode;

fn main() -> ExitCode {
    telltales::cli::args::dispatch()
}
