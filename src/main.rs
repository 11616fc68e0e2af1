//! `telltale`: parse, dispatch, exit code.

use std::process::ExitCode;

use clap::Parser as _;
use telltales::cli::args::{Args, Command};
use telltales::cli::exit::Exit;
use telltales::cli::{attach, demo, diagnose, generate, monitor, run, scan, status, talk, thaw};
use telltales::demo::scenario::DEMO_JOB;
use telltales::job::keeper;
use telltales::job::launch::KEEP;

fn main() -> ExitCode {
    // The keeper and the demo's processes are this binary too. They are no commands for people, and a keeper
    // that never touches the parser of the command line is the smaller for it.
    let mut words = std::env::args_os().skip(1);
    match words.next() {
        Some(word) if word == KEEP => return ExitCode::from(keeper::keep()),
        Some(word) if word == DEMO_JOB => {
            return ExitCode::from(telltales::demo::job(&words.collect::<Vec<_>>()));
        }
        _ => {}
    }
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(said) => {
            // Nobody is left to hear that it could not be said.
            let _ = said.print();
            return Exit::of_usage(said.use_stderr(), std::env::args_os().nth(1).as_deref()).into();
        }
    };
    // Not locked: the threads of a scan write to it too.
    let mut out = std::io::stdout();
    match args.command {
        None => monitor::open(),
        Some(Command::Run(args)) => run::run(&args),
        Some(Command::Attach(args)) => attach::attach(&args),
        Some(Command::Diagnose(args)) => diagnose::diagnose(&args, &mut out),
        Some(Command::Scan(args)) => scan::run(&args),
        Some(Command::Status(args)) => status::status(&args, &mut out),
        Some(Command::Thaw(args)) => thaw::thaw(&args),
        Some(Command::Demo(args)) => demo::demo(&args, &mut out),
        Some(Command::Generate(args)) => match generate::generate(&args.what, &mut out) {
            Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
                talk::error(&error.into());
                Exit::Error
            }
            _ => Exit::Fine,
        },
    }
    .into()
}
