//! The gauges of a job: a label, a value, its past, and a word on it.
//!
//! ```text
//! Memory       41.2 GiB  ⣀⣀⣠⣤⣤⣶⣶⣿⣿⣿⣧⣤⣀⣀⣀   shared pages count again
//! Limit            66 %  ━━━━━━━━━╸─────   of 62.0 GiB, host
//! ```
//! A value that is not known is a dash, never a zero.

use std::time::Duration;

use ratatui::layout::Rect;
use unicode_width::UnicodeWidthStr;

use crate::config::theme::Role;
use crate::model::clock::Moment;
use crate::model::job::{Job, Memory, MemoryBasis, MemoryLimit, Phase};
use crate::model::metric::{self, Bytes};
use crate::model::pool::Pool;
use crate::model::series::Series;
use crate::model::snapshot::Snapshot;
use crate::ui::paint::graph;
use crate::ui::paint::ink::{Ink, Row, row};
use crate::ui::verdict;
use crate::ui::watch::gpu;
use crate::ui::words;

/// How a full limit is to be looked at: from here on with care, from there on with alarm.
const FILL_WARN: f64 = 0.80;
const FILL_BAD: f64 = 0.92;

/// A heartbeat age of so many seconds reaches the top of the graph: usual gaps stay at its foot.
const BEAT_TOP: f64 = 10.0;

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

fn memory(job: &Job) -> Gauge<'_> {
    let full = job.memory_full().map(|forecast| words::foreseen(&forecast));
    let mut notes = job.memory.as_ref().map_or_else(Vec::new, |memory| match memory.basis {
        MemoryBasis::OwnCgroup => vec!["exact: the job's own cgroup".to_owned(), "exact".to_owned()],
        MemoryBasis::Pss { estimated, of } => words::shares(estimated, of),
        MemoryBasis::RssSum => [
            "sum of its members; shared pages count more than once",
            "shared pages count more than once",
            "shared pages count again",
            "shared counted again",
            "with shared",
        ]
        .map(str::to_owned)
        .to_vec(),
    });
    let note_role = if full.is_some() { Role::Warn } else { Role::Dim };
    if let Some(full) = full {
        notes =
            vec![format!("full in {full} at this rate"), format!("full in {full}"), format!("full {full}")];
    }
    Gauge {
        label: "Memory",
        value: job.memory.as_ref().map(|memory| memory.used.to_string()),
        role: Role::Text,
        // The bar below tells how far it is from the limit; the graph shows whether it climbs.
        mark: Mark::Past(&job.history.memory, 0.0),
        notes,
        note_role,
        drop: if note_role == Role::Warn { 1 } else { 4 },
        stays: false,
    }
}

fn limit(job: &Job) -> Gauge<'_> {
    let limit = job.memory.as_ref().and_then(|Memory { limit, .. }| limit.as_ref());
    let fill = limit.map(MemoryLimit::fill);
    let role = match fill {
        Some(fill) if fill >= FILL_BAD => Role::Bad,
        Some(fill) if fill >= FILL_WARN => Role::Warn,
        Some(_) => Role::Ok,
        None => Role::Dim,
    };
    let notes = limit.map_or_else(Vec::new, |MemoryLimit { scope, limit, used }| {
        vec![
            format!("{used} of {limit} in use, limit of {scope}"),
            format!("{used} of {limit}, {scope}"),
            format!("{used} of {limit}, {}", scope.rsplit([' ', '/']).next().unwrap_or(scope)),
            format!("{} of {}", metric::compact_bytes(*used), metric::compact_bytes(*limit)),
            format!("of {}", metric::compact_bytes(*limit)),
        ]
    });
    // Colour alone would not tell how near it is.
    let said = match role {
        Role::Bad => "almost full: ",
        Role::Warn => "filling: ",
        _ => "",
    };
    let notes = notes.iter().map(|note| format!("{said}{note}")).chain(notes.iter().cloned()).collect();
    let value = fill.map(metric::percent);
    Gauge {
        label: "Limit",
        value,
        role,
        mark: Mark::Bar(fill),
        notes,
        note_role: Role::Dim,
        drop: 0,
        stays: false,
    }
}

fn cpu<'a>(snapshot: &Snapshot, job: &'a Job) -> Gauge<'a> {
    let host = snapshot.hosts.iter().find(|host| host.name == job.host);
    let notes = host.map_or_else(Vec::new, |host| {
        let load = host.load.map(|load| format!(", load {load:.1}")).unwrap_or_default();
        vec![format!("of {} CPUs{load}", host.cpus), format!("of {}", host.cpus)]
    });
    Gauge {
        label: "CPU",
        value: job.cpu.map(|cpu| format!("{cpu:.1}")),
        role: Role::Text,
        mark: Mark::Past(&job.history.cpu, 1.0),
        notes,
        note_role: Role::Dim,
        drop: 5,
        stays: false,
    }
}

/// Only of a job that is on a GPU.
fn gpu<'a>(snapshot: &Snapshot, job: &'a Job) -> Option<Gauge<'a>> {
    let used = job.gpu.as_ref()?;
    let host = snapshot.hosts.iter().find(|host| host.name == job.host);
    let gpus = host.map_or(&[][..], |host| &host.gpus);
    Some(Gauge {
        label: "GPU",
        value: used.used.map(|used| used.to_string()),
        role: Role::Text,
        mark: Mark::Bar(gpu::share(used, gpus)),
        notes: gpu::notes(used, gpus),
        note_role: Role::Dim,
        drop: 4,
        stays: false,
    })
}

/// The threads that do the work of a job in which no processes do it side by side, and none was lost: those of the
/// process that has most.
fn threads(job: &Job) -> Option<&Pool> {
    let alive = || job.members.iter().filter(|member| member.activity.is_alive());
    if job.workers.lost > 0 || alive().any(|member| member.pooled) {
        return None;
    }
    alive().filter_map(|member| member.pool.as_deref()).max_by_key(|pool| pool.threads)
}

fn workers(job: &Job) -> Gauge<'_> {
    let counts = job.workers;
    // The gravest first: what has no room is cut at the end. A zero says something of busy ones only.
    let by_gravity = [
        (counts.lost, "lost"),
        (counts.blocked, "blocked"),
        (counts.busy, "busy"),
        (counts.idle, "idle"),
        (counts.finished, "done"),
    ];
    let said: Vec<_> = by_gravity
        .into_iter()
        .filter(|&(count, kind)| count > 0 || kind == "busy")
        .map(|(count, kind)| format!("{count} {kind}"))
        .collect();
    let of_threads = threads(job).map_or_else(Vec::new, Pool::words);
    let notes = (1..=said.len()).rev().map(|kept| said[..kept].join("  "));
    let notes = of_threads.into_iter().chain(notes).collect();
    let is_known = counts.alive + counts.lost + counts.finished > 0;
    Gauge {
        label: "Workers",
        value: is_known.then(|| match counts.alive {
            0..1_000 => format!("{} alive", counts.alive),
            alive => metric::count(u64::from(alive)),
        }),
        role: Role::Text,
        mark: Mark::Past(&job.history.busy, f64::from(counts.alive)),
        notes: if is_known {
            notes
        } else {
            ["none seen: processes below this one would show here", "none seen"].map(str::to_owned).to_vec()
        },
        note_role: match () {
            () if counts.lost > 0 => Role::Bad,
            () if counts.blocked > 0 => Role::Warn,
            () => Role::Dim,
        },
        drop: 3,
        stays: true,
    }
}

fn progress(job: &Job, now: Moment) -> [Gauge<'_>; 3] {
    let progress = &job.progress;
    let source = progress.source.as_ref().map(|source| format!("  [{source}]")).unwrap_or_default();
    let share = progress.share();
    let of = match (share, progress.total) {
        (Some(share), Some(total)) => {
            let (percent, total) = (metric::percent(share), progress.unit.amount(total));
            let full = format!("{percent} of {total}{source}");
            // Who has just chosen a source wants to see that it counts.
            let chosen = source.contains("[chosen:").then(|| format!("{percent}{source}"));
            [full].into_iter().chain(chosen).chain([format!("{percent} of {total}"), percent]).collect()
        }
        _ if progress.source.is_none() && job.phase == Phase::Running => {
            ["no progress source yet: press p to choose one", "press p to choose a source", "press p"]
                .map(str::to_owned)
                .to_vec()
        }
        _ => progress.source.iter().map(|source| format!("[{source}]")).collect(),
    };
    let failed = progress.failed.filter(|&failed| failed > 0);
    let queue = job.intake.in_flight().filter(|_| progress.in_flight.is_none());
    let goes_on = job.phase == Phase::Running && !verdict::is_quiet(job, now);
    let left = progress.time_left.filter(|_| goes_on);
    let left = left.map(|left| format!("{} left", words::left(left)));
    let peak = job.history.throughput.max().map(|max| format!("peak {}", progress.unit.rate(max)));
    let rate_notes = match (left, peak) {
        (Some(left), Some(peak)) => vec![format!("{left}, {peak}"), left],
        (left, peak) => left.or(peak).into_iter().collect(),
    };
    [
        Gauge {
            label: "In flight",
            value: progress
                .in_flight
                .map(metric::count)
                .or_else(|| queue.map(|queue| queue.bytes.to_string())),
            role: Role::Text,
            mark: Mark::Past(&job.history.in_flight, 0.0),
            notes: failed
                .map(|failed| format!("{} failed so far", metric::count(failed)))
                .into_iter()
                .chain(queue.map(|queue| format!("{} ({})", queue.kind.words(), queue.between)))
                .chain(queue.map(|queue| queue.kind.words().to_owned()))
                .collect(),
            note_role: Role::Dim,
            drop: 6,
            stays: false,
        },
        Gauge {
            label: "Done",
            value: progress.done.map(|done| progress.unit.amount(done)),
            role: Role::Text,
            mark: Mark::Bar(share),
            notes: of,
            note_role: Role::Dim,
            drop: 1,
            stays: true,
        },
        Gauge {
            label: "Throughput",
            value: progress.throughput.map(|rate| progress.unit.rate(rate)),
            role: Role::Text,
            mark: Mark::Past(&job.history.throughput, 0.0),
            notes: rate_notes,
            note_role: Role::Dim,
            drop: 3,
            stays: false,
        },
    ]
}

fn heartbeat<'a>(job: &'a Job, snapshot: &Snapshot) -> Gauge<'a> {
    let beat = &job.beat;
    let usual = beat.rhythm(snapshot.interval);
    let source = beat.last_source.as_ref().or(beat.sources.first());
    let mut notes = Vec::new();
    if beat.sources.is_empty() {
        notes = vec!["no output seen: --log FILE reads along".to_owned(), "no output seen".to_owned()];
    } else if let Some(usual) = usual {
        notes.extend(source.map(|source| format!("{usual}  [{source}]")));
        let brief = usual
            .strip_prefix("usually ")
            .map_or_else(|| format!("within {}", metric::interval(snapshot.interval)), ToOwned::to_owned);
        notes.push(usual);
        notes.push(brief);
        notes.extend(beat.usual_gap.map(metric::span));
    } else {
        notes.extend(source.map(|source| format!("[{source}]")));
    }
    Gauge {
        label: "Heartbeat",
        value: beat.age(snapshot.at).map(metric::span),
        role: Role::Text,
        mark: Mark::Past(&job.history.beat_age, BEAT_TOP),
        notes,
        note_role: Role::Dim,
        drop: 2,
        stays: false,
    }
}

/// The bytes that a job's members read since they began, where that is known.
pub(in crate::ui) fn bytes_read(job: &Job) -> Option<Bytes> {
    job.members
        .iter()
        .filter_map(|member| member.counters.io.map(|(read, _)| Bytes(read)))
        .reduce(|sum, read| sum + read)
}
