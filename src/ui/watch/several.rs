//! The table of several jobs: a row each and a sum, above the parts that show one of them.
//!
//! ```text
//!     PID  STATE    WORKERS     MEM  GROWTH    DONE      RATE  BEAT  NAME
//! ✓  4711  works        8      2.5G   +12M/m    62 %  1.2 k/s    1s  python3 etl.py --shard 1
//! ✗  4712  silent       7 -1   2.4G             41 %       –     2m  python3 etl.py --shard 2
//!    both              15 -1   4.9G   +12M/m    51 %  1.2 k/s        of 62.0G, host
//! ```

use ratatui::layout::Rect;

use crate::config::theme::Role;
use crate::model::job::{Job, JobKind, Phase};
use crate::model::metric::{self, Bytes};
use crate::model::process::{Exit, signal_name};
use crate::model::snapshot::Snapshot;
use crate::model::sum::{Sum, growth};
use crate::ui::paint::ink::{Ink, Row, keep_end, row};
use crate::ui::state::UiState;
use crate::ui::view::View;
use crate::ui::{condition, jobs, layout, verdict, words};

/// Blank columns between two columns.
const GAP: u16 = 1;
/// A name of fewer columns tells nothing.
const NAME: u16 = 12;

/// The columns from left to right: width, title, whether they stand at the right, and which go first where there is
/// no room: the highest number.
const COLUMNS: [(u16, &str, bool, u8); 9] = [
    (1, "", false, 0),
    (7, "PID", true, 0),
    (8, "STATE", false, 3),
    (7, "WORKERS", true, 5),
    (6, "MEM", true, 1),
    (8, "GROWTH", true, 7),
    (6, "DONE", true, 4),
    (8, "RATE", true, 2),
    (5, "BEAT", true, 6),
];

/// One row: the cells of the columns, and the name.
struct Cells {
    columns: [(String, Role); 9],
    name: (String, Role),
    /// The name begins like all others.
    has_telling_end: bool,
}

/// Which columns have room in so many.
fn fitting(width: u16) -> Vec<usize> {
    let mut kept: Vec<usize> = (0..COLUMNS.len()).collect();
    let used = |kept: &[usize]| kept.iter().map(|&at| COLUMNS[at].0 + GAP).sum::<u16>();
    while used(&kept) + NAME > width {
        match kept.iter().copied().max_by_key(|&at| COLUMNS[at].3).filter(|&at| COLUMNS[at].3 > 0) {
            Some(worst) => kept.retain(|&at| at != worst),
            None => break,
        }
    }
    kept
}

/// Draws titles, rows and the sum.
pub(in crate::ui) fn draw(ink: &mut Ink<'_>, areas: &layout::JobsAreas, view: &View<'_>, state: &UiState) {
    let columns = fitting(areas.rows.width);
    if !areas.titles.is_empty() {
        let mut line = Row::new(ink, areas.titles);
        for &at in &columns {
            let (width, title, is_right, _) = COLUMNS[at];
            line.title(width, title, is_right).gap(GAP);
        }
        line.text("NAME", Role::Title);
    }
    let shown = jobs::shown_row(view, state);
    for (n, (at, job)) in (0..areas.rows.height).zip(view.jobs().enumerate().skip(areas.top)) {
        let area = row(areas.rows, n);
        draw_row(ink, area, &columns, &of_job(ink, job, view.snapshot));
        if at == shown {
            ink.tint(area, Role::Selected);
        }
    }
    if let Some(sum) = &view.snapshot.sum {
        let cells = of_sum(sum, view, ink.glyphs.unknown);
        draw_row(ink, areas.sum, &columns, &cells);
    }
}

fn draw_row(ink: &mut Ink<'_>, area: Rect, columns: &[usize], cells: &Cells) {
    let mut line = Row::new(ink, area);
    for &at in columns {
        let (width, _, is_right, _) = COLUMNS[at];
        let (text, role) = &cells.columns[at];
        if is_right {
            line.right(width, &words::narrowed(text, width), *role);
        } else {
            line.left(width, text, *role);
        }
        line.gap(GAP);
    }
    let (name, role) = &cells.name;
    if cells.has_telling_end {
        let name = keep_end(name, line.room(), line.ink.glyphs.cut);
        line.text(&name, *role);
    } else {
        line.text(name, *role);
    }
}

fn of_job(ink: &Ink<'_>, job: &Job, snapshot: &Snapshot) -> Cells {
    let unknown = ink.glyphs.unknown;
    let (role, _) = verdict::verdict_line(snapshot, Some(job));
    let [good, look, bad, none] = ink.glyphs.verdicts;
    let mark = match role {
        Role::Ok => good,
        Role::Warn => look,
        Role::Bad => bad,
        _ => none,
    };
    let is_running = job.is_running();
    let plain = if is_running { Role::Text } else { Role::Dim };
    let known = |text: Option<String>| text.unwrap_or_else(|| unknown.to_owned());
    let pid = job.root().map(|pid| pid.to_string());
    let memory = job.memory.as_ref().filter(|_| is_running).map(|memory| memory.used);
    let progress = &job.progress;
    let done = progress.share().map(metric::percent).or_else(|| progress.done.map(metric::count));
    let rate = progress.throughput.filter(|_| is_running).map(metric::per_second);
    let beat = job.beat.age(snapshot.at).filter(|_| is_running).map(words::age);
    let lost = if job.workers.lost > 0 { Role::Bad } else { plain };
    Cells {
        columns: [
            (mark.to_owned(), role),
            (known(pid), plain),
            (state(job, snapshot), if role == Role::Ok { plain } else { role }),
            (workers(job.workers.alive, job.workers.lost), lost),
            (known(memory.map(metric::compact_bytes)), plain),
            (known(grown(growth(job, snapshot.at))), Role::Dim),
            (known(done), plain),
            (known(rate), plain),
            (known(beat), Role::Dim),
        ],
        name: (words::command(&job.name).to_owned(), plain),
        has_telling_end: begins_alike(job, snapshot),
    }
}

/// True where all watched jobs run the same program: their ends tell them apart.
fn begins_alike(job: &Job, snapshot: &Snapshot) -> bool {
    let watched = snapshot.jobs.iter().filter(|other| other.kind != JobKind::Scan);
    watched.map(first_word).all(|word| word == first_word(job))
}

fn first_word(job: &Job) -> Option<&str> {
    job.name.split(' ').next()
}

fn of_sum(sum: &Sum, view: &View<'_>, unknown: &str) -> Cells {
    let known = |text: Option<String>| text.unwrap_or_else(|| unknown.to_owned());
    let share = sum.done.zip(sum.total).filter(|(_, total)| *total > 0);
    let done = share
        .map(|(done, total)| metric::percent((done as f64 / total as f64).min(1.0)))
        .or_else(|| sum.done.map(metric::count));
    let lost = if sum.lost > 0 { Role::Bad } else { Role::Title };
    let again = if sum.is_shared_once { "" } else { ", what they share counted again" };
    let ended = sum.jobs.saturating_sub(sum.running);
    let ended = if ended > 0 { format!(", {ended} ended") } else { String::new() };
    let host = view.snapshot.hosts.first().map_or_else(String::new, |host| {
        let used = host.memory_total.saturating_sub(host.memory_available);
        format!("; host {} of {}", metric::compact_bytes(used), metric::compact_bytes(host.memory_total))
    });
    Cells {
        columns: [
            (String::new(), Role::Text),
            (format!("all {}", sum.jobs), Role::Title),
            (format!("{} run", sum.running), Role::Text),
            (workers(sum.workers, sum.lost), lost),
            (known(sum.memory.map(metric::compact_bytes)), Role::Title),
            (known(grown(sum.growth)), Role::Dim),
            (known(done), Role::Title),
            (known(sum.throughput.map(metric::per_second)), Role::Title),
            (String::new(), Role::Text),
        ],
        name: (format!("sum{ended}{again}{host}"), Role::Dim),
        has_telling_end: false,
    }
}

fn workers(alive: u32, lost: u32) -> String {
    if lost > 0 { format!("{alive} -{lost}") } else { alive.to_string() }
}

/// Growth in a minute; what is less than half a mebibyte is none.
fn grown(growth: Option<f64>) -> Option<String> {
    let bytes = growth?;
    let size = metric::compact_bytes(Bytes(bytes.abs() as u64));
    Some(match bytes {
        _ if bytes.abs() < f64::from(1 << 19) => "0/m".to_owned(),
        _ if bytes < 0.0 => format!("-{size}/m"),
        _ => format!("+{size}/m"),
    })
}

/// How a job is, in a word.
fn state(job: &Job, snapshot: &Snapshot) -> String {
    if let Phase::Ended { exit, .. } = job.phase {
        return match exit {
            Exit::Code(0) => "finished".to_owned(),
            Exit::Code(code) => format!("code {code}"),
            Exit::Signal(signal) => {
                signal_name(signal).map_or_else(|| format!("sig {signal}"), str::to_owned)
            }
            Exit::Unknown => "gone".to_owned(),
        };
    }
    if let Some(alert) = verdict::worst_alert(snapshot, Some(job)) {
        return condition::word(alert.claim.condition).to_owned();
    }
    if verdict::is_quiet(job, snapshot.at) { "quiet" } else { "runs" }.to_owned()
}
