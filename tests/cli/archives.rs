//! `telltale scan` on what lies inside of files: places, counts, exit codes, flags.

use std::io::Write;

use serde_json::Value;

use crate::util::Dir;

/// A line with a token that no provider ever gave out; its checksum is right.
fn line(seed: usize) -> String {
    let letters = b"q8Zr2mT0xW5nB7vK1cJ9dL4hP6sG3fYAe";
    let body: String = (0..30).map(|i| letters[(i * 7 + seed * 3 + i / 5) % letters.len()] as char).collect();
    let digits = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let sum = crc32fast::hash(body.as_bytes()) as usize;
    let sum: String = (0..6).rev().map(|n| digits[sum / 62_usize.pow(n) % 62] as char).collect();
    format!("github_token = \"ghp_{body}{sum}\"\n")
}

fn gzip(content: &[u8]) -> Vec<u8> {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    packed.write_all(content).unwrap();
    packed.finish().unwrap()
}

fn tar(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut tar = tar::Builder::new(Vec::new());
    for (name, content) in entries {
        let mut header = tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        tar.append_data(&mut header, name, *content).unwrap();
    }
    tar.into_inner().unwrap()
}

#[test]
fn what_lies_inside_is_found_and_counted() {
    let dir = Dir::new();
    let inner = gzip(line(2).as_bytes());
    let content = tar(&[("etc/app.env", line(1).as_bytes()), ("log/a.gz", &inner), ("plain", b"nothing\n")]);
    dir.write("backup.tar.gz", gzip(&content));
    let scan = dir.cmd(&["scan", "--format", "json"]).run();
    assert_eq!(scan.code, Some(1), "{}", scan.err);
    let mut paths: Vec<String> = scan
        .out
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap()["path"].as_str().unwrap().to_owned())
        .collect();
    paths.sort();
    assert_eq!(paths, ["backup.tar.gz!/etc/app.env", "backup.tar.gz!/log/a.gz!/a"]);
    assert!(
        scan.err.contains("1 files, ") && scan.err.contains("3 files inside of archives"),
        "{}",
        scan.err
    );
    // The same out of a pipe, and without looking inside.
    let piped = dir.cmd(&["scan", "-"]).stdin(gzip(&content)).run();
    assert_eq!(piped.code, Some(1), "{}", piped.err);
    assert!(piped.out.contains("<stdin>!/etc/app.env:1:"), "{}", piped.out);
    let shut = dir.cmd(&["scan", "--archive-depth", "0"]).run();
    assert_eq!((shut.code, shut.out.as_str()), (Some(0), ""), "{}", shut.err);
    let flat = dir.cmd(&["scan", "--archive-depth", "1"]).run();
    assert!(flat.err.contains("1 too deep in archives"), "{}", flat.err);
    let globs = dir.cmd(&["scan", "--exclude", "etc/"]).run();
    assert!(!globs.out.contains("app.env") && globs.err.contains("1 excluded"), "{}", globs.err);
}

#[test]
fn what_could_not_be_read_is_told_and_exits_with_3() {
    let dir = Dir::new();
    let whole = gzip("nothing to see\n".repeat(2000).as_bytes());
    dir.write("cut.gz", &whole[..whole.len() / 2]);
    let scan = dir.cmd(&["scan"]).run();
    assert_eq!(scan.code, Some(3), "{}", scan.err);
    assert!(scan.err.contains("cut.gz: damaged") && scan.err.contains("1 damaged"), "{}", scan.err);
    dir.write("cut.gz", gzip(&vec![0; 4 << 20]));
    let scan = dir.cmd(&["scan", "--max-unpacked", "2M"]).run();
    assert_eq!(scan.code, Some(3), "{}", scan.err);
    assert!(
        scan.err.contains("--max-unpacked") && scan.err.contains("1 too large when unpacked"),
        "{}",
        scan.err
    );
    assert_eq!(dir.cmd(&["scan"]).run().code, Some(0));
}
