//! The names under which objects stand in folders: nearly each has only one, wherever it stands. Pure.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};

use super::manner::Manner;

/// How many bytes of names are kept; what is beyond has to be read again.
const MOST: usize = 32 << 20;
/// No name is known yet.
const NONE: u32 = 0;
/// There are several, or there was no room for it.
const SEVERAL: u32 = u32::MAX;

type Name = Box<[u8]>;

/// What one thread knows of names: their numbers, and how files of these names are read.
pub(crate) type Book = HashMap<Name, (u32, Manner)>;

/// The names of all objects, which threads tell.
#[derive(Debug, Default)]
pub(crate) struct Titles {
    /// By the number of an object.
    of: Vec<AtomicU32>,
    names: Mutex<Names>,
    settled: OnceLock<Vec<Name>>,
}

#[derive(Debug, Default)]
struct Names {
    known: HashMap<Name, u32>,
    bytes: usize,
}

impl Titles {
    /// Those of so many objects.
    pub(crate) fn new(count: usize) -> Self {
        Self { of: (0..count).map(|_| AtomicU32::new(NONE)).collect(), ..Self::default() }
    }

    /// The number of a name, and how a file of this name is read.
    pub(crate) fn write(&self, name: &[u8], book: &mut Book) -> (u32, Manner) {
        if let Some(known) = book.get(name) {
            return *known;
        }
        let mut names = self.names.lock().unwrap_or_else(PoisonError::into_inner);
        let entry = (names.number(name), Manner::of(name));
        if entry.0 != SEVERAL {
            book.insert(name.into(), entry);
        }
        entry
    }

    /// Says that an object stands somewhere under the name of this number.
    pub(crate) fn add(&self, object: usize, name: u32) {
        let Some(one) = self.of.get(object) else { return };
        let joined = |known: u32| {
            let joined = if known == NONE { name } else { SEVERAL };
            (known != name && known != joined).then_some(joined)
        };
        let _ = one.fetch_update(Ordering::Relaxed, Ordering::Relaxed, joined);
    }

    /// The number of an object's name; objects of several names share one, and so do those of none.
    pub(crate) fn number(&self, object: usize) -> u32 {
        self.of.get(object).map_or(NONE, |one| one.load(Ordering::Relaxed))
    }

    /// The only name of an object, once all are written.
    pub(crate) fn of(&self, object: usize) -> Option<&[u8]> {
        let number = self.number(object);
        let names = self.settled.get_or_init(|| {
            let names = std::mem::take(&mut *self.names.lock().unwrap_or_else(PoisonError::into_inner));
            let mut all = vec![Name::default(); names.known.len()];
            for (name, number) in names.known {
                all[number as usize - 1] = name;
            }
            all
        });
        names.get((number as usize).checked_sub(1)?).map(|name| &**name)
    }
}

impl Names {
    fn number(&mut self, name: &[u8]) -> u32 {
        if let Some(known) = self.known.get(name) {
            return *known;
        }
        if self.bytes + name.len() > MOST {
            return SEVERAL;
        }
        self.bytes += name.len();
        let number = self.known.len() as u32 + 1;
        self.known.insert(name.into(), number);
        number
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn those_with_several_names_have_none() {
        let titles = Titles::new(3);
        let (mut one, mut other) = (Book::new(), Book::new());
        for (object, name) in [(0, "a.rs"), (1, "a.rs"), (0, "a.rs"), (1, "b"), (1, "a.rs"), (9, "a.rs")] {
            let written = titles.write(name.as_bytes(), &mut one);
            assert_eq!(titles.write(name.as_bytes(), &mut other), written);
            assert_eq!(written.1, Manner::of(name.as_bytes()));
            titles.add(object, written.0);
        }
        assert_eq!([0, 1, 2, 9].map(|object| titles.of(object)), [Some(&b"a.rs"[..]), None, None, None]);
    }
}
