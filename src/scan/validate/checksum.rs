//! Tokens that carry a CRC32 of themselves: GitHub, npm, GitLab, Grafana.
//!
//! GitHub and npm end in the CRC32 of the characters between prefix and checksum, as six base62 digits (github.blog,
//! 2021-04-05). GitLab's routable tokens end in the CRC32 of all before it, as seven base36 digits (its handbook,
//! "Routable tokens"). Grafana's service account tokens end in that of all before the last `_`, its four bytes in
//! little-endian order as hex (`satokengen` in its sources).

use super::armour::{base64, digits};
use super::check::Check;

const BASE62: &[u8] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const BASE36: &[u8] = b"0123456789abcdefghijklmnopqrstuvwxyz";

const RIGHT: &str = "its checksum is right";
const WRONG: &str = "its checksum is wrong";

/// A token of GitHub.
pub(super) fn github(secret: &[u8]) -> Check {
    let kind = match secret.get(..4) {
        Some(b"ghp_") => "personal access token",
        Some(b"gho_") => "OAuth access token",
        Some(b"ghu_") => "user token of an app",
        Some(b"ghs_") => "installation token of an app",
        Some(b"ghr_") => "refresh token of an app",
        Some(b"gith") => return Check::well_formed().and("fine-grained personal access token"),
        _ => return Check::default(),
    };
    // Installation tokens are about to become longer and to hold a JWT, which ends in no checksum.
    if secret.len() == 40 { base62_crc(&secret[4..]).and(kind) } else { Check::well_formed().and(kind) }
}

/// A token of npm.
pub(super) fn npm(secret: &[u8]) -> Check {
    match secret.strip_prefix(b"npm_") {
        Some(body) if body.len() == 36 => base62_crc(body),
        _ => Check::default(),
    }
}

fn base62_crc(body: &[u8]) -> Check {
    let (drawn, sum) = body.split_at(body.len() - 6);
    judged(digits(crc32fast::hash(drawn), BASE62, 6) == sum)
}

/// A made-up body with the checksum that GitHub and npm would end it in: for a sample that looks real.
pub(crate) fn sealed(drawn: &str) -> String {
    let sum = digits(crc32fast::hash(drawn.as_bytes()), BASE62, 6);
    drawn.chars().chain(sum.iter().copied().map(char::from)).collect()
}

fn judged(is_right: bool) -> Check {
    if is_right { Check::valid(RIGHT) } else { Check::invalid(WRONG) }
}

/// A service account token of Grafana, or one for its cloud, which is JSON.
pub(super) fn grafana(secret: &[u8]) -> Check {
    if !secret.starts_with(b"glsa_") {
        return super::claims::base64_json(secret);
    }
    let Some(split) = secret.len().checked_sub(9).filter(|&at| secret[at] == b'_') else {
        return Check::default();
    };
    let sum = crc32fast::hash(&secret[..split]).to_le_bytes();
    let expected = sum.iter().flat_map(|byte| [byte >> 4, byte & 15]).map(|digit| BASE36[usize::from(digit)]);
    judged(expected.eq(secret[split + 1..].iter().map(u8::to_ascii_lowercase)))
}

/// A token of GitLab: the routable ones say where they belong and carry a checksum, the old ones neither.
pub(super) fn gitlab(secret: &[u8]) -> Check {
    let split = secret.len().checked_sub(10).filter(|&at| secret[at] == b'.');
    let Some(end) = split.filter(|&at| secret[at + 1..].iter().all(|byte| BASE36.contains(byte))) else {
        return Check::default();
    };
    let check = judged(digits(crc32fast::hash(&secret[..end + 3]), BASE36, 7) == secret[end + 3..]);
    routes(&secret[..end]).into_iter().fold(check, |check, (words, id)| check.and(&format!("{words} {id}")))
}

/// Whom a routable token belongs to: `c:1\no:1\nu:2s`, numbers to the base of 36, then random bytes and their count.
fn routes(token: &[u8]) -> Vec<(&'static str, u64)> {
    let payload = token.split(|&byte| byte == b'.').next().unwrap_or_default();
    let payload = payload.splitn(2, |&byte| byte == b'-').nth(1).unwrap_or_default();
    // Runner tokens hold a kind before it: `glrt-t1_`.
    let payload = payload.strip_prefix(b"t1_").or(payload.strip_prefix(b"t3_")).unwrap_or(payload);
    let decoded = base64(payload);
    let random = decoded.last().map_or(0, |&count| usize::from(count) + 1);
    let routing = &decoded[..decoded.len().saturating_sub(random)];
    let named = |line: &[u8]| {
        let text = std::str::from_utf8(line).ok()?;
        let (key, id) = text.split_once(':')?;
        let words = match key {
            "o" => "organisation",
            "g" => "group",
            "p" => "project",
            "u" => "user",
            _ => return None,
        };
        Some((words, u64::from_str_radix(id, 36).ok()?))
    };
    routing.split(|&byte| byte == b'\n').filter_map(named).take(4).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scan::finding::Validation;

    const BODY: &str = "q8Zr2mT0xW5nB7vK1cJ9dL4hP6sG3f";

    /// CRC32 bit by bit, so that the expectation shares nothing with what is tested.
    fn crc(bytes: &[u8]) -> u32 {
        !bytes.iter().fold(!0_u32, |sum, &byte| {
            (0..8).fold(
                sum ^ u32::from(byte),
                |sum, _| {
                    if sum & 1 == 1 { sum >> 1 ^ 0xedb8_8320 } else { sum >> 1 }
                },
            )
        })
    }

    fn written(mut value: u32, base: u32, width: usize) -> String {
        let mut text = String::new();
        while value > 0 {
            text.insert(0, BASE62[(value % base) as usize] as char);
            value /= base;
        }
        format!("{text:0>width$}")
    }

    #[test]
    fn github_and_npm_end_in_base62() {
        for (prefix, check) in
            [("ghp_", github as fn(&[u8]) -> Check), ("ghs_", github), ("ghr_", github), ("npm_", npm)]
        {
            let good = format!("{prefix}{BODY}{}", written(crc(BODY.as_bytes()), 62, 6));
            assert_eq!(check(good.as_bytes()).validation, Validation::Valid, "{prefix}");
            let other = if good.ends_with('A') { "B" } else { "A" };
            let bad = format!("{}{other}", &good[..good.len() - 1]);
            assert_eq!(check(bad.as_bytes()).validation, Validation::Invalid, "{prefix}");
            let swapped = good.replace("q8", "8q");
            assert_eq!(check(swapped.as_bytes()).validation, Validation::Invalid, "{prefix}");
        }
        let fine = format!("github_pat_{}", "a".repeat(82));
        assert_eq!(github(fine.as_bytes()).validation, Validation::WellFormed);
        assert_eq!(github(format!("ghs_{}", "a".repeat(300)).as_bytes()).validation, Validation::WellFormed);
    }

    #[test]
    fn checksums_are_padded() {
        assert_eq!(digits(0, BASE62, 6), b"000000");
        assert_eq!(digits(61, BASE62, 6), b"00000z");
        assert_eq!(digits(u32::MAX, BASE62, 6), written(u32::MAX, 62, 6).as_bytes());
        assert_eq!(digits(u32::MAX, BASE36, 7), b"1z141z3");
    }

    #[test]
    fn grafana_ends_in_little_endian_hex() {
        let body = format!("glsa_{BODY}a1");
        let sum = crc(body.as_bytes()).swap_bytes();
        assert_eq!(grafana(format!("{body}_{sum:08x}").as_bytes()).validation, Validation::Valid);
        let wrong = sum.swap_bytes();
        assert_eq!(grafana(format!("{body}_{wrong:08x}").as_bytes()).validation, Validation::Invalid);
        assert_eq!(grafana(b"glsa_short").validation, Validation::None);
    }

    #[test]
    fn gitlab_tells_whom_a_routable_token_belongs_to() {
        use base64::Engine as _;
        let mut payload = b"c:1\no:1\nu:2s".to_vec();
        payload.extend((0..16).map(|n| n * 13 + 7));
        payload.push(16);
        let payload = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(payload);
        let length = written(payload.len() as u32, 36, 2).to_lowercase();
        for version in ["", ".01"] {
            let body = format!("glpat-{payload}{version}.{length}");
            let sum = u64::from(crc(body.as_bytes()));
            let sum = digits(sum as u32, BASE36, 7);
            let token = [body.as_bytes(), &sum].concat();
            let check = gitlab(&token);
            assert_eq!(check.validation, Validation::Valid, "{version}");
            assert_eq!(check.facts, [RIGHT, "organisation 1", "user 100"]);
            let mut wrong = token.clone();
            wrong[9] ^= 1;
            assert_eq!(gitlab(&wrong).validation, Validation::Invalid);
        }
        assert_eq!(gitlab(b"glpat-ABCDEFGHIJKLMNOPQRST").validation, Validation::None);
    }
}
