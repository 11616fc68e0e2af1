//! Bombs, damage and what holds itself: a scan ends, and tells what it left out.

use ignore::gitignore::GitignoreBuilder;
use proptest::prelude::*;

use super::super::DEEPEST;
use super::super::samples::{Way, bzip2, gzip, line, tar, xz, zip, zip_in_ways, zstd};
use super::*;

#[test]
#[expect(clippy::disallowed_methods, reason = "the test has a thread with the stack of a worker")]
fn what_lies_too_deep_is_counted() {
    let mut content = line(1);
    for _ in 0..3 {
        content = zip(&[("in.zip", &content)]);
    }
    let told = |depth| {
        let limits = Limits { depth, ..Limits::default() };
        read("a.zip", &mut content.as_slice(), limits, &Gitignore::empty())
    };
    assert_eq!(told(3).places(), ["a.zip!/in.zip!/in.zip!/in.zip"]);
    assert_eq!((told(2).found.len(), told(2).skipped), (0, vec![Skip::TooDeep]));
    assert!(told(2).words[0].contains("--archive-depth"), "{:?}", told(2).words);
    assert_eq!((told(0).found.len(), told(0).skipped), (0, vec![]));
    // As deep as the flag goes, on the stack of a worker.
    for _ in 0..17 {
        content = gzip(&content);
    }
    let limits = Limits { depth: DEEPEST, ..Limits::default() };
    let deep = std::thread::Builder::new().stack_size(crate::scan::engine::STACK);
    let deep = deep.spawn(move || read("a", &mut content.as_slice(), limits, &Gitignore::empty())).unwrap();
    assert_eq!(deep.join().unwrap().skipped, [Skip::TooDeep]);
}

#[test]
fn bombs_are_given_up() {
    let limits = Limits { unpacked: 3 << 20, ..Limits::default() };
    let zeros = vec![0; 8 << 20];
    let check = |name: &str, content: Vec<u8>| {
        let told = read(name, &mut content.as_slice(), limits, &Gitignore::empty());
        assert_eq!(told.skipped, [Skip::TooLargeUnpacked], "{name}: {:?}", told.words);
        assert!((1 << 20..6 << 20).contains(&told.bytes), "{name}: {}", told.bytes);
    };
    check("zeros.gz", gzip(&zeros));
    check("zeros.bz2", bzip2(&zeros));
    check("zeros.zst", zstd(&zeros));
    check("zeros.zip", zip(&[("zeros", &zeros)]));
    check("zeros.tgz", gzip(&tar(&[("zeros", &zeros)])));
    // Many in one another: the sum of all counts.
    let part = zip(&[("0", &zeros[..1 << 19])]);
    let parts: Vec<(String, &[u8])> = (0..16).map(|n| (format!("{n}.zip"), part.as_slice())).collect();
    let parts: Vec<(&str, &[u8])> = parts.iter().map(|(name, part)| (name.as_str(), *part)).collect();
    check("many.zip", zip(&parts));
}

/// Ten gigabytes of zeros.
#[test]
fn a_bomb_of_any_size_costs_the_same() {
    let piece = gzip(&vec![0; 1 << 20]);
    let bomb = piece.repeat(10 << 10);
    let mut reader = bomb.as_slice();
    let limits = Limits { unpacked: 2 << 20, ..Limits::default() };
    let told = read("bomb.gz", &mut reader, limits, &Gitignore::empty());
    assert_eq!(told.skipped, [Skip::TooLargeUnpacked]);
    assert!(told.bytes < 4 << 20);
}

#[test]
fn many_empty_entries_are_a_lot_too() {
    let names: Vec<String> = (0..300).map(|n| n.to_string()).collect();
    let entries: Vec<(&str, &[u8])> = names.iter().map(|name| (name.as_str(), &b""[..])).collect();
    let limits = Limits { unpacked: 1 << 20, ..Limits::default() };
    let told = read("a.zip", &mut zip(&entries).as_slice(), limits, &Gitignore::empty());
    assert_eq!(told.skipped, [Skip::TooLargeUnpacked]);
}

#[test]
fn what_breaks_off_is_read_up_to_there() {
    let text = [line(1), b"some more text, and more\n".repeat(4000), line(2)].concat();
    let cut = |content: Vec<u8>| content[..content.len() - 20].to_vec();
    let packings: [(&str, Vec<u8>, &str); 6] = [
        ("a.gz", cut(gzip(&text)), "a.gz!/a"),
        ("a.bz2", cut([bzip2(&text), bzip2(&text)].concat()), "a.bz2!/a"),
        ("a.zst", cut([zstd(&text), zstd(&text)].concat()), "a.zst!/a"),
        ("a.xz", cut(xz(&text)), "a.xz!/a"),
        ("a.tar", tar(&[("t", &text)])[..50_000].to_vec(), "a.tar!/t"),
        (
            "a.zip",
            cut(zip_in_ways(&[("t", &text, Way { stored: true, ..Way::default() })]))[..50_000].to_vec(),
            "a.zip!/t",
        ),
    ];
    for (name, content, place) in packings {
        let told = scanned(name, &content);
        assert!(told.holds(place, 1), "{name}: {told:?}");
        assert_eq!(told.skipped, [Skip::Damaged], "{name}: {told:?}");
    }
}

/// Its decoder was asked on behind the error to find the end of the entry, and ended the process. Found by fuzzing.
#[test]
fn a_broken_table_of_codes_is_damage() {
    let block = [&b"BZh91AY&SY)g\x1b"[..], &[0; 80]].concat();
    let entry =
        [&b"PK\x03\x04.\0\0\0\x0c\0"[..], &[0; 8], &[93, 0, 0, 0, 58, 0, 0, 0, 1, 0, 0, 0], b"t", &block]
            .concat();
    // It has no directory either.
    assert_eq!(scanned("a.zip", &entry).skipped, [Skip::Damaged; 2]);
    assert_eq!(scanned("a.bz2", &block).skipped, [Skip::Damaged]);
}

#[test]
fn damage_in_the_middle_hides_one_entry_only() {
    let texts = [line(1), b"text\n".repeat(500), line(3)];
    let entries = [("1", texts[0].as_slice()), ("2", &texts[1]), ("3", &texts[2])];
    let stored: Vec<_> = entries.map(|(name, text)| (name, text, Way::default())).to_vec();
    let mut damaged = zip_in_ways(&stored);
    let second = memchr::memmem::find_iter(&damaged, b"PK\x03\x04").nth(1).unwrap();
    damaged[second + 33..second + 38].fill(0xff);
    let told = scanned("a.zip", &damaged);
    assert!(told.holds("a.zip!/1", 1) && told.holds("a.zip!/3", 3), "{told:?}");
    assert_eq!(told.skipped, [Skip::Damaged]);
    let mut damaged = tar(&entries);
    let second = 1024;
    damaged[second + 5] ^= 0xff;
    let told = scanned("a.tar", &damaged);
    assert!(told.holds("a.tar!/1", 1) && told.holds("a.tar!/3", 3), "{told:?}");
    assert_eq!(told.skipped, [Skip::Damaged]);
}

#[test]
fn an_entry_that_is_not_what_was_packed_is_told() {
    let (text, other) = (b"text that is packed as it is\n".repeat(20), line(2));
    for stored in [false, true] {
        for behind in [false, true] {
            let way = Way { stored, behind, encrypted: false };
            let good = zip_in_ways(&[("1", &text, way), ("2", &other, Way::default())]);
            assert_eq!(scanned("a.zip", &good).skipped, []);
            let mut bad = good.clone();
            let mark = if behind { memchr::memmem::find(&bad, b"PK\x07\x08").unwrap() + 4 } else { 14 };
            bad[mark] ^= 1;
            let told = scanned("a.zip", &bad);
            assert!(told.holds("a.zip!/2", 2), "{way:?}: {told:?}");
            assert_eq!(told.skipped, [Skip::Damaged], "{way:?}");
            assert_eq!(told.words, ["a.zip!/1: damaged: its checksum is another one"]);
            // Some write none.
            bad[mark..mark + 4].fill(0);
            assert_eq!(scanned("a.zip", &bad).skipped, [], "{way:?}");
        }
    }
    let mut globs = GitignoreBuilder::new("");
    globs.add_line(None, "1").unwrap();
    let mut bad = zip(&[("1", &text)]);
    bad[14] ^= 1;
    let told = read("a.zip", &mut bad.as_slice(), Limits::default(), &globs.build().unwrap());
    assert_eq!(told.skipped, [Skip::Excluded], "nobody asked for it");
}

/// An archive that holds itself, as its quine does: made of the same pieces, deeper than any limit.
#[test]
fn what_holds_itself_ends() {
    let mut content = zip(&[("r.zip", b"PK\x03\x04")]);
    for _ in 0..40 {
        content = zip(&[("r.zip", &content)]);
    }
    let told = scanned("r.zip", &content);
    assert_eq!(told.skipped, [Skip::TooDeep]);
}

fn any_archive() -> impl Strategy<Value = Vec<u8>> {
    let text = [line(1), b"some text\n".repeat(30)].concat();
    let one = tar(&[("a.env", &text), ("b", b"")]);
    let way = Way { behind: true, ..Way::default() };
    let stored = Way { behind: true, stored: true, ..Way::default() };
    let archives = vec![
        gzip(&one),
        xz(&one),
        zstd(&one),
        bzip2(&one),
        one.clone(),
        zip(&[("a.env", &text), ("n.zip", &zip(&[("c", &text)]))]),
        zip_in_ways(&[("a", &text, way), ("b", &text, stored)]),
        [b"!<arch>\n".as_slice(), format!("{:<48}{:<10}`\n", "a/", text.len()).as_bytes(), &text].concat(),
    ];
    let page = [b"%PDF-1.7\n1 0 obj << /Filter /FlateDecode >>\nstream\n", &gzip(&text)[10..]].concat();
    let word =
        b"<w:document xmlns:w=\"http://schemas.openxmlformats.org/w\"><w:p a='b'>&lt;c&#65;<!-- d --></w:p>";
    let documents = vec![page, zip(&[("word/document.xml", word)])];
    proptest::sample::select([archives, documents].concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn no_damage_ends_a_scan(
        mut content in any_archive(),
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..8),
        length in any::<prop::sample::Index>(),
    ) {
        for (at, byte) in changes {
            let at = at.index(content.len());
            content[at] = byte;
        }
        let length = length.index(content.len() + 1);
        let limits = Limits { unpacked: 8 << 20, ..Limits::default() };
        let told = read("a", &mut &content[..length], limits, &Gitignore::empty());
        prop_assert!(!told.words.iter().any(|words| words.contains("unpacking it failed")), "{:?}", told.words);
    }
}
