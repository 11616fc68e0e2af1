//! Which locks of one process are the same. Pure.
//!
//! A source gives names, and a name is not a lock: two accounts have a `self.lock` each, and `transfer(first, second)` knows
//! one lock by two names. What local variables lead to tells them apart: the address of the object behind the first word of a
//! name. Locks get names here of which equal ones are equal locks, as far as that is known; where it is not, as with
//! `forks[(i + 1) % n]`, the name is made the thread's own, since a lock taken for another accuses the innocent.

use std::collections::{BTreeMap, BTreeSet};

/// A local variable of a frame: its name, the address of its object, and how that reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Local {
    /// Its name.
    pub name: String,
    /// Where its object is.
    pub address: u64,
    /// What it says, for whole numbers.
    pub number: Option<i64>,
}

/// Where a name of a lock stands: the thread, and the local variables there.
#[derive(Debug, Clone, Copy)]
pub(super) struct At<'a> {
    pub(super) tid: u32,
    pub(super) locals: &'a [Local],
}

/// What a name leads to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Lock {
    /// What a local variable's object has under the rest of the name.
    Object(u64, String),
    /// What this thread alone calls so.
    Own(u32, String),
    /// What everybody calls so.
    Named(String),
}

/// Names by which one lock is told, at most.
const MOST_NAMES: usize = 3;

/// The names that locks have everywhere, in the order of the names that they are given by.
pub(super) fn told(names: &[(String, At)]) -> Vec<String> {
    let locks: Vec<(Lock, String)> = names.iter().map(|(name, at)| lock(name, *at)).collect();
    let mut names_of: BTreeMap<&Lock, BTreeSet<&str>> = BTreeMap::new();
    let mut objects: BTreeMap<&str, BTreeSet<&Lock>> = BTreeMap::new();
    for (lock, name) in &locks {
        if matches!(lock, Lock::Object(..)) {
            names_of.entry(lock).or_default().insert(name);
            objects.entry(name).or_default().insert(lock);
        }
    }
    let label = |lock: &Lock| match lock {
        Lock::Object(address, _) => {
            let names = names_of.get(lock).cloned().unwrap_or_default();
            let is_plain = names.len() == 1 && names.iter().all(|name| objects[name].len() == 1);
            let joined = names.into_iter().take(MOST_NAMES).collect::<Vec<_>>().join("/");
            if is_plain { joined } else { format!("{joined}@{address:#x}") }
        }
        Lock::Own(tid, name) => format!("{name} (thread {tid})"),
        // A global that one function is given by the same name is most likely that one.
        Lock::Named(name) => name.clone(),
    };
    locks
        .iter()
        .map(|(lock, name)| match (lock, objects.get(name.as_str())) {
            (Lock::Named(_), Some(known)) if known.len() == 1 => {
                known.first().map_or(name.clone(), |lock| label(lock))
            }
            _ => label(lock),
        })
        .collect()
}

/// What a name leads to, and the name with the numbers that its variables stand for.
fn lock(name: &str, at: At) -> (Lock, String) {
    let (name, is_open) = filled(name, at.locals);
    if is_open {
        return (Lock::Own(at.tid, name.clone()), name);
    }
    let end = name.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(name.len());
    let local = at.locals.iter().find(|local| local.name == name[..end] && local.address != 0);
    let lock = match local {
        Some(local) => Lock::Object(local.address, name[end..].to_owned()),
        None => Lock::Named(name.clone()),
    };
    (lock, name)
}

/// A name with its variables within brackets replaced by numbers, and whether anything is left there that varies.
fn filled(name: &str, locals: &[Local]) -> (String, bool) {
    let mut out = String::with_capacity(name.len());
    let (mut depth, mut quote, mut is_open) = (0_i32, None, false);
    let mut rest = name;
    while let Some(c) = rest.chars().next() {
        let mut taken = c.len_utf8();
        if quote.is_some() || matches!(c, '\'' | '"') {
            quote = match quote {
                None => Some(c),
                Some(open) if open == c => None,
                open => open,
            };
            out.push(c);
        } else if depth > 0 && (c.is_alphabetic() || c == '_') {
            taken = rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len());
            let word = &rest[..taken];
            let number = locals.iter().find(|local| local.name == word).and_then(|local| local.number);
            is_open |= number.is_none();
            out.push_str(&number.map_or_else(|| word.to_owned(), |number| number.to_string()));
        } else {
            depth += i32::from(matches!(c, '[' | '(')) - i32::from(matches!(c, ']' | ')'));
            // The module of the standard library is told in brackets behind a blank.
            if c == ' ' && depth == 0 {
                out.push_str(rest);
                return (out, is_open);
            }
            out.push(c);
        }
        rest = &rest[taken..];
    }
    (out, is_open)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn local(name: &str, address: u64, number: Option<i64>) -> Local {
        Local { name: name.into(), address, number }
    }

    fn check(given: &[(&str, u32, &[Local])], expected: &[&str]) {
        let names: Vec<(String, At)> =
            given.iter().map(|(name, tid, locals)| ((*name).to_owned(), At { tid: *tid, locals })).collect();
        assert_eq!(told(&names), expected);
    }

    #[test]
    fn one_lock_by_two_names_and_two_by_one() {
        let one = [local("first", 0xa, None), local("second", 0xb, None)];
        let two = [local("first", 0xb, None), local("second", 0xa, None)];
        check(
            &[("first", 1, &one), ("second", 1, &one), ("first", 2, &two), ("second", 2, &two)],
            &["first/second@0xa", "first/second@0xb", "first/second@0xb", "first/second@0xa"],
        );
        let x = [local("self", 0x10, None), local("other", 0x20, None)];
        let y = [local("self", 0x20, None), local("other", 0x10, None)];
        check(
            &[("self.lock", 1, &x), ("other.lock", 1, &x), ("self.lock", 2, &y), ("self.log", 2, &y)],
            &["self.lock@0x10", "other.lock/self.lock@0x20", "other.lock/self.lock@0x20", "self.log"],
        );
    }

    #[test]
    fn a_name_that_leads_to_one_lock_stays_plain() {
        let locals = [local("self", 0x10, None), local("lock", 0x30, None)];
        check(&[("self.lock", 1, &locals), ("a", 1, &locals), ("a", 2, &[])], &["self.lock", "a", "a"]);
        // The global that another thread was given as an argument.
        check(&[("lock", 1, &locals), ("lock", 2, &[])], &["lock", "lock"]);
        check(
            &[("lock", 1, &locals), ("lock", 2, &[local("lock", 0x40, None)]), ("lock", 3, &[])],
            &["lock@0x30", "lock@0x40", "lock"],
        );
        check(
            &[("self.lock (logging)", 1, &locals), ("self.lock", 1, &[])],
            &["self.lock (logging)", "self.lock"],
        );
    }

    #[test]
    fn what_varies_is_filled_in_or_is_the_threads_own() {
        let locals = [local("i", 0x1, Some(3)), local("n", 0x2, None)];
        check(
            &[
                ("forks[i]", 1, &locals),
                ("forks[i+1]", 1, &locals),
                ("forks[n]", 1, &locals),
                ("forks[n]", 2, &[]),
            ],
            &["forks[3]", "forks[3+1]", "forks[n] (thread 1)", "forks[n] (thread 2)"],
        );
        check(
            &[("locks['n']", 1, &locals), ("FileLock(path)", 1, &locals), ("v.get_lock()", 1, &locals)],
            &["locks['n']", "FileLock(path) (thread 1)", "v.get_lock()"],
        );
    }
}
