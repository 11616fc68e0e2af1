//! How deep and how much is unpacked, and the readers that keep to it. A bomb costs what its file is worth.
//!
//! One number is kept for each file on disk: the bytes that were unpacked out of it, at all depths together. It may not
//! pass `--max-unpacked`, nor a multiple of what the file itself holds. Ordinary archives stay far below: text packs to a
//! tenth, a log that repeats itself to a hundredth. Each entry counts as `ENTRY` bytes more, so that a million
//! empty ones are a lot too.

use std::cell::{Cell, RefCell};
use std::io::{self, Read};

/// The default of `--archive-depth`: an image in a `.gz`, a layer, an application, a library in it, and one more.
pub const DEPTH: usize = 5;
/// The default of `--max-unpacked`. Images of 10 GB are in daily use.
pub const UNPACKED: u64 = 16 << 30;
/// The largest window that a format may ask memory for: what `xz -9` needs. `xz` allows 4 GB and `zstd` more.
pub(super) const WINDOW: usize = 64 << 20;

/// What may be unpacked out of any file, however small it is.
const FLOOR: u64 = 256 << 20;
/// What may be unpacked beyond that for each byte of the file.
const RATIO: u64 = 200;
/// What an entry costs beside its content.
const ENTRY: u64 = 4096;

/// How deep and how much is unpacked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// How many archives may lie in one another; 0 to open none.
    pub depth: usize,
    /// The most bytes that are unpacked out of one file.
    pub unpacked: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { depth: DEPTH, unpacked: UNPACKED }
    }
}

/// What was unpacked out of one file so far.
#[derive(Debug)]
pub(super) struct Budget {
    pub(super) limits: Limits,
    /// The size of the file, where that is known ahead.
    size: u64,
    read: Cell<u64>,
    unpacked: Cell<u64>,
    spent: Cell<bool>,
    /// What went wrong with the file itself, not with what it holds.
    failed: RefCell<Option<io::Error>>,
}

impl Budget {
    /// For a file of this size of which so much was read already.
    pub(super) fn new(limits: Limits, size: Option<u64>, read: u64) -> Self {
        let (unpacked, spent) = (Cell::new(0), Cell::new(false));
        Self {
            limits,
            size: size.unwrap_or(0),
            read: Cell::new(read),
            unpacked,
            spent,
            failed: RefCell::default(),
        }
    }

    fn most(&self) -> u64 {
        let packed = self.size.max(self.read.get());
        self.limits.unpacked.min(FLOOR.saturating_add(packed.saturating_mul(RATIO)))
    }

    /// Takes so many bytes out of what is left; false once there is nothing left.
    fn charge(&self, bytes: u64) -> bool {
        let sum = self.unpacked.get().saturating_add(bytes);
        self.unpacked.set(sum);
        if sum > self.most() {
            self.spent.set(true);
        }
        !self.spent.get()
    }

    /// As [`Budget::charge`], with an error that ends what is read.
    pub(super) fn take(&self, bytes: u64) -> io::Result<()> {
        if self.charge(bytes) { Ok(()) } else { Err(io::ErrorKind::FileTooLarge.into()) }
    }

    /// One more entry was met.
    pub(super) fn entry(&self) -> bool {
        self.charge(ENTRY)
    }

    /// Whether nothing more may be unpacked.
    pub(super) fn is_spent(&self) -> bool {
        self.spent.get()
    }

    /// Bytes that were read from the file.
    pub(super) fn read(&self) -> u64 {
        self.read.get()
    }

    /// What went wrong with the file itself.
    pub(super) fn failure(&self) -> Option<io::Error> {
        self.failed.borrow_mut().take()
    }

    /// Whether the file itself could not be read to its end.
    pub(super) fn has_failed(&self) -> bool {
        self.failed.borrow().is_some()
    }
}

/// The file itself: what is read of it is counted, and an error of it is no damage of what it holds.
pub(super) struct Metered<'a> {
    pub(super) reader: &'a mut dyn Read,
    pub(super) budget: &'a Budget,
}

impl Read for Metered<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.reader.read(buffer) {
            Ok(read) => {
                self.budget.read.set(self.budget.read.get() + read as u64);
                Ok(read)
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Err(error),
            Err(error) => {
                let told = io::Error::from(error.kind());
                *self.budget.failed.borrow_mut() = Some(error);
                Err(told)
            }
        }
    }
}

/// What comes out of a decoder: each byte is charged.
pub(super) struct Charged<'a, R> {
    pub(super) reader: R,
    pub(super) budget: &'a Budget,
}

impl<R: Read> Read for Charged<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.budget.is_spent() {
            return Err(io::Error::other("too large when unpacked"));
        }
        let read = self.reader.read(buffer)?;
        // What came is still looked at: the end comes with the next read.
        self.budget.charge(read as u64);
        Ok(read)
    }
}

/// A stream whose error is its end, so that what came before it is looked at; the error is asked for afterwards.
pub(super) struct Forgiving<'a> {
    reader: &'a mut dyn Read,
    pub(super) error: Option<io::Error>,
}

impl<'a> Forgiving<'a> {
    pub(super) fn new(reader: &'a mut dyn Read) -> Self {
        Self { reader, error: None }
    }
}

impl Read for Forgiving<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.error.is_none() {
            match self.reader.read(buffer) {
                Ok(read) => return Ok(read),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => self.error = Some(error),
            }
        }
        Ok(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bomb_costs_what_its_file_is_worth() {
        let limits = Limits::default();
        let check = |size: u64, expected: u64| {
            assert_eq!(Budget::new(limits, Some(size), 0).most(), expected, "{size}");
        };
        check(0, FLOOR);
        check(10 << 20, FLOOR + (10 << 20) * RATIO);
        check(1 << 30, UNPACKED);
        check(u64::MAX, UNPACKED);
        // What has no known size is worth what was read of it.
        assert_eq!(Budget::new(limits, None, 1 << 20).most(), FLOOR + (RATIO << 20));
        let own = Limits { unpacked: 1000, ..limits };
        assert_eq!(Budget::new(own, Some(1 << 30), 0).most(), 1000);
    }

    #[test]
    fn what_came_is_handed_on_and_then_it_ends() {
        let budget = Budget::new(Limits { unpacked: 1000, ..Limits::default() }, None, 0);
        let mut reader = Charged { reader: io::repeat(b'x'), budget: &budget };
        let mut forgiving = Forgiving::new(&mut reader);
        let mut text = Vec::new();
        forgiving.read_to_end(&mut text).unwrap();
        assert!((1000..20_000).contains(&text.len()), "{}", text.len());
        assert!(forgiving.error.is_some() && budget.is_spent());
        assert!(!budget.entry());
    }
}
