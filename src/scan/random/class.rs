//! What a line that looks random is, told by its shape and its place: a hash in a lock file, an id, a certificate. Pure.
//!
//! A class is given only where something says so: the words before the token, what it is wrapped in, the name of the
//! file. A bare token of 32 hex digits may be a key as well as a hash, and stays what it is: a line.

use serde::{Deserialize, Serialize};

use super::token::{Token, algorithm};
use crate::scan::matcher::is_uuid;

/// What a line is whose token looks random.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Class {
    /// A hash of this many bits, told as such: `"integrity": "sha512-…"`.
    Sha512Integrity,
    /// The same, shorter.
    Sha384Integrity,
    /// The same, shorter.
    Sha256Integrity,
    /// The same, shorter.
    Sha1Integrity,
    /// The same, shorter.
    Md5Integrity,
    /// The name of a commit, a tree or a blob.
    GitObjectId,
    /// A UUID.
    Uuid,
    /// A picture, a font or a sound, as a `data:` URL.
    Media,
    /// A line of a certificate or of a signing request.
    Certificate,
    /// A public key.
    PublicKey,
    /// A line of a private key: folded like the others, and no less a secret.
    PrivateKey,
    /// A line of a signature, or of an encrypted message.
    Armour,
    /// A line of base64 among others.
    Base64Block,
    /// The mappings of a source map.
    SourceMap,
    /// Code without line ends.
    MinifiedCode,
    /// A token too long for a secret.
    DataBlob,
    /// One of many lines that differ in the token alone.
    OneShape,
}

impl Class {
    /// The words behind `412 lines like this:`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sha512Integrity => "sha512 integrity",
            Self::Sha384Integrity => "sha384 integrity",
            Self::Sha256Integrity => "sha256 integrity",
            Self::Sha1Integrity => "sha1 integrity",
            Self::Md5Integrity => "md5 integrity",
            Self::GitObjectId => "git object ids",
            Self::Uuid => "UUIDs",
            Self::Media => "base64 media",
            Self::Certificate => "certificate block",
            Self::PublicKey => "public keys",
            Self::PrivateKey => "private key block",
            Self::Armour => "signature or encrypted message",
            Self::Base64Block => "base64 block",
            Self::SourceMap => "source map",
            Self::MinifiedCode => "minified code",
            Self::DataBlob => "data blob",
            Self::OneShape => "the same but for the token",
        }
    }
}

/// How lines that look random are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineView {
    /// Those of one class in one file together.
    Folded,
    /// Each by itself, with the class it would be folded into.
    Each,
}

/// What lines were folded into.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Folded {
    /// What they are.
    pub class: Class,
    /// How many there are in the file.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub lines: u64,
}

const fn one() -> u64 {
    1
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands a field over like this")]
fn is_one(lines: &u64) -> bool {
    *lines == 1
}

impl Folded {
    /// It in words: `412 lines like this: sha512 integrity`.
    pub fn told(self) -> String {
        match self.lines {
            1 => self.class.as_str().to_owned(),
            lines => {
                format!("{} lines like this: {}", crate::model::metric::count(lines), self.class.as_str())
            }
        }
    }
}

/// A line, and where it stands.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Seen<'a> {
    /// The name of the file, in lower case.
    pub(crate) name: &'a str,
    /// The line before the token; of a long one the end.
    pub(crate) before: &'a [u8],
    pub(crate) token: &'a [u8],
    /// The line behind the token; of a long one the beginning.
    pub(crate) behind: &'a [u8],
    /// The length of the line, as far as it is in sight.
    pub(crate) length: usize,
    /// What the lines around it are wrapped in.
    pub(crate) block: Option<Class>,
}

/// Lines from this length on hold code that was made to be short.
const MINIFIED: usize = 500;
/// Tokens from this length on are data.
const BLOB: usize = 512;
/// A token of this length that has its line to itself is a part of something longer.
const BLOCK: usize = 48;
/// How far before a token a word may tell what it is.
const TELLING: usize = 48;

/// What a line is; `None` for one that stands for itself.
pub(crate) fn class(seen: &Seen<'_>, found: &Token) -> Option<Class> {
    let Seen { name, token, length, block, .. } = *seen;
    if block.is_some() {
        return block;
    }
    let tail = &seen.before[seen.before.len().saturating_sub(TELLING)..];
    let tail = tail.to_ascii_lowercase();
    let says =
        |words: &[&str]| words.iter().any(|word| memchr::memmem::find(&tail, word.as_bytes()).is_some());
    let is_code = ends(name, CODE);
    match () {
        () if says(&["base64,"]) => Some(Class::Media),
        () if says(&["ssh-rsa ", "ssh-ed25519 ", "ssh-dss ", "ecdsa-sha2-"]) => Some(Class::PublicKey),
        () if says(&["\"mappings\""]) || ends(name, &[".map"]) => Some(Class::SourceMap),
        () if is_uuid(token) => Some(Class::Uuid),
        () => hash(seen, found, &tail)
            .or_else(|| (is_alone(seen) && token.len() >= BLOCK).then_some(Class::Base64Block))
            .or_else(|| (is_code && length >= MINIFIED).then_some(Class::MinifiedCode))
            .or_else(|| (token.len() >= BLOB).then_some(Class::DataBlob)),
    }
}

/// A hash that is told as one, by its name, by the words before it or by its file.
fn hash(seen: &Seen<'_>, found: &Token, tail: &[u8]) -> Option<Class> {
    let says =
        |words: &[&str]| words.iter().any(|word| memchr::memmem::find(tail, word.as_bytes()).is_some());
    let name = seen.name;
    // A run begins with the name of its function; that lies before the token then.
    let word =
        seen.before.iter().rev().take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'-').count();
    let named = algorithm(&seen.before[seen.before.len() - word..]);
    let bits = named.map(|(_, bits)| bits).or_else(|| bits(seen.token.len(), found.is_hex))?;
    if named.is_none() && says(NOT_A_HASH) {
        return None;
    }
    let is_git = name.starts_with(".git-blame") || says(GIT) || tail.ends_with(b"@");
    if bits == 160 && found.is_hex && named.is_none() && is_git {
        return Some(Class::GitObjectId);
    }
    let is_listed = ends(name, LOCKS);
    // `<hash>  name`, as the tools of that name write it.
    let is_sum = found.is_hex && seen.before.trim_ascii().is_empty() && seen.behind.starts_with(b"  ");
    if named.is_none() && !is_listed && !is_sum && !says(HASH) {
        return None;
    }
    Some(match bits {
        512 => Class::Sha512Integrity,
        384 => Class::Sha384Integrity,
        256 => Class::Sha256Integrity,
        160 => Class::Sha1Integrity,
        _ => Class::Md5Integrity,
    })
}

/// Words that tell a hash.
const HASH: &[&str] = &[
    "sha1",
    "sha256",
    "sha384",
    "sha512",
    "sha-",
    "md5",
    "integrity",
    "checksum",
    "digest",
    "hash",
    "h1:",
    "etag",
];
/// Words that tell the name of a git object.
const GIT: &[&str] = &[
    "commit", "revision", "rev ", "rev:", "rev=", "rev\"", "tree ", "parent ", "branch", "blob ", ".git#",
    "git+",
];
/// Words beside which a hash is none: forty hex digits may be a token as well.
const NOT_A_HASH: &[&str] = &["key", "token", "secret", "pass", "auth", "cred"];
/// How files are called that hold nothing but versions and their hashes.
const LOCKS: &[&str] =
    &[".lock", "-lock.json", "-lock.yaml", "shrinkwrap.json", "packages.lock.json", "sums", ".sum"];
/// How files are called whose code is made to be short.
const CODE: &[&str] = &[".js", ".mjs", ".cjs", ".css", ".html", ".svg", ".map"];

/// Whether a name, which is in lower case, ends with one of these.
fn ends(name: &str, ends: &[&str]) -> bool {
    ends.iter().any(|end| name.ends_with(end))
}

/// The bits of a hash of this length.
fn bits(length: usize, is_hex: bool) -> Option<usize> {
    match (is_hex, length) {
        (true, 32) | (false, 22) => Some(128),
        (true, 40) | (false, 27) => Some(160),
        (true, 64) | (false, 43) => Some(256),
        (true, 96) | (false, 64) => Some(384),
        (true, 128) | (false, 86) => Some(512),
        _ => None,
    }
}

/// Whether the line holds nothing but the token, and what quotes and joins lines of it.
fn is_alone(seen: &Seen<'_>) -> bool {
    let joins = |byte: &u8| {
        byte.is_ascii_whitespace()
            || matches!(byte, b'"' | b'\'' | b',' | b'\\' | b'+' | b'#' | b'*' | b'|' | b'=')
    };
    let is_end = |behind: &[u8]| behind.strip_suffix(b"\\n\"").is_some_and(|rest| rest.iter().all(joins));
    seen.before.iter().all(joins) && (seen.behind.iter().all(joins) || is_end(seen.behind))
}

/// What a line says of the block it stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Border {
    /// It begins one.
    Begins(Class),
    /// It begins one, and ends it.
    Whole(Class),
    /// It ends one.
    Ends,
}

impl Border {
    /// What this very line belongs to.
    pub(crate) fn class(self) -> Option<Class> {
        match self {
            Self::Begins(class) | Self::Whole(class) => Some(class),
            Self::Ends => None,
        }
    }

    /// What the lines behind it belong to.
    pub(crate) fn behind(self) -> Option<Class> {
        match self {
            Self::Begins(class) => Some(class),
            Self::Whole(_) | Self::Ends => None,
        }
    }
}

/// What begins or ends at a line.
pub(crate) fn border(line: &[u8]) -> Option<Border> {
    let head = &line[..line.len().min(96)];
    let at = memchr::memmem::find(head, b"-----")?;
    let label = &head[at + 5..];
    if label.starts_with(b"END ") {
        return Some(Border::Ends);
    }
    let label = label.strip_prefix(b"BEGIN ")?;
    let label = &label[..memchr::memmem::find(label, b"-----")?];
    let says = |word: &str| memchr::memmem::find(label, word.as_bytes()).is_some();
    let class = match () {
        () if says("PRIVATE") => Class::PrivateKey,
        () if says("PUBLIC") => Class::PublicKey,
        () if says("CERTIFICATE") || says("X509") => Class::Certificate,
        () => Class::Armour,
    };
    let is_whole = memchr::memmem::find(&line[at + 5..], b"-----END ").is_some();
    Some(if is_whole { Border::Whole(class) } else { Border::Begins(class) })
}

/// Whether a line may stand within a block: letters without a blank, or a header such as `Proc-Type: 4,ENCRYPTED`.
pub(crate) fn goes_on(line: &[u8]) -> bool {
    let joins =
        |byte: &u8| byte.is_ascii_whitespace() || matches!(byte, b'"' | b'\'' | b',' | b'+' | b'#' | b'*');
    let first = line.iter().position(|byte| !joins(byte)).unwrap_or(line.len());
    let last = line.iter().rposition(|byte| !joins(byte)).map_or(first, |last| last + 1);
    let inner = &line[first..last.max(first)];
    let name = inner.iter().take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'-').count();
    let is_header = name > 0 && inner[name..].starts_with(b": ");
    is_header || !inner.iter().any(u8::is_ascii_whitespace)
}

#[cfg(test)]
mod tests {
    use super::super::token::best;
    use super::*;

    fn told(name: &str, line: &str) -> Option<&'static str> {
        let text = line.as_bytes();
        let found =
            best(text, 0..text.len(), text.len()).unwrap_or_else(|| panic!("nothing random in {line}"));
        let seen = Seen {
            name,
            before: &text[..found.place.start],
            token: &text[found.place.clone()],
            behind: &text[found.place.end..],
            length: text.len(),
            block: None,
        };
        class(&seen, &found).map(Class::as_str)
    }

    #[test]
    fn what_is_no_secret_is_known_by_its_shape_and_its_place() {
        let sha512 = "Kk9xYzP3rLq8ZvT0mW5nB7cJ1dL4hS6sG3fYAe2XuR9iOoQ7tNb8pVwEjDyCgHkUaMlFxKz5TqWvB4nJ2cSdEw";
        let (hex40, hex64) = (
            "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b",
            "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        );
        for (name, line, expected) in [
            ("package-lock.json", format!("\"integrity\": \"sha512-{sha512}==\","), Some("sha512 integrity")),
            ("cargo.lock", format!("checksum = \"{hex64}\""), Some("sha256 integrity")),
            ("sha256sums", format!("{hex64}  file.tar.gz"), Some("sha256 integrity")),
            ("x.txt", format!("{hex64}  file.tar.gz"), Some("sha256 integrity")),
            ("x.py", format!("rev = \"{hex40}\""), Some("git object ids")),
            ("notes.md", format!("see commit {hex40}"), Some("git object ids")),
            ("x.json", "\"id\": \"3f2c8a10-77aa-4b1e-9d52-0c6b7b2f1e11\"".to_owned(), Some("UUIDs")),
            ("x.css", format!("url(data:image/png;base64,{sha512})"), Some("base64 media")),
            ("authorized_keys", format!("ssh-ed25519 {sha512} ada@x"), Some("public keys")),
            ("x.pem", sha512.to_owned(), Some("base64 block")),
            ("x.py", format!("    \"{sha512}\\n\""), Some("base64 block")),
            ("x.js", format!("{}k=\"q8Zr2mT0xW5nB7vK1cJ9dL4h\"", "a(b);".repeat(120)), Some("minified code")),
            ("x.txt", format!("x {} y", sha512.repeat(7)), Some("data blob")),
            // What nothing tells stands for itself.
            ("x.env", format!("API_KEY={hex40}"), None),
            ("x.env", format!("GITHUB_TOKEN_HASH={hex40}"), None),
            ("x.yml", format!("uses: actions/checkout@{hex40}"), Some("git object ids")),
            ("x.env", format!("SECRET={hex64}"), None),
            ("x.py", "x = \"q8Zr2mT0xW5nB7vK1cJ9dL4h\"".to_owned(), None),
        ] {
            assert_eq!(told(name, &line), expected, "{name}: {line}");
        }
    }

    #[test]
    fn blocks_are_known_by_their_borders() {
        let kinds = [
            ("-----BEGIN CERTIFICATE-----", Some(Border::Begins(Class::Certificate))),
            ("  \"-----BEGIN RSA PRIVATE KEY-----\\n\"", Some(Border::Begins(Class::PrivateKey))),
            (
                "k = '-----BEGIN PRIVATE KEY-----ab-----END PRIVATE KEY-----'",
                Some(Border::Whole(Class::PrivateKey)),
            ),
            ("-----BEGIN PGP MESSAGE-----", Some(Border::Begins(Class::Armour))),
            ("-----END PGP MESSAGE-----", Some(Border::Ends)),
            ("----- a rule -----", None),
        ];
        for (line, expected) in kinds {
            assert_eq!(border(line.as_bytes()), expected, "{line}");
        }
        assert_eq!(
            Folded { class: Class::Sha512Integrity, lines: 1412 }.told(),
            "1,412 lines like this: sha512 integrity"
        );
    }
}
