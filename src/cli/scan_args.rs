//! What can be typed after `telltale scan`. Types only: `scan.rs` turns them into what the engine takes.

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::Arc;

use clap::{Args, ValueEnum};

use super::exit;
use crate::scan::finding::Level;
use crate::scan::shard::Shard;
use crate::scan::unpack::limits;

/// Arguments of `scan`.
#[derive(Clone, Debug, Args)]
#[command(after_help = after_help(), after_long_help = after_help())]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch on the command line")]
pub struct ScanArgs {
    /// Files, folders and pipes to scan; `-` for standard input [default: the current folder]
    #[arg(value_name = "PATH")]
    pub paths: Vec<PathBuf>,

    /// Scan what git repositories remember instead of files: every version of every file, each once
    ///
    /// PATH is a repository, bare or not, or lies in one. All that branches, tags, remotes, notes and stashes lead to
    /// is scanned; the first commit that held a secret is told. Messages of commits and tags are not read, nor names and `.git/config`.
    /// Nothing in the repository is run, and `git` is not needed.
    #[arg(long)]
    pub history: bool,

    /// The history since REV: only what commits brought that HEAD has and REV has not
    #[arg(long, value_name = "REV")]
    pub since: Option<std::ffi::OsString>,

    /// The history with what nothing leads to any more: dropped commits, amended ones, files that were only staged
    #[arg(long, conflicts_with = "since")]
    pub unreachable: bool,

    /// Scan what is staged for the next commit, and tell what the last one does not hold
    ///
    /// What git would commit is scanned, whatever lies in the folder. `--install-hook` has git do this before every commit.
    #[arg(long, conflicts_with_all = ["history", "since", "unreachable"])]
    pub staged: bool,

    /// For a hook that is handed files, as by the pre-commit framework: of a commit what is new in these PATHs, otherwise all of each
    ///
    /// It is a commit when all of them are staged, and lie in the folder as they are staged. Otherwise, as with `pre-commit run
    /// --all-files`, they are scanned as they lie there.
    #[arg(long, requires = "paths", conflicts_with_all = ["history", "since", "unreachable", "staged", "interactive", "merge", "write_baseline", "cache", "shard"])]
    pub pre_commit: bool,

    /// The files of that commit.
    #[arg(skip)]
    pub handed: Option<Arc<HashSet<PathBuf>>>,

    /// Scan also the paths that are listed in FILE, or on standard input for `-`; one that does not exist is an error
    #[arg(long, value_name = "FILE")]
    pub files_from: Option<PathBuf>,

    /// The paths of that list end in a NUL and not with their line, as `find -print0` and `git ls-files -z` write them
    #[arg(short = '0', long, requires = "files_from")]
    pub null: bool,

    /// Have git scan what is staged before every commit, and scan nothing now
    ///
    /// Writes the hook `pre-commit` of the repository, where git looks for it. A hook that is there already stays.
    #[arg(long, conflicts_with_all = ["uninstall_hook", "interactive", "files_from"])]
    pub install_hook: bool,

    /// Take that hook away again
    #[arg(long, conflicts_with_all = ["interactive", "files_from"])]
    pub uninstall_hook: bool,

    /// Open the pane of the secrets instead of printing: ranked findings, previews, the map, the baseline
    #[arg(short, long, conflicts_with_all = ["format", "output", "report", "merge", "shard", "id_key", "show_accepted", "show_secrets", "top", "fail_on", "list_rules", "quiet", "level", "explain"])]
    pub interactive: bool,

    /// How to write findings
    ///
    /// All formats redact, and all but `json` say what was not scanned and why. `sarif`, `junit`, `github` and `gitlab` leave
    /// out the lines that are only high in entropy, unless --top asks for them.
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t = Format::Text)]
    pub format: Format,

    /// Write findings to FILE instead of standard output; only you may read it
    ///
    /// It appears when it is whole: a scan that is killed or a disk that is full leaves the one from before. A scan that
    /// Ctrl-C or TERM stops writes what it has found, and that it was stopped.
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,

    /// Write one more report: --report sarif=leaks.sarif --report html=leaks.html; may be repeated
    #[arg(long, value_name = "FORMAT=FILE", value_parser = parse_report)]
    pub report: Vec<ReportTo>,

    /// Show the secrets themselves; mind who sees your screen, and your logs
    #[arg(long)]
    pub show_secrets: bool,

    /// Show only the lines that are high in entropy, ranked: no rules, no names, only how surprising a line is
    ///
    /// The rank is how far a token's entropy lies above what a random string of its length and alphabet has on
    /// average. It is shown beside the most they allow, in bits per character: `4.6/5.0`. Hashes, ids, certificates, media and the
    /// like are recognised by their shape and place, and folded: `412 lines like this: sha512 integrity`; json has them all, each with its
    /// class. Neither baseline nor exceptions hold here. The exit code still tells of the other findings.
    #[arg(long)]
    pub entropy: bool,

    /// How many of the lines that are only high in entropy to show, those that are folded aside [default: 50, and 0 for what annotates a change]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(0..=100_000))]
    pub top: Option<u32>,

    /// From which level on findings are listed [default: medium, or low where a low one fails the scan]
    ///
    /// The level follows from the score, the probability that a finding is a real secret: its name, its value, how it stands
    /// on its line and where its file lies are weighed by a model that was made on labelled repositories. All that is found
    /// is counted in the summary.
    #[arg(long, value_name = "LEVEL", value_enum)]
    pub level: Option<Shown>,

    /// Tell why each finding scores as it does: what speaks for it, +, and against it, -, the weightiest first
    #[arg(long)]
    pub explain: bool,

    /// Judge by the model in FILE, which `cargo run --release --example train` makes; a bad one is told, and not used
    #[arg(long, value_name = "FILE")]
    pub model: Option<PathBuf>,

    /// Exit with 1 from this level on; lines that are only high in entropy never count
    #[arg(long, value_name = "LEVEL", value_enum, default_value_t = FailOn::Medium)]
    pub fail_on: FailOn,

    /// Leave out what this glob matches, written as in a `.gitignore` and relative to each PATH; may be repeated
    #[arg(long, value_name = "GLOB")]
    pub exclude: Vec<String>,

    /// Scan what git ignores too
    #[arg(long)]
    pub no_ignore: bool,

    /// Skip, and count, files larger than SIZE bytes; K, M and G are understood [default: no limit]
    #[arg(long, value_name = "SIZE", value_parser = parse_size)]
    pub max_filesize: Option<u64>,

    /// How many archives may lie in one another: zip, tar, gzip, xz, zstd, bzip2, ar; 0 to open none
    ///
    /// Jars, wheels, packages, office documents and images of containers are such archives. What lies in one is
    /// named `app.jar!/conf/db.properties`. An archive that lies deeper is counted, and the exit code tells of it.
    #[arg(long, value_name = "N", default_value_t = limits::DEPTH as u8, value_parser = clap::value_parser!(u8).range(0..=16))]
    pub archive_depth: u8,

    /// Look for everything in binary files too, not only for provider tokens and private keys
    #[arg(long)]
    pub binary: bool,

    /// Unpack at most SIZE bytes out of any one file; what lies beyond is counted [default: 16G]
    ///
    /// Nor is more unpacked than 200 times what a file holds, and 256 MB: more is a bomb.
    #[arg(long, value_name = "SIZE", value_parser = parse_size, default_value = "16G", hide_default_value = true)]
    pub max_unpacked: u64,

    /// The baseline: secrets that somebody accepted, which are counted but not reported
    ///
    /// Without it the `.telltale-baseline.json` in the scanned folder is heeded, or that of the current folder, or at the top of
    /// the repository. The scan pane writes it: `x` accepts a finding as known, `n` says that it is no secret. An entry holds for one
    /// secret under one rule in one file. It holds no secret but a salted, slow hash of it, so that it may be public.
    #[arg(long, value_name = "FILE")]
    pub baseline: Option<PathBuf>,

    /// Accept all that is found now as known: write it into the baseline, and report nothing
    #[arg(long, conflicts_with_all = ["no_baseline", "interactive", "show_secrets", "entropy", "output", "list_rules"])]
    pub write_baseline: bool,

    /// Take the entries out of the baseline that accept nothing any more
    ///
    /// It is judged by the files as they are now: a secret that only the history still holds is to be accepted anew
    /// when that is scanned.
    #[arg(long, conflicts_with_all = ["no_baseline", "interactive", "write_baseline"])]
    pub prune_baseline: bool,

    /// Report what the baseline accepts too
    #[arg(long, conflicts_with = "baseline")]
    pub no_baseline: bool,

    /// A configuration of gitleaks: its rules and allowlists hold, and with `useDefault` the built-in rules too
    ///
    /// Without it the file in `GITLEAKS_CONFIG` is heeded, or the `.gitleaks.toml` in the scanned folder, in the current
    /// one or at the top of the repository. Without `useDefault` its rules hold instead of the built-in ones.
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,

    /// Heed no configuration of gitleaks
    #[arg(long, conflicts_with = "config")]
    pub no_config: bool,

    /// Report what other tools were told to let through, and read the files that they leave out
    ///
    /// Heeded without it: comments on the line (`telltale:allow`, `telltale:allow(RULE)`, `gitleaks:allow`,
    /// `betterleaks:allow`, `trufflehog:ignore`, `pragma: allowlist secret`, and on the line before `pragma: allowlist
    /// nextline secret`), `.gitleaksignore`, `.secretsignore`, `.secrets.baseline`, and `exclude` of `[scan]` in
    /// `.telltale.toml`, in the scanned folder, the current one or at the top of the repository. All that they let through is counted in the summary.
    #[arg(long)]
    pub no_allow: bool,

    /// Exit with 1 when an entry of those files, or of the baseline, allows nothing any more
    #[arg(long, conflicts_with = "no_allow")]
    pub fail_on_stale: bool,

    /// List what the baseline accepts too, marked as accepted (in SARIF: suppressed); it fails no scan
    #[arg(long, conflicts_with = "no_baseline")]
    pub show_accepted: bool,

    /// Scan only part I of N of the files: all parts together scan everything, on whatever machines
    ///
    /// Which file falls to whom is decided by its path below PATH, not by its content: whoever had to read it to know would
    /// gain nothing. With --history each PATH, a repository, falls to one part as a whole. Give every part the same PATHs, seen
    /// from the same place, and put the reports together with --merge.
    #[arg(long, value_name = "I/N", conflicts_with = "staged")]
    pub shard: Option<Shard>,

    /// Make the ids of secrets with the key in FILE, so that several reports name the same secret alike
    ///
    /// Otherwise each report has a key of its own that dies with it, and a merge can't tell that two shards found the same
    /// secret. The file is made when there is none; keep it to yourself, for whoever has it can try guesses against the ids.
    #[arg(long, value_name = "FILE")]
    pub id_key: Option<PathBuf>,

    /// Scan nothing: the PATHs are reports, `json` or `report`, and become one, in any format
    ///
    /// A finding that stands in several of them, with the same fingerprint and place, is listed once. A report that can't be
    /// read or was cut short is an error; shards that are missing are named, and the exit code is 3. Secrets count as the same
    /// in two reports when both were made with the same --id-key, or when one baseline knows them.
    #[arg(long, conflicts_with_all = ["history", "since", "unreachable", "staged", "shard", "id_key", "baseline", "no_baseline", "exclude", "no_ignore", "max_filesize", "list_rules"])]
    pub merge: bool,

    /// How many threads to use; 0 for one per processor
    #[arg(short = 'j', long, value_name = "N", default_value_t = 0)]
    pub threads: usize,

    /// Do not scan again what has not changed since an earlier scan; what was found is looked at where it stands [FILE: one for each scan in `~/.cache/telltale`]
    ///
    /// A file counts as unchanged when its inode, size and times are the same and older than a minute, or else when a hash of all
    /// it holds is. With another version, other rules or other options everything is scanned again. FILE, or a folder, holds no
    /// secret and nothing of one, only places. Whoever may write to it can hide a finding: what belongs to others is not used.
    ///
    /// Scanned every time are files in which something was found that stands there in another form (encoded, packed, in UTF-16),
    /// that an exception lets through or that your own rules found, and files that could not be read to their end.
    #[arg(long, value_name = "FILE", num_args = 0..=1, require_equals = true, conflicts_with_all = ["history", "since", "unreachable", "staged", "interactive", "write_baseline", "merge"])]
    pub cache: Option<Option<PathBuf>>,

    /// When to use colour; `NO_COLOR` in the environment turns `auto` into `never`
    #[arg(long, value_name = "WHEN", value_enum, default_value_t = Color::Auto)]
    pub color: Color,

    /// List the rules, each with its score and what it finds, and scan nothing
    #[arg(long)]
    pub list_rules: bool,

    /// No progress and no summary on standard error; errors remain
    #[arg(short, long)]
    pub quiet: bool,
}

const EXAMPLES: &str = "\
Examples:
  telltale scan                             what would this folder give away?
  telltale scan -i src                      look through it, and accept what is known
  telltale scan --fail-on high src conf     only what is almost surely real fails
  telltale scan --level low --explain       all that may be a secret, and why
  telltale scan --format json . > found.jsonl
  telltale scan --report sarif=leaks.sarif --report html=leaks.html
  telltale scan --shard 2/8 --format report -o part-2.json
  telltale scan --merge part-*.json --format html -o leaks.html
  telltale scan --exclude 'tests/fixtures/' --exclude '*.snap'
  telltale scan --cache                     as before, but only what has changed
  telltale scan --entropy --top 20          the twenty most random-looking tokens
  telltale scan --no-baseline               also what was accepted before
  telltale scan --history                   what does this repository remember?
  telltale scan --since origin/main         what would this branch add?
  telltale scan --staged                    what am I about to commit?
  git log --format=%B | telltale scan -     what do the messages of commits say?";

fn after_help() -> String {
    format!("{EXAMPLES}\n\n{}", exit::SCAN)
}

/// How findings are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people; in a pipe one line for each place, like ripgrep
    Text,
    /// One JSON object a line, one for each place
    Json,
    /// One JSON document: findings, rules, and what was not scanned; --merge reads it
    Report,
    /// SARIF 2.1.0, for code scanning and editors
    Sarif,
    /// A table, guarded against formulas
    Csv,
    /// JUnit XML: a test case for each rule in each file
    Junit,
    /// Annotations of GitHub Actions
    Github,
    /// GitLab's code quality report, which every tier shows in a merge request
    Gitlab,
    /// One HTML page that filters and needs no network
    Html,
}

/// One more report, and where it goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportTo {
    /// How it is written.
    pub format: Format,
    /// Where.
    pub file: PathBuf,
}

fn parse_report(text: &str) -> Result<ReportTo, String> {
    let (format, file) = text.split_once('=').ok_or("write FORMAT=FILE: sarif=leaks.sarif")?;
    let format = Format::from_str(format, false).map_err(|_| {
        let names: Vec<String> = Format::value_variants()
            .iter()
            .filter_map(|format| format.to_possible_value().map(|value| value.get_name().to_owned()))
            .collect();
        format!("no format is called {format:?}; there are {}", names.join(", "))
    })?;
    match file {
        "" | "-" => Err("name a file; --format says what goes to standard output".into()),
        file => Ok(ReportTo { format, file: file.into() }),
    }
}

/// From which level on findings are listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Shown {
    /// Almost surely real.
    High,
    /// Probably real, and the above.
    Medium,
    /// All that is possibly real.
    Low,
}

impl ScanArgs {
    /// The lowest level that is listed: whoever fails for a finding wants to see it.
    pub fn lists_down_to(&self) -> Level {
        match self.level {
            Some(Shown::High) => Level::High,
            Some(Shown::Medium) => Level::Medium,
            Some(Shown::Low) => Level::Low,
            None if self.fail_on == FailOn::Low => Level::Low,
            None => Level::Medium,
        }
    }
}

/// From which level on findings fail a scan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum FailOn {
    /// Almost surely real.
    High,
    /// Probably real.
    Medium,
    /// Possibly real.
    Low,
    /// Never.
    Never,
}

impl FailOn {
    /// Whether a finding of this level fails the scan.
    pub fn includes(self, level: Level) -> bool {
        match self {
            Self::High => level <= Level::High,
            Self::Medium => level <= Level::Medium,
            Self::Low => level <= Level::Low,
            Self::Never => false,
        }
    }
}

/// When to use colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// On a terminal.
    Auto,
    /// Whatever the output is.
    Always,
    /// Not at all.
    Never,
}

fn parse_size(text: &str) -> Result<u64, String> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit: u64 =
        match text[digits.len()..].to_ascii_uppercase().trim_end_matches("IB").trim_end_matches('B') {
            "" => 1,
            "K" => 1 << 10,
            "M" => 1 << 20,
            "G" => 1 << 30,
            _ => return Err("write a number of bytes, or one with K, M or G: 10M".into()),
        };
    let number: u64 =
        digits.parse().map_err(|_| "write a number of bytes, or one with K, M or G: 10M".to_owned())?;
    number.checked_mul(unit).ok_or_else(|| "that is more than can be counted".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reports() {
        let report = parse_report("sarif=a=b.sarif").unwrap();
        assert_eq!(report, ReportTo { format: Format::Sarif, file: "a=b.sarif".into() });
        for (text, words) in
            [("sarif", "FORMAT=FILE"), ("pdf=x", "junit"), ("csv=", "a file"), ("csv=-", "a file")]
        {
            assert!(parse_report(text).unwrap_err().contains(words), "{text}");
        }
    }

    #[test]
    fn sizes() {
        let check = |text: &str, expected: Option<u64>| assert_eq!(parse_size(text).ok(), expected, "{text}");
        check("0", Some(0));
        check("12", Some(12));
        check("10K", Some(10_240));
        check("3m", Some(3 << 20));
        check("2GiB", Some(2 << 30));
        check("", None);
        check("x", None);
        check("5T", None);
        check("99999999999G", None);
    }
}
