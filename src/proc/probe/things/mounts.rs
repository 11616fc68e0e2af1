//! Where file systems are mounted, out of `/proc/PID/mountinfo`: pure.

use std::collections::HashMap;

use crate::proc::descriptors::is_local;

/// Mounts that are remembered at most.
const MOST: usize = 4_096;

/// One mount.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mount {
    /// The device of its file system, in the form of `stat.st_dev`.
    pub device: u64,
    /// Where it is.
    pub point: String,
    /// True where nobody has to be waited for to know a file's size: no server answers for it.
    pub is_local: bool,
}

/// The mounts that a process sees, by their numbers.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Mounts(HashMap<u32, Mount>);

impl Mounts {
    /// Parses the text; what is damaged is left out.
    pub fn parse(text: &[u8]) -> Self {
        let lines = String::from_utf8_lossy(text);
        Self(lines.lines().filter_map(mount).take(MOST).collect())
    }

    /// The mount of this number.
    pub fn get(&self, number: u32) -> Option<&Mount> {
        self.0.get(&number)
    }

    /// The mount that a path lies on: that of the longest matching name, and of the device where one is given and known.
    pub fn of(&self, path: &str, device: Option<u64>) -> Option<&Mount> {
        let above = |mount: &&Mount| {
            let point = mount.point.trim_end_matches('/');
            path.strip_prefix(point).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        longest(self.0.values().filter(above).filter(|mount| Some(mount.device) == device))
            .or_else(|| longest(self.0.values().filter(above)))
    }
}

fn longest<'a>(mounts: impl Iterator<Item = &'a Mount>) -> Option<&'a Mount> {
    mounts.max_by_key(|mount| mount.point.len())
}

/// `36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue`
fn mount(line: &str) -> Option<(u32, Mount)> {
    let (left, right) = line.split_once(" - ")?;
    let mut left = left.split(' ');
    let number = left.next()?.parse().ok()?;
    let (major, minor) = left.nth(1)?.split_once(':')?;
    let device = rustix::fs::makedev(major.parse().ok()?, minor.parse().ok()?);
    let point = unescape(left.nth(1)?);
    let kind = right.split(' ').next()?;
    Some((number, Mount { device, point, is_local: is_local(kind.as_bytes()) || kind == "devtmpfs" }))
}

/// mountinfo writes blanks, tabs, ends of lines and backslashes in octal.
fn unescape(text: &str) -> String {
    text.replace("\\040", " ").replace("\\011", "\t").replace("\\012", "\n").replace("\\134", "\\")
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &[u8] = b"22 1 254:0 / / rw - ext4 /dev/vda rw\n\
        31 22 0:40 / /srv/nfs rw,noatime shared:7 - nfs4 host:/srv rw\n\
        33 22 0:42 / /tmp rw - tmpfs tmpfs rw\n34 22 0:43 / /with\\040blank rw - tmpfs tmpfs rw\n\
        35 22 254:0 /x /bound rw - ext4 /dev/vda rw\nrubbish\n36 22\n";

    #[test]
    fn a_path_lies_on_the_nearest_mount_above_it() {
        let mounts = Mounts::parse(TEXT);
        let point = |path: &str, device| mounts.of(path, device).map(|mount| mount.point.as_str());
        for (path, expected) in [
            ("/srv/nfs/rows.csv", "/srv/nfs"),
            ("/srv/nfsx", "/"),
            ("/tmp", "/tmp"),
            ("/with blank/x", "/with blank"),
            ("/home/x", "/"),
        ] {
            assert_eq!(point(path, None), Some(expected), "{path}");
        }
        assert_eq!(point("/tmp/x", Some(rustix::fs::makedev(254, 0))), Some("/"), "the device tells better");
        assert_eq!(point("/tmp/x", Some(1)), Some("/tmp"), "an unknown device tells nothing");
    }

    #[test]
    fn servers_are_told_from_disks() {
        let mounts = Mounts::parse(TEXT);
        let local = |number| mounts.get(number).map(|mount| mount.is_local);
        assert_eq!([local(22), local(31), local(33), local(36)], [Some(true), Some(false), Some(true), None]);
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes: Vec<u8>, path in "[/a-z ]{0,30}") {
            let _ = Mounts::parse(&bytes).of(&path, None);
            let path = format!("/{path}");
            let is_somewhere = Mounts::parse(TEXT).of(&path, None).is_some();
            proptest::prop_assert!(is_somewhere);
        }
    }
}
