#![expect(clippy::disallowed_methods, reason = "edge: asks for the terminal, the time and NO_COLOR")]
//! Which reports a scan writes, and what all of them are told before its first finding.

use std::io::{self, IsTerminal as _};
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::bail;

use super::ledger::{Ledger, Output};
use super::report_file::Destination;
use super::scan_args::{Color, FailOn, Format, ScanArgs};
use crate::model::clock;
use crate::model::text::escape_path;
use crate::scan::finding::Level;
use crate::scan::known::Known;
use crate::scan::output::csv::Csv;
use crate::scan::output::document::Document;
use crate::scan::output::github::GitHub;
use crate::scan::output::gitlab::GitLab;
use crate::scan::output::html::Html;
use crate::scan::output::json::Json;
use crate::scan::output::junit::JUnit;
use crate::scan::output::page::{Head, Page, RuleWords};
use crate::scan::output::sarif::Sarif;
use crate::scan::output::text::Text;
use crate::scan::rule::RuleSet;

/// How many of the lines that are only high in entropy are listed when nothing is said.
pub(super) const TOP: u32 = 50;

/// A ledger with all reports that were asked for.
pub(super) fn ledger(args: &ScanArgs, rules: &RuleSet, known: Option<Arc<Known>>) -> anyhow::Result<Ledger> {
    let mut files: Vec<&PathBuf> =
        args.output.iter().chain(args.report.iter().map(|one| &one.file)).collect();
    files.sort();
    if let Some(twice) = files.windows(2).find(|pair| pair[0] == pair[1]) {
        bail!("two reports would go to {}; name another file", escape_path(twice[0]));
    }
    let head = Arc::new(head(args, rules));
    let main = match &args.output {
        None => Destination::stdout(),
        Some(path) => Destination::at(path)?,
    };
    let mut outputs = vec![output(args, args.format, main, &head)];
    for report in &args.report {
        outputs.push(output(args, report.format, Destination::at(&report.file)?, &head));
    }
    let ledger = Ledger::new(outputs, known, args.top.unwrap_or(TOP) as usize, args.entropy)?;
    Ok(ledger.listing(args.lists_down_to(), args.explain))
}

/// How many of the lines that are only high in entropy come into some report.
pub(super) fn listed_for_entropy(args: &ScanArgs) -> usize {
    let mut formats = args.report.iter().map(|report| report.format).chain([args.format]);
    if formats.any(|format| lists_entropy(args, format)) { args.top.unwrap_or(TOP) as usize } else { 0 }
}

/// Whoever annotates a change does not want fifty lines on which nothing is wrong.
fn lists_entropy(args: &ScanArgs, format: Format) -> bool {
    let annotates = matches!(format, Format::Sarif | Format::Junit | Format::Github | Format::Gitlab);
    !annotates || args.top.is_some() || args.entropy
}

fn output(args: &ScanArgs, format: Format, to: Destination, head: &Arc<Head>) -> Output {
    let head = Arc::clone(head);
    let with_entropy = lists_entropy(args, format);
    let page: Box<dyn Page> = match format {
        Format::Text => {
            let terminal = matches!(to, Destination::Stdout(_)) && io::stdout().is_terminal();
            Box::new(Text::new(terminal, has_color(args, terminal), args.top != Some(0)))
        }
        Format::Json => Box::new(Json),
        Format::Report => Box::new(Document::new(head)),
        Format::Sarif => Box::new(Sarif::new(head)),
        Format::Csv => Box::new(Csv::new(head, args.show_secrets)),
        Format::Junit => Box::new(JUnit(head)),
        Format::Github => Box::new(GitHub(head)),
        Format::Gitlab => Box::new(GitLab::new(head)),
        Format::Html => Box::new(Html::new(head)),
    };
    Output { to, page, with_entropy, with_each: format == Format::Json }
}

fn has_color(args: &ScanArgs, terminal: bool) -> bool {
    match args.color {
        Color::Always => true,
        Color::Never => false,
        Color::Auto => terminal && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty()),
    }
}

fn head(args: &ScanArgs, rules: &RuleSet) -> Head {
    let now = clock::wall();
    let rules = rules
        .rules
        .iter()
        .map(|rule| (rule.id.clone(), RuleWords { name: rule.name.to_owned(), severity: rule.severity }));
    Head {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        made: format!("{}T{}Z", now.date(), now.time_of_day()),
        roots: args.paths.iter().map(|path| escape_path(path)).collect(),
        shard: args.shard.map(|shard| shard.to_string()),
        fails_from: match args.fail_on {
            FailOn::High => Some(Level::High),
            FailOn::Medium => Some(Level::Medium),
            FailOn::Low => Some(Level::Low),
            FailOn::Never => None,
        },
        rules: rules.collect(),
    }
}
