#![expect(clippy::disallowed_methods, reason = "tests change files and look what a cache makes of it")]
//! A scan with a cache finds what one without finds, whatever was done to the files in between.

mod spots;

use std::fs::{self, File, FileTimes};
use std::io::{self, Write as _};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use proptest::prelude::*;

use super::setting::Build;
use super::stamp::Stamp;
use super::store::open_at;
use super::take::{Cache, Caution};
use crate::scan::engine::{Options, scan};
use crate::scan::finding::{Finding, Level};
use crate::scan::id_key::IdKey;
use crate::scan::map::Amount;
use crate::scan::policy::files;
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

#[derive(Clone, Debug)]
enum Step {
    Write(usize, usize),
    /// The same, and its time is set back to what it was.
    WriteInSecret(usize, usize),
    /// In its place, as `sed -i` does, with the time of the old one.
    Replace(usize, usize),
    Touch(usize),
    Rename(usize, usize),
    Link(usize, usize),
    Remove(usize),
    Configure(usize),
    Forget,
    Scan(u8),
}

fn step() -> impl Strategy<Value = Step> {
    let (file, text) = (0..FILES.len(), 0..CONTENTS);
    prop_oneof![
        3 => (file.clone(), text.clone()).prop_map(|(file, text)| Step::Write(file, text)),
        2 => (file.clone(), text.clone()).prop_map(|(file, text)| Step::WriteInSecret(file, text)),
        2 => (file.clone(), text).prop_map(|(file, text)| Step::Replace(file, text)),
        1 => file.clone().prop_map(Step::Touch),
        2 => (file.clone(), file.clone()).prop_map(|(a, b)| Step::Rename(a, b)),
        1 => (file.clone(), file.clone()).prop_map(|(a, b)| Step::Link(a, b)),
        1 => file.prop_map(Step::Remove),
        1 => (0..4_usize).prop_map(Step::Configure),
        1 => Just(Step::Forget),
        4 => Just(Step::Scan(0)),
        2 => any::<u8>().prop_map(Step::Scan),
    ]
}

fn set_modified(path: &Path, like: &fs::Metadata) {
    let times = FileTimes::new().set_modified(like.modified().unwrap());
    File::options().write(true).open(path).unwrap().set_times(times).unwrap();
}

impl Step {
    fn take(&self, tree: &Tree) {
        let path = |file: usize| tree.path(FILES[file]);
        match *self {
            Self::Write(file, text) => fs::write(path(file), content(text)).unwrap(),
            Self::WriteInSecret(file, text) => {
                let before = fs::metadata(path(file));
                fs::write(path(file), content(text)).unwrap();
                if let Ok(before) = before {
                    set_modified(&path(file), &before);
                }
            }
            Self::Replace(file, text) => {
                let before = fs::metadata(path(file));
                fs::write(tree.path("new"), content(text)).unwrap();
                if let Ok(before) = before {
                    set_modified(&tree.path("new"), &before);
                }
                fs::rename(tree.path("new"), path(file)).unwrap();
            }
            // What is not there can't be touched, moved or removed.
            Self::Touch(file) => drop(
                File::options()
                    .append(true)
                    .open(path(file))
                    .map(|file| file.set_modified(std::time::UNIX_EPOCH)),
            ),
            Self::Rename(from, to) => drop(fs::rename(path(from), path(to))),
            Self::Link(from, to) => drop(fs::hard_link(path(from), path(to))),
            Self::Remove(file) => drop(fs::remove_file(path(file))),
            Self::Configure(which) => configure(tree, which),
            Self::Forget => drop(fs::remove_file(tree.cache_file())),
            Self::Scan(flags) => scan_with(tree, flags),
        }
    }
}

/// Lists of exceptions come and go.
fn configure(tree: &Tree, which: usize) {
    let list = tree.path(".gitleaksignore");
    let config = tree.path(".gitleaks.toml");
    match which {
        0 => fs::write(list, "b.env:github-pat:1\nsub/c.py:generic-api-key:1\n").unwrap(),
        1 => drop(fs::remove_file(list)),
        2 => fs::write(config, "[extend]\nuseDefault = true\n[[rules]]\nid = \"see\"\nregex = '''nothing to (see)'''\n[allowlist]\npaths = ['''sub/''']\n").unwrap(),
        _ => drop(fs::remove_file(config)),
    }
}

fn scan_with(tree: &Tree, flags: u8) {
    let is = |bit: u8| flags & 1 << bit != 0;
    let mut options = tree.options();
    options.binaries = is(0);
    options.excludes = if is(1) { vec!["b.*".into(), "f".into()] } else { Vec::new() };
    options.unpack = Limits { depth: if is(2) { 0 } else { 5 }, ..Limits::default() };
    options.max_filesize = is(3).then_some(120);
    let policy =
        files::load(&options.roots, &files::Choice { is_strict: is(4), ..files::Choice::default() }).unwrap();
    options.rules = policy.rules();
    options.policy = Some(Arc::new(policy));
    tree.scan(&options);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]
    #[test]
    fn a_cache_never_hides_a_finding(steps in proptest::collection::vec(step(), 1..24)) {
        for caution in [Caution::None, Caution::Due] {
            let tree = Tree::new(caution);
            for (at, name) in FILES.iter().enumerate() {
                tree.write(name, &content(at));
            }
            for step in steps.iter().chain([&Step::Scan(0)]) {
                step.take(&tree);
            }
        }
    }
}

#[test]
fn what_has_not_changed_is_not_scanned_again() {
    for caution in [Caution::None, Caution::Due] {
        let tree = Tree::new(caution);
        for (text, name) in [0, 1, 7, 3, 5, PLAIN].into_iter().zip(FILES) {
            tree.write(name, &content(text));
        }
        tree.write("g.txt", &content(8));
        tree.write("h.txt", &content(4));
        let options = tree.options();
        assert_eq!(tree.scan(&options).cached, 0);
        // What held something is told from where it stands, and two lines high in entropy are listed.
        let report = tree.scan(&options);
        assert_eq!((report.files, report.cached), (8, 8), "{caution:?}");
        tree.write("a.txt", &content(1));
        assert_eq!(tree.scan(&options).cached, 7);
        tree.write("a.txt", &content(7));
        assert_eq!(tree.scan(&options).cached, 7);
        assert_eq!(tree.scan(&options).cached, 8);
    }
}

#[test]
fn a_fresh_copy_is_known_by_its_content() {
    let tree = Tree::new(Caution::None);
    tree.write("a.txt", &content(0));
    tree.write("f.gz", &content(PLAIN));
    let options = tree.options();
    tree.scan(&options);
    for name in ["a.txt", "f.gz"] {
        let bytes = fs::read(tree.path(name)).unwrap();
        fs::remove_file(tree.path(name)).unwrap();
        tree.write(name, &bytes);
    }
    assert_eq!(tree.scan(&options).cached, 2);
}

#[test]
fn another_setting_knows_nothing() {
    let mut tree = Tree::new(Caution::None);
    tree.write("a.txt", &content(0));
    let options = tree.options();
    tree.scan(&options);
    let others = [
        Options { binaries: true, ..options.clone() },
        Options { excludes: vec!["x".into()], ..options.clone() },
        Options { unpack: Limits { depth: 1, ..Limits::default() }, ..options.clone() },
        Options { rules: Some(crate::scan::rule::builtin()), ..options.clone() },
        Options { policy: Some(Arc::default()), ..options.clone() },
    ];
    for other in &others {
        assert_eq!(tree.scan(&options).cached, 1);
        assert_eq!(tree.scan(other).cached, 0, "{other:?}");
        assert_eq!(tree.scan(&options).cached, 0, "back again");
    }
    tree.build.hash = [2; 32];
    assert_eq!(tree.scan(&options).cached, 0, "another build");
}

#[test]
fn what_is_in_doubt_is_not_used() {
    let tree = Tree::new(Caution::None);
    tree.write("a.txt", &content(0));
    let (options, file) = (tree.options(), tree.cache_file());
    tree.scan(&options);
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    let whole = fs::read(&file).unwrap();
    let mode = |mode| fs::set_permissions(&file, fs::Permissions::from_mode(mode)).unwrap();
    for (bits, cached) in [(0o644, 1), (0o660, 0), (0o606, 0), (0o600, 1)] {
        fs::write(&file, &whole).unwrap();
        mode(bits);
        assert_eq!(tree.scan(&options).cached, cached, "{bits:o}");
    }
    let mut flipped = whole.clone();
    flipped[200] ^= 1;
    for bytes in [&flipped[..], &whole[..whole.len() - 1], b"", b"telltale cache 1"] {
        fs::write(&file, bytes).unwrap();
        assert_eq!(tree.scan(&options).cached, 0);
        assert_eq!(tree.scan(&options).cached, 1, "it was replaced");
    }
    fs::remove_file(&file).unwrap();
    std::os::unix::fs::symlink(tree.path("a.txt"), &file).unwrap();
    assert_eq!(tree.scan(&options).cached, 0, "a link is not followed");
    assert_eq!(fs::read(tree.path("a.txt")).unwrap(), content(0), "nor written through");
}

#[test]
fn a_clock_that_went_back_makes_all_be_read() {
    let tree = Tree::new(Caution::None);
    tree.write("a.txt", &content(0));
    let options = tree.options();
    tree.scan(&options);
    let mut cache = tree.cache(&options);
    cache.head.written.0 -= 86_400_000;
    assert!(cache.by_times(&tree.path("a.txt"), false).is_none());
    assert!(tree.cache(&options).by_times(&tree.path("a.txt"), false).is_some());
}

#[test]
fn scans_at_once_leave_a_whole_cache() {
    let tree = Tree::new(Caution::None);
    for n in 0..40 {
        tree.write(&format!("{n}.txt"), format!("line {n}\n").as_bytes());
    }
    let options = tree.options();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..4 {
                    let cache = Arc::new(tree.cache(&options));
                    let (_, report) = told(&Options { cache: Some(Arc::clone(&cache)), ..options.clone() });
                    assert_eq!(report.files, 40);
                    cache.save(true).unwrap();
                }
            });
        }
    });
    assert_eq!(tree.scan(&options).cached, 40);
    let left: Vec<_> =
        fs::read_dir(tree.folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(left.iter().all(|name| !name.to_string_lossy().ends_with(".part")), "{left:?}");
}

#[test]
fn a_full_disk_is_told_and_leaves_nothing() {
    let tree = Tree::new(Caution::None);
    tree.write("a.txt", &content(0));
    let options = tree.options();
    let build = |_| Ok(tree.build);
    let nowhere =
        open_at(tree.folder.path().join("no/such/folder"), None, &options, LISTED, &build).unwrap().0;
    let nowhere = Arc::new(nowhere);
    let (_, report) = told(&Options { cache: Some(Arc::clone(&nowhere)), ..options });
    assert_eq!(report.files, 1);
    assert_eq!(nowhere.save(true).unwrap_err().kind(), io::ErrorKind::NotFound);
    let mut full = File::options().write(true).open("/dev/full").unwrap();
    assert_eq!(nowhere.write(&mut full, true).unwrap_err().kind(), io::ErrorKind::StorageFull);
}

#[test]
fn a_stopped_scan_keeps_what_others_knew() {
    let tree = Tree::new(Caution::None);
    tree.write("a.txt", &content(0));
    tree.write("b.env", &content(7));
    let options = tree.options();
    tree.scan(&options);
    let cache = Arc::new(tree.cache(&options));
    let stopped = Options { cache: Some(Arc::clone(&cache)), ..options.clone() };
    scan(&stopped, &Progress::default(), &AtomicBool::new(true), &|_| {});
    cache.save(false).unwrap();
    assert_eq!(tree.scan(&options).cached, 2);
}

#[test]
fn a_folder_keeps_the_newest() {
    let tree = Tree::new(Caution::None);
    tree.write("a.txt", &content(0));
    let options = tree.options();
    let folder = tree.folder.path().join("made/here");
    let build = |_| Ok(tree.build);
    let save = |name: &str| {
        let cache = open_at(folder.join(name), Some(folder.clone()), &options, LISTED, &build).unwrap().0;
        let cache = Arc::new(cache);
        told(&Options { cache: Some(Arc::clone(&cache)), ..options.clone() });
        cache.save(true).unwrap();
        tree.tick();
    };
    save("scan-first.cache");
    fs::write(folder.join("mine"), "x").unwrap();
    assert_eq!(fs::metadata(&folder).unwrap().permissions().mode() & 0o777, 0o700);
    for n in 0..64 {
        save(&format!("scan-{n}.cache"));
    }
    let names: Vec<_> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names.len(), 65, "{names:?}");
    assert!(!names.iter().any(|name| name == "scan-first.cache") && names.iter().any(|name| name == "mine"));
}
