//! The gauges of a job: a label, a value, its past, and a word on it.
//!
//! ```text
//! Memory       41.2 GiB  ⣀⣀⣠⣤⣤⣶⣶⣿⣿⣿⣧⣤⣀⣀⣀   shared pages count again
//! Limit            66 %  ━━━━━━━━━╸─────   of 62.0 GiB, host
//! ```
//! A value that is not known is a dash, never a zero.

mod measured;
mod work;

use std::time::Duration;

use ratatui::layout::Rect;
use unicode_width::UnicodeWidthStr;

use self::measured::{cpu, gpu, limit, memory};
pub(in crate::ui) use self::work::bytes_read;
use self::work::{heartbeat, progress, workers};
use crate::config::theme::Role;
use crate::model::job::{Job, Phase};
use crate::model::metric;
use crate::model::series::Series;
use crate::model::snapshot::Snapshot;
use crate::ui::paint::graph;
use crate::ui::paint::ink::{Ink, Row, row};
use crate::ui::words;

/// What stands beside a value.
enum Mark<'a> {
    /// A share of one.
    Bar(Option<f64>),
    /// The past, and the value that reaches the top of its graph at least.
    Past(&'a Series, f64),
}

/// One gauge.
struct Gauge<'a> {
    /// Its label.
    label: &'static str,
    /// Its value, if known.
    value: Option<String>,
    role: Role,
    mark: Mark<'a>,
    /// A word on it: the longest that has room is shown.
    notes: Vec<String>,
    note_role: Role,
    /// Which gauges go first when rows are short: the highest number.
    drop: u8,
    /// It is still true when the job has ended.
    stays: bool,
}

/// How many gauges there are.
pub(in crate::ui) const COUNT: u16 = 10;

/// Draws as many gauges as there are rows; the ones that say least are left out.
pub(in crate::ui) fn draw(ink: &mut Ink<'_>, area: Rect, snapshot: &Snapshot, job: &Job) {
    let mut gauges = all(snapshot, job);
    while gauges.len() > usize::from(area.height) {
        let worst = (0..gauges.len()).max_by_key(|&i| {
            let gauge = &gauges[i];
            gauge.drop + if gauge.value.is_none() { 10 } else { 0 }
        });
        if let Some(worst) = worst {
            gauges.remove(worst);
        }
    }
    // One scale for all graphs, so that what stands in one column happened at one time. Busy workers are known
    // as long as a job runs.
    let busy = &job.history.busy;
    let began = busy.iter().next().map_or(snapshot.at, |(at, _)| at);
    let past = busy.iter().next_back().map_or(snapshot.at, |(at, _)| at).since(began);
    let points = graph::points(ink.glyphs, mark_width(area.width));
    let step = graph::step(snapshot.interval, past, points);
    for (n, gauge) in (0_u16..).zip(&gauges) {
        one(ink, row(area, n), gauge, step);
    }
}

/// The width of the labels: the same words at every width.
const LABEL: u16 = 11;

/// The widths of label, value and gap.
const fn columns(width: u16) -> (u16, u16, u16) {
    if width < 56 { (LABEL, 9, 1) } else { (LABEL, 11, 2) }
}

fn mark_width(width: u16) -> u16 {
    let (label, value, _) = columns(width);
    (width.saturating_sub(label + value) / 3).clamp(5, 40)
}

fn one(ink: &mut Ink<'_>, area: Rect, gauge: &Gauge<'_>, step: std::time::Duration) {
    let unknown = ink.glyphs.unknown;
    let (label_width, value_width, gap) = columns(area.width);
    let mark_width = mark_width(area.width);
    let role = if gauge.value.is_some() { gauge.role } else { Role::Dim };
    let mut line = Row::new(ink, area);
    line.left(label_width, gauge.label, Role::Dim);
    let value = gauge.value.as_deref().map_or(unknown.into(), |value| words::narrowed(value, value_width));
    line.right(value_width, &value, role);
    line.gap(gap);
    let mark = line.take(mark_width);
    line.gap(gap);
    let room = line.room();
    // A figure that is cut tells another one: what has no room in any form is left out.
    if let Some(note) = gauge.notes.iter().find(|note| note.width() <= usize::from(room)) {
        // Only what comes first is loud.
        let (first, rest) = note.split_at(note.find("  ").unwrap_or(note.len()));
        line.text(first, gauge.note_role).text(rest, Role::Dim);
    }
    match gauge.mark {
        Mark::Bar(Some(share)) => graph::bar(ink, mark, share, mark_role(gauge.role)),
        Mark::Bar(None) => {}
        Mark::Past(series, top) => graph::draw(ink, mark, series, top, step, mark_role(gauge.role)),
    }
}

const fn mark_role(role: Role) -> Role {
    match role {
        Role::Text => Role::Accent,
        role => role,
    }
}

fn all<'a>(snapshot: &Snapshot, job: &'a Job) -> Vec<Gauge<'a>> {
    let mut gauges = Vec::with_capacity(usize::from(COUNT));
    gauges.push(memory(job));
    gauges.push(limit(job));
    gauges.push(cpu(snapshot, job));
    gauges.extend(gpu(snapshot, job));
    gauges.push(workers(job));
    gauges.extend(progress(job, snapshot.at));
    gauges.push(heartbeat(job, snapshot));
    let past = &job.history;
    for (label, rate, series) in [
        ("Read", job.io.map(|io| io.read), &past.read),
        ("Written", job.io.map(|io| io.written), &past.written),
    ] {
        let notes = series.max().map(|max| format!("at most {}", words::byte_rate(max)));
        gauges.push(Gauge {
            label,
            value: rate.map(words::byte_rate),
            role: Role::Text,
            mark: Mark::Past(series, 0.0),
            notes: notes.into_iter().collect(),
            note_role: Role::Dim,
            drop: 9,
            stays: false,
        });
    }
    if job.phase != Phase::Running {
        gauges.iter_mut().filter(|gauge| !gauge.stays).for_each(end);
        sum_up(&mut gauges, snapshot, job);
    }
    gauges
}

/// What an ended job used in all stands where it stood while it ran, under a name of its own.
fn sum_up(gauges: &mut [Gauge<'_>], snapshot: &Snapshot, job: &Job) {
    let past = &job.history;
    let seen = words::age(past.cpu_over);
    let mean = past.cpu_seconds / past.cpu_over.as_secs_f64().max(0.001);
    let rate = job
        .progress
        .done
        .zip(job.running_for(snapshot.at))
        .filter(|(_, ran)| !ran.is_zero())
        .map(|(done, ran)| done as f64 / ran.as_secs_f64());
    let fastest =
        past.throughput.max().map(|max| format!("over the whole run, peak {}", job.progress.unit.rate(max)));
    let sums = [
        ("Memory", "Peak", past.peak_memory.map(|peak| peak.to_string()), Vec::new()),
        (
            "CPU",
            "CPU time",
            (past.cpu_over > Duration::ZERO).then(|| metric::span(Duration::from_secs_f64(past.cpu_seconds))),
            vec![format!("{mean:.1} CPUs on average, over the last {seen}"), format!("{mean:.1} on average")],
        ),
        (
            "Throughput",
            "Average",
            rate.map(|rate| job.progress.unit.rate(rate)),
            fastest.into_iter().chain(["over the whole run", "whole run"].map(str::to_owned)).collect(),
        ),
    ];
    for (label, name, value, notes) in sums {
        let gauge = gauges.iter_mut().find(|gauge| gauge.label == label);
        if let (Some(gauge), Some(value)) = (gauge, value) {
            (gauge.label, gauge.value, gauge.notes, gauge.note_role) = (name, Some(value), notes, Role::Dim);
        }
    }
}

/// What an ended job has no more is a dash; the past stays.
fn end(gauge: &mut Gauge<'_>) {
    gauge.value = None;
    if matches!(gauge.mark, Mark::Bar(_)) {
        gauge.mark = Mark::Bar(None);
        gauge.notes.clear();
        gauge.drop += 10;
    }
}
