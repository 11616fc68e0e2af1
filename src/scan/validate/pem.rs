//! Private keys between `-----BEGIN` and `-----END`: what kind they are, how strong, encrypted or not, or no key at all.
//!
//! Such text stands in files of its own, but also in strings, comments and JSON: with `\n` for line ends, with quotes,
//! indents and comment marks around each line, or as a log has it, with a time in front of each (`rows.rs`). All that
//! is taken off before the body is decoded.

use super::armour::base64;
use super::check::Check;
use super::der::{self, Key};
use super::rows::{self, Rows};
use super::{openssh, pgp, putty};

/// A body this long may have been cut by the matcher, not by who wrote it: what is missing proves nothing.
const MAYBE_CUT: usize = 3_600;

/// The longest name of a kind of key; what is told of it is told in the open.
const LONGEST_LABEL: usize = 40;

/// What stands between the header and the end, without its wrapping.
pub(super) struct Block {
    /// `RSA PRIVATE KEY`.
    pub(super) label: String,
    /// `Proc-Type`, `Version` and their like.
    pub(super) attributes: Vec<(String, String)>,
    /// The letters of each line.
    pub(super) lines: Vec<String>,
}

/// Looks at a private key of any of these forms.
pub(super) fn private_key(secret: &[u8]) -> Check {
    let text = String::from_utf8_lossy(secret);
    if text.starts_with(putty::HEADER) {
        return putty::private_key(&text);
    }
    let Some(block) = block(&text) else { return Check::default() };
    let is_cut = secret.len() >= MAYBE_CUT;
    if block.label.starts_with("PGP ") {
        return pgp::private_key(&block, is_cut);
    }
    let is_locked = |(name, value): &(String, String)| name == "Proc-Type" && value.contains("ENCRYPTED");
    if block.attributes.iter().any(is_locked) {
        let kind = block.label.strip_suffix(" PRIVATE KEY").unwrap_or_default();
        let bytes = base64(block.lines.concat().as_bytes());
        return if bytes.len() < 32 && !is_cut { broken() } else { locked().and(kind) };
    }
    let bytes = base64(block.lines.concat().as_bytes());
    if block.label.starts_with("OPENSSH ") {
        return match openssh::private_key(&bytes) {
            Some(check) => check,
            None if is_cut => Check::well_formed(),
            None => broken(),
        };
    }
    match der::private_key(&bytes) {
        Key::Plain(check) if check.validation == crate::scan::finding::Validation::Invalid => check,
        Key::Plain(check) => check.and("not encrypted"),
        Key::Encrypted => locked(),
        Key::Truncated if is_cut => Check::well_formed(),
        Key::Truncated => Check::invalid("the key is cut short"),
        Key::Unknown => broken(),
    }
}

fn locked() -> Check {
    Check::well_formed().times(0.7).and("encrypted")
}

fn broken() -> Check {
    Check::invalid("no key parses from it")
}

/// Takes the wrapping off.
pub(super) fn block(text: &str) -> Option<Block> {
    let rest = &text[text.find("-----BEGIN ")? + 11..];
    let (label, rest) = rest.split_once("-----")?;
    let is_label = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b' ';
    // Where a header is broken a part of the key may stand in its place.
    if label.len() > LONGEST_LABEL || !label.bytes().all(is_label) {
        return None;
    }
    if let Some(block) = behind_others(label, rest) {
        return Some(block);
    }
    let body = rest.split("-----END").next()?;
    // Line ends as programs write them count as line ends.
    let body = body.replace("\\r", "").replace("\\n", "\n").replace("\\t", " ");
    let mut block = Block { label: label.to_owned(), attributes: Vec::new(), lines: Vec::new() };
    for line in body.lines() {
        let line = line.trim_matches(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '+' | '/' | '='));
        if block.lines.is_empty()
            && let Some((name, value)) = attribute(line)
        {
            block.attributes.push((name.to_owned(), value.to_owned()));
            continue;
        }
        // A key may stand in one line with blanks for line ends; comment marks are words of their own.
        block.lines.extend(line.split_ascii_whitespace().filter_map(letters).map(str::to_owned));
    }
    // What a change adds has a mark before each line that might be a letter; but no key begins with it.
    if block.lines.iter().all(|line| line.starts_with('+')) {
        for line in &mut block.lines {
            line.remove(0);
        }
    }
    Some(block)
}

/// The block, where each of its lines stands behind something of its own.
fn behind_others(label: &str, text: &str) -> Option<Block> {
    let rows = Rows::of(text.as_bytes())?.letters;
    let named = |line: &str| rows::attribute_at(line.as_bytes());
    let body = text.split("-----END").next()?;
    let attributes = body.lines().filter_map(|line| attribute(&line[named(line)?..]));
    let attributes = attributes.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    let lines = rows.iter().map(|row| String::from_utf8_lossy(row).into_owned()).collect();
    Some(Block { label: label.to_owned(), attributes, lines })
}

/// `DEK-Info: AES-128-CBC,00`, perhaps behind a comment mark.
fn attribute(line: &str) -> Option<(&str, &str)> {
    let (name, value) = line.split_once(':')?;
    let name = name.trim_start_matches(['/', '!', '*', '#', '+', ' ']);
    let is_name = name.starts_with(|c: char| c.is_ascii_uppercase())
        && name.bytes().all(|byte| byte.is_ascii_alphabetic() || byte == b'-');
    is_name.then_some((name, value.trim()))
}

/// The longest run of base64 in a word; `None` for the marks of comments and of joined strings.
fn letters(word: &str) -> Option<&str> {
    let is_letter = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '=');
    let longest = word.split(|c| !is_letter(c)).max_by_key(|run| run.len())?;
    let is_mark = longest.len() <= 3 && longest.chars().all(|c| matches!(c, '/' | '+'));
    (!is_mark && !longest.is_empty()).then_some(longest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scan::finding::Validation;

    #[test]
    fn wrapping_comes_off() {
        let check = |text: &str, lines: &[&str]| {
            let block = block(text).unwrap();
            assert_eq!(block.label, "RSA PRIVATE KEY");
            assert_eq!(block.lines, lines, "{text}");
        };
        let key = |body: &str| format!("-----BEGIN RSA PRIVATE KEY-----{body}");
        check(&key("\nMIIE\nAbc+/=\n"), &["MIIE", "Abc+/="]);
        check(&key("\r\nMIIE\r\nAbc\r\n-----END RSA PRIVATE KEY-----"), &["MIIE", "Abc"]);
        check(&key("\\nMIIE\\nAbc\\n\""), &["MIIE", "Abc"]);
        check(&key("\\r\\nMIIE\\r\\n"), &["MIIE"]);
        check(&key("\n    /// MIIE\n    /// Abc=\n    ///"), &["MIIE", "Abc="]);
        check(&key("\n//! MIIE\n//! +Abc="), &["MIIE", "+Abc="]);
        check(&key(" MIIE Abc= "), &["MIIE", "Abc="]);
        check(&key("\\n\" +\n  \"MIIE\\n\" +\n  \"Abc=\\n\" +"), &["MIIE", "Abc="]);
        check(&key("\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00FF\n\nMIIE\n"), &["MIIE"]);
    }

    /// The kind of an encrypted key is told: nothing but a kind may stand there.
    #[test]
    fn a_broken_header_tells_nothing() {
        let told = |label: &str| {
            let key = format!("-----BEGIN {label}-----\nProc-Type: 4,ENCRYPTED\n\n{}\n", "MIIE".repeat(20));
            private_key(key.as_bytes()).facts
        };
        assert_eq!(told("RSA PRIVATE KEY"), ["encrypted", "RSA"]);
        for label in [
            "RSA\nrOBvzacXds4A1DCh9vA PRIVATE KEY",
            "RS\0 PRIVATE KEY",
            &format!("{} PRIVATE KEY", "A".repeat(40)),
        ] {
            assert_eq!(told(label), [""; 0], "{label:?}");
        }
    }

    #[test]
    fn what_is_no_key_says_so() {
        let check = |body: &str, fact: &str| {
            let check = private_key(format!("-----BEGIN PRIVATE KEY-----\n{body}\n").as_bytes());
            assert_eq!((check.validation, check.facts[0].as_str()), (Validation::Invalid, fact), "{body}");
        };
        check("MIIEpAIBAAKCAQEA", "the key is cut short");
        check("ThisIsWhereYourKeyWouldStandIfThisWereOne", "no key parses from it");
        let long = "MIIEpAIBAAKCAQEA".to_owned() + &"A".repeat(MAYBE_CUT);
        let mut long_key = format!("-----BEGIN PRIVATE KEY-----\n{long}");
        long_key.insert_str(31, "");
        assert_ne!(
            private_key(long_key.as_bytes()).facts.first().map(String::as_str),
            Some("the key is cut short")
        );
    }
}
