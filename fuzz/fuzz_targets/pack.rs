//! What stands in a pack: heads of entries, lines of folders, and deltas applied to a base.
#![no_main]

use libfuzzer_sys::fuzz_target;
use telltales::scan::history::entry::{apply, fresh, head, sizes};
use telltales::scan::history::folder::line;

fuzz_target!(|bytes: &[u8]| {
    for id_length in [20, 32] {
        if let Some(head) = head(bytes, id_length) {
            assert!(head.length <= bytes.len());
        }
        let mut rest = bytes;
        while let Some((_, length)) = line(rest, id_length) {
            assert!(length > 0 && length <= rest.len());
            rest = &rest[length..];
        }
    }
    let Some((&split, bytes)) = bytes.split_first() else { return };
    let (base, delta) = bytes.split_at(usize::from(split).min(bytes.len()));
    // What announces more than this is turned away before it is applied.
    if sizes(delta).is_some_and(|(_, result, _)| result > 1 << 20) {
        return;
    }
    let (mut out, mut copies) = (Vec::new(), Vec::new());
    if apply(base, delta, &mut out, &mut copies).is_some() {
        assert_eq!(Some(out.len() as u64), sizes(delta).map(|(_, result, _)| result));
        for copy in &copies {
            assert_eq!(out[copy.at..copy.end()], base[copy.from..copy.from + copy.length]);
        }
        let fresh = fresh(&copies, base.len(), out.len());
        assert!(fresh.is_sorted_by(|a, b| a.end <= b.start) && fresh.iter().all(|part| part.end <= out.len()));
        let mut at = 0;
        for part in fresh.iter().chain(std::iter::once(&(out.len()..out.len()))) {
            let old = &out[at..part.start];
            assert!(old.is_empty() || base.windows(old.len()).any(|piece| piece == old), "nothing else is new");
            at = part.end;
        }
    }
});
