//! The member table: who belongs to the job, in an order that seldom changes.
//!
//! ```text
//!   PID  STATE     CPU%  MEMORY  WAITS FOR                  AGE  NAME
//! 41207  ✝ worker             –  killed by SIGKILL       1m ago  python
//! 41191  S worker   0.0    2.5G  pool queue (empty)         41m  python
//! ```

use std::cmp::Ordering;

use ratatui::layout::Rect;
use unicode_width::UnicodeWidthStr;

use crate::config::theme::Role;
use crate::model::clock::Moment;
use crate::model::job::Job;
use crate::model::member::{self, Activity, Member, MemberId};
use crate::model::metric;
use crate::ui::paint::ink::{Ink, Row, row};
use crate::ui::state::{Column, UiState};
use crate::ui::watch::tree::Line;
use crate::ui::words;

/// The order of two members: large numbers come first, names from A to Z.
pub(in crate::ui) fn compare(a: &Member, b: &Member, column: Column) -> Ordering {
    match column {
        Column::Importance => importance(a).cmp(&importance(b)),
        Column::Pid => a.id.cmp(&b.id),
        Column::Cpu => b.cpu.unwrap_or(-1.0).total_cmp(&a.cpu.unwrap_or(-1.0)),
        Column::Memory => b.memory.cmp(&a.memory),
        Column::Age => a.about.started.cmp(&b.about.started),
        Column::Name => a.about.name.cmp(&b.about.name),
    }
}

/// Busy and idle members stand in one group: rows that change places all the time can't be read.
const fn importance(member: &Member) -> u8 {
    match (member.activity, member.role) {
        (Activity::Lost(_), member::Role::Worker) => 0,
        (Activity::Lost(_), _) => 1,
        (Activity::Finished(_), _) => 5,
        (_, member::Role::Worker) => 2,
        (_, member::Role::Root) => 3,
        (_, member::Role::Helper) => 4,
    }
}

/// Columns that the widest PID and the widest name take.
pub(in crate::ui) fn widest(members: &[Member]) -> [u16; 2] {
    let ids = members.iter().map(|member| match &member.id {
        MemberId::Process { pid, .. } => 1 + pid.checked_ilog10().unwrap_or(0) as u16,
        MemberId::Named(name) => name.width() as u16,
    });
    let names = members.iter().map(|member| member.about.name.width());
    [ids.max().unwrap_or(0), names.max().unwrap_or(0) as u16]
}

/// Widths of the columns in a table of some width.
struct Widths {
    pid: u16,
    state: u16,
    cpu: u16,
    memory: u16,
    io: u16,
    waits: u16,
    age: u16,
    name: u16,
}

impl Widths {
    /// The most telling columns stay longest: who, what it waits for, memory.
    fn of(width: u16, state: &UiState) -> Self {
        let pid = state.lists.members.pid_width.clamp(5, 12);
        let part = if width >= 52 { 8 } else { 1 };
        let memory = if width >= 30 { 6 } else { 0 };
        let cpu = if width >= 36 { 5 } else { 0 };
        let age = if width >= 44 { 6 } else { 0 };
        let io = if width >= 84 { 6 } else { 0 };
        let fixed = [pid, part, cpu, memory, io, io, age].iter().filter(|&&w| w > 0).map(|w| w + GAP).sum();
        let rest = width.saturating_sub(fixed);
        let longest = state.lists.members.name_width.clamp(6, 24);
        let name = if rest >= 26 { longest.min(rest * 2 / 5) } else { 0 };
        let waits = rest.saturating_sub(if name > 0 { name + GAP } else { 0 });
        Self { pid, state: part, cpu, memory, io, waits, age, name }
    }
}

/// Blank columns between two columns.
const GAP: u16 = 1;

/// The columns from left to right: their width, title, what they sort by, and whether they stand at the right.
fn columns(widths: &Widths) -> [(u16, &'static str, Option<Column>, bool); 9] {
    [
        (widths.pid, "PID", Some(Column::Pid), true),
        (widths.state, if widths.state > 1 { "STATE" } else { "" }, Some(Column::Importance), false),
        (widths.cpu, "CPU%", Some(Column::Cpu), true),
        (widths.memory, "MEM", Some(Column::Memory), true),
        (widths.io, "READ", None, true),
        (widths.io, "WRITE", None, true),
        (widths.waits, "WAITS FOR", None, false),
        (widths.age, "AGE", Some(Column::Age), true),
        (widths.name, "NAME", Some(Column::Name), false),
    ]
}

/// Draws the titles into `area`'s first row.
pub(in crate::ui) fn titles(ink: &mut Ink<'_>, area: Rect, state: &UiState) {
    let arrow = ink.glyphs.arrows[usize::from(state.is_reversed)];
    let mut line = Row::new(ink, area);
    for (width, title, sort, is_right) in columns(&Widths::of(area.width, state)) {
        let is_sorted = !state.is_tree && sort == Some(state.column) && !title.is_empty();
        let title = match (is_sorted, sort) {
            (true, _) => format!("{arrow}{title}"),
            (false, Some(Column::Name)) if state.is_tree => "NAME (tree)".to_owned(),
            (false, _) => title.to_owned(),
        };
        if width > 0 {
            line.title(width, &title, is_right).gap(GAP);
        }
    }
}

/// What the title in this column of the screen sorts by.
pub(in crate::ui) fn sort_at(area: Rect, state: &UiState, column: u16) -> Option<Column> {
    let mut x = area.x;
    for (width, _, sort, _) in columns(&Widths::of(area.width, state)).iter().filter(|column| column.0 > 0) {
        if (x..x + width).contains(&column) {
            return *sort;
        }
        x += width + GAP;
    }
    None
}

/// Draws the rows from `top` on that have room in `area`.
pub(in crate::ui) fn rows(ink: &mut Ink<'_>, area: Rect, job: &Job, now: Moment, state: &UiState) {
    let widths = Widths::of(area.width, state);
    let lines = &state.lists.members.lines;
    let chosen = state.members.chosen.as_ref();
    let last = lines.len().saturating_sub(usize::from(area.height));
    let top = state.members.top.min(last);
    for (n, line) in (0..area.height).zip(&lines[top..]) {
        let Some(member) = job.members.get(line.place) else { return };
        let area = row(area, n);
        one(ink, area, &widths, job, now, line);
        if chosen == Some(&member.id) {
            ink.tint(area, Role::Selected);
        }
    }
}

fn one(ink: &mut Ink<'_>, area: Rect, widths: &Widths, job: &Job, now: Moment, line: &Line) {
    let Some(member) = job.members.get(line.place) else { return };
    let unknown = ink.glyphs.unknown;
    let (mark, role) = mark(member, ink.glyphs.lost);
    let plain = if member.activity.is_alive() { Role::Text } else { Role::Dim };
    let who = if matches!(member.activity, Activity::Lost(_)) { Role::Lost } else { plain };
    let known = |text: Option<String>| text.unwrap_or_else(|| unknown.to_owned());
    let part = match member.role {
        member::Role::Root => "root",
        member::Role::Worker => "worker",
        member::Role::Helper => "helper",
    };
    let depth = line.depth;
    let branch = if depth > 0 { ink.glyphs.branch } else { "" };
    let indent = usize::from(depth.saturating_sub(1).min(8)) * 2;
    let name = format!("{:indent$}{branch}{}", "", member.about.name);
    let state = if widths.state > 1 { format!("{mark} {part}") } else { mark.to_owned() };
    let io = |rate: Option<f64>| known(rate.map(|rate| metric::compact_bytes(metric::Bytes(rate as u64))));
    // A folded row stands for all below it.
    let (waits, waits_role) = match line.fold {
        Some(fold) => {
            (format!("{} {} hidden", ink.glyphs.fold, metric::count(fold.hidden as u64)), Role::Key)
        }
        None => waits(job, member),
    };
    let cpu = line.fold.map_or(member.cpu, |fold| fold.cpu);
    let memory = line.fold.map_or(member.memory, |fold| fold.memory);
    let columns = [
        (widths.pid, member.id.to_string(), who, true),
        (widths.state, state, role, false),
        (widths.cpu, known(cpu.map(|cpu| format!("{:.0}", cpu * 100.0))), plain, true),
        (widths.memory, known(memory.map(metric::compact_bytes)), plain, true),
        (widths.io, io(member.io.map(|io| io.read)), plain, true),
        (widths.io, io(member.io.map(|io| io.written)), plain, true),
        (widths.waits, waits, waits_role, false),
        (widths.age, known(age(member, now)), Role::Dim, true),
        (widths.name, name, who, false),
    ];
    let mut line = Row::new(ink, area);
    for (width, text, role, is_right) in columns.iter().filter(|(width, ..)| *width > 0) {
        if *is_right {
            line.right(*width, text, *role);
        } else {
            line.left(*width, text, *role);
        }
        line.gap(GAP);
    }
}

/// One letter for what a member does: the scheduler's, where there is one.
const fn mark(member: &Member, lost: &'static str) -> (&'static str, Role) {
    match (member.activity, member.state) {
        (Activity::Lost(_), _) => (lost, Role::Bad),
        (Activity::Finished(_), _) => ("-", Role::Dim),
        (Activity::Blocked, _) => ("D", Role::Warn),
        (Activity::Stopped, _) => ("T", Role::Warn),
        (Activity::Busy, _) => ("R", Role::Ok),
        (Activity::Idle, _) => ("S", Role::Text),
    }
}

/// What it waits for, or how it ended.
fn waits(job: &Job, member: &Member) -> (String, Role) {
    match member.activity {
        Activity::Lost(_) => (job.ending(member).unwrap_or_default(), Role::Bad),
        Activity::Finished(_) => (job.ending(member).unwrap_or_default(), Role::Dim),
        // Between two bits of work it waits for one moment or the other; that is not what it does.
        Activity::Busy => (String::new(), Role::Dim),
        _ => (member.waits_for.as_deref().unwrap_or_default().to_owned(), Role::Text),
    }
}

/// Since its start, or for one that ended since its end: that is when it matters.
fn age(member: &Member, now: Moment) -> Option<String> {
    member.ended.or(member.about.started).map(|at| words::age(now.since(at)))
}
