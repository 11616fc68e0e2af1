//! Paths as other tools want them: relative, without `./`, and as a URI reference (RFC 3986).

use std::fmt::Write as _;
use std::path::{Component, Path, PathBuf};

use crate::model::text::escape_path;

/// The path without `.` in it, escaped for a screen.
pub fn tidy(path: &Path) -> String {
    escape_path(&without_dots(path))
}

/// The path as a URI reference: relative ones stay so, absolute ones get the scheme `file`. What is no UTF-8 survives.
pub fn reference(path: &Path) -> String {
    let mut uri = String::from(if path.is_absolute() { "file://" } else { "" });
    for &byte in without_dots(path).as_os_str().as_encoded_bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'-' | b'.' | b'_' | b'~' => {
                uri.push(byte as char);
            }
            // All else is written out: a colon would make a scheme of what stands before it.
            _ => {
                let _ = write!(uri, "%{byte:02X}");
            }
        }
    }
    uri
}

fn without_dots(path: &Path) -> PathBuf {
    path.components().filter(|part| *part != Component::CurDir).collect()
}

#[cfg(test)]
mod tests {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt as _;

    use super::*;

    #[test]
    fn paths_become_references() {
        for (path, expected) in [
            ("src/a.py", "src/a.py"),
            ("./src/./a b.py", "src/a%20b.py"),
            ("/etc/x#y?z", "file:///etc/x%23y%3Fz"),
            ("http://x", "http%3A/x"),
            ("<stdin>", "%3Cstdin%3E"),
            ("../up\n", "../up%0A"),
            ("é", "%C3%A9"),
            ("app.jar!/conf/x", "app.jar%21/conf/x"),
        ] {
            assert_eq!(reference(Path::new(path)), expected, "{path}");
        }
        assert_eq!(reference(Path::new(OsStr::from_bytes(b"a\xff%"))), "a%FF%25");
        assert_eq!(tidy(Path::new("./a\n")), "a\\n");
    }
}
