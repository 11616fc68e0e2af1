//! The baseline: what people said of the secrets they have looked at. Pure; `baseline_file` reads and writes it.
//!
//! The file may be public. It never holds a secret, only its salted, slow hash (scrypt, RFC 7914): who wants to try
//! guesses against a public baseline pays [`Cost::DEFAULT`] for each of them, in time and in memory. Scrypt and not
//! PBKDF2, which graphics cards run by the thousand; and not Argon2, because scrypt is made of the SHA-256 that is
//! compiled in anyway and has been in use for longer. The salt is one for the whole file, so that a scan hashes a
//! secret once, wherever it stands.
//!
//! An entry holds for one secret under one rule in one file, wherever in the file it stands; one whose path is
//! [`EVERYWHERE`] holds for it in all files.

use std::fmt::Write as _;

use scrypt::Params;
use serde::{Deserialize, Serialize};

/// The file's name in a folder that is scanned.
pub const NAME: &str = ".telltale-baseline.json";
/// The version that is written, and the only one that is read.
pub const VERSION: u64 = 1;
/// The path of an entry that holds in all files.
pub const EVERYWHERE: &str = "**";
/// The most bytes of a baseline that are read.
pub const LARGEST: usize = 8 << 20;
/// The most entries one may hold.
pub const MOST_ENTRIES: usize = 20_000;
/// The longest rule and path that an entry may name, in bytes.
const LONGEST: usize = 4096;
/// Hex digits of an id and of a salt.
const HEX: usize = 32;

/// Why a finding was accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Accepted {
    /// It is a secret, and somebody takes care of it.
    Known,
    /// It only looks like one.
    NotASecret,
}

impl Accepted {
    /// The words for a screen.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Known => "known",
            Self::NotASecret => "not a secret",
        }
    }
}

/// What people said of a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It is a secret, and somebody takes care of it.
    Known,
    /// It only looks like one.
    NotASecret,
    /// It is a secret, and has to go: it is reported until it has.
    Real,
}

impl Verdict {
    /// What that accepts; a secret that has to go is not accepted.
    pub fn accepts(self) -> Option<Accepted> {
        match self {
            Self::Known => Some(Accepted::Known),
            Self::NotASecret => Some(Accepted::NotASecret),
            Self::Real => None,
        }
    }

    /// The words for a screen.
    pub fn as_str(self) -> &'static str {
        self.accepts().map_or("real", Accepted::as_str)
    }
}

impl From<Accepted> for Verdict {
    fn from(accepted: Accepted) -> Self {
        match accepted {
            Accepted::Known => Self::Known,
            Accepted::NotASecret => Self::NotASecret,
        }
    }
}

/// What one guess costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cost {
    /// The logarithm of scrypt's N.
    pub log_n: u8,
    /// Scrypt's r.
    pub r: u32,
    /// Scrypt's p.
    pub p: u32,
}

impl Cost {
    /// 8 MiB and eleven milliseconds a guess, measured: a word list of ten million takes a processor 30 hours, and a
    /// scan with a hundred accepted secrets a second more.
    pub const DEFAULT: Self = Self { log_n: 13, r: 8, p: 1 };

    /// What a baseline may ask for at most: it comes with a repository, and that is a stranger.
    fn is_affordable(self) -> bool {
        (1..=15).contains(&self.log_n) && (1..=8).contains(&self.r) && self.p == 1
    }
}

/// What turns a secret into its id: cheap to copy, slow to use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hasher {
    salt: [u8; HEX / 2],
    cost: Cost,
}

impl Hasher {
    /// The id of a secret. Takes as long as [`Cost`] says.
    pub fn id(&self, secret: &[u8]) -> String {
        let params = Params::new(self.cost.log_n, self.cost.r, self.cost.p)
            .expect("costs are checked when a baseline is made");
        let mut id = [0; HEX / 2];
        scrypt::scrypt(secret, &self.salt, &params, &mut id).expect("sixteen bytes can be had");
        hex(&id)
    }
}

/// One secret that was looked at.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// The file, below the folder that the baseline is for, with slashes.
    pub path: String,
    /// The rule's id.
    pub rule: String,
    /// The slow hash of the secret.
    pub id: String,
    /// What was said of it.
    pub verdict: Verdict,
    /// The day, in UTC.
    pub added: String,
}

impl Entry {
    /// What is told of one that met nothing any more: what was accepted, or marked as real, is gone.
    pub fn stale_words(&self) -> String {
        let Self { path, rule, added, .. } = self;
        match self.verdict {
            Verdict::Real => format!("{path}, {rule}: marked as real on {added}, and gone"),
            Verdict::Known | Verdict::NotASecret => format!("{path}, {rule} of {added}"),
        }
    }

    fn place(&self) -> (&str, &str) {
        (&self.path, &self.rule)
    }

    fn key(&self) -> (&str, &str, &str) {
        (&self.path, &self.rule, &self.id)
    }
}

/// All secrets that were looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Baseline {
    hasher: Hasher,
    /// In the order of path, rule and id, each once: diffs stay small, merges seldom meet.
    entries: Vec<Entry>,
}

/// Why a file is no baseline.
#[derive(Debug, thiserror::Error)]
pub enum NoBaseline {
    /// A later Telltale wrote it.
    #[error(
        "version {0} of a baseline can't be read, only {VERSION}; use a newer telltale, or `--no-baseline`"
    )]
    Version(u64),
    /// It is no JSON, or none of this shape.
    #[error("not a baseline: {0}; mend it, or use `--no-baseline`")]
    Shape(#[from] serde_json::Error),
    /// A field holds what can't be.
    #[error("not a baseline: {0}; mend it, or use `--no-baseline`")]
    Field(&'static str),
}

#[derive(Deserialize)]
struct Head {
    version: u64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    #[expect(dead_code, reason = "read before, so that a later version is named and not its fields")]
    version: u64,
    salt: String,
    scrypt: Cost,
    entries: Vec<Entry>,
}

impl Baseline {
    /// An empty one.
    pub fn new(salt: [u8; HEX / 2], cost: Cost) -> Self {
        debug_assert!(cost.is_affordable());
        Self { hasher: Hasher { salt, cost }, entries: Vec::new() }
    }

    /// Reads what [`Baseline::text`] has written.
    pub fn parse(bytes: &[u8]) -> Result<Self, NoBaseline> {
        if bytes.len() > LARGEST {
            return Err(NoBaseline::Field("it is larger than any baseline"));
        }
        let version = serde_json::from_slice::<Head>(bytes)?.version;
        if version != VERSION {
            return Err(NoBaseline::Version(version));
        }
        let written: Written = serde_json::from_slice(bytes)?;
        if !written.scrypt.is_affordable() {
            return Err(NoBaseline::Field("its hash costs too much, or nothing"));
        }
        let salt = unhex(&written.salt.replace(' ', ""))
            .ok_or(NoBaseline::Field("the salt is not 32 hex digits"))?;
        if written.entries.len() > MOST_ENTRIES {
            return Err(NoBaseline::Field("it holds more than 20,000 entries"));
        }
        let mut entries = written.entries;
        for entry in &entries {
            if entry.rule.len() > LONGEST || entry.path.len() > LONGEST || entry.added.len() > HEX {
                return Err(NoBaseline::Field("a rule, a path or a date is too long"));
            }
            if unhex(&entry.id).is_none() {
                return Err(NoBaseline::Field("an id is not 32 hex digits"));
            }
        }
        entries.sort();
        entries.dedup_by(|a, b| a.key() == b.key());
        Ok(Self { hasher: Hasher { salt, cost: written.scrypt }, entries })
    }

    /// The file's content: an entry a line, so that a diff shows what was accepted.
    pub fn text(&self) -> String {
        let Hasher { salt, cost } = self.hasher;
        let mut text = format!(
            "{{\n  \"version\": {VERSION},\n  \"salt\": \"{}\",\n  \"scrypt\": {},\n  \"entries\": [",
            grouped(&hex(&salt)),
            json(&cost)
        );
        for (n, entry) in self.entries.iter().enumerate() {
            let comma = if n == 0 { "" } else { "," };
            let _ = write!(text, "{comma}\n    {}", json(entry));
        }
        text += if self.entries.is_empty() { "]\n}\n" } else { "\n  ]\n}\n" };
        text
    }

    /// What turns secrets into the ids of this baseline.
    pub fn hasher(&self) -> Hasher {
        self.hasher
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether nothing was looked at.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Whether it says anything of this rule in this file: only then is a secret worth its hash.
    pub fn names(&self, rule: &str, path: &str) -> bool {
        self.has(rule, path) || self.has(rule, EVERYWHERE)
    }

    fn has(&self, rule: &str, path: &str) -> bool {
        let at = self.entries.partition_point(|entry| entry.place() < (path, rule));
        self.entries.get(at).is_some_and(|entry| entry.place() == (path, rule))
    }

    /// What was said of this secret under this rule in this file.
    pub fn verdict(&self, rule: &str, path: &str, id: &str) -> Option<Verdict> {
        self.entry(rule, path, id).map(|entry| entry.verdict)
    }

    /// The entry that says so.
    pub fn entry(&self, rule: &str, path: &str, id: &str) -> Option<&Entry> {
        let find =
            |path: &str| self.entries.binary_search_by(|entry| entry.key().cmp(&(path, rule, id))).ok();
        find(path).or_else(|| find(EVERYWHERE)).map(|at| &self.entries[at])
    }

    /// The entry for the same secret under the same rule in this very file.
    pub fn entry_here(&self, entry: &Entry) -> Option<&Entry> {
        let at = self.entries.binary_search_by(|old| old.key().cmp(&entry.key())).ok()?;
        Some(&self.entries[at])
    }

    /// All entries, in the order of path, rule and id.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Adds an entry, or says anew what an old one said; `false` when there is no room, or nothing changes.
    pub fn insert(&mut self, entry: Entry) -> bool {
        match self.entries.binary_search_by(|old| old.key().cmp(&entry.key())) {
            Ok(at) if self.entries[at].verdict == entry.verdict => false,
            Ok(at) => {
                self.entries[at] = entry;
                true
            }
            Err(_) if self.entries.len() >= MOST_ENTRIES => false,
            Err(at) => {
                self.entries.insert(at, entry);
                true
            }
        }
    }

    /// Takes an entry away; `false` when it was not there.
    pub fn remove(&mut self, entry: &Entry) -> bool {
        match self.entries.binary_search_by(|old| old.key().cmp(&entry.key())) {
            Ok(at) => {
                self.entries.remove(at);
                true
            }
            Err(_) => false,
        }
    }
}

fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("strings and numbers can be written as JSON")
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Four digits, a blank, four digits: a scan takes what follows the word salt for a key, but not one with blanks.
fn grouped(digits: &str) -> String {
    let groups: Vec<&str> =
        (0..digits.len()).step_by(4).map(|at| &digits[at..digits.len().min(at + 4)]).collect();
    groups.join(" ")
}

fn unhex(text: &str) -> Option<[u8; HEX / 2]> {
    let digits = text.as_bytes();
    if digits.len() != HEX || !digits.iter().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f')) {
        return None;
    }
    let mut bytes = [0; HEX / 2];
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const CHEAP: Cost = Cost { log_n: 4, r: 8, p: 1 };

    fn entry(path: &str, rule: &str, id: &str) -> Entry {
        Entry {
            path: path.to_owned(),
            rule: rule.to_owned(),
            id: id.to_owned(),
            verdict: Verdict::Known,
            added: "2026-11-21".to_owned(),
        }
    }

    fn one() -> (Baseline, String) {
        let mut baseline = Baseline::new([7; 16], CHEAP);
        let id = baseline.hasher().id(b"hunter2-and-more");
        assert!(baseline.insert(entry("src/a.py", "password", &id)));
        (baseline, id)
    }

    #[test]
    fn an_entry_holds_for_one_secret_one_rule_and_one_file() {
        let (baseline, id) = one();
        assert_eq!(baseline.verdict("password", "src/a.py", &id), Some(Verdict::Known));
        assert_eq!(baseline.verdict("password", "src/b.py", &id), None);
        assert_eq!(baseline.verdict("token", "src/a.py", &id), None);
        let other = baseline.hasher().id(b"hunter3-and-more");
        assert_eq!(baseline.verdict("password", "src/a.py", &other), None);
        assert!(baseline.names("password", "src/a.py") && !baseline.names("password", "src/b.py"));
    }

    #[test]
    fn an_entry_may_hold_in_all_files() {
        let (mut baseline, id) = one();
        assert!(
            baseline.insert(Entry { verdict: Verdict::NotASecret, ..entry(EVERYWHERE, "password", &id) })
        );
        assert_eq!(baseline.verdict("password", "any/where", &id), Some(Verdict::NotASecret));
        assert_eq!(
            baseline.verdict("password", "src/a.py", &id),
            Some(Verdict::Known),
            "the nearer one counts"
        );
        assert!(baseline.names("password", "any/where") && !baseline.names("token", "any/where"));
    }

    #[test]
    fn ids_depend_on_salt_and_cost() {
        let id = |salt, cost| Baseline::new([salt; 16], cost).hasher().id(b"secret");
        assert_eq!(id(1, CHEAP), id(1, CHEAP));
        assert_ne!(id(1, CHEAP), id(2, CHEAP));
        assert_ne!(id(1, CHEAP), id(1, Cost { log_n: 5, ..CHEAP }));
    }

    #[test]
    fn what_is_written_is_read_and_holds_no_secret() {
        let (mut baseline, id) = one();
        baseline.insert(Entry { verdict: Verdict::NotASecret, ..entry("a \"b\"\u{e9}", "x", &id) });
        let text = baseline.text();
        assert_eq!(Baseline::parse(text.as_bytes()).unwrap(), baseline);
        assert!(!text.contains("hunter2"));
        assert_eq!(text.lines().filter(|line| line.contains("\"added\"")).count(), 2, "an entry a line");
        let empty = Baseline::new([0; 16], Cost::DEFAULT);
        assert_eq!(Baseline::parse(empty.text().as_bytes()).unwrap(), empty);
    }

    #[test]
    fn entries_come_and_go() {
        let (mut baseline, id) = one();
        assert!(!baseline.insert(entry("src/a.py", "password", &id)), "nothing new");
        let other = Entry { verdict: Verdict::NotASecret, ..entry("src/a.py", "password", &id) };
        assert!(baseline.insert(other.clone()));
        assert_eq!(
            (baseline.len(), baseline.verdict("password", "src/a.py", &id)),
            (1, Some(Verdict::NotASecret))
        );
        assert!(baseline.remove(&other) && !baseline.remove(&other) && baseline.is_empty());
    }

    #[test]
    fn what_is_no_baseline_says_why() {
        let (baseline, _) = one();
        let text = baseline.text();
        for (from, to, words) in [
            ("\"version\": 1", "\"version\": 7", "version 7"),
            ("\"version\": 1", "\"version\": \"1\"", "not a baseline"),
            ("\"log_n\":4", "\"log_n\":25", "costs too much"),
            ("\"p\":1", "\"p\":90000", "costs too much"),
            ("\"salt\": \"07", "\"salt\": \"zz", "salt"),
            ("\"rule\"", "\"secret\"", "not a baseline"),
            ("\"id\":\"", "\"id\":\"x", "an id"),
            ("{", "", "not a baseline"),
        ] {
            let broken = text.replacen(from, to, 1);
            assert_ne!(broken, text, "{from}");
            let told = Baseline::parse(broken.as_bytes()).unwrap_err().to_string();
            assert!(told.contains(words) && told.contains("--no-baseline"), "{from}: {told}");
        }
        assert!(Baseline::parse(&vec![b' '; LARGEST + 1]).is_err());
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = Baseline::parse(&bytes);
        }

        #[test]
        fn any_entries_come_back(
            places in proptest::collection::vec(("\\PC{0,20}", "[a-z-]{1,12}", "[0-9a-f]{32}"), 0..30)
        ) {
            let mut baseline = Baseline::new([3; 16], CHEAP);
            for (path, rule, id) in &places {
                baseline.insert(entry(path, rule, id));
            }
            let again = Baseline::parse(baseline.text().as_bytes()).unwrap();
            prop_assert_eq!(&again, &baseline);
            for (path, rule, id) in &places {
                prop_assert!(again.verdict(rule, path, id).is_some() && again.names(rule, path));
            }
        }
    }
}
