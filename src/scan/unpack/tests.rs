//! Archives in all shapes, good and bad, scanned as workers do it.

use std::cell::RefCell;
use std::io::Read;
use std::path::Path;

use ignore::gitignore::{Gitignore, GitignoreBuilder};
use proptest::prelude::*;

use super::limits::Limits;
use super::samples::{Way, bzip2, gzip, line, tar, token, xz, zip, zip_in_ways, zstd};
use super::{Inside, scan};
use crate::model::clock::WallTime;
use crate::scan::blob::Scanner;
use crate::scan::finding::Source;
use crate::scan::identity::Key;
use crate::scan::origin::Origin;
use crate::scan::progress::Skip;
use crate::scan::rule::builtin;

/// What a scan told: places with the secrets there, and what was left out.
#[derive(Debug, Default, PartialEq)]
struct Told {
    found: Vec<(String, String)>,
    skipped: Vec<Skip>,
    words: Vec<String>,
    bytes: u64,
    lines: Vec<u64>,
}

impl Told {
    fn places(&self) -> Vec<&str> {
        self.found.iter().map(|(place, _)| place.as_str()).collect()
    }

    fn holds(&self, place: &str, seed: usize) -> bool {
        self.found.contains(&(place.to_owned(), token(seed)))
    }
}

fn read(name: &str, reader: &mut dyn Read, limits: Limits, excludes: &Gitignore) -> Told {
    let key = Key::random().unwrap();
    let mut scanner = Scanner::new(builtin(), &key, true, None, WallTime(0)).unwrap();
    let (found, lines) = (RefCell::new(Vec::new()), RefCell::new(Vec::new()));
    let mut told = Told::default();
    let origin = Origin::new(Path::new(name), Source::File);
    let inside = Inside {
        limits,
        excludes,
        only: None,
        origin: &origin,
        stop: &|| false,
        sink: &|mut finding| {
            let inside = finding.path.to_string_lossy().contains("!/");
            assert_eq!(finding.container.is_some(), inside, "{:?}", finding.path);
            if let Some(secret) = finding.secret.take().filter(|secret| secret.starts_with("ghp_")) {
                found.borrow_mut().push((finding.path.to_string_lossy().into_owned(), secret));
                lines.borrow_mut().push(finding.line);
            }
        },
    };
    let outcome = scan(&mut scanner, reader, None, &inside, &mut |reason, words| {
        told.skipped.push(reason);
        told.words.extend(words);
    });
    told.bytes = outcome.unwrap().inside.bytes;
    (told.found, told.lines) = (found.into_inner(), lines.into_inner());
    told
}

fn scanned(name: &str, content: &[u8]) -> Told {
    read(name, &mut { content }, Limits::default(), &Gitignore::empty())
}

#[test]
fn every_format_shows_what_it_holds() {
    let check = |name: &str, content: Vec<u8>, place: &str| {
        let told = scanned(name, &content);
        assert!(told.holds(place, 1), "{name}: {told:?}");
        assert_eq!((told.found.len(), told.skipped.len()), (1, 0), "{name}: {told:?}");
    };
    let text = line(1);
    let one = [("a/app.env", text.as_slice())];
    check("plain", text.clone(), "plain");
    check("x.log.gz", gzip(&text), "x.log.gz!/x.log");
    check("x.bz2", bzip2(&text), "x.bz2!/x");
    check("x.zst", zstd(&text), "x.zst!/x");
    check("x.xz", xz(&text), "x.xz!/x");
    check("no-suffix", gzip(&text), "no-suffix!/no-suffix");
    check("x.tar", tar(&one), "x.tar!/a/app.env");
    check("x.tar.gz", gzip(&tar(&one)), "x.tar.gz!/a/app.env");
    check("x.tgz", gzip(&tar(&one)), "x.tgz!/a/app.env");
    check("x.tar.xz", xz(&tar(&one)), "x.tar.xz!/a/app.env");
    check("x.tar.zst", zstd(&tar(&one)), "x.tar.zst!/a/app.env");
    check("x.tar.bz2", bzip2(&tar(&one)), "x.tar.bz2!/a/app.env");
    check("x.jar", zip(&one), "x.jar!/a/app.env");
    check("two.zip", zip(&[("in.zip", &zip(&one))]), "two.zip!/in.zip!/a/app.env");
    check("two.tar", tar(&[("in.tar.gz", &gzip(&tar(&one)))]), "two.tar!/in.tar.gz!/a/app.env");
    check("wide.zip", zip(&[("u.txt", &wide(&text))]), "wide.zip!/u.txt");
    let program = [b"#!/usr/bin/env python3\n".as_slice(), &zip(&one)].concat();
    check("app.pyz", program, "app.pyz!/a/app.env");
}

/// As UTF-16.
fn wide(text: &[u8]) -> Vec<u8> {
    let text = std::str::from_utf8(text).unwrap();
    [0xff, 0xfe].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect()
}

#[test]
fn entries_of_zip_may_be_written_in_many_ways() {
    let (first, second) = (line(1), line(2));
    for stored in [false, true] {
        for behind in [false, true] {
            let way = Way { stored, behind, encrypted: false };
            let told = scanned("a.zip", &zip_in_ways(&[("1", &first, way), ("2", &second, way)]));
            assert!(told.holds("a.zip!/1", 1) && told.holds("a.zip!/2", 2), "{way:?}: {told:?}");
            assert_eq!(told.skipped, []);
        }
    }
    // A text that holds a mark of what would stand behind it.
    let odd = [&b"PK\x07\x08 and more of it"[..], &first, b"PK\x07\x08"].concat();
    let way = Way { stored: true, behind: true, encrypted: false };
    let told = scanned("a.zip", &zip_in_ways(&[("1", &odd, way), ("2", &second, way)]));
    assert!(told.holds("a.zip!/1", 1) && told.holds("a.zip!/2", 2), "{told:?}");
    let locked = Way { encrypted: true, ..Way::default() };
    let told = scanned("a.zip", &zip_in_ways(&[("1", &first, locked), ("2", &second, Way::default())]));
    assert_eq!((told.places(), told.skipped.as_slice()), (vec!["a.zip!/2"], &[Skip::Encrypted][..]));
    assert_eq!(told.words, ["a.zip!/1: encrypted"]);
}

#[test]
fn debian_packages_are_archives_of_tars() {
    let data = gzip(&tar(&[("./etc/app.env", &line(1))]));
    let member = |name: &str, content: &[u8]| {
        let header = format!("{name:<16}{:<12}{:<6}{:<6}{:<8}{:<10}`\n", 0, 0, 0, 100_644, content.len());
        let padding: &[u8] = if content.len() % 2 == 1 { b"\n" } else { b"" };
        [header.as_bytes(), content, padding].concat()
    };
    let long = [&b"a-very-long-name.env"[..], &line(2)].concat();
    let package = [
        b"!<arch>\n".to_vec(),
        member("debian-binary", b"2.0\n"),
        member("data.tar.gz/", &data),
        member("#1/20", &long),
        member("//", b"another-long-name.env/\n"),
        member("/0", &line(3)),
    ];
    let told = scanned("a.deb", &package.concat());
    assert!(told.holds("a.deb!/data.tar.gz!/etc/app.env", 1), "{told:?}");
    assert!(told.holds("a.deb!/a-very-long-name.env", 2), "{told:?}");
    assert!(told.holds("a.deb!/another-long-name.env", 3), "{told:?}");
    assert_eq!(told.skipped, []);
    let told = scanned("a.deb", &package.concat()[..300]);
    assert_eq!(told.skipped, [Skip::Damaged]);
}

#[test]
fn layers_of_images_have_short_names() {
    let digest = "0123456789abcdef".repeat(4);
    let layer = gzip(&tar(&[("etc/app.env", &line(1))]));
    let (oci, docker) = (format!("blobs/sha256/{digest}"), format!("{digest}/layer.tar"));
    let told = scanned("image.tar", &tar(&[("oci-layout", b"{}"), (&oci, &layer)]));
    assert_eq!(told.places(), ["image.tar!/0123456789ab!/etc/app.env"]);
    let told = scanned("image.tar", &tar(&[(&docker, &tar(&[("etc/app.env", &line(1))]))]));
    assert_eq!(told.places(), ["image.tar!/0123456789ab!/etc/app.env"]);
}

#[test]
fn documents_are_read_as_their_text() {
    let namespace = "xmlns:w=\"http://schemas.openxmlformats.org/wordprocessingml/2006/main\"";
    let token = token(1);
    let (first, second) = token.split_at(9);
    let word = format!(
        "<?xml version=\"1.0\"?>\n<w:document {namespace}><w:p><w:r><w:t>Title</w:t></w:r></w:p>\
         <w:p><w:r><w:t>token: {first}</w:t></w:r><w:r w:rsid=\"1\"><w:t>{second}</w:t></w:r></w:p></w:document>"
    );
    let told =
        scanned("d.docx", &zip(&[("[Content_Types].xml", b"<x/>"), ("word/document.xml", word.as_bytes())]));
    assert!(told.holds("d.docx!/word/document.xml!/text", 1), "{told:?}");
    assert_eq!(told.skipped, []);
    let rest = format!("<connections {namespace}><c string=\"{token}\"/></connections>");
    let told = scanned("d.xlsx", &zip(&[("xl/connections.xml", rest.as_bytes())]));
    assert!(told.holds("d.xlsx!/xl/connections.xml", 1), "{told:?}");

    let notebook = format!(
        "{{\n \"cells\": [{{\n  \"cell_type\": \"code\",\n  \"source\": [\n   \"t = \\\"{token}\\\"\\n\"\n  ]}}]\n}}\n"
    );
    let told = scanned("n.ipynb", notebook.as_bytes());
    assert!(told.holds("n.ipynb", 1), "{told:?}");
    assert_eq!(told.lines, [5]);
    assert_eq!(told.skipped, []);
    let told = scanned("n.zip", &zip(&[("n.ipynb", notebook.as_bytes())]));
    assert!(told.holds("n.zip!/n.ipynb", 1) && told.lines == [5], "{told:?}");

    let page = format!("BT [({first}) -3 ({second})] TJ ET");
    let mut packed = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
    std::io::Write::write_all(&mut packed, page.as_bytes()).unwrap();
    let page = packed.finish().unwrap();
    let pdf =
        [b"%PDF-1.7\n1 0 obj << /Filter /FlateDecode >>\nstream\n", &page[..], b"\nendstream\n"].concat();
    let told = scanned("d.pdf", &pdf);
    assert!(told.holds("d.pdf!/text", 1), "{told:?}");
    assert_eq!(told.skipped, []);
}

#[test]
fn a_key_of_many_lines_in_a_cell_is_one() {
    let body = "MIIEpAIBAAKCAQEA".repeat(4);
    let [open, close] = ["BEGIN", "END"].map(|word| format!("-----{word} RSA PRIVATE {}-----", "KEY"));
    let lines = [open.as_str(), &body, &body, &close];
    let cell: Vec<String> = lines.iter().map(|line| format!("    \"{line}\\n\"")).collect();
    let notebook =
        format!("{{\n \"cells\": [{{\"cell_type\": \"code\", \"source\": [\n{}]}}]\n}}", cell.join(",\n"));
    let key = Key::random().unwrap();
    let mut scanner = Scanner::new(builtin(), &key, true, None, WallTime(0)).unwrap();
    let found = RefCell::new(Vec::new());
    let inside = Inside {
        limits: Limits::default(),
        excludes: &Gitignore::empty(),
        only: None,
        origin: &Origin::new(Path::new("n.ipynb"), Source::File),
        stop: &|| false,
        sink: &|finding| found.borrow_mut().push(finding),
    };
    scan(&mut scanner, &mut notebook.as_bytes(), None, &inside, &mut |_, _| {}).unwrap();
    let keys = found.into_inner();
    let whole = keys.iter().find(|finding| finding.line == 3 && finding.column == 6).expect("it is found");
    let secret = whole.secret.as_deref().unwrap();
    assert_eq!(secret.matches(&body).count(), 2, "{secret}");
}

#[test]
fn names_are_taken_as_they_come() {
    let (text, long) = (line(1), "d/".repeat(90) + "long.env");
    for name in ["new\nline", "\u{1b}[31mred", "../../up", "/etc/root", "a!/b", &long] {
        let shown = name.trim_start_matches('/');
        assert_eq!(scanned("a.zip", &zip(&[(name, &text)])).places(), [format!("a.zip!/{shown}")]);
    }
    let told = scanned("a.tar", &tar(&[(&long, &text)]));
    assert_eq!(told.places(), [format!("a.tar!/{long}")], "GNU");
    let mut builder = ::tar::Builder::new(Vec::new());
    builder.append_pax_extensions([("path", long.as_bytes())]).unwrap();
    let mut header = ::tar::Header::new_ustar();
    header.set_size(text.len() as u64);
    header.set_path("short").unwrap();
    header.set_cksum();
    builder.append(&header, text.as_slice()).unwrap();
    let told = scanned("a.tar", &builder.into_inner().unwrap());
    assert_eq!(told.places(), [format!("a.tar!/{long}")], "pax");
}

#[test]
fn links_and_devices_in_a_tar_are_counted() {
    let mut builder = ::tar::Builder::new(Vec::new());
    for kind in [::tar::EntryType::Symlink, ::tar::EntryType::Link, ::tar::EntryType::Fifo] {
        let mut header = ::tar::Header::new_gnu();
        header.set_entry_type(kind);
        header.set_size(0);
        builder.append_link(&mut header, "a", "/etc/shadow").unwrap();
    }
    let told = scanned("a.tar", &builder.into_inner().unwrap());
    assert_eq!(told.skipped, [Skip::Symlink, Skip::Special]);
}

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
    let limits = Limits { depth: super::DEEPEST, ..Limits::default() };
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

#[test]
fn foreign_archives_are_counted_and_read_as_they_stand() {
    let told = scanned("a.7z", &[b"7z\xbc\xaf\x27\x1c\0\0".as_slice(), &line(1)].concat());
    assert_eq!((told.places(), told.skipped.as_slice()), (vec!["a.7z"], &[Skip::Unsupported][..]));
}

#[test]
fn globs_leave_out_entries() {
    let text = line(1);
    let content = zip(&[("keep.txt", &text), ("a.snap", &text), ("tests/deep/a.txt", &text)]);
    let mut globs = GitignoreBuilder::new("");
    globs.add_line(None, "*.snap").unwrap();
    globs.add_line(None, "tests/").unwrap();
    let told = read("a.zip", &mut content.as_slice(), Limits::default(), &globs.build().unwrap());
    assert_eq!((told.places(), told.skipped.as_slice()), (vec!["a.zip!/keep.txt"], &[Skip::Excluded; 2][..]));
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
