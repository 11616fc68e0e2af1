//! The list on the key `p`: where the job's progress could be read from, each tried out on its newest output.
//!
//! ```text
//! ● --progress 'rows=(?P<done>\d+) of (?P<total>\d+)'
//!   done 812 of 4,000, 36 more in the last 10s
//!   like: loaded rows=812 of 4000 errors=0
//! ```

use super::overlay::window::Said;
use super::state::UiState;
use super::view::View;
use super::words;
use crate::config::theme::Role;
use crate::model::job::{Job, JobId, JobKind};
use crate::model::progress_source::{Origin, ProgressSource, Sources};
use crate::model::text::Text;

/// What was found for the shown job.
fn of_shown<'a>(view: &View<'a>, state: &UiState) -> Option<&'a Sources> {
    let job = view.job(state)?;
    view.sources.filter(|sources| sources.job == job.id)
}

/// The chosen one, and the job it is for.
pub(super) fn chosen<'a>(view: &View<'a>, state: &UiState) -> Option<(&'a JobId, &'a ProgressSource)> {
    let sources = of_shown(view, state)?;
    Some((&sources.job, sources.list.get(state.overlay_row)?))
}

/// What the rows stand for: their patterns.
pub(super) fn keys(view: &View<'_>, state: &UiState) -> Vec<Text> {
    let list = of_shown(view, state).map_or(&[][..], |sources| &sources.list);
    list.iter().map(|source| source.pattern.clone().unwrap_or_default()).collect()
}

/// The flag that chooses the same from the start, quoted for a shell; none for what is looked for anyway.
pub(super) fn flag(source: &ProgressSource) -> Option<String> {
    let pattern = source.pattern.as_ref()?;
    let flag = if source.origin == Origin::Input { "--source" } else { "--progress" };
    Some(format!("{flag} '{}'", pattern.replace('\'', r"'\''")))
}

/// The list in words.
pub(super) fn lines(view: &View<'_>, state: &UiState) -> Vec<Said> {
    let Some(job) = view.job(state) else {
        return vec![Said::plain("No job is watched: J chooses one.", Role::Dim)];
    };
    let Some(sources) = of_shown(view, state) else {
        return vec![Said::plain("Looking at its output.", Role::Dim)];
    };
    let mut lines = Vec::new();
    if sources.lines == 0 {
        lines.extend(without_output(job));
    }
    for (row, source) in sources.list.iter().enumerate() {
        lines.extend(one(source, state).into_iter().map(|said| said.of_row(row)));
    }
    if sources.lines > 0 {
        lines.push(Said::plain("", Role::Text));
        if sources.list.iter().all(|source| source.done.is_none()) {
            let hint = "Nothing there looks like a count that rises. A line such as done=12/200 now and then would do.";
            lines.push(Said::plain(hint, Role::Text));
        }
        let looked = words::counted(sources.lines, "line", "lines");
        lines.push(Said::plain(
            &format!("Tried on the newest {looked} of its output. Enter uses the chosen one,"),
            Role::Dim,
        ));
        lines.push(Said::plain("y copies the flag that chooses it from the start the next time.", Role::Dim));
    }
    lines
}

/// What to do where there is nothing to look at.
fn without_output(job: &Job) -> Vec<Said> {
    let hint = match job.kind {
        JobKind::Attached => {
            "Its output goes where it can't be read along: a terminal or a pipe. If it writes a log, attach with \
             --log FILE; or start it by telltale run."
        }
        _ => "As soon as it prints counts, such as 12/200, they show here.",
    };
    vec![
        Said::plain("No output of this job was seen yet.", Role::Title),
        Said::plain(hint, Role::Text),
        Said::plain("", Role::Text),
    ]
}

fn one(source: &ProgressSource, state: &UiState) -> Vec<Said> {
    let [used, _, _, free] = state.glyphs().verdicts;
    let (mark, mark_role) = if source.is_in_use { (used, Role::Ok) } else { (free, Role::Dim) };
    let name = flag(source).unwrap_or_else(|| "counts such as 12/200 or 12 of 200".to_owned());
    let origin = match (source.is_in_use, source.origin) {
        (true, _) => "in use",
        (_, Origin::BuiltIn) => "looked for without a flag",
        (_, Origin::Typed) => "from the command line",
        (_, Origin::Chosen) => "chosen before",
        (_, Origin::Suggested) => "suggested",
        (_, Origin::Input) => "a file that it reads",
    };
    let mut lines = vec![Said::new(mark, mark_role, &format!("{name}  ({origin})"), Role::Title)];
    lines.push(Said::plain(&reading(source), Role::Text));
    lines.extend(
        source.example.as_ref().map(|line| Said::plain(&format!("like: {}", line.trim()), Role::Dim)),
    );
    lines
}

/// What a source reads now.
fn reading(source: &ProgressSource) -> String {
    let unit = source.unit;
    let done = match (source.done, source.total) {
        (Some(done), Some(total)) => format!("done {} of {}", unit.amount(done), unit.amount(total)),
        (Some(done), None) => format!("done {}, no total", unit.amount(done)),
        (None, _) if source.lines > 0 => "fits, but reads no done".to_owned(),
        (None, _) => return "fits none of the newest lines".to_owned(),
    };
    match source.rise {
        Some((0, over)) => format!("{done}, none more in the last {}", words::age(over)),
        Some((rise, over)) => {
            format!("{done}, {} more in the last {}", unit.amount(rise), words::age(over))
        }
        None => done,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn source(pattern: Option<&str>) -> ProgressSource {
        ProgressSource {
            origin: Origin::Suggested,
            pattern: pattern.map(Into::into),
            is_in_use: false,
            lines: 3,
            example: None,
            unit: crate::model::metric::Unit::Items,
            done: Some(1_812),
            total: Some(4_000),
            rise: Some((36, Duration::from_secs(10))),
        }
    }

    #[test]
    fn a_flag_is_quoted_for_a_shell() {
        assert_eq!(flag(&source(None)), None);
        assert_eq!(
            flag(&source(Some("it's (?P<done>\\d+)"))).as_deref(),
            Some(r"--progress 'it'\''s (?P<done>\d+)'")
        );
    }

    #[test]
    fn a_reading_says_what_it_reads() {
        let source = source(None);
        assert_eq!(reading(&source), "done 1,812 of 4,000, 36 more in the last 10s");
        let still = ProgressSource { total: None, rise: Some((0, Duration::from_secs(4))), ..source.clone() };
        assert_eq!(reading(&still), "done 1,812, no total, none more in the last 4s");
        let none = ProgressSource { done: None, lines: 0, ..source };
        assert_eq!(reading(&none), "fits none of the newest lines");
    }
}
