#![expect(clippy::disallowed_methods, reason = "tests change files and look what a cache makes of it")]
//! A scan with a cache finds what one without finds, whatever was done to the files in between.

mod changes;
mod growth;
mod kept;
mod spots;

use std::fs::{self, File, FileTimes};
use std::io::{self, Write as _};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};

use base64::Engine as _;

use super::setting::Build;
use super::stamp::Stamp;
use super::store::open_at;
use super::take::{Cache, Caution};
use crate::scan::engine::{Options, scan};
use crate::scan::finding::{Finding, Level};
use crate::scan::id_key::IdKey;
use crate::scan::map::Amount;
use crate::scan::progress::{Progress, Report};
use crate::scan::unpack::limits::Limits;

/// How many lines the report of these tests lists for their entropy.
const LISTED: usize = 2;
const FILES: [&str; 6] = ["a.txt", "b.env", "sub/c.py", "sub/d", "sub/deep/e.json", "f.gz"];
/// How many plain contents there are, and how many with those that are packed.
const PLAIN: usize = 16;
const CONTENTS: usize = PLAIN + 6;

/// A token that no provider ever gave out, with a checksum that is right.
fn token() -> String {
    let body = "q8Zr2mT0xW5nB7vK1cJ9dL4hP6sG3f";
    let digits = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let sum = crc32fast::hash(body.as_bytes()) as usize;
    let sum: String = (0..6).rev().map(|n| digits[sum / 62_usize.pow(n) % 62] as char).collect();
    format!("ghp_{body}{sum}")
}

/// A token of a web session that has expired, and the key of a server.
fn many_lines() -> String {
    let part = |json: &str| base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(json);
    let claims = part("{\"iss\":\"here\",\"exp\":1500000000}");
    let session = format!(
        "{}.{claims}.{}",
        part("{\"alg\":\"HS256\",\"typ\":\"JWT\"}"),
        "q8Zr2mT0xW5nB7vK1cJ9".repeat(2)
    );
    let body = "q8Zr2mT0xW5nB7vK1cJ9dL4hP6sG3fYAe2XuRk3vX9bQ2mW7kR5nJ8bQ1hX6Zq7K\n".repeat(12);
    format!(
        "session = \"{session}\"\n-----BEGIN RSA PRIVATE KEY-----\n{body}-----END RSA PRIVATE KEY-----\nthe end"
    )
}

/// Contents, most of them of one length, so that their size tells nothing.
fn content(number: usize) -> Vec<u8> {
    let secret = || format!("github_token = \"{}\"", token());
    let line = match number % PLAIN {
        0 => "nothing to see here".to_owned(),
        1 => secret(),
        2 => "password: plainword".to_owned(),
        3 => "x(\"q8Zr2mT0xW5nB7vK1cJ9dL4hP6sG3fYAe\")".to_owned(),
        4 => "y(\"Rk3vX9bQ2mW7kR5nJ8bQ1hX6\")".to_owned(),
        5 => format!("{} # gitleaks:allow", secret()),
        6 => "\0\0\0 password = \"tr0ub4dor&3xYz\"".to_owned(),
        7 => "github_taken = \"nothing, but as long as the other one is\"".to_owned(),
        8 => "z(\"Zq7Kd2Mx9Vb4Nc6Jh1Lg8Pf3Ys5Wt0R\")".to_owned(),
        9 => return Vec::new(),
        10 => format!("\u{feff}{}", secret()),
        11 => return secret().encode_utf16().flat_map(u16::to_le_bytes).collect(),
        12 => format!("data: {}", base64::engine::general_purpose::STANDARD.encode(secret())),
        13 => many_lines(),
        14 => format!(
            "first line\n{}; password = \"tr0ub4dor&3xYz\"\n\ny(\"Rk3vX9bQ2mW7kR5nJ8bQ1hX6\")",
            secret()
        ),
        _ => format!("\0\0\0 {}", secret()),
    };
    let plain = format!("{line:<150}\n").into_bytes();
    if number < PLAIN {
        return plain;
    }
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    packed.write_all(&plain).unwrap();
    packed.finish().unwrap()
}

struct Tree {
    folder: tempfile::TempDir,
    caution: Caution,
    key: IdKey,
    build: Build,
}

/// All that a scan tells, but for how much of it the cache knew.
#[derive(Debug, PartialEq)]
struct Told {
    named: Vec<String>,
    listed: Vec<String>,
    not_listed: u64,
    numbers: Vec<u64>,
    problems: Vec<String>,
    map: Amount,
}

impl Tree {
    fn new(caution: Caution) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join("tree/sub/deep")).unwrap();
        let key = IdKey::at(&folder.path().join("key")).unwrap();
        Self { folder, caution, key, build: Build { hash: [1; 32], stamp: Stamp::default() } }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join("tree").join(name)
    }

    fn write(&self, name: &str, bytes: &[u8]) {
        fs::write(self.path(name), bytes).unwrap();
    }

    fn options(&self) -> Options {
        Options {
            roots: vec![self.folder.path().join("tree")],
            threads: 2,
            id_key: Some(self.key.clone()),
            ..Options::default()
        }
    }

    fn cache_file(&self) -> PathBuf {
        self.folder.path().join("cache")
    }

    fn cache(&self, options: &Options) -> Cache {
        let build = |_| Ok(self.build);
        open_at(self.cache_file(), None, options, LISTED, &build).unwrap().0.with(self.caution)
    }

    /// A scan as it is, and one with the cache that is left by the one before; the same must be told.
    fn scan(&self, options: &Options) -> Report {
        let (expected, _) = told(options);
        let cache = Arc::new(self.cache(options));
        let with_cache = Options { cache: Some(Arc::clone(&cache)), ..options.clone() };
        let (got, report) = told(&with_cache);
        assert_eq!(got, expected);
        cache.save(true).unwrap();
        self.tick();
        report
    }

    /// Waits until a change makes another time than all that were told so far.
    fn tick(&self) {
        let probe = self.folder.path().join("probe");
        let time = || {
            fs::write(&probe, "x").unwrap();
            let about = fs::metadata(&probe).unwrap();
            (about.ctime(), about.ctime_nsec())
        };
        let now = time();
        while time() == now {}
    }
}

fn told(options: &Options) -> (Told, Report) {
    let (found, progress) = (Mutex::new(Vec::new()), Progress::default());
    let report =
        scan(options, &progress, &AtomicBool::new(false), &|finding| found.lock().unwrap().push(finding));
    let mut found: Vec<Finding> = found.into_inner().unwrap();
    found.sort_by(Finding::rank);
    let (entropy, named): (Vec<Finding>, Vec<Finding>) =
        found.into_iter().partition(|finding| finding.level == Level::Entropy);
    let listed = &entropy[..entropy.len().min(LISTED)];
    let words = |findings: &[Finding]| findings.iter().map(|finding| format!("{finding:?}")).collect();
    let counts =
        [report.files, report.bytes, report.inside, report.inside_bytes, report.accepted, report.binary];
    let counts = counts.into_iter().chain(report.findings).chain(report.allowed).chain(report.skipped);
    let now = progress.snapshot();
    let told = Told {
        named: words(&named),
        listed: words(listed),
        not_listed: report.beyond_cap + (entropy.len() - listed.len()) as u64,
        numbers: counts.chain([now.files_done, now.files_found, now.in_flight, now.binary]).collect(),
        problems: report.problems.clone(),
        map: progress.map().find(&[]).unwrap().total,
    };
    (told, report)
}
