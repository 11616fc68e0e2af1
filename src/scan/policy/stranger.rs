//! One door to all parsers of this room, for the fuzz target: whatever a repository brings is read or refused.

use super::comments::Comments;
use super::fingerprints::Fingerprints;
use super::go_regex::Compiler;
use super::secrets_baseline::SecretsBaseline;
use super::secretsignore::SecretsIgnore;

/// Reads bytes as each of the lists, and asks them a few things.
pub fn read_all(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let half = bytes.len() / 2;
    Comments::find(bytes).allow(bytes, &(half..(half + 8).min(bytes.len())), |name| name == "jwt");
    let _ = Fingerprints::parse(&text);
    let ignore = SecretsIgnore::parse(&text);
    let _ = (ignore.leaves_out("src/a.py"), ignore.allows(&bytes[half..]));
    if let Ok(baseline) = SecretsBaseline::parse(bytes) {
        let _ = (baseline.leaves_out("src/a.py"), baseline.filters_out(bytes, &bytes[half..]));
    }
    let pattern = text.lines().next().unwrap_or_default();
    if pattern.len() < 200
        && let Ok(regex) = Compiler::default().compile(pattern)
    {
        regex.is_match(bytes);
    }
}
