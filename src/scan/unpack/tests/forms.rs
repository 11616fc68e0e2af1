//! Archives and documents in all their forms, and the names of what lies in them.

use ignore::gitignore::GitignoreBuilder;

use super::super::samples::{Way, bzip2, gzip, line, tar, xz, zip, zip_in_ways, zstd};
use super::*;

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
