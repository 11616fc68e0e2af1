//! One MiB of scan: source-like text with a few secrets in it, and lines through the redactor.
#![expect(clippy::disallowed_methods, reason = "the input is a file, as it is in life")]

use std::sync::atomic::AtomicBool;

use divan::{Bencher, counter::BytesCount};
use telltales::scan::engine::{Options, scan};
use telltales::scan::progress::Progress;
use telltales::scan::redact::redact;

fn main() {
    divan::main();
}

/// Seeded lines that look like code, with names, calls, paths and now and then a token.
fn source(length: usize) -> String {
    const WORDS: [&str; 16] = [
        "let",
        "value",
        "self.items",
        "return",
        "&mut",
        "config",
        "token_count",
        "fn",
        "/usr/lib/python3/site.py",
        "key",
        "=",
        ":",
        "(\"text\")",
        "match",
        "user_identifier_list",
        "0x1f",
    ];
    let mut seed = 11u64;
    let mut draw = |limit: usize| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) as usize % limit
    };
    let mut text = String::with_capacity(length + 100);
    while text.len() < length {
        for _ in 0..draw(9) {
            text.push_str(WORDS[draw(WORDS.len())]);
            text.push(' ');
        }
        if draw(2000) == 0 {
            text.push_str("api_key = \"");
            text.extend((0..32).map(|_| b"0123456789abcdefghijklmnopqrstuvwxyz"[draw(36)] as char));
            text.push('"');
        }
        text.push('\n');
    }
    text
}

#[divan::bench]
fn one_mebibyte(bencher: Bencher<'_, '_>) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    std::fs::write(folder.path().join("a.rs"), source(1 << 20)).expect("room for a file");
    let options = Options { roots: vec![folder.path().to_owned()], threads: 1, ..Options::default() };
    bencher.counter(BytesCount::new(1usize << 20)).bench(|| {
        scan(&options, &Progress::default(), &AtomicBool::new(false), &|finding| {
            divan::black_box(finding);
        })
    });
}

#[divan::bench]
fn redact_a_log_line(bencher: Bencher<'_, '_>) {
    let line = "2026-11-20T10:11:12Z INFO etl.load done 1200/4000 (30%) rate=41.5/s user=ana path=/srv/data/part-0017.parquet";
    bencher.counter(BytesCount::of_str(line)).bench(|| redact(divan::black_box(line)));
}

#[divan::bench]
fn redact_64_kib(bencher: Bencher<'_, '_>) {
    let line = source(1 << 16).replace('\n', " ");
    bencher.counter(BytesCount::of_str(&line)).bench(|| redact(divan::black_box(&line)));
}
