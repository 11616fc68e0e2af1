//! rich, and pip, which draws with it: a heavy line, and behind it the columns that were chosen.

use std::sync::LazyLock;

use regex::{Captures, Regex};

use super::figure;
use super::form::{Bar, Form, Tool, group};

pub(super) static FORMS: &[Form] = &[
    // pip says `eta` before the time left.
    Form::new(Tool::Pip, "eta ", r"^ *[━╸╺]+ +(?P<columns>[0-9].*?) eta (?P<eta>[0-9:-]+) *$").then(columns),
    Form::new(Tool::Rich, "━", r"^[⠀-⣿]? *(?P<label>[^━╸╺]*?) *[━╸╺]{4,} +(?P<columns>.*)$").then(columns),
];

/// Columns in any order, each a word or two.
static COLUMNS: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?x)(?:^|\ )(?:
            (?P<percent>[0-9]{1,3}(?:\.[0-9]+)?)%
          | (?P<rate>[0-9.,]+)\ (?P<per>bytes|[kKMGT]i?B|it)/s
          | (?P<done>[0-9.,]+)/(?P<total>[0-9.,]+)(?:\ (?P<of>bytes|[kKMGT]i?B)(?:\ |$))?
          | (?P<time>[0-9]+:[0-9]{2}(?::[0-9]{2})?)
        )",
    )
    .expect("a constant pattern, tested")
});

fn columns<'a>(mut bar: Bar<'a>, found: &Captures<'a>) -> Option<Bar<'a>> {
    let columns = group(found, "columns")?;
    let mut time = None;
    for column in COLUMNS.captures_iter(columns) {
        let text = |name| group(&column, name);
        let scaled = |text: &str, unit: &str| {
            let unit = if unit == "bytes" { "" } else { unit };
            figure::amount(&format!("{text}{unit}"), 1_000.0)
        };
        if let Some(percent) = text("percent") {
            bar.percent = percent.parse().ok();
        } else if let (Some(rate), Some(per)) = (text("rate"), text("per")) {
            bar.rate = scaled(rate, per);
            bar.unit = Some(if per == "it" { "it" } else { "B" });
        } else if let (Some(done), Some(total)) = (text("done"), text("total")) {
            let unit = text("of").unwrap_or_default();
            bar.done = scaled(done, unit).and_then(figure::whole);
            bar.total = scaled(total, unit).and_then(figure::whole).filter(|&total| total > 0);
            bar.is_approximate = done.contains('.') || total.contains('.');
        } else if let Some(text) = text("time") {
            time = figure::duration(text);
        }
    }
    // Before the end the time is what is left, and then what was needed.
    let is_over = bar.percent.is_some_and(|percent| percent >= 100.0)
        || bar.done.zip(bar.total).is_some_and(|(done, total)| done >= total);
    if is_over {
        bar.elapsed = bar.elapsed.or(time);
    } else {
        bar.eta = bar.eta.or(time);
    }
    (bar.done.is_some() || bar.percent.is_some()).then_some(bar)
}
