#![expect(clippy::disallowed_methods, reason = "tests change files and look what a cache makes of it")]
//! Whatever is done to files and to the setting between two scans, the second one tells what it would without a cache.

use proptest::prelude::*;

use super::*;
use crate::scan::policy::files;

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
