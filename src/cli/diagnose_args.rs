//! What can be typed for `diagnose`: types only.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args as ClapArgs;

use super::exit;
use super::scan_args::Color;

const HELP: &str = "\
Java: a machine that catches SIGQUIT is asked for its threads through `jcmd`, where that is there,
as jstack does. One that does not catch it (-Xrs) would end of it, and is never asked.

Examples:
  telltale diagnose 4711                       a PID: the whole tree below it
  telltale diagnose etl.py                     a name, or a part of a command line
  telltale diagnose 4711 --seconds 15          look longer: what slows down shows late
  telltale diagnose 4711 --trace               lock files, and whatever fails and is tried again
  telltale diagnose 4711 --json | jq .cause    one object, for programs
  telltale diagnose 4711 --flame time.svg      where the time went, as a picture for a browser
  telltale diagnose 4711 --evidence seen.json  what was seen, without secrets, for a bug report
  telltale diagnose --from seen.json           the cause again, from that file";

/// Arguments of `diagnose`.
#[derive(Debug, ClapArgs)]
#[command(after_help = format!("{HELP}\n\n{}", exit::DIAGNOSE))]
pub struct DiagnoseArgs {
    /// PID, name, part of a command line, or the name of a detached run
    #[arg(value_name = "TARGET", required_unless_present = "from")]
    pub target: Option<String>,
    /// Print one JSON object: cause, culprits and evidence, and what people read below them
    #[arg(long)]
    pub json: bool,
    /// How long the answer may take; nearly all of it is spent looking
    #[arg(long, value_name = "N", default_value = "5", value_parser = seconds)]
    pub seconds: Duration,
    /// Then trace the system calls of up to eight threads for 1.5 s: what is tried again and again is seen
    ///
    /// Each of them stands for some ten microseconds at each of its calls (ptrace), and goes on untraced afterwards. Threads
    /// that are stopped, frozen, traced already or in state D are left alone.
    #[arg(long, conflicts_with = "from")]
    pub trace: bool,
    /// Draw where the time went, on and off the CPU, by process, thread and frame (of Python), to an SVG file
    #[arg(long, value_name = "FILE", conflicts_with = "from")]
    pub flame: Option<PathBuf>,
    /// Write what was seen to a file, as JSON without secrets
    #[arg(long, value_name = "FILE", conflicts_with = "from")]
    pub evidence: Option<PathBuf>,
    /// Name the cause from such a file; no process is looked at
    #[arg(long, value_name = "FILE", conflicts_with = "target")]
    pub from: Option<PathBuf>,
    /// Draw with ASCII only [default: where the locale is not UTF-8]
    #[arg(long)]
    pub ascii: bool,
    /// When to use colour; `NO_COLOR` in the environment turns `auto` into `never`
    #[arg(long, value_name = "WHEN", value_enum, default_value_t = Color::Auto)]
    pub color: Color,
}

/// Reads a number of seconds; what is shorter shows nothing, and what is longer is `attach`.
fn seconds(text: &str) -> Result<Duration, String> {
    let number = text.strip_suffix('s').unwrap_or(text).parse::<f64>().ok();
    let number = number.filter(|number| (1.0..=600.0).contains(number));
    number.map(Duration::from_secs_f64).ok_or_else(|| "it is a number of seconds from 1 to 600".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_are_bounded() {
        assert_eq!(seconds("5"), Ok(Duration::from_secs(5)));
        assert_eq!(seconds("1.5s"), Ok(Duration::from_millis(1_500)));
        for wrong in ["0", "-1", "NaN", "inf", "601", "5m", ""] {
            assert!(seconds(wrong).is_err(), "{wrong}");
        }
    }
}
