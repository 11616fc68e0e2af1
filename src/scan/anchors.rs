//! Where the keywords of a set of rules are looked for: each in the cheapest way that misses none of its places.

use std::collections::BTreeSet;

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind, Span, StartKind, packed};

use super::sweep::Sought;
use super::table::{Entry, Near};
use super::token::RUN;
use super::words::Words;

/// What a set of rules is made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Thrift {
    /// Many threads and gigabytes of text: what is fast.
    Speed,
    /// One thread that goes on for days: what is small.
    Memory,
}

/// The keywords of all rules.
#[derive(Debug)]
pub(crate) struct Anchors {
    /// Those that begin a word: anywhere, and near runs that hold a digit.
    words: Words,
    words_near_digits: Words,
    /// Those within words: near runs that hold a digit, and near any run.
    pub(crate) near_digits: Literals,
    pub(crate) near_runs: Literals,
    /// Those that may stand anywhere.
    pub(crate) in_text: Literals,
    /// Those that make their pattern run over the whole text.
    pub(crate) in_file: Whole,
}

impl Anchors {
    pub(crate) fn new(entries: &[Entry]) -> Self {
        let (mut words, mut words_near_digits) = (Words::new(), Words::new());
        let (mut near_digits, mut near_runs, mut in_text) = (Vec::new(), Vec::new(), Vec::new());
        for (index, entry) in entries.iter().enumerate().filter(|(_, entry)| entry.near != Near::File) {
            let index = index as u16;
            for &keyword in &entry.keywords {
                if let Some(offset) = Words::offset(keyword.as_bytes(), begins_a_word(entry)) {
                    let is_near = entry.near == Near::Run && entry.digit;
                    let words = if is_near { &mut words_near_digits } else { &mut words };
                    words.add(keyword.as_bytes(), offset, entry.any_case, index);
                    continue;
                }
                let (any_case, run) = (entry.any_case, entry.run.max(RUN));
                let word = Keyword { text: keyword, any_case, rule: index, run };
                match entry.near {
                    Near::Text => in_text.push(word),
                    _ if entry.digit => near_digits.push(word),
                    _ => near_runs.push(word),
                }
            }
        }
        words.sort();
        words_near_digits.sort();
        near_digits.extend(near_runs.iter().copied());
        Self {
            words,
            words_near_digits,
            near_digits: Literals::new(near_digits),
            near_runs: Literals::new(near_runs),
            in_text: Literals::new(in_text),
            in_file: Whole::new(entries),
        }
    }

    /// The keywords that begin words.
    pub(crate) fn sought(&self) -> Sought<'_> {
        Sought { everywhere: &self.words, near_digits: &self.words_near_digits }
    }
}

/// Whether the pattern sees to it that its keyword begins a word; code that matches does.
fn begins_a_word(entry: &Entry) -> bool {
    if entry.builtin.is_some() {
        return true;
    }
    let pattern = entry.pattern.strip_prefix("(?i)").unwrap_or(entry.pattern);
    (entry.before == 0 && pattern.starts_with(r"\b"))
        || (entry.before <= 1 && pattern.starts_with("(?:^|[^A-Za-z0-9"))
}

#[derive(Clone, Copy, Debug)]
struct Keyword {
    text: &'static str,
    any_case: bool,
    rule: u16,
    run: usize,
}

/// Literals within words, looked for in a text or in parts of it: with vector instructions where the machine has them.
#[derive(Debug)]
pub(crate) struct Literals {
    groups: Vec<Group>,
    /// The length of the longest one.
    pub(crate) longest: usize,
    /// How long a run must be to have one of them near.
    pub(crate) run: usize,
}

#[derive(Debug)]
struct Group {
    /// A byte that all of them have in the same place, and that is rare: `~` of `8Q~`.
    shared: Option<(usize, u8)>,
    packed: Option<packed::Searcher>,
    /// For machines without such instructions.
    automaton: Option<AhoCorasick>,
    keywords: Vec<Keyword>,
}

/// How many literals are looked for at once, which is as many as the vector search takes: one search for all of them is
/// better than two for some each, since the texts are short.
const GROUP: usize = 64;

impl Literals {
    fn new(keywords: Vec<Keyword>) -> Self {
        let longest = keywords.iter().map(|keyword| keyword.text.len()).max().unwrap_or(0);
        let run = keywords.iter().map(|keyword| keyword.run).min().unwrap_or(usize::MAX);
        let mut groups: Vec<Vec<Keyword>> = Vec::new();
        let mut ways: BTreeSet<Vec<u8>> = BTreeSet::new();
        for keyword in keywords {
            ways.extend(keyword.beginnings());
            if groups.is_empty() || ways.len() > GROUP {
                groups.push(Vec::new());
                ways = keyword.beginnings().into_iter().collect();
            }
            groups.last_mut().expect("one was pushed").push(keyword);
        }
        Self { groups: groups.into_iter().map(Group::new).collect(), longest, run }
    }

    /// Calls `each` with the rule and the place of every literal.
    pub(crate) fn each(&self, text: &[u8], mut each: impl FnMut(u16, usize)) {
        self.groups.iter().for_each(|group| group.each(text, &mut each));
    }
}

impl Keyword {
    /// What a search for it looks for: the whole, or its first bytes in all cases.
    fn beginnings(&self) -> Vec<Vec<u8>> {
        if !self.any_case {
            return vec![self.text.into()];
        }
        let mut ways = vec![Vec::new()];
        for byte in self.text.bytes().take(3) {
            let other =
                if byte.is_ascii_lowercase() { byte.to_ascii_uppercase() } else { byte.to_ascii_lowercase() };
            let cases = if other == byte { vec![byte] } else { vec![byte, other] };
            ways = ways.iter().flat_map(|way| cases.iter().map(|&c| [&way[..], &[c]].concat())).collect();
        }
        ways
    }
}

impl Group {
    fn new(keywords: Vec<Keyword>) -> Self {
        let mut beginnings: Vec<Vec<u8>> = keywords.iter().flat_map(Keyword::beginnings).collect();
        beginnings.sort();
        beginnings.dedup();
        let shared = keywords.first().and_then(|first| shared(first, &keywords));
        let packed = packed::Searcher::new(&beginnings);
        let plain = || {
            AhoCorasick::builder()
                .match_kind(MatchKind::LeftmostFirst)
                .build(&beginnings)
                .expect("a few short keywords fit into an automaton")
        };
        let automaton = packed.is_none().then(plain);
        Self { shared, packed, automaton, keywords }
    }

    fn each(&self, text: &[u8], each: &mut impl FnMut(u16, usize)) {
        if let Some((before, byte)) = self.shared {
            let starts = memchr::memchr_iter(byte, text).filter_map(|at| at.checked_sub(before));
            return starts.for_each(|start| self.at(text, start, each));
        }
        let mut from = 0;
        let next = |from: usize| match (&self.packed, &self.automaton) {
            (Some(packed), _) => packed.find_in(text, Span::from(from..text.len())),
            (_, Some(automaton)) => automaton.find(aho_corasick::Input::new(text).range(from..)),
            _ => None,
        };
        // One literal may begin where another does, or within it.
        while let Some(found) = next(from) {
            self.at(text, found.start(), each);
            from = found.start() + 1;
        }
    }

    /// Calls `each` with all literals that begin here.
    fn at(&self, text: &[u8], start: usize, each: &mut impl FnMut(u16, usize)) {
        let tail = &text[start..];
        for keyword in &self.keywords {
            let Some(found) = tail.get(..keyword.text.len()) else { continue };
            if found == keyword.text.as_bytes()
                || (keyword.any_case && found.eq_ignore_ascii_case(keyword.text.as_bytes()))
            {
                each(keyword.rule, start);
            }
        }
    }
}

fn shared(first: &Keyword, all: &[Keyword]) -> Option<(usize, u8)> {
    let is_shared = |&(at, byte): &(usize, u8)| {
        byte.is_ascii_punctuation() && all.iter().all(|other| other.text.as_bytes().get(at) == Some(&byte))
    };
    first.text.bytes().enumerate().find(is_shared)
}

/// Keywords that may stand anywhere in a file, for patterns that are run over all of it.
#[derive(Debug, Default)]
pub(crate) struct Whole {
    automaton: Option<AhoCorasick>,
    rule: Vec<u16>,
    /// Rules without a keyword.
    always: Vec<u16>,
}

impl Whole {
    fn new(entries: &[Entry]) -> Self {
        let (mut words, mut rule, mut always) = (Vec::new(), Vec::new(), Vec::new());
        for (index, entry) in entries.iter().enumerate().filter(|(_, entry)| entry.near == Near::File) {
            if entry.keywords.iter().all(|word| word.is_empty()) {
                always.push(index as u16);
                continue;
            }
            for word in &entry.keywords {
                words.push(*word);
                rule.push(index as u16);
            }
        }
        let automaton = || {
            AhoCorasick::builder()
                .ascii_case_insensitive(true)
                .kind(Some(AhoCorasickKind::DFA))
                .start_kind(StartKind::Unanchored)
                .build(&words)
                .expect("a few hundred short keywords fit into an automaton")
        };
        Self { automaton: (!words.is_empty()).then(automaton), rule, always }
    }

    /// Whether there is no such pattern.
    pub(crate) fn is_empty(&self) -> bool {
        self.rule.is_empty() && self.always.is_empty()
    }

    /// The rules that are to be run over this text, in order.
    pub(crate) fn wanted(&self, text: &[u8]) -> Vec<u16> {
        let mut wanted = self.always.clone();
        if let Some(automaton) = &self.automaton {
            wanted.extend(
                automaton.find_overlapping_iter(text).map(|found| self.rule[found.pattern().as_usize()]),
            );
            wanted.sort_unstable();
            wanted.dedup();
        }
        wanted
    }
}
