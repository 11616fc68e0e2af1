//! Secrets of Kubernetes: below `data:` each value is base64 of the whole secret, and its name says what it is.
//!
//! Such values are short, so that no run of letters tells them; the kind of the document does.

use std::ops::Range;

use memchr::memmem;

use crate::scan::validate::base64;

/// One entry: its name, its decoded value and where that stands.
pub(super) struct Entry {
    pub(super) name: String,
    pub(super) value: String,
    pub(super) place: Range<usize>,
}

/// The most entries of one window.
const MOST: usize = 2_000;

/// All entries with values that are text, when the text holds such a document.
pub(super) fn entries(text: &[u8]) -> Vec<Entry> {
    let mut entries = Vec::new();
    if !is_secret(text) {
        return entries;
    }
    // The indent of the `data:` below which we are.
    let mut inside: Option<usize> = None;
    let mut start = 0;
    for line in text.split(|&byte| byte == b'\n') {
        let at = start;
        start += line.len() + 1;
        let indent = line.iter().take_while(|&&byte| byte == b' ').count();
        let Some((name, value)) = named(line, indent) else {
            if line.len() > indent && inside.is_some_and(|outer| indent <= outer) {
                inside = None;
            }
            continue;
        };
        if line[name.clone()] == *b"data" && matches!(&line[value.clone()], b"" | b"{") {
            inside = Some(indent);
        } else if inside.is_some_and(|outer| indent <= outer) {
            inside = None;
        } else if inside.is_some()
            && entries.len() < MOST
            && let Some(decoded) = printable(&line[value.clone()])
        {
            let name = String::from_utf8_lossy(&line[name]).into_owned();
            entries.push(Entry { name, value: decoded, place: at + value.start..at + value.end });
        }
    }
    entries
}

/// Whether a line says that this is a Secret.
pub(crate) fn is_secret(text: &[u8]) -> bool {
    memmem::find_iter(text, b"Secret").any(|at| {
        let before = &text[at.saturating_sub(16)..at];
        let word: Vec<u8> =
            before.iter().rev().copied().filter(|b| !matches!(b, b' ' | b'"' | b'\'')).take(5).collect();
        word == b":dnik" && !text.get(at + 6).is_some_and(u8::is_ascii_alphanumeric)
    })
}

/// Name and value of a line, without quotes and the comma of JSON.
fn named(line: &[u8], indent: usize) -> Option<(Range<usize>, Range<usize>)> {
    let colon = indent + memchr::memchr(b':', &line[indent..])?;
    let trimmed = |mut part: Range<usize>| {
        let is_wrapping = |byte: u8| matches!(byte, b' ' | b'\t' | b'\r' | b'"' | b'\'' | b',');
        while !part.is_empty() && is_wrapping(line[part.start]) {
            part.start += 1;
        }
        while !part.is_empty() && is_wrapping(line[part.end - 1]) {
            part.end -= 1;
        }
        part
    };
    let name = trimmed(indent..colon);
    let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    (!name.is_empty() && line[name.clone()].iter().all(is_name))
        .then(|| (name, trimmed(colon + 1..line.len())))
}

/// What the letters stand for, when that is a line of text.
fn printable(letters: &[u8]) -> Option<String> {
    if letters.len() < 4 || !letters.len().is_multiple_of(4) {
        return None;
    }
    let text = String::from_utf8(base64(letters)).ok()?;
    let text = text.trim_end_matches('\n');
    (!text.is_empty() && !text.chars().any(char::is_control)).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_of_secrets_are_read_and_of_nothing_else() {
        let yaml = "apiVersion: v1\nkind: Secret\nmetadata:\n  name: x\ndata:\n  password: \"YWRtaW4xMjM=\"\n  n: MQ==\n\n  bin: /////w==\nstringData:\n  other: YWRtaW4xMjM=\n";
        let found: Vec<(String, String, &str)> =
            entries(yaml.as_bytes()).into_iter().map(|e| (e.name, e.value, &yaml[e.place])).collect();
        let expected =
            [("password".into(), "admin123".into(), "YWRtaW4xMjM="), ("n".into(), "1".into(), "MQ==")];
        assert_eq!(found, expected);
        let json = "{\n  \"kind\": \"Secret\",\n  \"data\": {\n    \"pw\": \"YWRtaW4xMjM=\"\n  },\n  \"x\": \"YWRtaW4xMjM=\"\n}";
        assert_eq!(entries(json.as_bytes()).len(), 1);
        for other in [
            "kind: ConfigMap\ndata:\n  a: YWRtaW4xMjM=\n",
            "kind: SecretStore\ndata:\n  a: YWRtaW4xMjM=\n",
            "",
        ] {
            assert!(entries(other.as_bytes()).is_empty(), "{other}");
        }
    }
}
