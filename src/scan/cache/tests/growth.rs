#![expect(clippy::disallowed_methods, reason = "tests write to a file while it is scanned")]
//! A file that grows is not known, and asking what it holds has an end.

use super::super::Noted;
use super::*;

/// How far a file grows at once.
const FAR: u64 = 64 << 20;

#[test]
fn a_file_that_grew_while_it_was_scanned_is_scanned_again() {
    let tree = Tree::new(Caution::None);
    tree.write("a.txt", &content(14));
    let options = tree.options();
    for grown in [FAR, 5000] {
        let cache = Arc::new(tree.cache(&options));
        let with_cache = Options { cache: Some(Arc::clone(&cache)), ..options.clone() };
        scan(&with_cache, &Progress::default(), &AtomicBool::new(false), &|_| {
            File::options().write(true).open(tree.path("a.txt")).unwrap().set_len(grown).unwrap();
        });
        cache.save(true).unwrap();
        tree.tick();
        // It looks as it did, but for its times.
        tree.write("a.txt", &content(14));
        assert_eq!(tree.scan(&options).cached, 0, "{grown}");
        fs::remove_file(tree.cache_file()).unwrap();
    }
}

#[test]
fn a_hash_is_made_of_no_more_than_a_file_holds() {
    let tree = Tree::new(Caution::None);
    tree.write("a.txt", &content(14));
    let size = content(14).len() as u64;
    let mut file = File::options().read(true).write(true).open(tree.path("a.txt")).unwrap();
    let hash = |file: &mut File| Noted::new(file).finish(size, &AtomicBool::new(false)).unwrap();
    assert!(hash(&mut file).is_some());
    file.set_len(FAR).unwrap();
    assert!(hash(&mut file).is_none());
    // What says that it is empty and is not has no size to go by.
    let mut told = File::open("/proc/self/status").unwrap();
    assert_eq!(told.metadata().unwrap().len(), 0);
    assert!(Noted::new(&mut told).finish(0, &AtomicBool::new(false)).unwrap().is_none());
}
