//! Samples the threads that are busy, from one look to the next.

use super::member::Member;
use super::memory::OfProcess;
use super::resolve::Memory;
use crate::model::evidence::Sample;
use crate::proc::spots::{self, SpotReader};

/// Who ran or was ready for this share of the time between two looks is busy.
const BUSY: f64 = 0.7;

/// The threads that are sampled.
#[derive(Debug, Default)]
pub(super) struct Busy {
    sampled: Vec<Sampled>,
    /// The kernel allows none of it.
    is_refused: bool,
}

#[derive(Debug)]
struct Sampled {
    tid: u32,
    reader: SpotReader,
    /// Its run time when it began to be sampled, in nanoseconds.
    ran: u64,
}

impl Busy {
    /// Takes up those that are busy now, and takes the samples of all.
    pub(super) fn look(&mut self, members: &[Member]) {
        for sampled in &mut self.sampled {
            sampled.reader.take();
        }
        for thread in members.iter().flat_map(|member| &member.process.threads) {
            let is_known = self.sampled.iter().any(|sampled| sampled.tid == thread.tid);
            if self.is_refused || is_known || self.sampled.len() >= spots::MOST {
                continue;
            }
            let [.., before, last] = thread.samples.as_slice() else { continue };
            if busy(before, last) < BUSY {
                continue;
            }
            match SpotReader::open(thread.tid) {
                Some(reader) => self.sampled.push(Sampled { tid: thread.tid, reader, ran: last.ran }),
                // It may have ended; if it is still there, nobody may be sampled.
                None => self.is_refused = true,
            }
        }
    }

    /// Writes down what was seen.
    pub(super) fn finish(mut self, members: &mut [Member]) {
        for sampled in &mut self.sampled {
            sampled.reader.take();
            let found = members.iter_mut().find_map(|member| {
                let pid = member.process.pid;
                let thread = member.process.threads.iter_mut().find(|thread| thread.tid == sampled.tid)?;
                Some((pid, thread))
            });
            let Some((pid, thread)) = found else { continue };
            let ran = thread.samples.last().map_or(0, |last| last.ran.saturating_sub(sampled.ran));
            // Its code is there: the thread runs it.
            let read = |address: u64, into: &mut [u8]| OfProcess(pid).read(address, into);
            thread.spots = Some(sampled.reader.spots(ran as f64 / 1e9, read));
        }
    }
}

fn busy(before: &Sample, last: &Sample) -> f64 {
    let span = (last.at - before.at).max(1e-3);
    let used = (last.ran + last.delayed).saturating_sub(before.ran + before.delayed);
    used as f64 / 1e9 / span
}
