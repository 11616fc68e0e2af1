#![expect(clippy::disallowed_methods, reason = "tests make files of caches and look at them")]
//! The file of a cache: one that is in doubt is not used, and one that is written is whole.

use super::*;

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
    let cache = Arc::new(tree.cache(&options));
    assert_eq!(
        told(&Options { cache: Some(Arc::clone(&cache)), ..options }).1.cached,
        0,
        "a link is not followed"
    );
    assert_eq!(cache.save(true).unwrap_err().to_string(), "no regular file");
    assert_eq!(fs::read(tree.path("a.txt")).unwrap(), content(0), "nor written through");
    assert!(fs::symlink_metadata(&file).unwrap().is_symlink(), "nor replaced");
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
