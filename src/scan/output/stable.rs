//! Names for places that last from report to report, for those who compare reports: code scanning, merge requests.
//!
//! The ids of secrets die with their report, so that nobody can try guesses against them. What lasts is made of what a
//! report shows anyhow: the rule, the path, and the redacted line. Moved lines keep their name.

use std::collections::HashMap;

use sha2::{Digest, Sha256};

use crate::model::text::escape_path;
use crate::scan::finding::Finding;

/// How many names are remembered to tell places apart that look alike; beyond, they start anew.
const MOST: usize = 200_000;

/// Gives names, one after the other.
#[derive(Debug, Default)]
pub struct Names {
    /// How often each was given.
    given: HashMap<[u8; 16], u32>,
    /// How often the memory was emptied.
    rounds: u32,
}

impl Names {
    /// The name of the next place: 32 hex digits. The second place that looks the same gets another one.
    pub fn next(&mut self, finding: &Finding) -> String {
        let commit = finding.commit.as_ref().map_or("", |commit| &commit.id);
        let line = if finding.excerpt.is_empty() { &finding.redacted } else { &finding.excerpt };
        let path = escape_path(&finding.path);
        let mut place = Sha256::new();
        for part in [&*finding.rule, &path, commit, line] {
            // The length keeps two parts from being taken for two others.
            place.update((part.len() as u64).to_be_bytes());
            place.update(part);
        }
        let mut key = [0; 16];
        key.copy_from_slice(&place.finalize()[..16]);
        if self.given.len() >= MOST {
            self.given.clear();
            self.rounds += 1;
        }
        let count = self.given.entry(key).or_insert(0);
        let name = Sha256::new()
            .chain_update(key)
            .chain_update(count.to_be_bytes())
            .chain_update(self.rounds.to_be_bytes())
            .finalize();
        *count += 1;
        hex(&name[..16])
    }
}

/// Bytes as hex digits.
pub fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits.map(|digit| DIGITS[usize::from(digit)] as char).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scan::output::sample;

    #[test]
    fn moved_lines_keep_their_name_and_no_two_places_share_one() {
        let one = sample::finding();
        let name = Names::default().next(&one);
        assert_eq!(name.len(), 32);
        let moved = Finding { line: 99, secret_id: "other".into(), fingerprint: "x".into(), ..one.clone() };
        assert_eq!(Names::default().next(&moved), name, "the key of a report plays no part");
        let mut names = Names::default();
        let all = [
            one.clone(),
            one.clone(),
            Finding { path: "other".into(), ..one.clone() },
            Finding { rule: "other".into(), ..one.clone() },
            Finding { excerpt: "other".into(), ..one.clone() },
        ]
        .map(|finding| names.next(&finding));
        assert_eq!(all[0], name);
        assert_eq!(all.iter().collect::<std::collections::HashSet<_>>().len(), all.len());
    }
}
