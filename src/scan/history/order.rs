//! The commits that some refs lead to, oldest first: a commit comes after all of its parents, and of those that may
//! come next the one that was made first. Pure but for the reading of one commit, which is an argument.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, HashSet};
use std::io;

use gix::ObjectId;

use super::repository::CommitRecord;

/// Reads one commit.
pub(crate) type Read<'a> = dyn FnMut(ObjectId) -> io::Result<CommitRecord> + 'a;

/// What was found on the way back from the tips.
#[derive(Debug, Default)]
pub(crate) struct Ordered {
    /// The commits, oldest first.
    pub(crate) commits: Vec<CommitRecord>,
    /// Those that could not be read.
    pub(crate) lost: Vec<(ObjectId, io::Error)>,
}

/// Orders all commits that the tips lead to, but those that are `hidden`; those at which history was cut off may
/// be `absent`.
pub(crate) fn oldest_first(
    tips: &[ObjectId],
    hidden: &HashSet<ObjectId>,
    is_cut: &dyn Fn(&ObjectId) -> bool,
    read: &mut Read<'_>,
) -> Ordered {
    let mut ordered = Ordered::default();
    let mut records = Vec::new();
    let mut number: HashMap<ObjectId, Option<usize>> = HashMap::new();
    let mut open: Vec<ObjectId> = tips.to_vec();
    while let Some(id) = open.pop() {
        if hidden.contains(&id) || number.contains_key(&id) {
            continue;
        }
        match read(id) {
            Ok(mut record) => {
                if is_cut(&id) {
                    record.parents.clear();
                }
                open.extend(&record.parents);
                number.insert(id, Some(records.len()));
                records.push(record);
            }
            Err(error) => {
                number.insert(id, None);
                ordered.lost.push((id, error));
            }
        }
    }
    let numbers = |record: &CommitRecord| -> Vec<usize> {
        record.parents.iter().filter_map(|id| number.get(id).copied().flatten()).collect()
    };
    let mut children: Vec<Vec<u32>> = vec![Vec::new(); records.len()];
    let mut missing: Vec<usize> = vec![0; records.len()];
    for (at, record) in records.iter().enumerate() {
        for parent in numbers(record) {
            children[parent].push(at as u32);
            missing[at] += 1;
        }
    }
    let mut ready: BinaryHeap<Reverse<(i64, ObjectId, usize)>> = BinaryHeap::new();
    let entry = |at: usize, records: &[CommitRecord]| Reverse((records[at].time, records[at].id, at));
    ready.extend((0..records.len()).filter(|at| missing[*at] == 0).map(|at| entry(at, &records)));
    let mut order = Vec::with_capacity(records.len());
    while let Some(Reverse((.., at))) = ready.pop() {
        order.push(at);
        for &child in &children[at] {
            missing[child as usize] -= 1;
            if missing[child as usize] == 0 {
                ready.push(entry(child as usize, &records));
            }
        }
    }
    let mut records: Vec<Option<CommitRecord>> = records.into_iter().map(Some).collect();
    ordered.commits = order.into_iter().filter_map(|at| records[at].take()).collect();
    ordered
}

/// All commits that this one leads to, itself included.
pub(crate) fn ancestors(
    of: ObjectId,
    is_cut: &dyn Fn(&ObjectId) -> bool,
    read: &mut Read<'_>,
) -> HashSet<ObjectId> {
    let (mut seen, mut open) = (HashSet::new(), vec![of]);
    while let Some(id) = open.pop() {
        if seen.insert(id)
            && !is_cut(&id)
            && let Ok(record) = read(id)
        {
            open.extend(record.parents);
        }
    }
    seen
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(number: u8) -> ObjectId {
        ObjectId::from_bytes_or_panic(&[number; 20])
    }

    /// Commits as number, time and parents.
    fn check(graph: &[(u8, i64, &[u8])], tips: &[u8], hidden: &[u8], expected: &[u8]) {
        let mut read = |wanted: ObjectId| {
            let found = graph.iter().find(|(number, ..)| id(*number) == wanted);
            let (number, time, parents) = found.ok_or_else(|| io::Error::other("gone"))?;
            let parents = parents.iter().map(|parent| id(*parent)).collect();
            Ok(CommitRecord { id: id(*number), tree: id(0), parents, time: *time })
        };
        let tips: Vec<ObjectId> = tips.iter().map(|tip| id(*tip)).collect();
        let hidden = hidden.iter().map(|one| id(*one)).collect();
        let found = oldest_first(&tips, &hidden, &|_| false, &mut read);
        let found: Vec<u8> = found.commits.iter().map(|commit| commit.id.as_bytes()[0]).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn parents_come_first_whatever_the_clocks_said() {
        check(&[(1, 100, &[]), (2, 50, &[1]), (3, 60, &[1]), (4, 40, &[2, 3])], &[4], &[], &[1, 2, 3, 4]);
        check(&[(1, 10, &[]), (2, 30, &[1]), (3, 20, &[1]), (4, 40, &[2, 3])], &[4, 3], &[], &[1, 3, 2, 4]);
        check(&[(1, 10, &[]), (2, 30, &[1]), (3, 20, &[2])], &[3], &[1], &[2, 3]);
        check(&[(2, 30, &[1]), (3, 20, &[2])], &[3], &[], &[2, 3]);
        check(&[(1, 5, &[2]), (2, 5, &[1]), (3, 1, &[])], &[1, 3], &[], &[3]);
    }
}
