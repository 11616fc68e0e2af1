//! What Telltale itself uses.

use super::parse;
use super::read::Reader;
use crate::model::metric::Bytes;

/// Reads this process's own cost.
#[derive(Debug, Default)]
pub struct OwnReader {
    reader: Reader,
}

impl OwnReader {
    /// CPU time since the start in milliseconds, and resident memory; zeros without `/proc`.
    pub fn read(&mut self) -> (u64, Bytes) {
        let stat = self.reader.file("/proc/self/stat").ok().and_then(parse::stat);
        stat.map_or((0, Bytes(0)), |stat| {
            (stat.cpu_ms(), Bytes(stat.rss_pages * rustix::param::page_size() as u64))
        })
    }
}
