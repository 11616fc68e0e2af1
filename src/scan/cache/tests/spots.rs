#![expect(clippy::disallowed_methods, reason = "tests change files and look what a cache makes of it")]
//! What was found is told again from where it stands, as a scan tells it, and nothing of it is kept.

use super::super::Asked;
use super::*;
use crate::scan::baseline::Verdict;
use crate::scan::baseline_file::Choice;
use crate::scan::known::Known;
use crate::scan::secret::Secret;

#[test]
fn what_has_not_changed_is_not_written_again() {
    let tree = Tree::new(Caution::None);
    for (number, name) in FILES.iter().enumerate() {
        tree.write(name, &content(number));
    }
    tree.scan(&tree.options());
    let about = || fs::metadata(tree.cache_file()).unwrap().ino();
    let first = about();
    tree.scan(&tree.options());
    assert_eq!(about(), first);
}

#[test]
fn what_holds_something_is_told_from_where_it_stands() {
    // All but what lies in the file in another form: behind a mark, as UTF-16, encoded, packed.
    let scanned = [10, 11, 12, PLAIN + 1, PLAIN + 2, PLAIN + 3, PLAIN + 4, PLAIN + 5];
    for number in 0..CONTENTS {
        let tree = Tree::new(Caution::None);
        tree.write("a.txt", &content(number));
        tree.scan(&tree.options());
        let report = tree.scan(&tree.options());
        assert_eq!(report.cached, u64::from(!scanned.contains(&number)), "{number}");
        let shown = Options { show_secrets: true, ..tree.options() };
        assert_eq!(tree.scan(&shown).cached, report.cached, "{number}");
    }
}

#[test]
fn a_cache_holds_no_secret() {
    let tree = Tree::new(Caution::None);
    let mut options = tree.options();
    options.show_secrets = true;
    let mut secrets = Vec::new();
    for number in 0..CONTENTS {
        tree.write("a.txt", &content(number));
        let found = Mutex::new(Vec::new());
        let cache = Arc::new(tree.cache(&options));
        let options = Options { cache: Some(Arc::clone(&cache)), ..options.clone() };
        scan(&options, &Progress::default(), &AtomicBool::new(false), &|finding| {
            found.lock().unwrap().push(finding.secret.unwrap());
        });
        cache.save(true).unwrap();
        secrets.extend(found.into_inner().unwrap());
        let kept = fs::read(tree.cache_file()).unwrap();
        for secret in &secrets {
            let part = &secret.as_bytes()[..secret.len().min(6)];
            assert!(memchr::memmem::find(&kept, part).is_none(), "{number}");
        }
    }
    assert!(secrets.len() > CONTENTS / 2);
}

#[test]
fn what_stands_in_a_large_file_is_told_as_if_it_were_read() {
    let tree = Tree::new(Caution::None);
    let mut text = Vec::new();
    let filler = "some words, 12345 numbers, and a=b\n".repeat(700);
    for number in [14, 13, 1, 4, 2, 8, 13, 14, 1, 1, 3] {
        text.extend(content(number));
        for _ in 0..10 {
            text.extend(filler.as_bytes());
        }
        // One long line too, so that columns are large.
        text.extend("word ".repeat(9000).into_bytes());
    }
    tree.write("a.txt", &text);
    // The end of a file is near a secret too.
    text.truncate(text.len() - 45_000 - 10 * filler.len());
    tree.write("b.env", &text[text.len() / 2..]);
    tree.scan(&tree.options());
    assert_eq!(tree.scan(&tree.options()).cached, 2);
}

#[test]
fn what_people_say_holds_at_once_and_no_longer() {
    let tree = Tree::new(Caution::None);
    tree.write("a.txt", &content(14));
    tree.write("b.env", &content(3));
    let heeding = || {
        let options = tree.options();
        let known = Arc::new(Known::load(&options.roots, &Choice::InFolder).unwrap());
        (Options { known: Some(Arc::clone(&known)), show_secrets: true, ..options }, known)
    };
    tree.scan(&heeding().0);
    for verdict in [Verdict::Known, Verdict::NotASecret, Verdict::Real] {
        let (options, known) = heeding();
        let found = Mutex::new(Vec::new());
        scan(&options, &Progress::default(), &AtomicBool::new(false), &|finding| {
            found.lock().unwrap().push(Arc::new(finding));
        });
        let found = found.into_inner().unwrap();
        assert!(found.iter().any(|finding| finding.level == Level::Entropy) && found.len() > 3);
        for finding in found {
            let secret = Secret::new(finding.secret.clone().unwrap());
            known.decide(&[finding], &secret, verdict, "2026-11-22").unwrap();
        }
        for _ in 0..2 {
            assert!(tree.scan(&heeding().0).cached >= 2, "{verdict:?}");
        }
        // What was noted while it was said is told when it is said no more.
        fs::remove_file(tree.path(".telltale-baseline.json")).unwrap();
        assert_eq!(tree.scan(&heeding().0).cached, 2, "{verdict:?}");
        tree.write("b.env", &content(3));
    }
}

#[test]
fn what_changes_while_it_is_looked_at_is_scanned() {
    let tree = Tree::new(Caution::None);
    tree.write("a.txt", &content(14));
    let options = tree.options();
    tree.scan(&options);
    let cache = tree.cache(&options);
    let known = cache.by_times(&tree.path("a.txt"), false).unwrap();
    assert!(cache.spots(&known).len() >= 3);
    tree.write("a.txt", &content(0));
    let file = File::open(tree.path("a.txt")).unwrap();
    let path = tree.path("a.txt");
    assert!(!Asked::new(&path, &file).unwrap().is(&known.stamp));
}
