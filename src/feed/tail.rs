#![expect(clippy::disallowed_methods, reason = "edge: reads log files")]
//! Following a file that grows: a log, or the regular file behind a job's output.

use std::fs::{File, Metadata};
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::lines::LineSplitter;
use crate::model::clock::{Moment, WallTime};

/// Bytes of the end of a file that are read at first, for the tail on the screen and the newest counters.
const FIRST_READ: u64 = 64 * 1024;
/// Bytes read in one round at most: a flood is skipped up to its newest part.
const MOST_A_ROUND: u64 = 256 * 1024;

/// Follows one file through growth, truncation and rotation.
#[derive(Debug)]
pub struct Tail {
    path: PathBuf,
    file: File,
    identity: (u64, u64),
    offset: u64,
    splitter: LineSplitter,
    first: bool,
}

/// What one round found.
#[derive(Debug, Default)]
pub struct TailRound {
    /// When what is new was written, as far as that is known.
    pub at: Moment,
    /// Complete lines, oldest first, with the moment they count from.
    pub lines: Vec<(Moment, String)>,
    /// Bytes that were passed over because too many came.
    pub skipped: u64,
    /// What stands after the last line end: a prompt, most often.
    pub partial: String,
}

impl Tail {
    /// Opens a regular file. Anything else (a pipe, a device) is refused: to open it could block or take the
    /// job's bytes away.
    pub fn open(path: &Path) -> io::Result<Self> {
        let (file, meta) = open_regular(path)?;
        let offset = meta.len().saturating_sub(FIRST_READ);
        Ok(Self {
            path: path.to_owned(),
            file,
            identity: (meta.dev(), meta.ino()),
            offset,
            splitter: if offset > 0 { LineSplitter::in_mid_line() } else { LineSplitter::default() },
            first: true,
        })
    }

    /// The file that is followed.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What came since the last round. Lines that stood in the file before the watching began count from the
    /// file's last change, not from now.
    pub fn read(&mut self, now: Moment, wall: WallTime) -> io::Result<TailRound> {
        let mut round = TailRound::default();
        let meta = self.file.metadata()?;
        let at = if std::mem::take(&mut self.first) { modified(&meta, now, wall) } else { now };
        round.at = at;
        self.read_on(&meta, at, &mut round)?;
        // Rotated: the rest of the old file was read above, the new one begins.
        if let Ok((file, meta)) = open_regular(&self.path)
            && (meta.dev(), meta.ino()) != self.identity
        {
            self.file = file;
            self.identity = (meta.dev(), meta.ino());
            self.offset = 0;
            self.splitter = LineSplitter::default();
            self.read_on(&meta, now, &mut round)?;
        }
        round.partial = self.splitter.partial();
        Ok(round)
    }

    fn read_on(&mut self, meta: &Metadata, at: Moment, round: &mut TailRound) -> io::Result<()> {
        if meta.len() < self.offset {
            // Truncated and written anew.
            self.offset = 0;
            self.splitter = LineSplitter::default();
        }
        let waiting = meta.len() - self.offset;
        if waiting == 0 {
            return Ok(());
        }
        if waiting > MOST_A_ROUND {
            let skipped = waiting - MOST_A_ROUND;
            self.offset += skipped;
            round.skipped += skipped;
            self.splitter = LineSplitter::in_mid_line();
        }
        self.file.seek(SeekFrom::Start(self.offset))?;
        let mut bytes = Vec::new();
        let read = (&self.file).take(MOST_A_ROUND).read_to_end(&mut bytes)?;
        self.offset += read as u64;
        self.splitter.push(&bytes, |line| round.lines.push((at, line.to_owned())));
        Ok(())
    }
}

fn open_regular(path: &Path) -> io::Result<(File, Metadata)> {
    // Looked at before it is opened: to open a FIFO and close it again kills a job that waits to write to it.
    if !std::fs::metadata(path)?.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file"));
    }
    // Non-blocking, for the file may be replaced in between.
    let flags = (rustix::fs::OFlags::NONBLOCK | rustix::fs::OFlags::NOCTTY).bits() as i32;
    let file = std::fs::OpenOptions::new().read(true).custom_flags(flags).open(path)?;
    let meta = file.metadata()?;
    if !meta.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file"));
    }
    Ok((file, meta))
}

/// When a file was last changed, on the clock of moments.
fn modified(meta: &Metadata, now: Moment, wall: WallTime) -> Moment {
    let changed = meta.mtime().saturating_mul(1_000).saturating_add(meta.mtime_nsec() / 1_000_000);
    let age = Duration::from_millis(u64::try_from(wall.0.saturating_sub(changed)).unwrap_or(0));
    Moment::from_millis(now.millis().saturating_sub(age.as_millis() as u64))
}

/// The regular files behind descriptors 1 and 2 of a process, each once: where an attached job's output goes.
pub fn output_files(pid: u32) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = Vec::new();
    for descriptor in [1, 2] {
        let link = format!("/proc/{pid}/fd/{descriptor}");
        let Ok(target) = std::fs::read_link(&link) else { continue };
        // The path may have been deleted or belong to another mount namespace: it must be the same file.
        let (Ok(behind), Ok(named)) = (std::fs::metadata(&link), std::fs::metadata(&target)) else {
            continue;
        };
        let same = (behind.dev(), behind.ino()) == (named.dev(), named.ino());
        if same && behind.is_file() && !files.contains(&target) {
            files.push(target);
        }
    }
    files
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write as _;

    fn texts(round: &TailRound) -> Vec<&str> {
        round.lines.iter().map(|(_, text)| text.as_str()).collect()
    }

    #[test]
    fn growth_truncation_and_rotation_are_followed() {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let path = dir.path().join("out.log");
        let (now, wall) = (Moment::from_millis(10_000_000), crate::model::clock::wall());
        std::fs::write(&path, "old 1\nold 2\n").expect("written");
        let mut tail = Tail::open(&path).expect("opened");
        assert_eq!(texts(&tail.read(now, wall).expect("read")), ["old 1", "old 2"]);
        let mut file = std::fs::OpenOptions::new().append(true).open(&path).expect("opened");
        file.write_all(b"half").expect("written");
        let half = tail.read(now, wall).expect("read");
        assert_eq!((texts(&half).len(), half.partial.as_str()), (0, "half"));
        file.write_all(b" done\n").expect("written");
        assert_eq!(texts(&tail.read(now, wall).expect("read")), ["half done"]);
        std::fs::write(&path, "new\n").expect("truncated and written");
        assert_eq!(texts(&tail.read(now, wall).expect("read")), ["new"]);
        std::fs::rename(&path, dir.path().join("out.log.1")).expect("rotated");
        std::fs::write(&path, "rotated\n").expect("written");
        assert_eq!(texts(&tail.read(now, wall).expect("read")), ["rotated"]);
    }

    #[test]
    fn a_flood_is_skipped_up_to_its_newest_part() {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let path = dir.path().join("flood.log");
        std::fs::write(&path, "").expect("written");
        let mut tail = Tail::open(&path).expect("opened");
        std::fs::write(&path, "line\n".repeat(200_000)).expect("written");
        let round = tail.read(Moment::from_millis(1), WallTime(0)).expect("read");
        assert_eq!(round.skipped, 1_000_000 - MOST_A_ROUND);
        assert!(round.lines.len() <= MOST_A_ROUND as usize / 5 + 1, "the first may be a part");
    }

    #[test]
    fn a_line_that_was_cut_by_a_jump_is_dropped_whole() {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let path = dir.path().join("long.log");
        let filler = "x".repeat(FIRST_READ as usize - 12);
        std::fs::write(&path, format!("password=correcthorse\n{filler}\nend\n")).expect("written");
        let mut tail = Tail::open(&path).expect("opened");
        let round = tail.read(Moment::from_millis(1), WallTime(0)).expect("read");
        assert!(texts(&round).iter().all(|line| !line.contains("horse")), "what was before it is not known");
        assert_eq!(texts(&round).last(), Some(&"end"));
    }

    #[test]
    fn a_pipe_is_refused() {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let path = dir.path().join("fifo");
        rustix::fs::mknodat(rustix::fs::CWD, &path, rustix::fs::FileType::Fifo, rustix::fs::Mode::RWXU, 0)
            .expect("made");
        assert!(Tail::open(&path).is_err());
    }
}
