//! Lines of output that tell of trouble, by the list in `assets/signs.toml` and by patterns of the user's; pure.
//!
//! All words of the list are looked for in one pass over a line; a pattern only confirms what a word announced, and
//! is compiled when a word first asks for it. A line is at most as long as [`super::lines`] leaves it, so its cost is
//! bounded, and what is kept of a round is one count for each kind of sign.

use std::borrow::Cow;
use std::sync::{Arc, LazyLock, OnceLock};

use aho_corasick::AhoCorasick;
use regex::Regex;
use toml::de::{DeTable, DeValue};

use crate::model::clock::Moment;
use crate::model::sign::{SignClass, SignKind, SignRead};
use crate::model::text::Text;

/// The list, as it is compiled in.
const TABLE: &str = include_str!("../../assets/signs.toml");

/// Characters of a line that are kept as an excerpt.
const EXCERPT: usize = 200;

/// What a pattern of the user's may compile to, in bytes.
const LARGEST_PATTERN: usize = 1 << 20;

/// The built-in list.
static BUILTIN: LazyLock<List> = LazyLock::new(|| List::read(TABLE).expect("the list is tested"));

/// One entry of the list.
#[derive(Debug)]
struct Entry {
    kind: Arc<SignKind>,
    words: Vec<String>,
    pattern: Option<(String, OnceLock<Option<Regex>>)>,
    except: Vec<String>,
}

impl Entry {
    /// Whether a line in which one of the words stands carries the sign.
    fn confirms(&self, line: &str) -> bool {
        let is_match = self.pattern.as_ref().is_none_or(|(pattern, compiled)| {
            compiled.get_or_init(|| Regex::new(pattern).ok()).as_ref().is_some_and(|it| it.is_match(line))
        });
        is_match && !self.except.iter().any(|word| holds(line, word))
    }
}

/// Whether `word` stands in the line, in any case.
fn holds(line: &str, word: &str) -> bool {
    line.as_bytes().windows(word.len().max(1)).any(|part| part.eq_ignore_ascii_case(word.as_bytes()))
}

/// All entries, and one search for all their words.
#[derive(Debug)]
struct List {
    entries: Vec<Entry>,
    words: AhoCorasick,
    /// The entry that each word belongs to.
    entry_of: Vec<u8>,
}

impl List {
    /// Reads the table; `None` when it is not what it should be.
    fn read(table: &str) -> Option<Self> {
        let table = DeTable::parse(table).ok()?;
        let signs = table.get_ref().get("sign")?.get_ref().as_array()?;
        let entries: Vec<Entry> = signs.iter().map(|sign| entry(sign.get_ref())).collect::<Option<_>>()?;
        let words: Vec<(u8, &String)> = entries
            .iter()
            .enumerate()
            .flat_map(|(at, entry)| entry.words.iter().map(move |word| (at as u8, word)))
            .collect();
        let search = AhoCorasick::builder()
            .ascii_case_insensitive(true)
            .build(words.iter().map(|(_, word)| word.as_bytes()))
            .ok()?;
        let entry_of = words.iter().map(|(at, _)| *at).collect();
        // A sign of a line is a bit.
        (entries.len() <= 64).then_some(Self { entries, words: search, entry_of })
    }

    /// The entries whose sign the line carries, as bits.
    fn find(&self, line: &str) -> u64 {
        let found = self.words.find_overlapping_iter(line);
        let mut wanted = found.fold(0_u64, |bits, word| bits | 1 << self.entry_of[word.pattern().as_usize()]);
        let mut carried = 0;
        while wanted != 0 {
            let bit = wanted & wanted.wrapping_neg();
            if self.entries[bit.trailing_zeros() as usize].confirms(line) {
                carried |= bit;
            }
            wanted ^= bit;
        }
        carried
    }
}

fn entry(value: &DeValue<'_>) -> Option<Entry> {
    let table = value.as_table()?;
    let text = |name: &str| table.get(name).and_then(|value| value.get_ref().as_str()).map(str::to_owned);
    let kind = SignKind {
        id: Text::from(text("id")?),
        class: SignClass::named(&text("class")?.replace('_', "-"))?,
        about: Text::from(text("about")?),
        advice: Text::from(text("advice")?),
        stays: table.get("stays").and_then(|value| value.get_ref().as_bool()).unwrap_or(false),
    };
    Some(Entry {
        kind: Arc::new(kind),
        words: list(table, "words")?,
        pattern: text("pattern").map(|pattern| (pattern, OnceLock::new())),
        except: list(table, "except")?,
    })
}

/// A list of texts, which may be absent.
fn list(table: &DeTable<'_>, name: &str) -> Option<Vec<String>> {
    let Some(value) = table.get(name) else { return Some(Vec::new()) };
    value.get_ref().as_array()?.iter().map(|value| value.get_ref().as_str().map(str::to_owned)).collect()
}

/// A sign that the user describes.
#[derive(Debug, Clone)]
pub struct OwnSign {
    kind: Arc<SignKind>,
    pattern: Regex,
}

impl OwnSign {
    /// Lines that `pattern` matches are signs of this class.
    pub fn new(class: SignClass, pattern: &str) -> Result<Self, Box<regex::Error>> {
        let compiled = regex::RegexBuilder::new(pattern).size_limit(LARGEST_PATTERN).build()?;
        let kind = SignKind {
            id: Text::from(format!("own:{pattern}")),
            class,
            about: Text::from(format!("its output matches {pattern}")),
            advice: Text::default(),
            stays: class == SignClass::Degraded,
        };
        Ok(Self { kind: Arc::new(kind), pattern: compiled })
    }
}

/// Reads the lines of one job, and counts the signs in them.
#[derive(Debug, Default)]
pub struct SignReader {
    own: Vec<OwnSign>,
    /// Lines of this round so far.
    lines: u64,
    round: Vec<SignRead>,
}

impl SignReader {
    /// A reader that looks for these too.
    pub fn new(own: Vec<OwnSign>) -> Self {
        Self { own, ..Self::default() }
    }

    /// Reads a line as the job wrote it; `shown` is the same line without secrets.
    pub fn read(&mut self, line: &str, shown: &str, at: Moment) {
        self.lines += 1;
        let list = &*BUILTIN;
        let mut carried = list.find(line);
        while carried != 0 {
            self.count(&list.entries[carried.trailing_zeros() as usize].kind, shown, at);
            carried &= carried - 1;
        }
        for own in 0..self.own.len() {
            if self.own[own].pattern.is_match(line) {
                let kind = Arc::clone(&self.own[own].kind);
                self.count(&kind, shown, at);
            }
        }
    }

    fn count(&mut self, kind: &Arc<SignKind>, shown: &str, at: Moment) {
        // Until the round is over this holds which line it was.
        let line = self.lines;
        if let Some(sign) = self.round.iter_mut().find(|sign| sign.kind.id == kind.id) {
            sign.count += 1;
            (sign.at.1, sign.lines_after) = (at, line);
            return;
        }
        let excerpt = Text::new(&cut(shown.trim()));
        let kind = Arc::clone(kind);
        self.round.push(SignRead { kind, count: 1, at: (at, at), lines_after: line, excerpt });
    }

    /// What was read since the last time.
    pub fn take(&mut self) -> Vec<SignRead> {
        let lines = std::mem::take(&mut self.lines);
        let mut round = std::mem::take(&mut self.round);
        for sign in &mut round {
            sign.lines_after = lines - sign.lines_after;
        }
        round
    }
}

fn cut(line: &str) -> Cow<'_, str> {
    match line.char_indices().nth(EXCERPT) {
        Some((end, _)) => Cow::Owned(format!("{}…", &line[..end])),
        None => Cow::Borrowed(line),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The names of the signs that a line carries.
    fn signs(line: &str) -> Vec<String> {
        let mut reader = SignReader::default();
        reader.read(line, line, Moment::default());
        reader.take().iter().map(|sign| sign.kind.id.to_string()).collect()
    }

    #[test]
    fn every_example_is_as_its_entry_says() {
        let mut wrong = Vec::new();
        let table = DeTable::parse(TABLE).unwrap();
        let table = table.get_ref()["sign"].get_ref().as_array().unwrap();
        for (entry, table) in BUILTIN.entries.iter().zip(table.iter()) {
            let id = entry.kind.id.as_str();
            let table = table.get_ref().as_table().unwrap();
            let (shows, hides) = (list(table, "shows").unwrap(), list(table, "hides").unwrap());
            assert!(!shows.is_empty() && !hides.is_empty(), "{id} has examples");
            assert!(!entry.words.is_empty() && !entry.words.iter().any(String::is_empty), "{id} has words");
            if let Some((pattern, _)) = &entry.pattern {
                assert!(Regex::new(pattern).is_ok(), "{id}: {:?}", Regex::new(pattern));
            }
            let carries = |line: &&String| signs(line).iter().any(|found| found == id);
            wrong.extend(shows.iter().filter(|line| !carries(line)).map(|l| format!("{id} misses {l}")));
            wrong.extend(hides.iter().filter(carries).map(|l| format!("{id} takes {l}")));
        }
        assert_eq!(wrong, Vec::<String>::new());
        let mut ids: Vec<_> = BUILTIN.entries.iter().map(|entry| &entry.kind.id).collect();
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), BUILTIN.entries.len(), "no name twice");
    }

    #[test]
    fn lines_of_healthy_jobs_carry_none() {
        for line in [
            "INFO done 12/200 in_flight=4 failed=0",
            " 64%|######4   | 9216/14400 [39:20<22:07,  3.9it/s]",
            "epoch 3: loss=0.12 error=0.03 mean absolute error 0.3",
            "2026-11-20 13:00:48,667 INFO train: step=100/600 loss=2.3000",
            "12 passed, 0 failed, 3 skipped in 3.10s",
            "retrying after timeout (attempt 2 of 5)",
            "GET /errors/404 200 12ms",
            "tokenising on CPU with 16 workers",
            "Sequential(\n(0): Linear(in_features=3))",
            "using n_jobs=1 as configured",
            "warnings.warn('ImportError is deprecated')",
            "loaded 3 error codes from codes.json",
            "DEBUG no space left in the line buffer, flushing",
        ] {
            // Words that count something may be the last words of a run, and then they matter.
            let found: Vec<_> = signs(line).into_iter().filter(|id| id != "summary").collect();
            assert_eq!(found, Vec::<String>::new(), "{line}");
        }
    }

    #[test]
    fn a_round_is_one_count_for_each_kind() {
        let mut reader = SignReader::default();
        let at = Moment::from_millis;
        reader.read("OSError: [Errno 12] Cannot allocate memory", "shown", at(1));
        reader.read("fine", "fine", at(2));
        reader.read(&format!("[Errno 12] {}", "x".repeat(900)), "later", at(3));
        reader.read("fine", "fine", at(4));
        let read = reader.take();
        let [sign] = &read[..] else { panic!("{read:?}") };
        assert_eq!((sign.kind.id.as_str(), sign.count, sign.at), ("memory-refused", 2, (at(1), at(3))));
        assert_eq!((sign.excerpt.as_str(), sign.lines_after), ("shown", 1));
        assert!(reader.take().is_empty());
        assert_eq!(cut(&"é".repeat(300)).chars().count(), EXCERPT + 1);
    }

    #[test]
    fn a_sign_of_the_users_own_is_read_too() {
        let own = OwnSign::new(SignClass::Degraded, "safe mode (on|forced)").unwrap();
        let mut reader = SignReader::new(vec![own]);
        reader.read("safe mode off", "", Moment::default());
        assert!(reader.take().is_empty());
        reader.read("safe mode forced", "safe mode forced", Moment::default());
        let read = reader.take();
        assert_eq!((read[0].kind.id.as_str(), read[0].kind.stays), ("own:safe mode (on|forced)", true));
        assert!(OwnSign::new(SignClass::Error, "(").is_err());
        assert!(OwnSign::new(SignClass::Error, r"\w{5000}{500}").is_err(), "it is too large");
    }

    proptest::proptest! {
        #[test]
        fn no_line_is_too_odd(line in r"(?:[ -~é\u{1b}]|ERROR|failed|ImportError: |Traceback){0,60}") {
            signs(&line);
        }
    }
}
