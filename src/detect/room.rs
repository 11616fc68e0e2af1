//! Is it about to run out of descriptors, tasks or disk space?

use super::Past;
use crate::config::limits::Limits;
use crate::model::job::Phase;
use crate::model::metric::{percent, span};
use crate::model::room::{Room, RoomKind};
use crate::model::text::Text;
use crate::model::verdict::{Claim, Condition, Severity, Verdict};

/// Full enough that the next one may not be had.
const NEARLY_ALL: f64 = 0.97;
/// Rooms of one kind that are told in one alert.
const TOLD: usize = 8;

/// Little is left of something that the job needs.
pub fn near_limit(past: &Past<'_>, _: &Limits) -> Verdict {
    if past.job.phase != Phase::Running {
        return Verdict::Fine;
    }
    let near = |wanted: Condition| {
        let rooms = past.job.rooms.iter().filter(move |room| room.is_near && condition(room.kind) == wanted);
        rooms.collect::<Vec<_>>()
    };
    // Each process has descriptors of its own; tasks and disks are everybody's, and told in one alert.
    let mut claims: Vec<_> =
        near(Condition::NearDescriptorLimit).into_iter().take(TOLD).map(|room| claim(&[room])).collect();
    let shared = [Condition::NearTaskLimit, Condition::NearDiskLimit].map(near);
    claims.extend(shared.iter().filter(|rooms| !rooms.is_empty()).map(|rooms| claim(rooms)));
    if claims.is_empty() { Verdict::Fine } else { Verdict::Raised(claims) }
}

const fn condition(kind: RoomKind) -> Condition {
    match kind {
        RoomKind::Descriptors => Condition::NearDescriptorLimit,
        RoomKind::Tasks | RoomKind::UserTasks => Condition::NearTaskLimit,
        RoomKind::Disk | RoomKind::Inodes => Condition::NearDiskLimit,
    }
}

fn claim(rooms: &[&Room]) -> Claim {
    let room = rooms[0];
    let is_full = room.fill() > NEARLY_ALL;
    let left = room.kind.amount(room.left());
    let headline = match room.kind {
        RoomKind::Descriptors => {
            format!("{}: {} of its descriptors used", room.scope, percent(room.fill().min(1.0)))
        }
        RoomKind::Tasks => format!("{}: {left} more processes or threads can be had", room.scope),
        RoomKind::UserTasks => {
            format!("{}: at most {left} more processes or threads can be had", room.scope)
        }
        RoomKind::Disk => format!("disk space: {left} left on {}", room.scope),
        RoomKind::Inodes => format!("disk: {left} more files fit on {}", room.scope),
    };
    Claim {
        condition: condition(room.kind),
        severity: if is_full { Severity::Critical } else { Severity::Warning },
        subject: room.subject.clone(),
        headline: Text::from(headline),
        evidence: rooms.iter().take(TOLD).flat_map(|room| evidence(room)).collect(),
    }
}

fn evidence(room: &Room) -> Vec<Text> {
    let what = match room.kind {
        RoomKind::Descriptors => "open files",
        RoomKind::Tasks => "processes and threads",
        RoomKind::UserTasks => "processes and threads of the job alone, the user's others not counted,",
        RoomKind::Disk => "bytes",
        RoomKind::Inodes => "files",
    };
    let amount = |n| room.kind.amount(n);
    let what = if room.kind == RoomKind::Disk { String::new() } else { format!("{what} ") };
    let mut evidence =
        vec![format!("{what}{} of {} used, limit: {}", amount(room.used), amount(room.limit), room.scope)];
    if let (Some(&(at, then)), true) = (room.past.first(), room.past.len() > 1)
        && room.used > then
    {
        evidence.push(format!("{} more than {} ago", amount(room.used - then), span(room.read_at.since(at))));
    }
    evidence.extend(room.full_in.map(|full_in| format!("at this rate nothing is left in {}", span(full_in))));
    evidence.into_iter().map(Text::from).collect()
}
