//! What the kernel tells of a process's descriptors: what each leads to, how far it stands, what lies where; pure.
//!
//! The texts are those of `/proc/PID/fd` (the links), `/proc/PID/fdinfo` and `/proc/PID/mountinfo`, see proc(5).

use std::collections::HashSet;

/// Mounts that are remembered at most.
const MOST_MOUNTS: usize = 4_096;

/// Filesystems whose files a stat(2) can't wait for: no server answers for them.
const LOCAL: [&[u8]; 22] = [
    b"bcachefs",
    b"btrfs",
    b"erofs",
    b"exfat",
    b"ext2",
    b"ext3",
    b"ext4",
    b"f2fs",
    b"hfsplus",
    b"iso9660",
    b"jfs",
    b"ntfs3",
    b"overlay",
    b"ramfs",
    b"reiserfs",
    b"rootfs",
    b"squashfs",
    b"tmpfs",
    b"udf",
    b"vfat",
    b"xfs",
    b"zfs",
];

/// What a descriptor leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target<'a> {
    /// A file with a name in some folder, by its path.
    File(&'a [u8]),
    /// A pipe, by its inode. One with a name in a folder is a [`Target::File`].
    Pipe(u64),
    /// A socket, by its inode.
    Socket(u64),
    /// Anything else: devices, deleted and nameless files, what has no bytes.
    Other,
}

/// Reads the link of a descriptor.
pub fn target(link: &[u8]) -> Target<'_> {
    let inode = |kind: &[u8]| {
        let digits = link.strip_prefix(kind)?.strip_prefix(b":[")?.strip_suffix(b"]")?;
        number(digits, 10)
    };
    if let Some(inode) = inode(b"pipe") {
        return Target::Pipe(inode);
    }
    if let Some(inode) = inode(b"socket") {
        return Target::Socket(inode);
    }
    let is_elsewhere = |folder: &&[u8]| link.starts_with(folder);
    let is_file = link.first() == Some(&b'/')
        && !link.ends_with(b" (deleted)")
        && ![b"/dev/".as_slice(), b"/proc/", b"/sys/", b"/memfd:"].iter().any(is_elsewhere);
    if is_file { Target::File(link) } else { Target::Other }
}

/// How an open file stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// The next byte to be read or written.
    pub offset: u64,
    /// How it was opened, see open(2).
    pub flags: u32,
    /// The mount it lies on.
    pub mount: u32,
}

impl Position {
    /// True for a file that was opened to be read, and for nothing else.
    pub const fn is_for_reading(self) -> bool {
        const ACCESS: u32 = 0o3;
        const DIRECTORY: u32 = 0o200_000;
        const PATH_ONLY: u32 = 0o10_000_000;
        self.flags & (ACCESS | DIRECTORY | PATH_ONLY) == 0
    }
}

/// Parses `/proc/PID/fdinfo/N`.
pub fn position(text: &[u8]) -> Option<Position> {
    let field = |name: &[u8]| {
        let line = text.split(|&b| b == b'\n').find_map(|line| line.strip_prefix(name))?;
        Some(line.strip_prefix(b":")?.trim_ascii())
    };
    Some(Position {
        offset: number(field(b"pos")?, 10)?,
        flags: number(field(b"flags")?, 8)?.try_into().ok()?,
        mount: number(field(b"mnt_id")?, 10)?.try_into().ok()?,
    })
}

/// The mounts in `/proc/PID/mountinfo` on which the size of a file is known without waiting for anybody.
pub fn local_mounts(text: &[u8]) -> HashSet<u32> {
    let local = text.split(|&b| b == b'\n').filter_map(|line| {
        let mount = number(line.split(|&b| b == b' ').next()?, 10)?.try_into().ok()?;
        let at = line.windows(3).position(|part| part == b" - ")?;
        let kind = line[at + 3..].split(|&b| b == b' ').next()?;
        is_local(kind).then_some(mount)
    });
    local.take(MOST_MOUNTS).collect()
}

/// Whether a filesystem of this kind needs nobody else to answer for its files.
pub(super) fn is_local(kind: &[u8]) -> bool {
    LOCAL.contains(&kind)
}

/// Digits of this base and nothing else.
fn number(digits: &[u8], base: u32) -> Option<u64> {
    let is_number = !digits.is_empty() && digits.iter().all(u8::is_ascii_digit);
    is_number.then(|| u64::from_str_radix(std::str::from_utf8(digits).ok()?, base).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_tell_what_they_lead_to() {
        let cases: [(&[u8], Target<'_>); 12] = [
            (b"pipe:[4711]", Target::Pipe(4_711)),
            (b"socket:[9]", Target::Socket(9)),
            (b"pipe:[x]", Target::Other),
            (b"pipe:[99999999999999999999999]", Target::Other),
            (b"anon_inode:[eventpoll]", Target::Other),
            (b"/srv/data/rows.csv", Target::File(b"/srv/data/rows.csv")),
            (b"/srv/pipe:[3]", Target::File(b"/srv/pipe:[3]")),
            (b"/srv/data/rows.csv (deleted)", Target::Other),
            (b"/dev/null", Target::Other),
            (b"/dev/shm/part", Target::Other),
            (b"/proc/7/stat", Target::Other),
            (b"", Target::Other),
        ];
        for (link, expected) in cases {
            assert_eq!(target(link), expected, "{}", String::from_utf8_lossy(link));
        }
    }

    #[test]
    fn a_position_is_read_with_its_flags() {
        let file = b"pos:\t282624\nflags:\t0100000\nmnt_id:\t29\nino:\t131\n";
        let read = position(file).expect("a captured text");
        assert_eq!(read, Position { offset: 282_624, flags: 0o100_000, mount: 29 });
        assert!(read.is_for_reading());
        for flags in [0o1, 0o2, 0o200_000, 0o10_000_000] {
            assert!(!Position { flags, ..read }.is_for_reading(), "{flags:o}");
        }
        for cut in ["", "pos:\t1\n", "pos:\t-1\nflags:\t0\nmnt_id:\t1\n", "pos: 1\nflags: 9\nmnt_id: 1\n"] {
            assert_eq!(position(cut.as_bytes()), None, "{cut:?}");
        }
    }

    #[test]
    fn files_behind_a_server_are_not_asked_for_their_size() {
        let text = b"22 1 254:0 / / rw - ext4 /dev/vda rw\n\
            31 22 0:40 / /srv/nfs rw,noatime shared:7 - nfs4 host:/srv rw\n\
            32 22 0:41 / /home/x/ssh rw - fuse.sshfs x rw\n\
            33 22 0:42 / /tmp rw - tmpfs tmpfs rw\nrubbish\n34 22";
        let mut local: Vec<_> = local_mounts(text).into_iter().collect();
        local.sort_unstable();
        assert_eq!(local, [22, 33]);
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes: Vec<u8>, pos: u64, flags: u32, mount: u32) {
            let _ = (target(&bytes), position(&bytes), local_mounts(&bytes));
            let text = format!("pos:\t{pos}\nflags:\t0{flags:o}\nmnt_id:\t{mount}\n");
            proptest::prop_assert_eq!(position(text.as_bytes()), Some(Position { offset: pos, flags, mount }));
        }
    }
}
