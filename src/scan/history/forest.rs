//! Which object of a pack is made out of which: trees of deltas, each grown on one whole object. Pure.
//!
//! Whoever visits a tree from its root makes each object once. Only those objects are kept whose children are not
//! all made; so that these are few, the heaviest child of each comes last: then no more than the logarithm of the
//! tree's size wait at once, however deep it is.

/// What an object is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Class {
    /// Nothing leads to it: its base is missing, or bases go in a circle.
    Broken,
    Commit,
    Tree,
    Blob,
    Tag,
}

/// What the head of an entry says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Link {
    Whole(Class),
    /// A delta against the object of this number.
    On(u32),
    Missing,
}

const NONE: u32 = u32::MAX;
/// Trees of at least so many objects are visited before all others, so that no thread is left alone with one.
const HEAVY: u32 = 256;

/// All trees of one pack; objects are numbered in the order of the pack.
#[derive(Debug, Default)]
pub(crate) struct Forest {
    base: Vec<u32>,
    class: Vec<Class>,
    /// Where the children of each start in `children`; one more than there are objects.
    first: Vec<u32>,
    children: Vec<u32>,
    /// The roots of all trees of blobs, in the order in which to visit them.
    blobs: Vec<u32>,
}

impl Forest {
    /// The forest of these links; `None` when there are more than can be numbered.
    pub(crate) fn new(links: &[Link]) -> Option<Self> {
        let count = u32::try_from(links.len()).ok().filter(|count| *count < NONE)?;
        let base_of = |link: &Link| match link {
            Link::On(base) if *base < count => *base,
            _ => NONE,
        };
        let base: Vec<u32> = links.iter().map(base_of).collect();
        let mut first = vec![0; links.len() + 1];
        for &base in base.iter().filter(|base| **base != NONE) {
            first[base as usize + 1] += 1;
        }
        for at in 1..first.len() {
            first[at] += first[at - 1];
        }
        let mut children = vec![0; first[links.len()] as usize];
        let mut free = first.clone();
        for (child, &base) in base.iter().enumerate().filter(|(_, base)| **base != NONE) {
            let slot = &mut free[base as usize];
            children[*slot as usize] = child as u32;
            *slot += 1;
        }
        drop(free);
        let class = vec![Class::Broken; links.len()];
        let mut forest = Self { base, class, first, children, blobs: Vec::new() };
        forest.grow(links);
        Some(forest)
    }

    /// Gives each object that a root leads to its class, puts heavy children last, and orders the roots.
    fn grow(&mut self, links: &[Link]) {
        let mut order = Vec::with_capacity(links.len());
        for (root, link) in links.iter().enumerate() {
            if let Link::Whole(class) = *link {
                self.class[root] = class;
                order.push(root as u32);
            }
        }
        let mut at = 0;
        while at < order.len() {
            let node = order[at];
            for slot in self.slots(node) {
                let child = self.children[slot];
                self.class[child as usize] = self.class[node as usize];
                order.push(child);
            }
            at += 1;
        }
        let mut weight = vec![1_u32; links.len()];
        for &node in order.iter().rev() {
            let base = self.base[node as usize];
            if base != NONE {
                weight[base as usize] += weight[node as usize];
            }
            let slots = self.slots(node);
            if let Some(heaviest) = slots.clone().max_by_key(|slot| weight[self.children[*slot] as usize]) {
                self.children.swap(heaviest, slots.end - 1);
            }
        }
        let is_root = |node: &u32| matches!(links[*node as usize], Link::Whole(Class::Blob));
        self.blobs = (0..links.len() as u32).filter(is_root).collect();
        // The light ones stay in the order of the pack, which is read from front to back.
        let heavy = |node: u32| weight[node as usize].max(HEAVY - 1);
        self.blobs.sort_by_key(|&node| std::cmp::Reverse(heavy(node)));
    }

    fn slots(&self, node: u32) -> std::ops::Range<usize> {
        self.first[node as usize] as usize..self.first[node as usize + 1] as usize
    }

    /// What is made out of this object; the one that leads to most others comes last.
    pub(crate) fn children(&self, node: u32) -> &[u32] {
        &self.children[self.slots(node)]
    }

    /// What this object is made out of.
    pub(crate) fn base(&self, node: u32) -> Option<u32> {
        Some(self.base[node as usize]).filter(|base| *base != NONE)
    }

    /// What it is.
    pub(crate) fn class(&self, node: u32) -> Class {
        self.class[node as usize]
    }

    /// The roots of all trees of blobs, large trees first.
    pub(crate) fn blobs(&self) -> &[u32] {
        &self.blobs
    }

    /// The roots of all trees of a class, in the order of the pack.
    pub(crate) fn roots(&self, class: Class) -> impl Iterator<Item = u32> {
        self.all(class).filter(|node| self.base(*node).is_none())
    }

    /// All objects of a class.
    pub(crate) fn all(&self, class: Class) -> impl Iterator<Item = u32> {
        self.class.iter().enumerate().filter(move |(_, one)| **one == class).map(|(node, _)| node as u32)
    }

    /// An object and all that is made out of it.
    pub(crate) fn below(&self, node: u32) -> Vec<u32> {
        let mut all = vec![node];
        let mut at = 0;
        while at < all.len() {
            all.extend_from_slice(self.children(all[at]));
            at += 1;
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const BLOB: Link = Link::Whole(Class::Blob);

    #[test]
    fn children_take_after_their_root() {
        let links =
            [Link::Whole(Class::Tree), BLOB, Link::On(0), Link::On(1), Link::On(3), Link::On(1), Link::On(9)];
        let forest = Forest::new(&links).unwrap();
        assert_eq!(forest.children(1), [5, 3], "the heavier one is last");
        assert_eq!(forest.all(Class::Blob).collect::<Vec<_>>(), [1, 3, 4, 5]);
        assert_eq!(forest.all(Class::Tree).collect::<Vec<_>>(), [0, 2]);
        assert_eq!((forest.class(6), forest.base(4), forest.base(1)), (Class::Broken, Some(3), None));
        assert_eq!(forest.below(1), [1, 5, 3, 4]);
    }

    #[test]
    fn circles_lead_nowhere() {
        let forest = Forest::new(&[Link::On(1), Link::On(0), Link::On(2), Link::Missing, BLOB]).unwrap();
        assert_eq!(forest.all(Class::Broken).count(), 4);
        assert_eq!(forest.blobs(), [4]);
        assert!(Forest::new(&[]).unwrap().blobs().is_empty());
    }

    proptest! {
        #[test]
        fn few_wait_at_once(bases in prop::collection::vec(any::<u32>(), 0..300)) {
            let mut links = vec![BLOB];
            links.extend(bases.iter().enumerate().map(|(at, base)| Link::On(base % (at as u32 + 1))));
            let forest = Forest::new(&links).unwrap();
            let (mut waiting, mut seen, mut most) = (vec![(0, 0)], 1, 0);
            while let Some((node, next)) = waiting.pop() {
                let children = forest.children(node);
                let Some(&child) = children.get(next) else { continue };
                seen += 1;
                if next + 1 < children.len() {
                    waiting.push((node, next + 1));
                }
                waiting.push((child, 0));
                most = most.max(waiting.len());
            }
            prop_assert_eq!(seen, links.len());
            prop_assert!(most <= 2 + links.len().ilog2() as usize, "{most} of {}", links.len());
        }
    }
}
