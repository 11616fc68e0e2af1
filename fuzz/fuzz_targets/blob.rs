//! A file of any content, by several names: text, code, UTF-16 and binary data.
#![no_main]

use std::path::Path;

use libfuzzer_sys::fuzz_target;
use telltales::scan::piece;
use telltales::scan::random::class::LineView;

const NAMES: [&str; 5] = ["a.txt", "a.rs", ".env", "package-lock.json", "a.min.js"];

fuzz_target!(|bytes: &[u8]| {
    let Some((&kind, bytes)) = bytes.split_first() else { return };
    let wide: Vec<u8>;
    let content = if kind & 128 == 0 {
        bytes
    } else {
        let mark: &[u8] = if kind & 64 == 0 { b"\xff\xfe" } else { b"\xfe\xff" };
        wide = mark.iter().chain(bytes).copied().collect();
        &wide
    };
    let path = Path::new(NAMES[usize::from(kind) % NAMES.len()]);
    let lines = if kind & 32 == 0 { LineView::Folded } else { LineView::Each };
    let view = piece::lines(path, content, lines).expect("there is memory");
    for finding in piece::findings(path, content).expect("there is memory").into_iter().chain(view) {
        assert!(finding.line >= 1 && finding.column >= 1 && finding.column < finding.end_column);
        assert!((0.0..=1.0).contains(&finding.score), "{}", finding.score);
        assert!(finding.entropy.is_finite() && finding.entropy_ceiling.is_finite());
        assert!(finding.secret.is_none(), "nobody asked for it");
        for shown in [&finding.excerpt, &finding.redacted] {
            assert!(!shown.chars().any(char::is_control), "{shown:?}");
            assert!(shown.len() < 16_000, "{} bytes", shown.len());
        }
    }
});
