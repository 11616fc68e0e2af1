//! The rules: read once from the tables in `assets/rules`, compiled one by one when a keyword first asks for them.
//!
//! A rule declares its anchor. `near = "run"` (the usual one) promises that its keyword stands in, or shortly
//! before, a long run of token bytes, so that only those places are searched; `near = "text"` is looked for
//! everywhere and must be a rare literal. A rule without a pattern is matched by code (`builtin`) and only lends
//! its name, its score and its words. Examples ride in the same tables; nothing but a test reads them.

use std::sync::{Arc, LazyLock};

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind, StartKind, packed};

use super::finding::Harm;
use super::pattern::{Found, Patterns};
use super::table::{self, Builtin, Entry, Near};
use super::validate::Validator;

/// The tables, as they are compiled in.
pub(crate) const TABLES: [(&str, &str); 3] = [
    ("generic", include_str!("../../assets/rules/generic.toml")),
    ("cloud", include_str!("../../assets/rules/cloud.toml")),
    ("services", include_str!("../../assets/rules/services.toml")),
];

/// A kind of secret.
#[derive(Debug)]
pub struct Rule {
    /// Its short name, which stands in reports.
    pub id: Arc<str>,
    /// What it finds, in words.
    pub name: &'static str,
    /// The probability that what it finds is a real secret.
    pub score: f64,
    /// How much harm what it finds does when it is real.
    pub severity: Harm,
    pub(crate) validator: Option<Validator>,
    pub(crate) builtin: Option<Builtin>,
    pub(crate) words: Vec<&'static str>,
    pub(crate) except: Vec<&'static str>,
    /// How far before the keyword the match may start; 0 asks for a word boundary there.
    pub(crate) before: usize,
    /// Whether the match may go on behind the end of the line.
    pub(crate) lines: bool,
    /// How much text behind its keyword the pattern may need.
    pub(crate) reach: usize,
    pub(crate) digit: bool,
    pub(crate) entropy: f64,
    keywords: Vec<&'static str>,
    /// The pattern that confirms it, or nothing.
    pub(crate) pattern: &'static str,
}

impl Rule {
    /// How many leading bytes of the secret are a public prefix.
    pub(crate) fn public_prefix(&self, secret: &[u8]) -> usize {
        let starts = |word: &&&str| secret.starts_with(word.as_bytes()) && word.len() < secret.len();
        self.keywords.iter().filter(starts).map(|word| word.len()).max().unwrap_or(0)
    }
}

/// All rules with the automata that find their keywords.
#[derive(Debug)]
pub struct RuleSet {
    /// The rules, builtin ones included.
    pub rules: Vec<Rule>,
    pub(crate) near_run: Keywords,
    pub(crate) in_text: Literals,
    pub(crate) url: usize,
    pub(crate) option: usize,
    pub(crate) entropy: usize,
    /// The assignment rules, strictest words last.
    pub(crate) assignments: Vec<usize>,
    /// The last three letters of all words of assignment rules, as bits.
    endings: Vec<u64>,
    patterns: Patterns,
}

/// What a set of rules is made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Thrift {
    /// Many threads and gigabytes of text: what is fast.
    Speed,
    /// One thread that goes on for days: what is small.
    Memory,
}

/// One automaton, and the rule that each of its patterns belongs to.
#[derive(Debug)]
pub(crate) struct Keywords {
    pub(crate) automaton: AhoCorasick,
    pub(crate) rule: Vec<u16>,
}

impl Keywords {
    fn new(words: Vec<(String, u16)>, thrift: Thrift) -> Self {
        // For three hundred words the DFA takes 350 kB, the NFA a tenth of that.
        let kind = match thrift {
            Thrift::Speed => AhoCorasickKind::DFA,
            Thrift::Memory => AhoCorasickKind::ContiguousNFA,
        };
        let automaton = AhoCorasick::builder()
            .match_kind(MatchKind::Standard)
            .start_kind(StartKind::Unanchored)
            .kind(Some(kind))
            .build(words.iter().map(|(word, _)| word.as_bytes()))
            .expect("a hundred short keywords fit into an automaton");
        Self { automaton, rule: words.into_iter().map(|(_, rule)| rule).collect() }
    }
}

/// Rare literals, looked for in all of a text: with vector instructions where the machine has them.
#[derive(Debug)]
pub(crate) struct Literals {
    packed: Option<packed::Searcher>,
    /// For machines without such instructions.
    automaton: Option<AhoCorasick>,
    rule: Vec<u16>,
}

impl Literals {
    fn new(words: Vec<(String, u16)>) -> Self {
        let literals = || words.iter().map(|(word, _)| word.as_bytes());
        let packed = packed::Searcher::new(literals());
        let plain = || AhoCorasick::builder().match_kind(MatchKind::LeftmostFirst).build(literals());
        let automaton = if packed.is_some() { None } else { plain().ok() };
        Self { packed, automaton, rule: words.into_iter().map(|(_, rule)| rule).collect() }
    }

    /// Calls `each` with the rule and the place of every literal, from left to right.
    pub(crate) fn each(&self, text: &[u8], mut each: impl FnMut(usize, usize)) {
        let mut found = |found: aho_corasick::Match| {
            each(usize::from(self.rule[found.pattern().as_usize()]), found.start());
        };
        if let Some(packed) = &self.packed {
            packed.find_iter(text).for_each(&mut found);
        } else if let Some(automaton) = &self.automaton {
            automaton.find_iter(text).for_each(&mut found);
        }
    }
}

/// How much text a pattern sees whose quantifiers all have an end, and one with an open end.
const REACH: usize = 640;
const OPEN_REACH: usize = 4000;

/// The built-in rules.
pub fn builtin() -> &'static RuleSet {
    static BUILTIN: LazyLock<RuleSet> = LazyLock::new(|| RuleSet::new(&tables(), Thrift::Speed));
    &BUILTIN
}

/// The same rules in little memory, whatever the text holds: slower, and for one thread.
pub(crate) fn small() -> &'static RuleSet {
    static SMALL: LazyLock<RuleSet> = LazyLock::new(|| RuleSet::new(&tables(), Thrift::Memory));
    &SMALL
}

fn tables() -> Vec<Entry> {
    let read = |(name, text): &(&str, &'static str)| {
        table::entries(text).unwrap_or_else(|at| {
            panic!("assets/rules/{name}.toml: {}", at.lines().next().unwrap_or_default())
        })
    };
    TABLES.iter().flat_map(read).collect()
}

impl RuleSet {
    fn new(entries: &[Entry], thrift: Thrift) -> Self {
        let (mut near_run, mut in_text) = (Vec::new(), Vec::new());
        for (index, entry) in entries.iter().enumerate() {
            let words = match entry.near {
                Near::Run => &mut near_run,
                Near::Text => &mut in_text,
            };
            let cases = entry.keywords.iter().flat_map(|word| cases(word, entry.any_case));
            words.extend(cases.map(|word| (word, index as u16)));
        }
        let rules: Vec<Rule> = entries.iter().map(Rule::from).collect();
        let builtin = |wanted: Builtin| rules.iter().position(|rule| rule.builtin == Some(wanted));
        let only = |wanted| builtin(wanted).expect("the tables hold one rule for each builtin");
        let assignments: Vec<usize> =
            (0..rules.len()).filter(|&index| rules[index].builtin == Some(Builtin::Assignment)).collect();
        let mut endings = vec![0u64; ENDINGS.div_ceil(64)];
        for word in assignments.iter().flat_map(|&index| &rules[index].words) {
            let ending = ending(word.as_bytes()).expect("words are three letters or longer");
            endings[ending / 64] |= 1 << (ending % 64);
        }
        Self {
            url: only(Builtin::Url),
            option: only(Builtin::Option),
            entropy: only(Builtin::Entropy),
            near_run: Keywords::new(near_run, thrift),
            in_text: Literals::new(in_text),
            assignments,
            endings,
            patterns: match thrift {
                Thrift::Speed => Patterns::all(rules.len()),
                Thrift::Memory => Patterns::few(),
            },
            rules,
        }
    }

    /// What the pattern of this rule finds at the beginning of `text`, up to `before` bytes behind it.
    pub(crate) fn matched(&self, rule: usize, text: &[u8]) -> Option<Found> {
        let found = &self.rules[rule];
        if found.pattern.is_empty() { None } else { self.patterns.find(rule, found, text) }
    }

    /// Whether some word of an assignment rule ends as this name does; looks at three letters only.
    pub(crate) fn may_end_a_word(&self, name: &[u8]) -> bool {
        ending(name).is_some_and(|ending| self.endings[ending / 64] & (1 << (ending % 64)) != 0)
    }
}

/// How many endings of three letters there are.
const ENDINGS: usize = 26 * 26 * 26;

/// The last three letters of a name as a number, whatever their case; `None` when they are no letters.
fn ending(name: &[u8]) -> Option<usize> {
    let last = name.last_chunk::<3>()?;
    last.iter().try_fold(0, |number, byte| {
        let letter = byte.to_ascii_lowercase().wrapping_sub(b'a');
        (letter < 26).then_some(number * 26 + usize::from(letter))
    })
}

impl From<&Entry> for Rule {
    fn from(entry: &Entry) -> Self {
        let is_open = entry.pattern.contains(",}") || entry.pattern.contains("]*");
        Self {
            id: entry.id.into(),
            name: entry.name,
            score: entry.score,
            severity: entry.severity,
            validator: entry.validator,
            builtin: entry.builtin,
            words: entry.words.clone(),
            except: entry.except.clone(),
            before: entry.before,
            reach: if is_open { OPEN_REACH } else { REACH },
            lines: entry.lines,
            digit: entry.digit,
            entropy: entry.entropy,
            keywords: entry.keywords.clone(),
            pattern: entry.pattern,
        }
    }
}

/// The word as it is; with `any_case` also in capitals and capitalised, which is how names are really written.
fn cases(word: &str, any_case: bool) -> Vec<String> {
    let mut cases = vec![word.to_owned()];
    if any_case {
        cases.push(word.to_ascii_uppercase());
        cases.push(word[..1].to_ascii_uppercase() + &word[1..]);
        cases.sort();
        cases.dedup();
    }
    cases
}
