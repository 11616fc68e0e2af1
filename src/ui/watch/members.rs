//! The member table: who belongs to the job, in an order that seldom changes.
//!
//! ```text
//!   PID  STATE      CPU  MEMORY  WAITS FOR                  AGE  NAME
//! 41207  ✝ worker             –  killed by SIGKILL       1m ago  python
//! 41191  S worker   0.0    2.5G  pool queue (empty)         41m  python
//! ```

use std::cmp::Ordering;
use std::collections::HashMap;

use ratatui::layout::Rect;
use unicode_width::UnicodeWidthStr;

use crate::config::theme::Role;
use crate::model::clock::Moment;
use crate::model::job::Job;
use crate::model::member::{self, Activity, Member, MemberId};
use crate::model::metric;
use crate::ui::paint::ink::{Ink, Row, row};
use crate::ui::state::{Column, UiState};
use crate::ui::words;

/// A row: the place of a member in its job, and how deep it stands in the tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::ui) struct Line {
    pub(in crate::ui) place: usize,
    depth: u16,
}

/// The rows in the order that the user chose.
pub(in crate::ui) fn order(job: &Job, state: &UiState) -> Vec<Line> {
    if state.is_tree {
        return tree(&job.members);
    }
    let mut lines: Vec<Line> = (0..job.members.len()).map(|place| Line { place, depth: 0 }).collect();
    // Members come in the order of their identity, and the sort keeps it among equals.
    lines.sort_by(|a, b| {
        let (a, b) = (&job.members[a.place], &job.members[b.place]);
        let order = compare(a, b, state.column);
        if state.is_reversed { order.reverse() } else { order }
    });
    lines
}

/// Large numbers come first, names from A to Z.
fn compare(a: &Member, b: &Member, column: Column) -> Ordering {
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

fn tree(members: &[Member]) -> Vec<Line> {
    let by_pid: HashMap<u32, usize> =
        members.iter().enumerate().filter_map(|(place, member)| Some((member.id.pid()?, place))).collect();
    let mut children: HashMap<u32, Vec<usize>> = HashMap::new();
    let mut stack = Vec::new();
    for (place, member) in members.iter().enumerate().rev() {
        match member.parent {
            Some(parent) if by_pid.get(&parent).is_some_and(|&at| at != place) => {
                children.entry(parent).or_default().push(place);
            }
            _ => stack.push(Line { place, depth: 0 }),
        }
    }
    let mut lines = Vec::with_capacity(members.len());
    let mut is_seen = vec![false; members.len()];
    while let Some(line) = stack.pop() {
        if std::mem::replace(&mut is_seen[line.place], true) {
            continue;
        }
        lines.push(line);
        let below = members[line.place].id.pid().and_then(|pid| children.get(&pid));
        stack.extend(below.into_iter().flatten().map(|&place| Line { place, depth: line.depth + 1 }));
    }
    // Parents that name each other in a ring, as reused PIDs may, are below no root.
    lines.extend((0..members.len()).filter(|&place| !is_seen[place]).map(|place| Line { place, depth: 0 }));
    lines
}

/// The row of the chosen member.
pub(in crate::ui) fn chosen_row(job: &Job, lines: &[Line], chosen: Option<&MemberId>) -> Option<usize> {
    let chosen = chosen?;
    lines.iter().position(|line| job.members[line.place].id == *chosen)
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
    fn of(width: u16, job: &Job) -> Self {
        let longest = job.members.iter().map(|member| match &member.id {
            MemberId::Process { pid, .. } => 1 + pid.checked_ilog10().unwrap_or(0) as u16,
            MemberId::Named(name) => name.width() as u16,
        });
        let pid = longest.max().unwrap_or(0).clamp(5, 12);
        let state = if width >= 52 { 8 } else { 1 };
        let memory = if width >= 30 { 6 } else { 0 };
        let cpu = if width >= 36 { 5 } else { 0 };
        let age = if width >= 44 { 6 } else { 0 };
        let io = if width >= 84 { 6 } else { 0 };
        let fixed = [pid, state, cpu, memory, io, io, age].iter().filter(|&&w| w > 0).map(|w| w + GAP).sum();
        let rest = width.saturating_sub(fixed);
        let names = job.members.iter().map(|member| member.about.name.width());
        let longest = names.max().unwrap_or(0).clamp(6, 24) as u16;
        let name = if rest >= 26 { longest.min(rest * 2 / 5) } else { 0 };
        let waits = rest.saturating_sub(if name > 0 { name + GAP } else { 0 });
        Self { pid, state, cpu, memory, io, waits, age, name }
    }
}

/// Blank columns between two columns.
const GAP: u16 = 1;

/// Draws the titles into `area`'s first row.
pub(in crate::ui) fn titles(ink: &mut Ink<'_>, area: Rect, job: &Job, state: &UiState) {
    let widths = Widths::of(area.width, job);
    let arrow = ink.glyphs.arrows[usize::from(state.is_reversed)];
    let mark = |title: &str, column: Column| {
        let is_sorted = !state.is_tree && state.column == column && column != Column::Importance;
        if is_sorted { format!("{arrow}{title}") } else { title.to_owned() }
    };
    let tree = if state.is_tree { "NAME (tree)" } else { "NAME" };
    let columns = [
        (widths.pid, mark("PID", Column::Pid), true),
        (widths.state, if widths.state > 1 { "STATE".to_owned() } else { String::new() }, false),
        (widths.cpu, mark("CPU", Column::Cpu), true),
        (widths.memory, mark("MEM", Column::Memory), true),
        (widths.io, "READ".to_owned(), true),
        (widths.io, "WRITE".to_owned(), true),
        (widths.waits, "WAITS FOR".to_owned(), false),
        (widths.age, mark("AGE", Column::Age), true),
        (widths.name, mark(tree, Column::Name), false),
    ];
    let mut line = Row::new(ink, area);
    for (width, title, is_right) in columns.iter().filter(|(width, ..)| *width > 0) {
        line.title(*width, title, *is_right).gap(GAP);
    }
}

/// Draws the rows from `top` on that have room in `area`.
pub(in crate::ui) fn rows(
    ink: &mut Ink<'_>,
    area: Rect,
    job: &Job,
    now: Moment,
    state: &UiState,
    lines: &[Line],
) {
    let widths = Widths::of(area.width, job);
    let chosen = state.members.chosen.as_ref();
    let last = lines.len().saturating_sub(usize::from(area.height));
    let top = state.members.top.min(last);
    for (n, line) in (0..area.height).zip(&lines[top..]) {
        let member = &job.members[line.place];
        let area = row(area, n);
        one(ink, area, &widths, member, now, line.depth);
        if chosen == Some(&member.id) {
            ink.tint(area, Role::Selected);
        }
    }
}

fn one(ink: &mut Ink<'_>, area: Rect, widths: &Widths, member: &Member, now: Moment, depth: u16) {
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
    let branch = if depth > 0 { ink.glyphs.branch } else { "" };
    let indent = usize::from(depth.saturating_sub(1).min(8)) * 2;
    let name = format!("{:indent$}{branch}{}", "", member.about.name);
    let state = if widths.state > 1 { format!("{mark} {part}") } else { mark.to_owned() };
    let io = |rate: Option<f64>| known(rate.map(|rate| metric::compact_bytes(metric::Bytes(rate as u64))));
    let (waits, waits_role) = waits(member);
    let columns = [
        (widths.pid, member.id.to_string(), who, true),
        (widths.state, state, role, false),
        (widths.cpu, known(member.cpu.map(|cpu| format!("{cpu:.1}"))), plain, true),
        (widths.memory, known(member.memory.map(metric::compact_bytes)), plain, true),
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
fn waits(member: &Member) -> (String, Role) {
    match member.activity {
        Activity::Lost(exit) => (exit.to_string(), Role::Bad),
        Activity::Finished(exit) => (exit.to_string(), Role::Dim),
        // Between two bits of work it waits for one moment or the other; that is not what it does.
        Activity::Busy => (String::new(), Role::Dim),
        _ => (member.waits_for.as_deref().unwrap_or_default().to_owned(), Role::Text),
    }
}

/// Since its start, or for one that ended since its end: that is when it matters.
fn age(member: &Member, now: Moment) -> Option<String> {
    member.ended.or(member.about.started).map(|at| words::age(now.since(at)))
}
