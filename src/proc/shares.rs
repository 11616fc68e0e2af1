//! Reads the shares of memory that [`super::pss`] finds due. The edge: it opens, reads and times.

use rustix::io::Errno;

use super::parse::{self, Rollup};
use super::pss::{self, Budget, Ledger, Sight};
use super::read::Reader;
use crate::model::clock::{self, Moment};
use crate::model::metric::Bytes;
use crate::model::reading::MemberReading;

/// Reads the shares of one job's members.
#[derive(Debug)]
pub struct ShareReader {
    ledger: Ledger,
    reader: Reader,
    page: u64,
}

impl Default for ShareReader {
    fn default() -> Self {
        let page = rustix::param::page_size() as u64;
        Self { ledger: Ledger::default(), reader: Reader::default(), page }
    }
}

impl ShareReader {
    /// Gives each member its parts: read as far as the budget goes, carried on otherwise. `is_sum_known` says that a
    /// control group tells the sum, so that the parts may be older.
    pub fn read(
        &mut self,
        members: &mut [MemberReading],
        now: Moment,
        cpu_pressure: Option<f64>,
        is_sum_known: bool,
        budget: &mut Budget,
    ) {
        self.ledger.see(members.iter().filter_map(sight), self.page);
        let reader = &mut self.reader;
        pss::spend(&mut self.ledger, budget, now, cpu_pressure, is_sum_known, |pid| {
            let before = clock::thread_cpu();
            let rollup = rollup_of(pid, reader);
            (rollup, clock::thread_cpu().saturating_sub(before))
        });
        for member in members {
            member.paging.parts = member.id.pid().and_then(|pid| self.ledger.parts(pid));
        }
    }
}

fn sight(member: &MemberReading) -> Option<Sight> {
    let crate::model::member::MemberId::Process { pid, start } = member.id else { return None };
    let Bytes(rss) = member.rss.filter(|_| member.exit.is_none())?;
    let parent = member.parent.unwrap_or(0);
    let faults = member.paging.minor_faults;
    Some(Sight { pid, start, parent, family: member.about.family, rss, faults })
}

/// `None` where it may not be read or the kernel has no such file. Who ended just now has nothing.
fn rollup_of(pid: u32, reader: &mut Reader) -> Option<Rollup> {
    match reader.file(&format!("/proc/{pid}/smaps_rollup")) {
        Ok(text) => Some(parse::rollup(text).unwrap_or_default()),
        Err(Errno::SRCH) => Some(Rollup::default()),
        Err(_) => None,
    }
}
