//! The names of what lies inside: `outer.zip!/inner/name`, which is how a finding tells them and how it is found again.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

use crate::scan::origin::INSIDE;

/// The most bytes of an entry's name that are kept: a path may have 4096, a hostile archive writes 65,535.
const NAME: usize = 1024;

/// Where something stands, and how deep.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) path: PathBuf,
    /// How many archives it lies in.
    pub(super) depth: usize,
}

impl Place {
    /// A file, or what else is not inside of anything.
    pub(super) fn outer(path: &Path) -> Self {
        Self { path: path.to_owned(), depth: 0 }
    }

    /// An entry of what stands here. The name is whatever the archive says; it is only ever shown, escaped.
    pub(super) fn inside(&self, name: &[u8]) -> Self {
        let mut name = name;
        while let Some(rest) = name.strip_prefix(b"./").or_else(|| name.strip_prefix(b"/")) {
            name = rest;
        }
        let name = layer(name).unwrap_or(&name[..name.len().min(NAME)]);
        let mut path = self.path.clone().into_os_string().into_vec();
        path.extend_from_slice(INSIDE.as_bytes());
        path.extend_from_slice(name);
        Self { path: OsString::from_vec(path).into(), depth: self.depth + 1 }
    }

    /// What a compressed file holds: the name without what the compression added to it.
    pub(super) fn uncompressed(&self) -> Self {
        let name = self.path.file_name().unwrap_or_default().as_bytes();
        let (stem, suffix) = match memchr::memrchr(b'.', name) {
            Some(dot) if dot > 0 => name.split_at(dot),
            _ => (name, &b""[..]),
        };
        let held = match suffix.to_ascii_lowercase().as_slice() {
            b".gz" | b".xz" | b".zst" | b".bz2" | b".z" => stem.to_vec(),
            b".tgz" | b".txz" | b".tzst" | b".tbz2" | b".tbz" => [stem, b".tar"].concat(),
            b".svgz" => [stem, b".svg"].concat(),
            _ => name.to_vec(),
        };
        self.inside(&held)
    }

    /// Whether `path` is this place, or lies inside of it.
    pub(super) fn leads_to(&self, path: &Path) -> bool {
        let rest = path.as_os_str().as_bytes().strip_prefix(self.path.as_os_str().as_bytes());
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(INSIDE.as_bytes()))
    }
}

/// Whether a file of this name may take long: an archive, which one thread unpacks alone. Only the order of work hangs on it.
pub(crate) fn may_be_large(name: &OsStr) -> bool {
    const SUFFIXES: [&str; 14] =
        ["gz", "tgz", "xz", "zst", "bz2", "tar", "zip", "jar", "war", "whl", "deb", "apk", "nupkg", "oci"];
    let suffix = Path::new(name).extension().and_then(OsStr::to_str);
    suffix.is_some_and(|suffix| SUFFIXES.contains(&suffix))
}

/// The short id of a layer, or of another blob, of a container image: twelve digits, as its tools write it.
fn layer(name: &[u8]) -> Option<&[u8]> {
    let digest = name.strip_prefix(b"blobs/sha256/").or_else(|| name.strip_suffix(b"/layer.tar"))?;
    (digest.len() == 64 && digest.iter().all(u8::is_ascii_hexdigit)).then(|| &digest[..12])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_say_the_way() {
        let check = |name: &str, expected: &str| {
            let place = Place::outer(Path::new("a.zip")).inside(name.as_bytes());
            assert_eq!((place.path.to_str().unwrap(), place.depth), (expected, 1));
        };
        check("b/c.txt", "a.zip!/b/c.txt");
        check("./b", "a.zip!/b");
        check("//etc/passwd", "a.zip!/etc/passwd");
        check("../../b", "a.zip!/../../b");
        let digest = "0123456789abcdef".repeat(4);
        check(&format!("blobs/sha256/{digest}"), "a.zip!/0123456789ab");
        check(&format!("{digest}/layer.tar"), "a.zip!/0123456789ab");
        check("no/layer.tar", "a.zip!/no/layer.tar");
        let long = Place::outer(Path::new("a")).inside(&vec![b'x'; 60_000]);
        assert_eq!(long.path.as_os_str().len(), 3 + NAME);
    }

    #[test]
    fn compressions_leave_the_name_that_was() {
        let check = |name: &str, expected: &str| {
            let place = Place::outer(Path::new("x").join(name).as_path()).uncompressed();
            assert_eq!(place.path, Path::new("x").join(format!("{name}!")).join(expected), "{name}");
        };
        check("a.log.gz", "a.log");
        check("a.TGZ", "a.tar");
        check("logo.svgz", "logo.svg");
        check("blob", "blob");
        check(".gz", ".gz");
    }

    #[test]
    fn a_place_leads_to_what_it_holds() {
        let place = Place::outer(Path::new("a.zip"));
        for (path, expected) in [("a.zip", true), ("a.zip!/b", true), ("a.zip2", false), ("a.zip/b", false)] {
            assert_eq!(place.leads_to(Path::new(path)), expected, "{path}");
        }
    }
}
