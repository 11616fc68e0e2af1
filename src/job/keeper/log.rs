#![expect(clippy::disallowed_methods, reason = "edge: writes the job's log")]
//! The log file: what [`super::text`] has redacted, appended, capped and never in the job's way.
//!
//! At its cap the file becomes `output.log.1` and a new one begins, so there are never more than two caps of log.
//! Whatever goes wrong with the disk ends the log and leaves a warning; the job never hears of it.

use std::fs::File;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::Instant;

use super::budget::Budget;
use super::text::{LineCutter, Page};
use crate::job::folder::{LOG, LOG_BEFORE};
use crate::job::message::Volume;
use crate::model::sign::Leak;
use crate::scan::redact::Redactor;

/// The log of one run.
pub(super) struct Log {
    cutters: Vec<LineCutter>,
    redactor: Redactor,
    page: Page,
    file: Option<LogFile>,
    budget: Budget,
    volume: Volume,
    trouble: Option<String>,
}

impl Log {
    /// A log in this folder for this many streams; without a folder, or if the file can't be had, it only counts.
    pub(super) fn new(folder: Option<&Path>, streams: u8, cap: u64) -> Self {
        let mut trouble = None;
        let file = folder.and_then(|folder| {
            LogFile::create(folder, cap)
                .map_err(|error| trouble = Some(format!("no log of the output: {error}")))
                .ok()
        });
        Self {
            cutters: (0..streams).map(LineCutter::new).collect(),
            redactor: Redactor::small().telling(),
            page: Page::default(),
            file,
            budget: Budget::new(Instant::now()),
            volume: Volume::default(),
            trouble,
        }
    }

    /// Takes in what the job has written on this stream.
    pub(super) fn push(&mut self, stream: usize, bytes: &[u8], now: Instant) {
        self.volume.bytes += bytes.len() as u64;
        if self.file.is_none() {
            self.volume.unlogged += bytes.len() as u64;
            return;
        }
        let Some(cutter) = self.cutters.get_mut(stream) else { return };
        if self.budget.allows(now) {
            let before = Instant::now();
            cutter.push(bytes, now, &mut self.redactor, &mut self.page);
            self.volume.unlogged -= cutter.take_regained().min(self.volume.unlogged);
            self.write();
            self.budget.charge(bytes.len(), before.elapsed());
        } else {
            cutter.skip(bytes, &mut self.redactor);
            self.volume.unlogged += bytes.len() as u64;
        }
    }

    /// Writes what is due of unfinished lines.
    pub(super) fn rest(&mut self, now: Instant) {
        if self.next_rest().is_some_and(|due| due <= now) {
            for cutter in &mut self.cutters {
                cutter.rest(now, &mut self.redactor, &mut self.page);
            }
            self.redactor.forget_leaks();
            self.write();
        }
    }

    /// When [`Log::rest`] has something to do next.
    pub(super) fn next_rest(&self) -> Option<Instant> {
        self.file.as_ref()?;
        self.cutters.iter().filter_map(LineCutter::next_rest).min()
    }

    /// Writes what is left of every stream.
    pub(super) fn finish(&mut self) {
        for cutter in &mut self.cutters {
            cutter.finish(&mut self.redactor, &mut self.page);
            self.volume.unlogged -= cutter.take_regained().min(self.volume.unlogged);
        }
        self.write();
    }

    /// How much there has been.
    pub(super) fn volume(&self) -> Volume {
        self.volume
    }

    /// What went wrong, once.
    pub(super) fn take_trouble(&mut self) -> Option<String> {
        self.trouble.take()
    }

    /// The secrets that were met in the output since the last time, each of them once.
    pub(super) fn take_leaks(&mut self) -> Vec<Leak> {
        self.redactor.take_leaks()
    }

    /// Redacts a text that is no output, such as the command line.
    pub(super) fn redacted(text: &str) -> String {
        // One redactor for all lines: an argument may be a whole key block.
        let mut redactor = Redactor::small();
        text.lines().map(|line| redactor.line(line).into_owned()).collect::<Vec<_>>().join("\n")
    }

    fn write(&mut self) {
        self.volume.lines = self.page.lines;
        self.volume.logged += self.page.text.len() as u64;
        if let Some(file) = &mut self.file
            && let Err(error) = file.append(&self.page.text)
        {
            self.trouble = Some(format!("the log ends here, the job goes on: {error}"));
            self.file = None;
        }
        self.page.text.clear();
        // One long line must not keep its memory for the rest of the run.
        self.page.text.shrink_to(256 * 1024);
    }
}

/// The file behind a log.
struct LogFile {
    file: File,
    path: PathBuf,
    before: PathBuf,
    size: u64,
    cap: u64,
}

impl LogFile {
    fn create(folder: &Path, cap: u64) -> io::Result<Self> {
        let path = folder.join(LOG);
        Ok(Self { file: open(&path)?, before: folder.join(LOG_BEFORE), path, size: 0, cap: cap.max(1) })
    }

    fn append(&mut self, mut text: &[u8]) -> io::Result<()> {
        while !text.is_empty() {
            let room = usize::try_from(self.cap.saturating_sub(self.size)).unwrap_or(usize::MAX);
            let fits = if text.len() <= room {
                text.len()
            } else {
                // A file ends with a whole line, unless one line alone is longer than the cap.
                let line_end = memchr::memrchr(b'\n', &text[..room]).map_or(0, |at| at + 1);
                if line_end == 0 && self.size == 0 { room } else { line_end }
            };
            self.file.write_all(&text[..fits])?;
            self.size += fits as u64;
            text = &text[fits..];
            if !text.is_empty() {
                std::fs::rename(&self.path, &self.before)?;
                self.file = open(&self.path)?;
                self.size = 0;
            }
        }
        Ok(())
    }
}

fn open(path: &Path) -> io::Result<File> {
    // Opened for appending and never through a link; the folder is ours alone, this is the second lock.
    let flags = rustix::fs::OFlags::NOFOLLOW.bits().cast_signed();
    File::options().append(true).create_new(true).mode(0o600).custom_flags(flags).open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_caps_are_the_most_there_is() {
        let folder = tempfile::tempdir().unwrap();
        let mut log = Log::new(Some(folder.path()), 1, 1000);
        for number in 0..500 {
            log.push(0, format!("line {number}\n").as_bytes(), Instant::now());
        }
        log.finish();
        let (now, before) = (folder.path().join(LOG), folder.path().join(LOG_BEFORE));
        let (now, before) = (std::fs::read_to_string(now).unwrap(), std::fs::read_to_string(before).unwrap());
        assert!(now.len() <= 1000 && before.len() <= 1000);
        assert!(now.ends_with("line 499\n") && before.ends_with('\n') && before.starts_with("line "));
        assert_eq!(log.volume().lines, 500);
    }

    #[test]
    fn without_a_file_output_is_only_counted() {
        let mut log = Log::new(Some(Path::new("/nowhere/at/all")), 1, 1000);
        assert!(log.take_trouble().is_some());
        log.push(0, b"hello\n", Instant::now());
        assert_eq!(log.volume(), Volume { bytes: 6, unlogged: 6, ..Volume::default() });
    }
}
