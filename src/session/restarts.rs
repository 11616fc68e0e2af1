//! Who ended badly and was replaced: from the members before and after a round; pure.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::time::Duration;

use crate::model::clock::Moment;
use crate::model::member::{Activity, Member, MemberId};
use crate::model::process::Exit;
use crate::model::restarts::{BadEnd, Restarts};

/// Bad ends are remembered for so long.
const REMEMBERED: Duration = Duration::from_mins(10);
/// Bad ends of one kind that are remembered, the newest.
const ENDS_KEPT: usize = 32;
/// Kinds of processes of which bad ends are remembered, the newest.
const KINDS_KEPT: usize = 16;

/// The bad ends after a round that found `after` where there was `before`; `exits` tells how those ended that are gone.
pub fn advance(
    old: &[Restarts],
    before: &[Member],
    after: &[Member],
    exits: &[(MemberId, Exit)],
    now: Moment,
) -> Vec<Restarts> {
    let mut kinds = old.to_vec();
    for kind in &mut kinds {
        kind.ends.retain(|end| now.since(end.at) <= REMEMBERED);
    }
    let is_bad = |exit: &Exit| *exit != Exit::Unknown && exit.is_loss();
    for member in before.iter().filter(|member| member.activity.is_alive()) {
        if let Some(exit) = end_of(member, after, exits).filter(is_bad) {
            remember(&mut kinds, member, exit, now);
        }
    }
    let is_known = |member: &Member| before.binary_search_by(|old| old.id.cmp(&member.id)).is_ok();
    // In a job's first round everybody is new, and nobody replaces anybody.
    for member in after.iter().filter(|member| !before.is_empty() && !is_known(member)) {
        let kind = kinds.iter_mut().find(|kind| is_of(kind, member));
        let line = line(member);
        let place = kind.and_then(|kind| {
            let fits = |end: &&mut BadEnd| {
                !end.is_replaced && (end.line == line || matches!(end.exit, Exit::Signal(_)))
            };
            kind.ends.iter_mut().find(fits)
        });
        if let Some(end) = place {
            end.is_replaced = true;
        }
    }
    kinds.retain(|kind| !kind.ends.is_empty());
    kinds.sort_by_key(|kind| std::cmp::Reverse(kind.ends.last().map(|end| end.at)));
    kinds.truncate(KINDS_KEPT);
    kinds
}

/// How a member ended in this round; `None` while it lives.
fn end_of(member: &Member, after: &[Member], exits: &[(MemberId, Exit)]) -> Option<Exit> {
    match after.binary_search_by(|other| other.id.cmp(&member.id)) {
        Ok(at) => match after[at].activity {
            Activity::Finished(exit) | Activity::Lost(exit) => Some(exit),
            _ => None,
        },
        Err(_) => exits.iter().find(|(id, _)| *id == member.id).map(|&(_, exit)| exit),
    }
}

fn remember(kinds: &mut Vec<Restarts>, member: &Member, exit: Exit, now: Moment) {
    let lived = member.about.started.map(|started| now.since(started));
    let end = BadEnd { at: now, exit, lived, line: line(member), is_replaced: false };
    let command = member.about.command.clone();
    if let Some(kind) = kinds.iter_mut().find(|kind| is_of(kind, member)) {
        if kind.ends.len() == ENDS_KEPT {
            kind.ends.remove(0);
        }
        kind.ends.push(end);
        kind.command = command;
    } else {
        let about = &member.about;
        kinds.push(Restarts {
            parent: member.parent,
            family: about.family,
            name: about.name.clone(),
            command,
            ends: vec![end],
        });
    }
}

fn is_of(kind: &Restarts, member: &Member) -> bool {
    (kind.parent, kind.family) == (member.parent, member.about.family)
}

fn line(member: &Member) -> u64 {
    let mut hasher = DefaultHasher::new();
    member.about.command.as_str().hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::detect::Past;
    use crate::detect::restart::restart_loop;
    use crate::model::member::{About, Counters, Role};
    use crate::model::text::Text;
    use crate::model::verdict::Verdict;
    use crate::session::fold::fold;

    fn member(pid: u32, parent: u32, name: &str, command: &str, started: u64) -> Member {
        let about = About {
            name: Text::from(name.to_owned()),
            command: Text::from(command.to_owned()),
            started: Some(Moment::from_millis(started)),
            family: crate::proc::parse::family(command),
        };
        Member {
            id: MemberId::Process { pid, start: started },
            about: Arc::new(about),
            parent: Some(parent),
            role: Role::Worker,
            pooled: true,
            state: None,
            activity: Activity::Idle,
            cpu: None,
            memory: None,
            parts: None,
            growth: None,
            io: None,
            threads: 1,
            pool: None,
            waits_for: None,
            ended: None,
            counters: Counters::default(),
        }
    }

    /// A parent with one child, which ends `times` times, each time after `seconds`, and is started again by the command
    /// line of that time. Gives for how many of the rounds, one a second, a loop is claimed, and how often it begins.
    fn claimed(
        name: &str,
        command: impl Fn(u32) -> String,
        exit: Exit,
        seconds: u64,
        times: u32,
    ) -> (usize, usize) {
        let mut kinds = Vec::new();
        let mut before = Vec::new();
        let (mut rounds, mut begun, mut was_claimed) = (0, 0, false);
        for second in 0..seconds * u64::from(times) + 300 {
            let generation = (second / seconds).min(u64::from(times));
            let now = Moment::from_millis(second * 1_000);
            let child = member(
                20 + generation as u32,
                10,
                name,
                &command(generation as u32),
                generation * seconds * 1_000,
            );
            let after = vec![member(10, 1, "sh", "sh loop", 0), child];
            let exits: Vec<_> = before.iter().map(|old: &Member| (old.id.clone(), exit)).collect();
            kinds = advance(&kinds, &before, &after, &exits, now);
            before = after;
            let mut snapshot = crate::model::snapshot::Snapshot::empty(Duration::from_secs(1));
            let intro = crate::model::reading::JobIntro {
                name: Text::from("job"),
                kind: crate::model::job::JobKind::Attached,
                host: Text::from("db7"),
                started: None,
            };
            let reading = crate::model::reading::JobReading::empty(Text::from("job"), Arc::new(intro));
            let readings = crate::model::reading::Readings {
                at: now,
                wall: crate::model::clock::WallTime(0),
                hosts: Vec::new(),
                jobs: vec![reading],
                own: (0, crate::model::metric::Bytes(0)),
                late: Duration::ZERO,
                slept: Duration::ZERO,
                problems: Vec::new(),
            };
            (snapshot, _) = fold(&snapshot, readings, &crate::config::limits::Limits::default(), now);
            snapshot.jobs[0].restarts.clone_from(&kinds);
            let past = Past { job: &snapshot.jobs[0], now, interval: Duration::from_secs(1) };
            let is_claimed =
                matches!(restart_loop(&past, &crate::config::limits::Limits::default()), Verdict::Raised(_));
            rounds += usize::from(is_claimed);
            begun += usize::from(is_claimed && !was_claimed);
            was_claimed = is_claimed;
        }
        (rounds, begun)
    }

    #[test]
    fn a_worker_that_is_killed_again_and_again_is_one_alert_that_ends() {
        let same = |_| "python3 etl.py".to_owned();
        // From the third end, with its replacement, until two minutes after the last.
        assert_eq!(claimed("python3", same, Exit::Signal(11), 1, 10), (128, 1));
        assert_eq!(
            claimed("python3", same, Exit::Signal(9), 50, 10),
            (471, 1),
            "slowly, and without flapping"
        );
        let numbered = |n| format!("python3 -c spawn_main(pipe={n})");
        assert_eq!(claimed("python3", numbered, Exit::Signal(9), 1, 10).1, 1);
        assert_eq!(claimed("python3", same, Exit::Code(1), 2, 10).1, 1, "an initialiser that fails");
    }

    #[test]
    fn healthy_loops_and_single_ends_are_no_loop() {
        let same = |_| "tool".to_owned();
        let numbered = |n| format!("tool --part {n}");
        assert_eq!(
            claimed("tool", same, Exit::Code(0), 1, 100),
            (0, 0),
            "maxtasksperchild, a loop of a shell"
        );
        assert_eq!(claimed("tool", same, Exit::Signal(15), 1, 100), (0, 0), "ended in good order");
        assert_eq!(claimed("tool", same, Exit::Unknown, 1, 100), (0, 0), "nobody knows");
        assert_eq!(
            claimed("tool", numbered, Exit::Code(1), 1, 100),
            (0, 0),
            "tasks that fail, one after the other"
        );
        assert_eq!(claimed("grep", same, Exit::Code(1), 1, 100), (0, 0), "an answer");
        assert_eq!(claimed("tool", same, Exit::Code(1), 1, 4), (0, 0), "too few");
        assert_eq!(claimed("tool", same, Exit::Signal(9), 1, 2), (0, 0), "too few");
        assert_eq!(claimed("tool", same, Exit::Signal(9), 90, 20), (0, 0), "too far apart");
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let mut kinds = Vec::new();
        for round in 0..200_u32 {
            let letter = |n: u32| char::from(b'a' + (n % 26) as u8);
            let kind = format!("{}{}", letter(round), letter(round / 26));
            for n in 0..40 {
                let before = [member(n, 10, &kind, &kind, 0)];
                let exits = [(before[0].id.clone(), Exit::Signal(9))];
                kinds = advance(&kinds, &before, &[], &exits, Moment::from_millis(u64::from(round)));
            }
        }
        assert_eq!(kinds.len(), KINDS_KEPT);
        assert!(kinds.iter().all(|kind| kind.ends.len() == ENDS_KEPT));
    }
}
