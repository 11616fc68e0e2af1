//! `.secrets.baseline` of detect-secrets: secrets that are known by their hash. Pure.
//!
//! An entry holds for one secret in one file, wherever in it the secret stands, as it does there. Of a private key
//! only the header is hashed, which is the same for many: such an entry holds for its line alone.

use std::collections::{HashMap, HashSet};

use regex::bytes::Regex;
use serde::Deserialize;
use sha1::{Digest as _, Sha1};

use super::go_regex::Compiler;

/// The file's name.
pub(crate) const NAME: &str = ".secrets.baseline";
/// The most bytes that are read, and the most entries.
pub(crate) const LARGEST: usize = 32 << 20;
const MOST: usize = 200_000;

/// One known secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    hash: [u8; 20],
    pub(crate) line: u64,
    /// Whether an audit found that it is a real one.
    pub(crate) is_real: bool,
}

/// What such a file says.
#[derive(Debug, Default)]
pub(crate) struct SecretsBaseline {
    /// Entries by their file.
    pub(crate) files: HashMap<String, Vec<Entry>>,
    /// All hashes, for the file itself: they are no secrets.
    hashes: HashSet<[u8; 20]>,
    excluded_files: Vec<Regex>,
    excluded_lines: Vec<Regex>,
    excluded_secrets: Vec<Regex>,
    /// What is in it and not understood.
    pub(crate) notes: Vec<String>,
}

#[derive(Deserialize)]
struct Written {
    results: HashMap<String, Vec<WrittenEntry>>,
    #[serde(default)]
    filters_used: Vec<Filter>,
    /// As it was written before version 1.0.
    #[serde(default)]
    exclude: Option<Exclude>,
}

#[derive(Deserialize)]
struct WrittenEntry {
    hashed_secret: String,
    #[serde(default)]
    line_number: u64,
    #[serde(default)]
    is_secret: Option<bool>,
}

#[derive(Deserialize)]
struct Filter {
    path: String,
    #[serde(default)]
    pattern: Patterns,
}

#[derive(Default, Deserialize)]
#[serde(untagged)]
enum Patterns {
    Many(Vec<String>),
    One(String),
    #[default]
    None,
}

#[derive(Deserialize)]
struct Exclude {
    #[serde(default)]
    files: Option<String>,
    #[serde(default)]
    lines: Option<String>,
}

impl SecretsBaseline {
    /// Reads a file; the error says why it is none.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, String> {
        if bytes.len() > LARGEST {
            return Err("it is larger than any baseline".to_owned());
        }
        let written: Written = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
        if written.results.values().map(Vec::len).sum::<usize>() > MOST {
            return Err("it holds more than 200,000 entries".to_owned());
        }
        let mut all = Self::default();
        for (file, entries) in written.results {
            let mut read = Vec::with_capacity(entries.len());
            for entry in entries {
                let Some(hash) = unhex(&entry.hashed_secret) else {
                    return Err("a `hashed_secret` is not 40 hex digits".to_owned());
                };
                all.hashes.insert(hash);
                read.push(Entry { hash, line: entry.line_number, is_real: entry.is_secret == Some(true) });
            }
            let file = file.replace('\\', "/");
            all.files.entry(file.trim_start_matches("./").to_owned()).or_default().extend(read);
        }
        all.filters(written.filters_used, written.exclude);
        Ok(all)
    }

    fn filters(&mut self, filters: Vec<Filter>, exclude: Option<Exclude>) {
        let mut compiler = Compiler::default();
        let mut compile = |pattern: &str| {
            // A pattern of Python's: it may look around, which no pattern here does.
            compiler.compile(&pattern.replace(r"\Z", r"\z")).map_err(|why| {
                format!("a pattern of its filters is not heeded: {why}; what it leaves out is reported")
            })
        };
        for filter in filters {
            let list = match filter.path.rsplit("filters.").next() {
                Some("regex.should_exclude_file") => &mut self.excluded_files,
                Some("regex.should_exclude_line") => &mut self.excluded_lines,
                Some("regex.should_exclude_secret") => &mut self.excluded_secrets,
                _ => continue,
            };
            let patterns = match filter.pattern {
                Patterns::Many(patterns) => patterns,
                Patterns::One(pattern) => vec![pattern],
                Patterns::None => Vec::new(),
            };
            for pattern in patterns {
                match compile(&pattern) {
                    Ok(regex) => list.push(regex),
                    Err(note) => self.notes.push(note),
                }
            }
        }
        let old = exclude.map(|exclude| (exclude.files, exclude.lines)).unwrap_or_default();
        for (pattern, list) in [(old.0, &mut self.excluded_files), (old.1, &mut self.excluded_lines)] {
            match pattern.filter(|pattern| !pattern.is_empty()).map(|pattern| compile(&pattern)) {
                Some(Ok(regex)) => list.push(regex),
                Some(Err(note)) => self.notes.push(note),
                None => {}
            }
        }
    }

    /// Whether its filters leave a file out.
    pub(crate) fn leaves_out(&self, path: &str) -> bool {
        self.excluded_files.iter().any(|pattern| pattern.is_match(path.as_bytes()))
    }

    /// Whether this is one of its own hashes.
    pub(crate) fn holds(&self, hash: &[u8]) -> bool {
        let hash = std::str::from_utf8(hash).ok().and_then(unhex);
        hash.is_some_and(|hash| self.hashes.contains(&hash))
    }

    /// Whether its filters leave out what stands on this line.
    pub(crate) fn filters_out(&self, line: &[u8], secret: &[u8]) -> bool {
        self.excluded_lines.iter().any(|pattern| pattern.is_match(line))
            || self.excluded_secrets.iter().any(|pattern| pattern.is_match(secret))
    }
}

impl Entry {
    /// Whether it knows the secret that stands on this line.
    pub(crate) fn knows(&self, line: u64, hashed: &Hashed) -> bool {
        self.hash == hashed.hash && (!hashed.is_header || self.line == line)
    }
}

/// A secret as detect-secrets hashes it.
pub(crate) struct Hashed {
    hash: [u8; 20],
    /// Whether it is only the header of a key.
    is_header: bool,
}

impl Hashed {
    pub(crate) fn new(secret: &[u8]) -> Self {
        let header = header(secret);
        Self { hash: Sha1::digest(header.unwrap_or(secret)).into(), is_header: header.is_some() }
    }
}

/// What detect-secrets takes of a private key.
fn header(secret: &[u8]) -> Option<&[u8]> {
    const PUTTY: &[u8] = b"PuTTY-User-Key-File-2";
    if secret.starts_with(PUTTY) {
        return Some(PUTTY);
    }
    let inner = secret.strip_prefix(b"-----")?;
    Some(&inner[..memchr::memmem::find(inner, b"-----")?])
}

fn unhex(text: &str) -> Option<[u8; 20]> {
    let mut bytes = [0; 20];
    if text.len() != 40 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    for (index, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(text.get(index * 2..index * 2 + 2)?, 16).ok()?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use proptest::prelude::*;

    use super::*;

    fn sha1(text: &str) -> String {
        Sha1::digest(text).iter().fold(String::new(), |mut hex, byte| {
            let _ = write!(hex, "{byte:02x}");
            hex
        })
    }

    fn sample() -> SecretsBaseline {
        let text = format!(
            r##"{{"version": "1.5.0", "plugins_used": [{{"name": "KeywordDetector"}}],
            "filters_used": [
              {{"path": "detect_secrets.filters.heuristic.is_templated_secret"}},
              {{"path": "detect_secrets.filters.regex.should_exclude_file", "pattern": ["^vendor/", "(?!a)b"]}},
              {{"path": "detect_secrets.filters.regex.should_exclude_line", "pattern": ["# fine$"]}},
              {{"path": "detect_secrets.filters.regex.should_exclude_secret", "pattern": ["^dummy"]}}],
            "results": {{
              "src/a.py": [
                {{"type": "Secret Keyword", "filename": "src/a.py", "hashed_secret": "{}", "is_verified": false, "line_number": 3}},
                {{"type": "Private Key", "filename": "src/a.py", "hashed_secret": "{}", "line_number": 9, "is_secret": true}}]}},
            "generated_at": "2026-01-01T00:00:00Z"}}"##,
            sha1("tr0ub4dor"),
            sha1("BEGIN RSA PRIVATE KEY"),
        );
        SecretsBaseline::parse(text.as_bytes()).unwrap()
    }

    #[test]
    fn a_secret_is_known_by_its_hash_in_its_file() {
        let baseline = sample();
        let knows = |path: &str, line: u64, secret: &[u8]| {
            let hashed = Hashed::new(secret);
            let entry = baseline.files.get(path)?.iter().find(|entry| entry.knows(line, &hashed))?;
            Some(entry.is_real)
        };
        assert_eq!(knows("src/a.py", 3, b"tr0ub4dor"), Some(false));
        assert_eq!(knows("src/a.py", 300, b"tr0ub4dor"), Some(false), "lines move");
        assert_eq!(knows("src/b.py", 3, b"tr0ub4dor"), None);
        assert_eq!(knows("src/a.py", 3, b"tr0ub4dor2"), None);
        let key = b"-----BEGIN RSA PRIVATE KEY-----\nabc";
        assert_eq!(knows("src/a.py", 9, key), Some(true));
        assert_eq!(knows("src/a.py", 40, key), None, "a second key with the same header");
    }

    #[test]
    fn filters_hold_and_what_is_not_understood_is_told() {
        let baseline = sample();
        assert!(baseline.leaves_out("vendor/x.js") && !baseline.leaves_out("src/vendor/x.js"));
        assert!(baseline.filters_out(b"a = 1 # fine", b"x") && baseline.filters_out(b"", b"dummy1"));
        assert!(!baseline.filters_out(b"a = 1", b"x"));
        assert_eq!(baseline.notes.len(), 1);
        assert!(baseline.notes[0].contains("look-around"), "{:?}", baseline.notes);
        let old = SecretsBaseline::parse(br#"{"exclude": {"files": "^a$", "lines": null}, "results": {}}"#)
            .unwrap();
        assert!(old.leaves_out("a") && !old.leaves_out("b"));
    }

    #[test]
    fn what_is_no_baseline_says_why() {
        for text in ["", "[]", r#"{"results": []}"#, r#"{"results": {"a": [{"hashed_secret": "abc"}]}}"#] {
            assert!(!SecretsBaseline::parse(text.as_bytes()).unwrap_err().is_empty(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = SecretsBaseline::parse(&bytes);
        }
    }
}
