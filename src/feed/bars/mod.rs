//! Progress as tools print it: one line in, what it says of the progress out; pure.
//!
//! Each family has a file with a table of `form::Form`s; `fields` reads `key=value` and JSON lines. A form is
//! tried only on lines that hold its needle, and all needles are looked for in one pass. Which of several bars is
//! the job's is not decided here but by [`super::board`].

mod builds;
mod fields;
mod figure;
mod form;
mod pools;
mod rich;
mod suites;
mod tqdm;
mod training;
mod transfers;
mod widgets;

use std::sync::LazyLock;
use std::time::Duration;

use aho_corasick::AhoCorasick;

pub use form::{Bar, Counts, Tool};
use form::{Form, Ready};

/// Every form; where two could read a line, the first that does.
static FORMS: [&[Form]; 8] = [
    tqdm::FORMS,
    training::FORMS,
    rich::FORMS,
    widgets::FORMS,
    pools::FORMS,
    builds::FORMS,
    suites::FORMS,
    transfers::FORMS,
];

/// All forms with their patterns, and one search for all their needles.
struct Table {
    ready: Vec<Ready>,
    needles: AhoCorasick,
    /// For each needle, in its search's order, the forms that need it as bits.
    needed_by: Vec<u64>,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    let ready: Vec<Ready> = FORMS.iter().flat_map(|forms| forms.iter()).map(Ready::new).collect();
    debug_assert!(ready.len() <= 64, "a form has a bit");
    let mut words: Vec<&str> = ready.iter().map(|ready| ready.form.needle).collect();
    words.sort_unstable();
    words.dedup();
    let bits = |word: &&str| {
        let needing = ready.iter().enumerate().filter(|(_, ready)| ready.form.needle == *word);
        needing.fold(0_u64, |bits, (at, _)| bits | 1 << at)
    };
    let needed_by = words.iter().map(bits).collect();
    let needles = AhoCorasick::new(&words).expect("a few constant words");
    Table { ready, needles, needed_by }
});

/// What a line says of the progress, if it is one that a known tool prints.
///
/// The line is one of [`super::lines`]: without line ends and escape sequences, and bounded.
pub fn parse(line: &str) -> Option<Bar<'_>> {
    let table = &*TABLE;
    let mut wanted = table
        .needles
        .find_overlapping_iter(line)
        .fold(0_u64, |bits, found| bits | table.needed_by[found.pattern().as_usize()]);
    while wanted != 0 {
        let at = wanted.trailing_zeros() as usize;
        if let Some(bar) = table.ready[at].read(line) {
            return Some(bar);
        }
        wanted &= wanted - 1;
    }
    fields::parse(line)
}

/// What `pv -n` says: a bare percentage, or with `-b -t` seconds and bytes.
///
/// Any program may print bare numbers, so the caller must know that they are from `pv`.
pub fn parse_bare(line: &str) -> Option<Bar<'_>> {
    let mut words = line.split_ascii_whitespace();
    let (first, second) = (words.next()?, words.next());
    if words.next().is_some() {
        return None;
    }
    let bar = Bar::new(Tool::Pv);
    match second {
        None => {
            let percent: u8 = first.parse().ok().filter(|&percent| percent <= 100)?;
            Some(Bar { percent: Some(f64::from(percent)), ..bar })
        }
        Some(bytes) => {
            let seconds = first.contains('.').then(|| first.parse().ok())??;
            let elapsed = Duration::try_from_secs_f64(seconds).ok()?;
            Some(Bar { done: Some(bytes.parse().ok()?), elapsed: Some(elapsed), unit: Some("B"), ..bar })
        }
    }
}

#[cfg(test)]
mod tests;
