//! How a blob is to be read: by the names of the files that held it, as far as a name decides. Pure.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;
use std::sync::atomic::{AtomicU8, Ordering};

use crate::scan::assign::Taste;
use crate::scan::decoding::Names;
use crate::scan::filetype::flavour;
use crate::scan::matcher::Flavour;

/// A manner of reading. A blob that several names have which ask for different ones is read as if it had none, in the
/// way in which most is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Manner(u8);

/// Bits of a manner.
const NAMED: u8 = 1;
const CODE: u8 = 2;
const DIGESTS: u8 = 4;
const NAMES: u32 = 3;

impl Manner {
    /// That of a blob that no name is known of.
    pub(crate) const UNKNOWN: Self = Self(0);
    /// That of one with names that contradict each other.
    const MIXED: Self = Self(0xff);

    /// That of a file of this name.
    pub(crate) fn of(name: &[u8]) -> Self {
        let path = Path::new(OsStr::from_bytes(name));
        let flavour = flavour(path);
        let code = if flavour.taste == Taste::Code { CODE } else { 0 };
        let digests = if flavour.entropy { 0 } else { DIGESTS };
        Self(NAMED | code | digests | Names::of(path, flavour.taste).bits() << NAMES)
    }

    /// What to look for.
    pub(crate) fn flavour(self) -> Flavour {
        let is = |bit: u8| self.is_known() && self.0 & bit != 0;
        let taste = if is(CODE) { Taste::Code } else { Taste::Text };
        Flavour { taste, generic: true, entropy: !is(DIGESTS) }
    }

    /// What is encoded in it.
    pub(crate) fn names(self) -> Names {
        if self.is_known() { Names::of_bits(self.0 >> NAMES) } else { Names::unknown() }
    }

    fn is_known(self) -> bool {
        self != Self::UNKNOWN && self != Self::MIXED
    }
}

/// The manners of many blobs, which threads tell.
#[derive(Debug, Default)]
pub(crate) struct Manners(Vec<AtomicU8>);

impl Manners {
    /// Those of so many blobs that no name is known of.
    pub(crate) fn new(count: usize) -> Self {
        Self((0..count).map(|_| AtomicU8::new(Manner::UNKNOWN.0)).collect())
    }

    /// That of a blob; one beyond all is of no name.
    pub(crate) fn of(&self, blob: usize) -> Manner {
        self.0.get(blob).map_or(Manner::UNKNOWN, |one| Manner(one.load(Ordering::Relaxed)))
    }

    /// Says that a blob is read like this under one of its names.
    pub(crate) fn add(&self, blob: usize, manner: Manner) {
        let Some(one) = self.0.get(blob) else { return };
        let joined = |known: u8| {
            let joined = if known == Manner::UNKNOWN.0 { manner } else { Manner::MIXED };
            (known != manner.0 && known != joined.0).then_some(joined.0)
        };
        let _ = one.fetch_update(Ordering::Relaxed, Ordering::Relaxed, joined);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_are_those_of_a_scan_under_the_name() {
        for name in
            ["a.rs", "a.txt", "Cargo.lock", "a.yaml", "package-lock.json", "a.html", "x.min.js", "", ".env"]
        {
            let (path, manner) = (Path::new(name), Manner::of(name.as_bytes()));
            assert_eq!(manner.flavour(), flavour(path), "{name}");
            assert_eq!(manner.names(), Names::of(path, flavour(path).taste), "{name}");
            assert_ne!(manner, Manner::MIXED, "{name}");
        }
        assert_eq!(Manner::UNKNOWN.names(), Names::unknown());
        assert_eq!(Manner::UNKNOWN.flavour(), flavour(Path::new("")));
    }

    #[test]
    fn names_that_differ_make_it_unknown() {
        let (rust, text) = (Manner::of(b"a.rs"), Manner::of(b"a.txt"));
        let manners = Manners::new(3);
        for (blob, manner) in [(0, rust), (1, rust), (0, rust), (1, text), (1, rust), (7, rust)] {
            manners.add(blob, manner);
        }
        assert_eq!(
            [0, 1, 2, 7].map(|blob| manners.of(blob)),
            [rust, Manner::MIXED, Manner::UNKNOWN, Manner::UNKNOWN]
        );
        assert_eq!(Manner::MIXED.names(), Names::unknown());
        assert_eq!(Manner::MIXED.flavour(), flavour(Path::new("")));
    }
}
