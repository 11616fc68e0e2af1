//! The list on the key `J`: the watched jobs with a verdict each, and what else could be watched.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::overlay::window::{self as overlay, Said};
use super::state::UiState;
use super::verdict;
use super::view::View;
use super::words;
use crate::config::theme::Role;
use crate::model::candidate::{Candidate, Target};
use crate::model::job::Job;
use crate::model::metric;
use crate::model::text::Text;

/// Below so many columns only the figures that matter most have room.
const NARROW: u16 = 60;

/// What a row stands for.
#[derive(Debug)]
pub(super) enum Chosen<'a> {
    Watched(&'a Job),
    Candidate(&'a Candidate),
}

/// What the rows stand for.
pub(super) fn keys(view: &View<'_>) -> Vec<Text> {
    let target = |candidate: &Candidate| match &candidate.target {
        Target::Run(run) => run.clone(),
        Target::Process(pid) => Text::from(pid.to_string()),
    };
    view.jobs().map(|job| job.id.clone()).chain(candidates(view).map(target)).collect()
}

/// What could be watched and is not yet.
fn candidates<'a>(view: &View<'a>) -> impl Iterator<Item = &'a Candidate> + use<'a> {
    let view = *view;
    let list = view.candidates.map_or(&[][..], |candidates| &candidates.list);
    list.iter().filter(move |candidate| !view.jobs().any(|job| is_of(candidate, job)))
}

/// True for the job that attaching to this would be.
fn is_of(candidate: &Candidate, job: &Job) -> bool {
    let is_root = |id: &str| id.rsplit(':').next().and_then(|pid| pid.parse().ok()) == Some(candidate.pid);
    is_root(&job.id) || job.members.iter().any(|member| member.id.pid() == Some(candidate.pid))
}

/// The chosen row.
pub(super) fn chosen<'a>(view: &View<'a>, state: &UiState) -> Option<Chosen<'a>> {
    let watched = view.jobs().map(Chosen::Watched);
    let (before, row) = (view.jobs().count(), state.overlay_row);
    if row < before {
        watched.into_iter().nth(row)
    } else {
        candidates(view).nth(row - before).map(Chosen::Candidate)
    }
}

/// The row of the job that is shown.
pub(super) fn shown_row(view: &View<'_>, state: &UiState) -> usize {
    let shown = view.job(state);
    view.jobs().position(|job| shown.is_some_and(|shown| shown.id == job.id)).unwrap_or(0)
}

/// Which of several jobs is shown: `1 of 3`.
pub(super) fn place(view: &View<'_>, state: &UiState) -> Option<String> {
    let jobs = view.jobs().count();
    (jobs > 1).then(|| format!("job {} of {jobs}", shown_row(view, state) + 1))
}

/// The list in words.
pub(super) fn lines(view: &View<'_>, state: &UiState) -> Vec<Said> {
    let mut lines = Vec::new();
    let mut row = 0;
    let heading = |lines: &mut Vec<Said>, text: &str| {
        if !lines.is_empty() {
            lines.push(Said::plain("", Role::Text));
        }
        lines.push(Said::plain(text, Role::Title));
    };
    for job in view.jobs() {
        if row == 0 {
            heading(&mut lines, "Watched");
        }
        lines.push(watched(job, view, state).of_row(row));
        row += 1;
    }
    let is_narrow = state.size.0 < NARROW;
    let width = overlay::text_width(state);
    let (mut had_run, mut had_tree) = (false, false);
    for candidate in candidates(view) {
        let had = if matches!(candidate.target, Target::Run(_)) { &mut had_run } else { &mut had_tree };
        if !std::mem::replace(had, true) {
            let is_run = matches!(candidate.target, Target::Run(_));
            heading(
                &mut lines,
                if is_run { "Started by telltale before" } else { "Running on this machine" },
            );
            let columns = if is_narrow { "  PID  CPU" } else { "  PID   CPU    MEM    AGE  N  COMMAND" };
            lines.push(Said::plain(columns, Role::Dim));
        }
        let line = one(candidate, is_narrow);
        lines.push(Said::plain(&begin(&line, width, state.glyphs().cut), Role::Text).of_row(row));
        row += 1;
    }
    lines.extend(nothing_else(view, row).into_iter().map(|text| Said::plain(&text, Role::Dim)));
    lines
}

/// The beginning of a line that has one row only: command lines are long, and their beginning tells.
fn begin(line: &str, width: u16, cut: &str) -> String {
    let mut room = usize::from(width);
    if line.width() <= room {
        return line.to_owned();
    }
    room = room.saturating_sub(cut.width());
    let mut kept = String::new();
    for c in line.chars() {
        let wide = c.width().unwrap_or(0);
        if wide > room {
            break;
        }
        room -= wide;
        kept.push(c);
    }
    kept + cut
}

fn watched(job: &Job, view: &View<'_>, state: &UiState) -> Said {
    let (role, verdict) = verdict::verdict_line(view.snapshot, Some(job));
    let [good, look, bad, none] = state.glyphs().verdicts;
    let mark = match role {
        Role::Ok => good,
        Role::Warn => look,
        Role::Bad => bad,
        _ => none,
    };
    let name = begin(words::command(&job.name), overlay::text_width(state) / 2, state.glyphs().cut);
    Said::new(mark, role, &format!("{name}: {verdict}"), Role::Text)
}

fn one(candidate: &Candidate, is_narrow: bool) -> String {
    let Candidate { pid, name, command, processes, cpu, memory, age, .. } = candidate;
    let age = age.map_or_else(String::new, words::age);
    let memory = metric::compact_bytes(*memory);
    let command = words::command(command);
    let name = if command.contains(name.as_str()) { String::new() } else { format!("{name}: ") };
    if is_narrow {
        return format!("{pid:>5} {cpu:>4.1}  {name}{command}");
    }
    format!("{pid:>5} {cpu:>5.1} {memory:>6} {age:>6} {processes:>2}  {name}{command}")
}

/// What is said below the list.
fn nothing_else(view: &View<'_>, rows: usize) -> Vec<String> {
    let Some(candidates) = view.candidates else {
        let gap = (rows > 0).then(String::new);
        return gap.into_iter().chain(["Looking for what runs.".to_owned()]).collect();
    };
    let mut said = Vec::new();
    if rows > 0 {
        said.push(String::new());
    }
    if rows == 0 {
        said.push("Nothing of yours runs that looks like work.".to_owned());
    }
    if candidates.left_out > 0 {
        said.push(format!(
            "{} are left out.",
            words::counted(candidates.left_out, "more tree", "more trees")
        ));
    }
    said.push(
        "Enter shows or attaches the chosen one; nothing is done to it. S scans this folder.".to_owned(),
    );
    said.push("telltale run -- COMMAND starts a job; telltale attach PID watches any other.".to_owned());
    said
}
