//! Entries that somebody wrote about files, and whether they still say anything: what has allowed nothing in a file
//! that was read is stale. Many threads ask at once, without a lock.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};

/// Entries by the file they are about.
#[derive(Debug)]
pub(crate) struct Entries<E> {
    files: HashMap<String, OfFile<E>>,
}

impl<E> Default for Entries<E> {
    fn default() -> Self {
        Self { files: HashMap::new() }
    }
}

/// The entries about one file.
#[derive(Debug)]
pub(crate) struct OfFile<E> {
    was_read: AtomicBool,
    entries: Vec<(E, AtomicBool)>,
}

impl<E> OfFile<E> {
    /// The first entry that fits; it is in use.
    pub(crate) fn find(&self, fits: impl Fn(&E) -> bool) -> Option<&E> {
        let (entry, is_used) = self.entries.iter().find(|(entry, _)| fits(entry))?;
        is_used.store(true, Ordering::Relaxed);
        Some(entry)
    }
}

impl<E> Entries<E> {
    /// Takes over what was read.
    pub(crate) fn new(files: HashMap<String, Vec<E>>) -> Self {
        let fresh = |entries: Vec<E>| OfFile {
            was_read: AtomicBool::new(false),
            entries: entries.into_iter().map(|entry| (entry, AtomicBool::new(false))).collect(),
        };
        Self { files: files.into_iter().map(|(file, entries)| (file, fresh(entries))).collect() }
    }

    /// What is said about this file.
    pub(crate) fn of(&self, file: &str) -> Option<&OfFile<E>> {
        self.files.get(file)
    }

    /// This file was read to its end.
    pub(crate) fn was_read(&self, file: &str) {
        if let Some(of) = self.files.get(file) {
            of.was_read.store(true, Ordering::Relaxed);
        }
    }

    /// What allowed nothing although its file was read, or is gone.
    pub(crate) fn stale<'a>(
        &'a self,
        is_gone: &'a dyn Fn(&str) -> bool,
    ) -> impl Iterator<Item = (&'a str, &'a E)> {
        let counts = move |(file, of): &(&'a String, &'a OfFile<E>)| {
            of.was_read.load(Ordering::Relaxed) || is_gone(file)
        };
        self.files.iter().filter(counts).flat_map(|(file, of)| {
            let unused = of.entries.iter().filter(|(_, is_used)| !is_used.load(Ordering::Relaxed));
            unused.map(move |(entry, _)| (file.as_str(), entry))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_helped_nothing_in_a_file_that_was_read_is_stale() {
        let files = [("a", vec![1, 2]), ("b", vec![3]), ("gone", vec![4])];
        let entries = Entries::new(files.map(|(file, list)| (file.to_owned(), list)).into());
        assert!(entries.of("c").is_none());
        assert_eq!(entries.of("a").unwrap().find(|entry| *entry == 2), Some(&2));
        assert_eq!(entries.of("a").unwrap().find(|entry| *entry == 9), None);
        entries.was_read("a");
        entries.was_read("c");
        let mut stale: Vec<_> = entries.stale(&|file| file == "gone").collect();
        stale.sort_unstable();
        assert_eq!(stale, [("a", &1), ("gone", &4)], "b was not read");
    }
}
