//! Reads the threads of a job's processes, on a budget: every few seconds so many over all members, in turn. Of a process
//! with more threads the oldest are looked at, each time the same ones, and it is said that they are a part.

use std::collections::BTreeMap;
use std::mem::MaybeUninit;
use std::sync::Arc;
use std::time::Duration;

use rustix::fs::{OFlags, RawDir};

use super::parse;
use super::pools::{Crew, ThreadReading};
use super::read::{self, Reader};
use crate::model::clock::Moment;
use crate::model::member::MemberId;
use crate::model::pool::Pool;
use crate::model::process::ProcState;
use crate::model::reading::MemberReading;

/// Time between two looks. Fewer ticks of 10 ms than this holds would tell no rate.
const EVERY: Duration = Duration::from_secs(3);
/// Threads that are read in one look, over all members: at 10 µs each, a thousandth of a CPU.
const THREADS_A_LOOK: usize = 256;
/// A process with fewer has no two beside its main thread.
const FEWEST: u32 = 3;
/// Threads that are remembered over all members; who does not fit in is not looked at.
const MOST_REMEMBERED: usize = 4_096;

/// Looks at the threads of one job.
#[derive(Debug, Default)]
pub struct ThreadReader {
    reader: Reader,
    crews: BTreeMap<MemberId, (Crew, Option<Arc<Pool>>)>,
    looked: Option<Moment>,
    cursor: Option<MemberId>,
}

impl ThreadReader {
    /// The pools of threads there are, by member, as they were seen last; a part of them is looked at now, if it is
    /// time.
    pub fn read(&mut self, members: &[MemberReading], now: Moment) -> Vec<(MemberId, Arc<Pool>)> {
        if self.looked.is_none_or(|at| now.since(at) >= EVERY) {
            self.looked = Some(now);
            self.look(members, now);
        }
        let known =
            self.crews.iter().filter_map(|(id, (_, pool))| Some((id.clone(), Arc::clone(pool.as_ref()?))));
        known.collect()
    }

    fn look(&mut self, members: &[MemberReading], now: Moment) {
        let mut several: Vec<(&MemberId, u32)> = members
            .iter()
            .filter(|member| member.exit.is_none() && member.threads >= FEWEST)
            .map(|member| (&member.id, member.threads))
            .collect();
        several.sort_unstable();
        self.crews.retain(|id, _| several.binary_search_by_key(&id, |(id, _)| *id).is_ok());
        let mut remembered: usize = self.crews.values().map(|(crew, _)| crew.len()).sum();
        let from = several.partition_point(|(id, _)| Some(*id) <= self.cursor.as_ref());
        let mut left = THREADS_A_LOOK;
        for &(id, threads) in several[from..].iter().chain(&several[..from]) {
            let wanted = (threads as usize).min(THREADS_A_LOOK);
            if wanted > left {
                break;
            }
            let known = self.crews.get(id).map_or(0, |(crew, _)| crew.len());
            if remembered - known + wanted > MOST_REMEMBERED {
                continue;
            }
            self.cursor = Some(id.clone());
            left -= wanted;
            let Some(pid) = id.pid() else { continue };
            let readings = self.threads(pid, wanted);
            let (crew, pool) = self.crews.entry(id.clone()).or_default();
            crew.look(readings, now);
            let found = crew.pool(pid, threads as usize > wanted);
            remembered = remembered - known + crew.len();
            if pool.as_deref() != found.as_ref() {
                *pool = found.map(Arc::new);
            }
        }
    }

    /// The oldest threads of a process, so many at most.
    fn threads(&mut self, pid: u32, most: usize) -> Vec<ThreadReading> {
        let folder = format!("/proc/{pid}/task");
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let Ok(fd) = read::open_with(&folder, flags) else { return Vec::new() };
        // The kernel lists as many as there is room for: a listing of ten thousand costs more than all else here.
        let mut buffer = [MaybeUninit::uninit(); 8 * 1024];
        let mut listed = RawDir::new(&fd, &mut buffer);
        let mut threads = Vec::with_capacity(most);
        while let Some(Ok(entry)) = listed.next() {
            if threads.len() == most {
                break;
            }
            let tid = entry.file_name().to_str().ok().and_then(|name| name.parse().ok());
            threads.extend(tid.and_then(|tid| thread(&folder, tid, &mut self.reader)));
        }
        threads
    }
}

fn thread(folder: &str, tid: u32, reader: &mut Reader) -> Option<ThreadReading> {
    let stat = reader.file(&format!("{folder}/{tid}/stat")).ok().and_then(parse::stat)?;
    let state = ProcState::from_letter(stat.state);
    Some(ThreadReading { tid, start: stat.start, name: Box::from(stat.comm), state, cpu_ms: stat.cpu_ms() })
}
