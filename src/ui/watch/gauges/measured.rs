//! What a job takes of its machine: memory, its limit, processors, graphics processors.

use super::{Gauge, Mark};
use crate::config::theme::Role;
use crate::model::job::{Job, Memory, MemoryBasis, MemoryLimit};
use crate::model::metric;
use crate::model::snapshot::Snapshot;
use crate::ui::watch::gpu;
use crate::ui::words;

/// How a full limit is to be looked at: from here on with care, from there on with alarm.
const FILL_WARN: f64 = 0.80;
const FILL_BAD: f64 = 0.92;

pub(super) fn memory(job: &Job) -> Gauge<'_> {
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

pub(super) fn limit(job: &Job) -> Gauge<'_> {
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

pub(super) fn cpu<'a>(snapshot: &Snapshot, job: &'a Job) -> Gauge<'a> {
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
pub(super) fn gpu<'a>(snapshot: &Snapshot, job: &'a Job) -> Option<Gauge<'a>> {
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
