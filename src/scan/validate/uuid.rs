//! What a UUID says of itself: its version (RFC 9562), and whether somebody made it up.

use super::check::Check;

/// A UUID in its usual form.
pub(super) fn value(secret: &[u8]) -> Check {
    let digits: Vec<u8> = secret.iter().copied().filter(u8::is_ascii_hexdigit).collect();
    let dashes = memchr::memchr_iter(b'-', secret).count();
    if digits.len() != 32 || digits.len() + dashes != secret.len() || !matches!(dashes, 0 | 4) {
        return Check::default();
    }
    let mut distinct = digits.to_ascii_lowercase();
    distinct.sort_unstable();
    distinct.dedup();
    if distinct.len() <= 6 {
        return Check::invalid("made up by hand");
    }
    let (version, variant) = (digits[12], digits[16].to_ascii_lowercase());
    if !matches!(variant, b'8' | b'9' | b'a' | b'b') {
        return Check::well_formed().times(0.9);
    }
    match version {
        b'4' => Check::well_formed().and("UUID of version 4, random"),
        b'1' | b'6' | b'7' => Check::well_formed().times(0.6).and("UUID made of a time"),
        b'3' | b'5' => Check::well_formed().times(0.6).and("UUID made of a name"),
        _ => Check::well_formed().times(0.9),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_tells() {
        let check = |text: &str, facts: &[&str]| assert_eq!(value(text.as_bytes()).facts, facts, "{text}");
        check("550e8400-e29b-41d4-a716-446655440000", &["UUID of version 4, random"]);
        check("6ba7b810-9dad-11d1-80b4-00c04fd430c8", &["UUID made of a time"]);
        check("00000000-0000-0000-0000-000000000000", &["made up by hand"]);
        check("11111111-2222-4333-8444-111111111111", &["made up by hand"]);
        check("not-a-uuid", &[]);
    }
}
