//! Whose stacks are read where there are too many. Pure.

use crate::model::evidence::{Evidence, Process, Runtime};

/// A thread that was on a CPU, or ready to be, for this share of the window is busy.
const BUSY: f64 = 0.2;

/// The members whose runtime tells its stacks, the most telling first: the process that was asked about, then one of each kind before the
/// second of any. A kind is a command line and whether its main thread works, waits for good, or comes and goes.
pub(super) fn telling(evidence: &Evidence) -> Vec<(u32, Runtime)> {
    let mut kinds: Vec<(&str, Rest)> = Vec::new();
    let mut ranked: Vec<(bool, usize, u32, Runtime)> = evidence
        .members()
        .filter(|process| matches!(process.runtime, Runtime::Python | Runtime::Java) && !process.is_zombie())
        .map(|process| {
            let kind = (process.command.as_str(), rest(process, evidence.window));
            let before = kinds.iter().filter(|other| **other == kind).count();
            kinds.push(kind);
            (process.pid != evidence.root, before, process.pid, process.runtime)
        })
        .collect();
    ranked.sort_unstable_by_key(|(is_other, before, pid, _)| (*is_other, *before, *pid));
    ranked.into_iter().map(|(_, _, pid, runtime)| (pid, runtime)).collect()
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rest {
    Busy,
    Still,
    Between,
}

fn rest(process: &Process, window: f64) -> Rest {
    let Some(main) = process.main_thread().or_else(|| process.threads.first()) else { return Rest::Between };
    let used = match (main.samples.first(), main.samples.last()) {
        (Some(first), Some(last)) => (last.ran + last.delayed).saturating_sub(first.ran + first.delayed),
        _ => 0,
    };
    if window > 0.0 && used as f64 / 1e9 / window > BUSY {
        Rest::Busy
    } else if main.is_still {
        Rest::Still
    } else {
        Rest::Between
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::evidence::{Sample, Thread};

    fn python(pid: u32, command: &str, ran: u64, is_still: bool) -> Process {
        let samples = vec![Sample::default(), Sample { at: 4.0, ran, ..Sample::default() }];
        Process {
            pid,
            command: command.into(),
            is_member: true,
            runtime: Runtime::Python,
            state: 'S',
            threads: vec![Thread { tid: pid, samples, is_still, ..Thread::default() }],
            ..Process::default()
        }
    }

    #[test]
    fn the_root_comes_first_and_then_one_of_each_kind() {
        let evidence = Evidence {
            root: 30,
            window: 4.0,
            processes: vec![
                python(10, "worker", 0, true),
                python(11, "worker", 0, true),
                python(12, "worker", 3_000_000_000, false),
                python(13, "other", 0, false),
                python(30, "main", 0, true),
                Process { runtime: Runtime::Native, ..python(31, "cc", 0, true) },
                Process { state: 'Z', ..python(32, "main", 0, true) },
                Process { is_member: false, ..python(33, "peer", 0, true) },
            ],
            ..Evidence::default()
        };
        let pids: Vec<u32> = telling(&evidence).into_iter().map(|(pid, _)| pid).collect();
        assert_eq!(pids, [30, 10, 12, 13, 11]);
    }
}
