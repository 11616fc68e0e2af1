//! One door to all parsers of this room, for the fuzz target: whatever a repository brings is read or refused.

use std::sync::LazyLock;

use super::book::{Book, Read};
use super::comments::Comments;
use super::fingerprints::Fingerprints;
use super::gitleaks;
use super::go_regex::Compiler;
use super::project::Project;
use super::secrets_baseline::SecretsBaseline;
use super::secretsignore::SecretsIgnore;
use super::sieve::{Begin, Sieve};
use crate::scan::matcher::{Flavour, gather, settle};

/// A small configuration; sets of rules live as long as the process, so that there is only this one.
static BOOK: LazyLock<Option<Book>> = LazyLock::new(|| {
    let text = "[extend]\nuseDefault = true\ndisabledRules = ['slack-bot-token']\n\
        [[rules]]\nid = 'a'\nregex = '\\s*(?:(a)|b+([0-9]*))\\s*'\nentropy = 0.5\n\
        [[rules.required]]\nid = 'b'\nwithinLines = 1\n\
        [[rules]]\nid = 'b'\nregex = 'c(.{0,9})'\nskipReport = true\n\
        [[rules.allowlists]]\nregexes = ['x']\nregexTarget = 'line'\n\
        [[allowlists]]\nregexes = ['^y']\nregexTarget = 'match'\n";
    let read = Read::new(gitleaks::parse(text).ok()?, &mut Compiler::default()).ok()?;
    Book::new(read, &mut Vec::new()).ok()
});

/// Sifts what the rules find in a text.
fn sift(text: &[u8]) {
    let Some(book) = &*BOOK else { return };
    let mut sieve = Sieve::new(book, "src/a.py".to_owned(), None, false);
    let mut hits = Vec::new();
    gather(book.set, text, Flavour::REDACT, &mut hits);
    sieve.sift(text, &(0..text.len()), Begin { at: 0, line: 1, column: 1 }, &mut hits);
    settle(&mut hits, false);
    for hit in &hits {
        assert!(hit.span.start <= hit.span.end && hit.span.end <= hit.cover && hit.cover <= text.len());
        let _ = (sieve.allows(text, hit), sieve.is_met(hit.rule, 1, 1));
    }
}

/// Reads bytes as each of the lists, and asks them a few things.
pub fn read_all(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let half = bytes.len() / 2;
    Comments::find(bytes).allow(bytes, &(half..(half + 8).min(bytes.len())), |name| name == "jwt");
    let _ = Fingerprints::parse(&text);
    let ignore = SecretsIgnore::parse(&text);
    let _ = (ignore.leaves_out("src/a.py"), ignore.allows(&bytes[half..]));
    let _ = Project::parse(&text).leaves_out("src/a.py");
    if let Ok(baseline) = SecretsBaseline::parse(bytes) {
        let _ = (baseline.leaves_out("src/a.py"), baseline.filters_out(bytes, &bytes[half..]));
    }
    if let Ok(config) = gitleaks::parse(&text) {
        let _ = Read::new(config, &mut Compiler::default());
    }
    sift(bytes);
    let pattern = text.lines().next().unwrap_or_default();
    if pattern.len() < 200
        && let Ok(regex) = Compiler::default().compile(pattern)
    {
        regex.is_match(bytes);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_small_configuration_holds() {
        assert!(BOOK.is_some());
    }

    proptest! {
        #[test]
        fn any_bytes_are_taken(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            read_all(&bytes);
        }

        #[test]
        fn any_text_is_sifted(text in "[abc0-9xy \n='\"]{0,200}") {
            sift(text.as_bytes());
        }
    }
}
