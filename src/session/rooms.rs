//! What runs out, from one reading to the next: growth, and when too little is left; pure.

use std::time::Duration;

use crate::model::clock::Moment;
use crate::model::room::{Room, RoomKind, RoomReading};

/// Not every process is looked at in each round: what was read counts for so long.
const HOLDS: Duration = Duration::from_mins(1);
/// Time between two points by which growth is judged, and how many of them.
const STEP: Duration = Duration::from_secs(10);
const POINTS: usize = 4;
/// What is kept, the fullest first.
const KEPT: usize = 24;
/// Descriptors, tasks and files: too little is left above the first share, and enough again below the second.
const NEAR: f64 = 0.9;
const CLEAR: f64 = 0.85;
/// The same where a part of what is used is counted, and the rest can only be more.
const NEAR_IN_PART: f64 = 0.8;
const CLEAR_IN_PART: f64 = 0.75;
/// Bytes: a large disk that is nearly full has room for years. Too little is less than this, or than this share.
const LITTLE_DISK: u64 = 256 << 20;
const LITTLE_SHARE: u64 = 20;
/// A disk that fills steadily is told when it is full within the first span, until it is not within the second.
const SOON: Duration = Duration::from_mins(10);
const LATER: Duration = Duration::from_mins(20);

/// The rooms after these readings.
pub fn advance(old: &[Room], readings: Vec<RoomReading>, now: Moment) -> Vec<Room> {
    let is_same = |room: &Room, reading: &RoomReading| {
        room.kind == reading.kind && room.scope == reading.scope && room.subject == reading.subject
    };
    let mut rooms: Vec<Room> = old
        .iter()
        .filter(|room| {
            now.since(room.read_at) <= HOLDS && !readings.iter().any(|reading| is_same(room, reading))
        })
        .cloned()
        .collect();
    for reading in readings {
        let before = old.iter().find(|room| is_same(room, &reading));
        rooms.push(room(reading, before, now));
    }
    rooms.sort_by(|a, b| {
        (b.is_near, b.fill()).partial_cmp(&(a.is_near, a.fill())).unwrap_or(std::cmp::Ordering::Equal)
    });
    rooms.truncate(KEPT);
    rooms
}

fn room(reading: RoomReading, before: Option<&Room>, now: Moment) -> Room {
    let RoomReading { kind, scope, subject, used, limit } = reading;
    let mut past = before.map(|room| room.past.clone()).unwrap_or_default();
    if past.last().is_none_or(|&(at, _)| now.since(at) >= STEP) {
        past.push((now, used));
    }
    past.drain(..past.len().saturating_sub(POINTS));
    let full_in = full_in(&past, limit.saturating_sub(used));
    let mut room = Room { kind, scope, subject, used, limit, is_near: false, full_in, past, read_at: now };
    room.is_near = is_near(&room, before.is_some_and(|room| room.is_near));
    room
}

/// When nothing is left of what grew in every step; `None` where it did not, or was not seen for long enough.
fn full_in(past: &[(Moment, u64)], left: u64) -> Option<Duration> {
    let ((from, then), (until, now)) = (*past.first()?, *past.last()?);
    let is_steady = past.len() == POINTS && past.windows(2).all(|pair| pair[1].1 > pair[0].1);
    let rate = now.saturating_sub(then) as f64 / until.since(from).as_secs_f64();
    if is_steady { Duration::try_from_secs_f64(left as f64 / rate).ok() } else { None }
}

fn is_near(room: &Room, was_near: bool) -> bool {
    if room.kind == RoomKind::Disk {
        let little = LITTLE_DISK.min(room.limit / LITTLE_SHARE);
        let (little, soon) = if was_near { (little * 2, LATER) } else { (little, SOON) };
        return room.left() < little || room.full_in.is_some_and(|full_in| full_in < soon);
    }
    let (near, clear) =
        if room.kind == RoomKind::UserTasks { (NEAR_IN_PART, CLEAR_IN_PART) } else { (NEAR, CLEAR) };
    room.fill() > if was_near { clear } else { near }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::text::Text;

    const MIB: u64 = 1 << 20;

    /// In which seconds too little is left, of a series that is read once a second.
    fn near(kind: RoomKind, limit: u64, series: impl Iterator<Item = u64>) -> Vec<usize> {
        let mut rooms = Vec::new();
        let told = series.enumerate().filter(|&(second, used)| {
            let reading = RoomReading { kind, scope: Text::from("x"), subject: None, used, limit };
            rooms = advance(&rooms, vec![reading], Moment::from_millis(second as u64 * 1_000));
            rooms[0].is_near
        });
        told.map(|(second, _)| second).collect()
    }

    #[test]
    fn a_leak_of_descriptors_is_near_its_limit_and_hovering_is_one_alert() {
        assert_eq!(near(RoomKind::Descriptors, 100, 80..=95), (11..=15).collect::<Vec<_>>());
        let hovers = [89, 91, 89, 91, 86, 92, 84, 89];
        assert_eq!(near(RoomKind::Descriptors, 100, hovers.into_iter()), [1, 2, 3, 4, 5]);
        assert_eq!(near(RoomKind::Tasks, 1_000, (0..500).map(|n| 800 + n % 90)), [0; 0]);
        assert_eq!(near(RoomKind::UserTasks, 100, [80, 81, 79, 76, 75].into_iter()), [1, 2, 3]);
    }

    #[test]
    fn a_disk_is_near_full_when_little_is_left_or_it_fills_steadily() {
        let disk = |series: &mut dyn Iterator<Item = u64>| near(RoomKind::Disk, 100_000 * MIB, series);
        assert_eq!(disk(&mut (0..300).map(|_| 98_000 * MIB)), [0; 0], "nearly full, and at rest");
        assert_eq!(disk(&mut (0..300).map(|n| 98_000 * MIB + n % 7 * MIB)), [0; 0], "up and down");
        assert_eq!(disk(&mut (0..300).map(|n| 50_000 * MIB + n * MIB)), [0; 0], "full in half a day");
        assert_eq!(disk(&mut (0..3).map(|_| 99_800 * MIB)), [0, 1, 2]);
        // Ten MiB a second: ten minutes before the end, and not before it is known to be steady.
        let fills = disk(&mut (0..300).map(|n| 94_500 * MIB + n * 10 * MIB));
        assert_eq!(fills.first(), Some(&30));
        let early = disk(&mut (0..600).map(|n| 90_000 * MIB + n * 10 * MIB));
        assert!(early.first().is_some_and(|&second| (390..=410).contains(&second)), "{:?}", early.first());
        assert_eq!(
            near(RoomKind::Disk, 64 * MIB, (0..5).map(|_| 50 * MIB)),
            [0; 0],
            "a small one has its share"
        );
    }

    #[test]
    fn what_is_not_read_again_is_forgotten_and_all_is_bounded() {
        let at = |second: u64| Moment::from_millis(second * 1_000);
        let reading = |n: u32| RoomReading {
            kind: RoomKind::Descriptors,
            scope: Text::from(n.to_string()),
            subject: None,
            used: u64::from(n),
            limit: 1_000,
        };
        let rooms = advance(&[], (0..500).map(reading).collect(), at(0));
        assert_eq!((rooms.len(), rooms[0].used), (KEPT, 499));
        assert_eq!(advance(&rooms, Vec::new(), at(59)).len(), KEPT);
        assert_eq!(advance(&rooms, Vec::new(), at(61)).len(), 0);
    }
}
