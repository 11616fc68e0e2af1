//! What a file system says of a file, and whether that can tell one content from another. Pure.
//!
//! Times tell that a file changed only if a change makes another time. One that happens within the same tick of the clock
//! does not; nor does one that a program writes through memory into a page that the kernel takes for changed already, until
//! that page is on disk, half a minute later. So times younger than [`SETTLED`] are not believed. `utimensat` sets the
//! time of the content back but never that of the inode; both count.

use rustix::fs::Stat;

use crate::model::clock::WallTime;

/// How old both times of a file are before they are believed.
pub(crate) const SETTLED: i64 = 60_000;

/// What tells one version of a file from another.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Stamp {
    pub(crate) device: u64,
    pub(crate) inode: u64,
    pub(crate) size: u64,
    /// When its content changed, in nanoseconds since 1970.
    pub(crate) modified: i64,
    /// When anything of it changed.
    pub(crate) changed: i64,
}

/// The bytes of a stamp in a record.
pub(crate) const BYTES: usize = 40;

impl Stamp {
    /// The stamp of a file; `None` for times that can't be told.
    #[expect(clippy::allow_attributes, reason = "systems differ in these types")]
    pub(crate) fn of(stat: &Stat) -> Option<Self> {
        let nanoseconds = |seconds: i64, more: i64| seconds.checked_mul(1_000_000_000)?.checked_add(more);
        #[allow(
            clippy::unnecessary_cast,
            clippy::useless_conversion,
            reason = "systems differ in these types"
        )]
        Some(Self {
            device: stat.st_dev as u64,
            inode: stat.st_ino as u64,
            size: u64::try_from(stat.st_size).ok()?,
            modified: nanoseconds(stat.st_mtime as i64, stat.st_mtime_nsec as i64)?,
            changed: nanoseconds(stat.st_ctime as i64, stat.st_ctime_nsec as i64)?,
        })
    }

    /// Whether a later change will show in another stamp, as seen at this time.
    pub(crate) fn is_settled(&self, now: WallTime) -> bool {
        let age = |time: i64| now.0.saturating_sub(time.div_euclid(1_000_000));
        age(self.modified) >= SETTLED && age(self.changed) >= SETTLED
    }

    pub(crate) fn bytes(&self) -> [u8; BYTES] {
        let mut bytes = [0; BYTES];
        let fields = [self.device, self.inode, self.size, self.modified as u64, self.changed as u64];
        for (place, field) in bytes.chunks_exact_mut(8).zip(fields) {
            place.copy_from_slice(&field.to_le_bytes());
        }
        bytes
    }

    pub(crate) fn read(bytes: &[u8; BYTES]) -> Self {
        let mut fields = [0; 5];
        for (field, place) in fields.iter_mut().zip(bytes.as_chunks().0) {
            *field = u64::from_le_bytes(*place);
        }
        let [device, inode, size, modified, changed] = fields;
        Self { device, inode, size, modified: modified as i64, changed: changed as i64 }
    }
}

/// File systems of Linux, as `statfs(2)` names them, whose times are in nanoseconds and change with the content. Not
/// among them: those over a network, whose times may be old news; FAT, whose times have two seconds; and those in memory,
/// where what a program writes through its own memory changes no time.
const EXACT: [u64; 7] = [
    0xef53,      // ext2, ext3, ext4
    0x5846_5342, // XFS
    0x9123_683e, // Btrfs
    0x2fc1_2fc1, // ZFS
    0xf2f5_2010, // F2FS
    0xca45_1a4e, // bcachefs
    0x794c_7630, // overlayfs
];

/// Whether the times of this file system can tell one content from another.
pub(crate) fn is_exact(kind: u64) -> bool {
    EXACT.contains(&(kind & 0xffff_ffff))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn times_are_believed_when_both_are_old() {
        let now = WallTime(1_000_000);
        let at = |modified: i64, changed: i64| Stamp {
            modified: modified * 1_000_000,
            changed: changed * 1_000_000,
            ..Stamp::default()
        };
        let old = now.0 - SETTLED;
        assert!(at(old, old).is_settled(now));
        assert!(!at(old + 1, old).is_settled(now) && !at(old, old + 1).is_settled(now));
        assert!(!at(now.0 + 5, old).is_settled(now), "the clock went back");
        assert!(!Stamp { changed: i64::MAX, ..at(old, old) }.is_settled(now));
        assert!(at(i64::MIN / 1_000_000, old).is_settled(now));
    }

    #[test]
    fn only_some_file_systems_have_times_that_tell() {
        assert!(is_exact(0xef53) && is_exact(0xffff_ffff_9123_683e));
        for other in [0x0102_1994, 0x6969, 0x4d44, 0xff53_4d42, 0x6573_5546] {
            assert!(!is_exact(other), "{other:x}");
        }
    }

    proptest! {
        #[test]
        fn stamps_come_back(fields in any::<(u64, u64, u64, i64, i64)>()) {
            let (device, inode, size, modified, changed) = fields;
            let stamp = Stamp { device, inode, size, modified, changed };
            prop_assert_eq!(Stamp::read(&stamp.bytes()), stamp);
        }
    }
}
