//! Visits a tree of deltas: each object is made once, out of one that is still at hand.
//!
//! What is kept is bounded: when the objects that wait for more of their children weigh too much, the oldest are
//! let go, and made again should they be needed.

use std::io;
use std::ops::Range;

use super::entry;
use super::forest::Class;
use super::pack::{Inflater, LARGEST, Pack};

/// How many bytes of objects one thread keeps while their children wait.
const KEPT: usize = 24 << 20;
/// Objects from this size on are streamed where that is possible.
const STREAMED: u64 = 8 << 20;

/// The content of an object.
pub(crate) enum Content<'a> {
    /// All of it. With a base, also which parts of it that base does not hold, and what was said of the base.
    Whole(&'a [u8], Option<(&'a [Range<usize>], bool)>),
    /// A stream of so many bytes.
    Stream(&'a mut dyn io::Read, u64),
}

impl Content<'_> {
    /// How many bytes it says to have.
    pub(crate) fn size(&self) -> u64 {
        match self {
            Self::Whole(bytes, _) => bytes.len() as u64,
            Self::Stream(_, size) => *size,
        }
    }
}

/// What is told of each object: its number, and what it holds or why that can't be had. The answer is kept, for
/// those that are made of it.
pub(crate) type Visit<'a> = dyn FnMut(u32, io::Result<Content<'_>>) -> bool + 'a;

struct Waiting {
    node: u32,
    next: usize,
    /// `None` once it was let go.
    bytes: Option<Vec<u8>>,
    answer: bool,
}

/// Visits trees, in memory that it keeps.
pub(crate) struct Visitor {
    inflater: Inflater,
    waiting: Vec<Waiting>,
    kept: usize,
    spare: Vec<Vec<u8>>,
    delta: Vec<u8>,
    fresh: Vec<Range<usize>>,
}

impl Visitor {
    pub(crate) fn new(hash: gix::hash::Kind) -> Self {
        Self {
            inflater: Inflater::new(hash),
            waiting: Vec::new(),
            kept: 0,
            spare: Vec::new(),
            delta: Vec::new(),
            fresh: Vec::new(),
        }
    }

    /// Visits the tree that grows on this whole object, until `stop`.
    pub(crate) fn visit(&mut self, pack: &Pack, root: u32, stop: &dyn Fn() -> bool, each: &mut Visit<'_>) {
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
            let (node, is_last, answer) = (top.node, top.next == children.len(), top.answer);
            let made = self.made(pack, node, child);
            if is_last {
                let done = self.waiting.pop();
                self.put_back(done.and_then(|done| done.bytes));
            }
            match made {
                Ok(bytes) => {
                    let said = each(child, Ok(Content::Whole(&bytes, Some((&self.fresh, answer)))));
                    self.wait(pack, child, bytes, said);
                }
                Err(error) => lose(pack, child, &error, each),
            }
        }
    }

    fn root(&mut self, pack: &Pack, root: u32, each: &mut Visit<'_>) {
        let size = match self.inflater.head(pack, root) {
            Ok(head) => head.size,
            Err(error) => return lose(pack, root, &error, each),
        };
        let is_alone = pack.forest.children(root).is_empty();
        if size > LARGEST || (is_alone && size > STREAMED) {
            let mut stream = self.inflater.stream(pack, root);
            each(
                root,
                stream.as_mut().map(|stream| Content::Stream(stream, size)).map_err(|error| copy(error)),
            );
            for &child in pack.forest.children(root) {
                let words = "it is stored as changes to an object that is too large to unpack";
                lose(pack, child, &io::Error::new(io::ErrorKind::InvalidData, words), each);
            }
            return;
        }
        let mut bytes = self.spare.pop().unwrap_or_default();
        match self.inflater.inflate(pack, root, &mut bytes) {
            Ok(()) => {
                let said = each(root, Ok(Content::Whole(&bytes, None)));
                self.wait(pack, root, bytes, said);
            }
            Err(error) => lose(pack, root, &error, each),
        }
    }

    /// Keeps an object that others are made of.
    fn wait(&mut self, pack: &Pack, node: u32, bytes: Vec<u8>, answer: bool) {
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
        changed(base, &self.delta, &mut out, &mut self.fresh)?;
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
        let (mut out, mut fresh) = (Vec::new(), Vec::new());
        for node in way.into_iter().rev() {
            self.inflater.inflate(pack, node, &mut self.delta)?;
            changed(&bytes, &self.delta, &mut out, &mut fresh)?;
            std::mem::swap(&mut bytes, &mut out);
        }
        Ok(bytes)
    }
}

fn changed(base: &[u8], delta: &[u8], out: &mut Vec<u8>, fresh: &mut Vec<Range<usize>>) -> io::Result<()> {
    let invalid = |words: &str| io::Error::new(io::ErrorKind::InvalidData, words.to_owned());
    let (_, size, _) = entry::sizes(delta).ok_or_else(|| invalid("a delta has no valid head"))?;
    if size > LARGEST {
        return Err(invalid("it is stored as changes to another object, and too large to unpack"));
    }
    entry::apply(base, delta, out, fresh).ok_or_else(|| invalid("a delta does not fit its base"))
}

/// Tells of all objects of which nothing can be known.
fn lose(pack: &Pack, node: u32, error: &io::Error, each: &mut Visit<'_>) {
    for node in pack.forest.below(node) {
        each(node, Err(copy(error)));
    }
}

fn copy(error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), error.to_string())
}
