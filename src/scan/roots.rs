//! Which of the scanned paths a file lies in. There may be thousands of them, each a file of its own: what is asked
//! for every file must not look at them one by one. Pure.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use super::origin::INSIDE;

/// The scanned paths, as they were given, with their places in that order.
#[derive(Debug, Default)]
pub(crate) struct Roots {
    places: HashMap<PathBuf, usize>,
    /// How many bytes they have, in order: only so long a beginning of a path may be one of them.
    lengths: Vec<usize>,
}

impl Roots {
    /// Those that `path` lies in, the nearest first: folders above it, itself, and the archive that it is a name in.
    pub(crate) fn of<'a>(&'a self, path: &'a Path) -> impl Iterator<Item = usize> + 'a {
        let bytes = path.as_os_str().as_bytes();
        let above = move |&length: &usize| match length {
            0 => Some(if bytes.first() == Some(&b'/') { &bytes[..1] } else { &bytes[..0] }),
            _ => bytes.get(length..).filter(|rest| is_below(rest)).map(|_| &bytes[..length]),
        };
        let place = |above: &[u8]| self.places.get(Path::new(OsStr::from_bytes(above))).copied();
        self.lengths.iter().rev().filter_map(above).filter_map(place)
    }
}

/// Whether this, behind the name of a folder or an archive, is a path in it; or nothing, so that it is this very name.
fn is_below(rest: &[u8]) -> bool {
    let mark = INSIDE.trim_end_matches('/').as_bytes();
    let rest = rest.strip_prefix(mark).unwrap_or(rest);
    matches!(rest.first(), None | Some(b'/'))
}

impl<'a> FromIterator<&'a Path> for Roots {
    fn from_iter<I: IntoIterator<Item = &'a Path>>(paths: I) -> Self {
        let (mut places, mut lengths) = (HashMap::new(), Vec::new());
        for (at, path) in paths.into_iter().enumerate() {
            places.entry(path.to_owned()).or_insert(at);
            // However it is spelt: the paths in it are spelt the same way.
            lengths.push(length(path));
        }
        lengths.sort_unstable();
        lengths.dedup();
        Self { places, lengths }
    }
}

/// The bytes of a path without the slashes behind it, which paths in it don't have there.
fn length(path: &Path) -> usize {
    let bytes = path.as_os_str().as_bytes();
    bytes.iter().rposition(|&byte| byte != b'/').map_or(0, |last| last + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_lies_in_the_folders_above_it_and_in_its_archive() {
        let given = ["src", "src/deep", "", "lib/a.zip", "/abs/file", "src", "tail//", "a//b", "./c"];
        let roots: Roots = given.iter().map(Path::new).collect();
        let of = |path: &str| roots.of(Path::new(path)).collect::<Vec<_>>();
        assert_eq!(of("src/deep/x.rs"), [1, 0, 2]);
        assert_eq!(of("src2/x.rs"), [2]);
        assert_eq!(of("lib/a.zip!/inner/x"), [3, 2]);
        assert_eq!(of("lib/a.zip"), [3, 2]);
        assert_eq!(of("/abs/file"), [4]);
        assert_eq!(of("/abs/file2"), [0usize; 0]);
        assert_eq!(of("tail//x"), [6, 2]);
        assert_eq!(of("a//b/x"), [7, 2]);
        assert_eq!(of("./c/x"), [8, 2]);
        let all: Roots = [Path::new("/")].into_iter().collect();
        assert_eq!(all.of(Path::new("/etc/x")).collect::<Vec<_>>(), [0]);
    }
}
