//! Members in the order of the process tree, with what is folded away in it.

use std::collections::{HashMap, HashSet};

use crate::model::member::{Member, MemberId};
use crate::model::metric::Bytes;

/// A row: the place of a member in its job, how deep it stands in the tree, and what is folded below it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::ui) struct Line {
    pub(in crate::ui) place: usize,
    pub(in crate::ui) depth: u16,
    pub(in crate::ui) fold: Option<Fold>,
}

impl Line {
    pub(in crate::ui) const fn flat(place: usize) -> Self {
        Self { place, depth: 0, fold: None }
    }
}

/// What a folded row stands for.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(in crate::ui) struct Fold {
    /// Members that are not shown.
    pub(in crate::ui) hidden: usize,
    /// CPUs of the row and of all below it.
    pub(in crate::ui) cpu: Option<f64>,
    /// Memory of the same; pages that they share count again.
    pub(in crate::ui) memory: Option<Bytes>,
}

impl Fold {
    fn add(&mut self, member: &Member) {
        self.cpu = match (self.cpu, member.cpu) {
            (Some(one), Some(other)) => Some(one + other),
            (one, other) => one.or(other),
        };
        self.memory = match (self.memory, member.memory) {
            (Some(one), Some(other)) => Some(one + other),
            (one, other) => one.or(other),
        };
    }
}

/// The rows of a tree. Those below a folded member are left out; of those that `keeps` doesn't want, the ones
/// above a kept one stay, so that the tree remains one.
pub(in crate::ui) fn tree(
    members: &[Member],
    folded: &[MemberId],
    keeps: &dyn Fn(&Member) -> bool,
) -> Vec<Line> {
    let all = unfolded(members);
    let folded: HashSet<&MemberId> = folded.iter().collect();
    // From the last row up, a row above a kept one is met after it.
    let mut is_wanted = vec![false; all.len()];
    let mut wanted_depth: Option<u16> = None;
    for (at, line) in all.iter().enumerate().rev() {
        let is_above = wanted_depth.is_some_and(|depth| depth > line.depth);
        if is_above || keeps(&members[line.place]) {
            is_wanted[at] = true;
            wanted_depth = Some(line.depth);
        }
    }
    let mut lines: Vec<Line> = Vec::with_capacity(all.len());
    let mut folded_at: Option<u16> = None;
    for (line, _) in all.iter().zip(&is_wanted).filter(|(_, is_wanted)| **is_wanted) {
        let member = &members[line.place];
        if folded_at.is_some_and(|depth| line.depth > depth) {
            if let Some(fold) = lines.last_mut().and_then(|line| line.fold.as_mut()) {
                fold.hidden += 1;
                fold.add(member);
            }
            continue;
        }
        let is_folded = folded.contains(&member.id);
        folded_at = is_folded.then_some(line.depth);
        let mut fold = Fold::default();
        fold.add(member);
        lines.push(Line { fold: is_folded.then_some(fold), ..*line });
    }
    // A fold with nothing in it is none.
    for line in &mut lines {
        line.fold = line.fold.filter(|fold| fold.hidden > 0);
    }
    lines
}

fn unfolded(members: &[Member]) -> Vec<Line> {
    let by_pid: HashMap<u32, usize> =
        members.iter().enumerate().filter_map(|(place, member)| Some((member.id.pid()?, place))).collect();
    let mut children: HashMap<u32, Vec<usize>> = HashMap::new();
    let mut stack = Vec::new();
    for (place, member) in members.iter().enumerate().rev() {
        match member.parent {
            Some(parent) if by_pid.get(&parent).is_some_and(|&at| at != place) => {
                children.entry(parent).or_default().push(place);
            }
            _ => stack.push(Line::flat(place)),
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
        let depth = line.depth.saturating_add(1);
        stack.extend(below.into_iter().flatten().map(|&place| Line { depth, ..Line::flat(place) }));
    }
    // Parents that name each other in a ring, as reused PIDs may, are below no root.
    lines.extend((0..members.len()).filter(|&place| !is_seen[place]).map(Line::flat));
    lines
}

/// What an arrow to the left or to the right does on a row of the tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::ui) enum Turn {
    /// Fold the row.
    Fold(MemberId),
    /// Unfold it.
    Unfold(MemberId),
    /// Go to its parent.
    Up(MemberId),
}

/// To the left: fold what has rows below it, and from what has none go to the parent.
pub(in crate::ui) fn left(members: &[Member], lines: &[Line], at: usize) -> Option<Turn> {
    let line = lines.get(at)?;
    let is_open = lines.get(at + 1).is_some_and(|next| next.depth > line.depth);
    if is_open {
        return Some(Turn::Fold(members[line.place].id.clone()));
    }
    let parent = lines[..at].iter().rev().find(|above| above.depth < line.depth)?;
    Some(Turn::Up(members[parent.place].id.clone()))
}

/// To the right: unfold.
pub(in crate::ui) fn right(members: &[Member], lines: &[Line], at: usize) -> Option<Turn> {
    let line = lines.get(at)?;
    line.fold.map(|_| Turn::Unfold(members[line.place].id.clone()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::member::{About, Activity, Counters, Role};
    use std::sync::Arc;

    fn id(pid: u32) -> MemberId {
        MemberId::Process { pid, start: 1 }
    }

    fn members(parents: &[(u32, u32)]) -> Vec<Member> {
        parents
            .iter()
            .map(|&(pid, parent)| Member {
                id: id(pid),
                about: Arc::new(About::default()),
                parent: Some(parent),
                role: Role::Worker,
                pooled: false,
                state: None,
                activity: Activity::Idle,
                cpu: Some(0.5),
                memory: Some(Bytes(10)),
                parts: None,
                growth: None,
                io: None,
                threads: 1,
                pool: None,
                waits_for: None,
                ended: None,
                counters: Counters::default(),
            })
            .collect()
    }

    fn drawn(members: &[Member], folded: &[u32], kept: &[u32]) -> String {
        let folded: Vec<MemberId> = folded.iter().map(|&pid| id(pid)).collect();
        let keeps = |member: &Member| kept.is_empty() || kept.contains(&member.id.pid().unwrap());
        let lines = tree(members, &folded, &keeps);
        let one = |line: &Line| {
            let fold = line.fold.map(|fold| format!("+{}", fold.hidden)).unwrap_or_default();
            format!("{}{}{fold}", ".".repeat(line.depth.into()), members[line.place].id)
        };
        lines.iter().map(one).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn children_stand_below_their_parents_and_fold_into_them() {
        let members = members(&[(1, 0), (2, 1), (3, 2), (4, 2), (5, 1), (6, 0)]);
        for (folded, kept, expected) in [
            (&[][..], &[][..], "1 .2 ..3 ..4 .5 6"),
            (&[2], &[], "1 .2+2 .5 6"),
            (&[1, 2], &[], "1+4 6"),
            (&[3, 9], &[], "1 .2 ..3 ..4 .5 6"),
            (&[], &[4], "1 .2 ..4"),
            (&[], &[5, 6], "1 .5 6"),
            (&[2], &[4], "1 .2+1"),
        ] {
            assert_eq!(drawn(&members, folded, kept), expected, "{folded:?} {kept:?}");
        }
        let lines = tree(&members, &[id(1)], &|_| true);
        assert_eq!(lines[0].fold, Some(Fold { hidden: 4, cpu: Some(2.5), memory: Some(Bytes(50)) }));
    }

    #[test]
    fn a_ring_of_parents_is_shown_once() {
        assert_eq!(drawn(&members(&[(1, 2), (2, 1), (3, 3)]), &[], &[]), "3 1 2");
    }

    #[test]
    fn left_folds_or_goes_up_and_right_unfolds() {
        let members = members(&[(1, 0), (2, 1), (3, 2)]);
        let open = tree(&members, &[], &|_| true);
        assert_eq!(left(&members, &open, 1), Some(Turn::Fold(id(2))));
        assert_eq!(left(&members, &open, 2), Some(Turn::Up(id(2))));
        assert_eq!(left(&members, &open, 7), None);
        let folded = tree(&members, &[id(2)], &|_| true);
        assert_eq!(left(&members, &folded, 1), Some(Turn::Up(id(1))));
        assert_eq!(right(&members, &folded, 1), Some(Turn::Unfold(id(2))));
        assert_eq!(right(&members, &folded, 0), None);
    }
}
