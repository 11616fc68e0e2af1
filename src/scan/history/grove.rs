//! Visits a tree of deltas: each object is made once, out of one that is still at hand.
//!
//! What is kept is bounded: when the objects that wait for more of their children weigh too much, the oldest are
//! let go, and made again should they be needed.

use std::io;

use super::entry::{self, Copied};
use super::forest::Class;
use super::pack::{Inflater, LARGEST, Pack};

/// How many bytes of objects one thread keeps while their children wait.
const KEPT: usize = 24 << 20;
/// Objects from this size on are streamed where that is possible.
pub(crate) const STREAMED: u64 = 8 << 20;

/// The content of an object.
pub(crate) enum Content<'a> {
    /// All of it.
    Whole(&'a [u8]),
    /// A stream of so many bytes.
    Stream(&'a mut dyn io::Read, u64),
}

impl Content<'_> {
    /// How many bytes it says to have.
    pub(crate) fn size(&self) -> u64 {
        match self {
            Self::Whole(bytes) => bytes.len() as u64,
            Self::Stream(_, size) => *size,
        }
    }
}

/// How an object was made out of another: what was copied, and what was said of that other one.
pub(crate) type Made<'a, A> = (&'a [Copied], &'a A);

/// What is told of each object: its number, what it holds or why that can't be had, and how it was made if it does not
/// stand whole. The answer is kept, for those that are made of it.
pub(crate) type Visit<'a, A> = dyn FnMut(u32, io::Result<Content<'_>>, Option<Made<'_, A>>) -> A + 'a;

struct Waiting<A> {
    node: u32,
    next: usize,
    /// `None` once it was let go.
    bytes: Option<Vec<u8>>,
    answer: A,
}

/// Visits trees, in memory that it keeps.
pub(crate) struct Visitor<A> {
    inflater: Inflater,
    waiting: Vec<Waiting<A>>,
    kept: usize,
    spare: Vec<Vec<u8>>,
    delta: Vec<u8>,
    copies: Vec<Copied>,
}

impl<A> Visitor<A> {
    pub(crate) fn new(hash: gix::hash::Kind) -> Self {
        Self {
            inflater: Inflater::new(hash),
            waiting: Vec::new(),
            kept: 0,
            spare: Vec::new(),
            delta: Vec::new(),
            copies: Vec::new(),
        }
    }

    /// Visits the tree that grows on this whole object, until `stop`.
    pub(crate) fn visit(&mut self, pack: &Pack, root: u32, stop: &dyn Fn() -> bool, each: &mut Visit<'_, A>) {
        debug_assert!(pack.forest.base(root).is_none() && pack.forest.class(root) != Class::Broken);
        self.waiting.clear();
        self.kept = 0;
        self.root(pack, root, each);
        while let Some(top) = self.waiting.last_mut() {
            let children = pack.forest.children(top.node);
            let Some(&child) = children.get(top.next).filter(|_| !stop()) else {
                let done = self.waiting.pop();
                self.put_back(done.and_then(|done| done.bytes));
                continue;
            };
            top.next += 1;
            let (node, is_last) = (top.node, top.next == children.len());
            let made = self.made(pack, node, child);
            // Whatever waits for nothing more makes room before the next one is kept.
            let done = if is_last { self.waiting.pop() } else { None };
            let base = done.as_ref().or(self.waiting.last());
            match (made, base) {
                (Ok(bytes), Some(base)) => {
                    let said = each(child, Ok(Content::Whole(&bytes)), Some((&self.copies, &base.answer)));
                    self.put_back(done.and_then(|done| done.bytes));
                    self.wait(pack, child, bytes, said);
                }
                (Err(error), _) => {
                    self.put_back(done.and_then(|done| done.bytes));
                    lose(pack, child, &error, each);
                }
                (Ok(_), None) => unreachable!("a child is made of what waits"),
            }
        }
    }

    fn root(&mut self, pack: &Pack, root: u32, each: &mut Visit<'_, A>) {
        let is_alone = pack.forest.children(root).is_empty();
        let most = if is_alone { STREAMED } else { LARGEST };
        let mut bytes = self.spare.pop().unwrap_or_default();
        match self.inflater.inflate_up_to(most, pack, root, &mut bytes) {
            Ok(None) => {
                let said = each(root, Ok(Content::Whole(&bytes)), None);
                self.wait(pack, root, bytes, said);
            }
            Ok(Some(size)) => self.large(pack, root, size, each),
            Err(error) => lose(pack, root, &error, each),
        }
    }

    /// A root that is too large to be held in memory.
    fn large(&mut self, pack: &Pack, root: u32, size: u64, each: &mut Visit<'_, A>) {
        let mut stream = self.inflater.stream(pack, root);
        each(
            root,
            stream.as_mut().map(|stream| Content::Stream(stream, size)).map_err(|error| copy(error)),
            None,
        );
        for &child in pack.forest.children(root) {
            let words = "it is stored as changes to an object that is too large to unpack";
            lose(pack, child, &io::Error::new(io::ErrorKind::InvalidData, words), each);
        }
    }

    /// Keeps an object that others are made of.
    fn wait(&mut self, pack: &Pack, node: u32, bytes: Vec<u8>, answer: A) {
        if pack.forest.children(node).is_empty() {
            self.spare.push(bytes);
            return;
        }
        self.kept += bytes.capacity();
        self.waiting.push(Waiting { node, next: 0, bytes: Some(bytes), answer });
        let newest = self.waiting.len() - 1;
        for at in 0..newest {
            if self.kept <= KEPT {
                break;
            }
            if let Some(bytes) = self.waiting[at].bytes.take() {
                self.kept -= bytes.capacity();
            }
        }
    }

    fn put_back(&mut self, bytes: Option<Vec<u8>>) {
        if let Some(bytes) = bytes {
            self.kept -= bytes.capacity();
            // A large buffer is better given back than kept for small objects.
            if bytes.capacity() <= 1 << 20 && self.spare.len() < 8 {
                self.spare.push(bytes);
            }
        }
    }

    /// Makes a child of an object that waits, which is the newest.
    fn made(&mut self, pack: &Pack, node: u32, child: u32) -> io::Result<Vec<u8>> {
        let newest = self.waiting.len() - 1;
        if self.waiting[newest].bytes.is_none() {
            let bytes = self.made_again(pack, node)?;
            self.kept += bytes.capacity();
            self.waiting[newest].bytes = Some(bytes);
        }
        self.inflater.inflate(pack, child, &mut self.delta)?;
        let mut out = self.spare.pop().unwrap_or_default();
        let base = self.waiting[newest].bytes.as_deref().unwrap_or_default();
        changed(base, &self.delta, &mut out, &mut self.copies)?;
        Ok(out)
    }

    /// Makes an object again that was let go: from the root of its tree, or the nearest that is still there.
    fn made_again(&mut self, pack: &Pack, node: u32) -> io::Result<Vec<u8>> {
        let mut way = vec![node];
        let mut at = node;
        let mut bytes = Vec::new();
        let mut is_here = false;
        while let Some(base) = pack.forest.base(at) {
            if let Some(kept) =
                self.waiting.iter().find(|one| one.node == base).and_then(|one| one.bytes.as_ref())
            {
                bytes.clone_from(kept);
                is_here = true;
                break;
            }
            way.push(base);
            at = base;
        }
        if !is_here && let Some(root) = way.pop() {
            self.inflater.inflate(pack, root, &mut bytes)?;
        }
        let (mut out, mut copies) = (Vec::new(), Vec::new());
        for node in way.into_iter().rev() {
            self.inflater.inflate(pack, node, &mut self.delta)?;
            changed(&bytes, &self.delta, &mut out, &mut copies)?;
            std::mem::swap(&mut bytes, &mut out);
        }
        Ok(bytes)
    }
}

fn changed(base: &[u8], delta: &[u8], out: &mut Vec<u8>, copies: &mut Vec<Copied>) -> io::Result<()> {
    let invalid = |words: &str| io::Error::new(io::ErrorKind::InvalidData, words.to_owned());
    let (_, size, _) = entry::sizes(delta).ok_or_else(|| invalid("a delta has no valid head"))?;
    if size > LARGEST {
        return Err(invalid("it is stored as changes to another object, and too large to unpack"));
    }
    entry::apply(base, delta, out, copies).ok_or_else(|| invalid("a delta does not fit its base"))
}

/// Tells of all objects of which nothing can be known.
fn lose<A>(pack: &Pack, node: u32, error: &io::Error, each: &mut Visit<'_, A>) {
    for node in pack.forest.below(node) {
        each(node, Err(copy(error)), None);
    }
}

fn copy(error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), error.to_string())
}
