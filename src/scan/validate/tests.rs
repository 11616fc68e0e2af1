//! All validators with any bytes, and with keys that other programs have made.

use std::process::Command;

use proptest::prelude::*;

use super::*;
use crate::scan::finding::Validation;

const NOW: WallTime = WallTime(1_800_000_000_000);

#[test]
fn names_are_unique_and_found() {
    for (name, validator) in NAMED {
        assert_eq!(Validator::named(name), Some(validator));
    }
    assert_eq!(Validator::named("moon-phase"), None);
}

fn telling() -> impl Strategy<Value = Vec<u8>> {
    let parts = [
        "-----BEGIN RSA PRIVATE KEY-----\n",
        "-----BEGIN PGP PRIVATE KEY BLOCK-----\n\n",
        "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAA",
        "PuTTY-User-Key-File-2: ssh-rsa\n",
        "Public-Lines: 99\n",
        "Private-Lines: 3\n",
        "Encryption: none\n",
        "MIIEpAIBAAKCAQEA",
        "=abcd",
        "eyJhbGciOiJub25lIn0",
        ".",
        "_",
        "-",
        ":",
        "ghp_",
        "glpat-",
        "glsa_",
        "AKIA",
        "AIza",
        "xoxb-",
        "pypi-AgE",
        "sk_live_",
        "SUA",
        "AGE-SECRET-KEY-1",
        "\n",
        "\\n",
    ];
    let part = prop_oneof![
        3 => proptest::sample::select(parts.to_vec()).prop_map(|text| text.as_bytes().to_vec()),
        3 => "[A-Za-z0-9+/=]{1,70}".prop_map(String::into_bytes),
        1 => "[0-9-]{1,20}".prop_map(String::into_bytes),
        1 => proptest::collection::vec(any::<u8>(), 0..40),
    ];
    proptest::collection::vec(part, 0..12).prop_map(|parts| parts.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]
    #[test]
    fn any_bytes_do_no_harm(secret in telling(), now in any::<i64>()) {
        for validator in Validator::all() {
            let check = validator.check(&secret, WallTime(now));
            prop_assert!(check.factor.is_finite() && (0.0..2.0).contains(&check.factor));
            prop_assert!((0.0..=1.0).contains(&check.weigh(0.95)));
            for fact in &check.facts {
                prop_assert!(!fact.is_empty() && fact.chars().count() < 200, "{fact}");
                prop_assert!(!fact.chars().any(char::is_control), "{fact:?}");
            }
        }
    }
}

/// What a program writes; `None` where it is not there.
#[expect(clippy::disallowed_methods, reason = "the test asks the programs that make keys")]
fn made(program: &str, args: &[&str]) -> Option<Vec<u8>> {
    let out = Command::new(program).args(args).env("HOME", "/nonexistent").output().ok()?;
    out.status.success().then_some(out.stdout)
}

/// Only what a rule takes for the secret: up to the end marker.
fn body(pem: &[u8]) -> &[u8] {
    let end = memchr::memmem::rfind(pem, b"-----END").unwrap_or(pem.len());
    let start = memchr::memmem::rfind(&pem[..end], b"-----BEGIN").unwrap_or(0);
    &pem[start..end]
}

#[test]
fn keys_of_openssl_are_told_apart() {
    let cases: [(&[&str], Validation, &str); 9] = [
        (
            &["genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:1024"],
            Validation::Valid,
            "its primes make its modulus, RSA, 1024 bits, not encrypted",
        ),
        (
            &["genrsa", "-traditional", "1024"],
            Validation::Valid,
            "its primes make its modulus, RSA, 1024 bits, not encrypted",
        ),
        (
            &["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"],
            Validation::WellFormed,
            "elliptic curve P-256, not encrypted",
        ),
        (
            &["ecparam", "-name", "secp384r1", "-genkey", "-noout"],
            Validation::WellFormed,
            "elliptic curve P-384, not encrypted",
        ),
        (
            &["ecparam", "-name", "secp521r1", "-genkey"],
            Validation::WellFormed,
            "elliptic curve P-521, not encrypted",
        ),
        (&["genpkey", "-algorithm", "ED25519"], Validation::WellFormed, "Ed25519, not encrypted"),
        (&["genpkey", "-algorithm", "X448"], Validation::WellFormed, "X448, not encrypted"),
        (
            &["genpkey", "-algorithm", "ED25519", "-aes-128-cbc", "-pass", "pass:x"],
            Validation::WellFormed,
            "encrypted",
        ),
        (
            &["genrsa", "-traditional", "-aes128", "-passout", "pass:xxxx", "1024"],
            Validation::WellFormed,
            "encrypted, RSA",
        ),
    ];
    for (args, validation, facts) in cases {
        let Some(pem) = made("openssl", args) else { continue };
        let secret = body(&pem);
        let told = Validator::Pem.check(secret, NOW);
        assert_eq!((told.validation, told.facts.join(", ").as_str()), (validation, facts), "{args:?}");
        // The same in a string of a program, and with every line of a comment.
        let text = String::from_utf8_lossy(secret);
        for wrapped in
            [text.replace('\n', "\\n"), text.replace('\n', "\n    /// "), text.replace('\n', "\\n\" +\n \"")]
        {
            assert_eq!(Validator::Pem.check(wrapped.as_bytes(), NOW).facts, told.facts, "{args:?}");
        }
        // The same in logs, as far as its last row, and in what a change adds.
        let last = text.trim_end().lines().last().unwrap();
        for (before, behind) in
            [("web-1 | 10:04 ", ""), ("{\"log\":\"", "\\n\",\"time\":\"10:04\"}"), ("+", "")]
        {
            let logged = text.trim_end().replace('\n', &format!("{behind}\n{before}"));
            assert!(logged.ends_with(last));
            assert_eq!(Validator::Pem.check(logged.as_bytes(), NOW).facts, told.facts, "{args:?} {before}");
        }
        if facts != "encrypted, RSA" {
            let cut = Validator::Pem.check(&secret[..secret.len() * 2 / 3], NOW);
            assert_eq!(cut.validation, Validation::Invalid, "{args:?}");
        }
    }
}

#[test]
#[expect(clippy::disallowed_methods, reason = "ssh-keygen writes into a folder")]
fn keys_of_openssh_are_told_apart() {
    let folder = tempfile::tempdir().unwrap();
    for (n, kind, password, validation, facts) in [
        (1, "ed25519", "", Validation::Valid, "its two check numbers agree, Ed25519, not encrypted"),
        (
            2,
            "ecdsa",
            "",
            Validation::Valid,
            "its two check numbers agree, elliptic curve P-256, not encrypted",
        ),
        (3, "ed25519", "secret", Validation::WellFormed, "encrypted, Ed25519"),
    ] {
        let path = folder.path().join(n.to_string());
        let file = path.to_str().unwrap();
        if made("ssh-keygen", &["-q", "-t", kind, "-N", password, "-C", "x", "-f", file]).is_none() {
            continue;
        }
        let pem = std::fs::read(&path).unwrap();
        let told = Validator::SshKey.check(body(&pem), NOW);
        assert_eq!((told.validation, told.facts.join(", ").as_str()), (validation, facts), "{kind}");
        let cut = Validator::SshKey.check(&body(&pem)[..150], NOW);
        assert_eq!(cut.validation, Validation::Invalid, "{kind}");
    }
}

#[test]
#[expect(clippy::disallowed_methods, reason = "gpg keeps its keys in a folder")]
fn keys_of_gpg_are_told_apart() {
    let home = tempfile::tempdir().unwrap();
    let run = |args: &[&str]| {
        let batch = ["--batch", "--quiet", "--pinentry-mode", "loopback", "--passphrase"];
        let out = Command::new("gpg").env("GNUPGHOME", home.path()).args(batch).args(args).output().ok()?;
        out.status.success().then_some(out.stdout)
    };
    for (password, lock) in [("", "not encrypted"), ("secret", "encrypted")] {
        let name = format!("Test {lock} <test@example.internal>");
        let Some(_) = run(&[password, "--quick-generate-key", &name, "ed25519", "sign", "1d"]) else { break };
        let Some(key) = run(&[password, "--armor", "--export-secret-keys", &name]) else { break };
        let told = Validator::Pgp.check(body(&key), NOW);
        let expected = ["its checksum is right", "EdDSA", lock];
        assert_eq!((told.validation, told.facts), (Validation::Valid, expected.map(String::from).to_vec()));
        let mut wrong = body(&key).to_vec();
        let at = wrong.len() - 40;
        wrong[at] = if wrong[at] == b'A' { b'B' } else { b'A' };
        assert_eq!(Validator::Pgp.check(&wrong, NOW).validation, Validation::Invalid);
    }
    // The agent that gpg started lives as long as its socket; it is told to go.
    let _ = Command::new("gpgconf").env("GNUPGHOME", home.path()).args(["--kill", "all"]).output();
}

#[test]
fn putty_keys_are_told_apart() {
    use base64::Engine as _;
    let mut blob = Vec::new();
    for part in [&b"ssh-rsa"[..], &[1, 0, 1], &[0x80; 256]] {
        blob.extend((part.len() as u32).to_be_bytes());
        blob.extend_from_slice(part);
    }
    let blob = base64::engine::general_purpose::STANDARD.encode(blob);
    let lines: Vec<&str> =
        blob.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
    let file = |lock: &str, public: &str| {
        format!(
            "PuTTY-User-Key-File-2: ssh-rsa\r\nEncryption: {lock}\r\nComment: x\r\nPublic-Lines: {}\r\n{public}\r\nPrivate-Lines: 1\r\nAAAA",
            lines.len()
        )
    };
    let told = Validator::SshKey.check(file("none", &lines.join("\r\n")).as_bytes(), NOW);
    assert_eq!(told.facts, ["not encrypted", "RSA, 2048 bits"]);
    let told = Validator::SshKey.check(file("aes256-cbc", &lines.join("\r\n")).as_bytes(), NOW);
    assert_eq!(told.facts, ["encrypted", "RSA, 2048 bits"]);
    let told = Validator::SshKey.check(file("none", "AAAA").as_bytes(), NOW);
    assert_eq!(told.validation, Validation::Invalid);
}
