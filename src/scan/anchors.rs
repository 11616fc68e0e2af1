//! Where the keywords of a set of rules are looked for: each in the cheapest way that misses none of its places.

use std::sync::OnceLock;

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind, Span, StartKind, packed};

use super::sweep::{RUN, Sought};
use super::table::{Entry, Near};
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
    /// Those near runs that hold a digit, and those near any run.
    pub(crate) near_digits: Keywords,
    pub(crate) near_runs: Keywords,
    /// Those that may stand anywhere.
    pub(crate) in_text: Literals,
    /// Those that make their pattern run over the whole text.
    pub(crate) in_file: Whole,
}

impl Anchors {
    pub(crate) fn new(entries: &[Entry], thrift: Thrift) -> Self {
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
                    // In their own case they are few enough, and rare enough, for one look at all of the text.
                    near if near == Near::Text || !word.any_case => in_text.push(word),
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
            near_digits: Keywords::new(near_digits, thrift),
            near_runs: Keywords::new(near_runs, thrift),
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

/// Keywords in any case that are looked for in parts of a text, with an automaton that is built when it is first needed.
#[derive(Debug)]
pub(crate) struct Keywords {
    all: Vec<Keyword>,
    automaton: OnceLock<AhoCorasick>,
    thrift: Thrift,
    /// The length of the longest one.
    pub(crate) longest: usize,
    /// How long a run must be to have one of them near.
    pub(crate) run: usize,
}

impl Keywords {
    fn new(keywords: Vec<Keyword>, thrift: Thrift) -> Self {
        let longest = keywords.iter().map(|keyword| keyword.text.len()).max().unwrap_or(0);
        let run = keywords.iter().map(|keyword| keyword.run).min().unwrap_or(usize::MAX);
        Self { all: keywords, automaton: OnceLock::new(), thrift, longest, run }
    }

    /// Calls `each` with the rule and the place of every keyword.
    pub(crate) fn each(&self, text: &[u8], mut each: impl FnMut(u16, usize)) {
        if self.all.is_empty() {
            return;
        }
        for found in self.automaton.get_or_init(|| self.build()).find_overlapping_iter(text) {
            each(self.all[found.pattern().as_usize()].rule, found.start());
        }
    }

    fn build(&self) -> AhoCorasick {
        // For three hundred words the DFA takes 350 kB, the NFA a tenth of that.
        let kind = match self.thrift {
            Thrift::Speed => AhoCorasickKind::DFA,
            Thrift::Memory => AhoCorasickKind::ContiguousNFA,
        };
        AhoCorasick::builder()
            .match_kind(MatchKind::Standard)
            .start_kind(StartKind::Unanchored)
            .ascii_case_insensitive(true)
            // Its own search for rare bytes costs more here than the automaton does.
            .prefilter(false)
            .kind(Some(kind))
            .build(self.all.iter().map(|keyword| keyword.text))
            .expect("a few hundred short keywords fit into an automaton")
    }
}

/// Rare literals, looked for in all of a text: with vector instructions where the machine has them.
#[derive(Debug)]
pub(crate) struct Literals {
    groups: Vec<Group>,
}

#[derive(Debug)]
struct Group {
    packed: Option<packed::Searcher>,
    /// For machines without such instructions, and for literals in any case.
    automaton: Option<AhoCorasick>,
    keywords: Vec<Keyword>,
}

/// How many literals are looked for at once; the vector search takes 64, and is worth less with each.
const GROUP: usize = 48;

impl Literals {
    fn new(keywords: Vec<Keyword>) -> Self {
        let (any_case, exact): (Vec<Keyword>, Vec<_>) =
            keywords.into_iter().partition(|keyword| keyword.any_case);
        let exact = exact.chunks(GROUP).map(|part| Group::new(part, false));
        let any_case = (!any_case.is_empty()).then(|| Group::new(&any_case, true));
        Self { groups: exact.chain(any_case).collect() }
    }

    /// Calls `each` with the rule and the place of every literal.
    pub(crate) fn each(&self, text: &[u8], mut each: impl FnMut(u16, usize)) {
        self.groups.iter().for_each(|group| group.each(text, &mut each));
    }
}

impl Group {
    fn new(keywords: &[Keyword], any_case: bool) -> Self {
        let literals = || keywords.iter().map(|keyword| keyword.text.as_bytes());
        let packed = if any_case { None } else { packed::Searcher::new(literals()) };
        let plain = || {
            AhoCorasick::builder()
                .match_kind(MatchKind::LeftmostFirst)
                .ascii_case_insensitive(any_case)
                .build(literals())
                .expect("a few short keywords fit into an automaton")
        };
        let automaton = packed.is_none().then(plain);
        Self { packed, automaton, keywords: keywords.to_vec() }
    }

    fn each(&self, text: &[u8], each: &mut impl FnMut(u16, usize)) {
        let mut from = 0;
        let next = |from: usize| match (&self.packed, &self.automaton) {
            (Some(packed), _) => packed.find_in(text, Span::from(from..text.len())),
            (_, Some(automaton)) => automaton.find(aho_corasick::Input::new(text).range(from..)),
            _ => None,
        };
        // One literal may begin where another does, or within it.
        while let Some(found) = next(from) {
            let tail = &text[found.start()..];
            for keyword in &self.keywords {
                let Some(start) = tail.get(..keyword.text.len()) else { continue };
                if start == keyword.text.as_bytes()
                    || (keyword.any_case && start.eq_ignore_ascii_case(keyword.text.as_bytes()))
                {
                    each(keyword.rule, found.start());
                }
            }
            from = found.start() + 1;
        }
    }
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
