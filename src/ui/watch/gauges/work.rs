//! What a job does: its workers, how far it is and how fast, and when it last showed that it goes on.

use super::{Gauge, Mark};
use crate::config::theme::Role;
use crate::model::clock::Moment;
use crate::model::job::{Job, Phase};
use crate::model::metric::{self, Bytes};
use crate::model::pool::Pool;
use crate::model::snapshot::Snapshot;
use crate::ui::verdict;
use crate::ui::words;

/// A heartbeat age of so many seconds reaches the top of the graph: usual gaps stay at its foot.
const BEAT_TOP: f64 = 10.0;

/// The threads that do the work of a job in which no processes do it side by side, and none was lost: those of the
/// process that has most.
pub(super) fn threads(job: &Job) -> Option<&Pool> {
    let alive = || job.members.iter().filter(|member| member.activity.is_alive());
    if job.workers.lost > 0 || alive().any(|member| member.pooled) {
        return None;
    }
    alive().filter_map(|member| member.pool.as_deref()).max_by_key(|pool| pool.threads)
}

pub(super) fn workers(job: &Job) -> Gauge<'_> {
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

pub(super) fn progress(job: &Job, now: Moment) -> [Gauge<'_>; 3] {
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

pub(super) fn heartbeat<'a>(job: &'a Job, snapshot: &Snapshot) -> Gauge<'a> {
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
