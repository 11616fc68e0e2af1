#![expect(clippy::disallowed_methods, reason = "edge: reads a list of paths")]
//! A list of paths in a file or on standard input: what to scan, one to a line, or each ended by a NUL.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Read};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use anyhow::Context;

use crate::model::text::escape_path;
use crate::scan::engine::STDIN;

/// The longest list that is read: a million paths of middling length.
const LONGEST: u64 = 64 << 20;

/// Reads the list in this file, or on standard input for `-`.
pub(super) fn read(file: &Path, ends_in_nul: bool) -> anyhow::Result<Vec<PathBuf>> {
    let shown = escape_path(file);
    let mut list = Vec::new();
    let read = if file.as_os_str() == STDIN {
        io::stdin().lock().take(LONGEST + 1).read_to_end(&mut list)
    } else {
        File::open(file).and_then(|file| file.take(LONGEST + 1).read_to_end(&mut list))
    };
    read.with_context(|| format!("can't read the list of paths in {shown}"))?;
    anyhow::ensure!(list.len() as u64 <= LONGEST, "the list of paths in {shown} is longer than 64 MiB");
    Ok(paths(&list, ends_in_nul))
}

/// The paths of a list. A file may be called `-`: in a list this stands for no standard input.
fn paths(list: &[u8], ends_in_nul: bool) -> Vec<PathBuf> {
    let end = if ends_in_nul { 0 } else { b'\n' };
    let named = |path: &&[u8]| !path.is_empty();
    let path = |path: &[u8]| match Path::new(OsStr::from_bytes(path)) {
        path if path.as_os_str() == STDIN => Path::new(".").join(path),
        path => path.to_owned(),
    };
    list.split(|byte| *byte == end).filter(named).map(path).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists() {
        let check = |list: &[u8], ends_in_nul: bool, expected: &[&str]| {
            assert_eq!(paths(list, ends_in_nul), expected.iter().map(PathBuf::from).collect::<Vec<_>>());
        };
        check(b"a\nb c\n", false, &["a", "b c"]);
        check(b"a\n\nb", false, &["a", "b"]);
        check(b"a\nb\0c\0", true, &["a\nb", "c"]);
        check(b"-\n", false, &["./-"]);
        check(b"", true, &[]);
    }
}
