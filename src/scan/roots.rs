//! Which of the scanned paths a file lies in. There may be thousands of them, each a file of its own: what is asked
//! for every file must not look at them one by one. Pure.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use super::origin::INSIDE;

/// The scanned paths, as they were given, with their places in that order.
#[derive(Debug, Default)]
pub(crate) struct Roots(HashMap<PathBuf, usize>);

impl Roots {
    /// Those that `path` lies in, the nearest first: folders above it, itself, and the archive that it is a name in.
    pub(crate) fn of<'a>(&'a self, path: &'a Path) -> impl Iterator<Item = usize> + 'a {
        path.ancestors()
            .flat_map(|above| [Some(above), archive(above)])
            .flatten()
            .filter_map(|above| self.at(above))
    }

    /// The place of this very path.
    fn at(&self, path: &Path) -> Option<usize> {
        self.0.get(path).copied()
    }
}

impl<'a> FromIterator<&'a Path> for Roots {
    fn from_iter<I: IntoIterator<Item = &'a Path>>(paths: I) -> Self {
        let mut places = HashMap::new();
        for (at, path) in paths.into_iter().enumerate() {
            places.entry(path.to_owned()).or_insert(at);
        }
        Self(places)
    }
}

/// The archive whose inside this is: `a.zip` for `a.zip!`, which stands above `a.zip!/name`.
fn archive(above: &Path) -> Option<&Path> {
    let mark = INSIDE.strip_suffix('/').unwrap_or(INSIDE);
    above.as_os_str().as_bytes().strip_suffix(mark.as_bytes()).map(|name| Path::new(OsStr::from_bytes(name)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_lies_in_the_folders_above_it_and_in_its_archive() {
        let given = ["src", "src/deep", "", "lib/a.zip", "/abs/file", "src"];
        let roots: Roots = given.iter().map(Path::new).collect();
        let of = |path: &str| roots.of(Path::new(path)).collect::<Vec<_>>();
        assert_eq!(of("src/deep/x.rs"), [1, 0, 2]);
        assert_eq!(of("src2/x.rs"), [2]);
        assert_eq!(of("lib/a.zip!/inner/x"), [3, 2]);
        assert_eq!(of("lib/a.zip"), [3, 2]);
        assert_eq!(of("/abs/file"), [4]);
        assert_eq!(of("/abs/file2"), [0usize; 0]);
    }
}
