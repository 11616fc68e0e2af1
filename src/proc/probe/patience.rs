#![expect(
    clippy::disallowed_methods,
    reason = "edge: starts the threads that may hang, and sees whether they do"
)]
//! Work that may hang in the kernel, done in a thread that is left behind when it does.
//!
//! `/proc/PID/cmdline`, `environ` and `maps` and all memory of a process wait for the lock of its memory map. A process
//! that hangs in mmap(2) on a dead file server holds that lock, and `ps` hangs with it. Here the thread that asks hangs,
//! and nobody waits for it. A thread that has merely not got a CPU yet is given more time: this machine may be as busy as
//! the job.

use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

use crate::proc::parse;
use crate::proc::read::Reader;

/// How long one piece of work may sleep in the kernel.
const PATIENCE: Duration = Duration::from_millis(300);
/// How often longer it may take as long as it runs, or waits for a CPU.
const TURNS: u32 = 20;
/// Threads that may be left behind by one call; after that nothing is tried any more.
const MOST_LEFT_BEHIND: usize = 4;
/// The stack of such a thread.
const STACK: usize = 256 * 1024;

enum News<T> {
    Began(u32),
    Done(usize, T),
}

/// What `work` makes of each item; `None` for those that it hung on and those that it could not be tried with.
pub(super) fn each<I, T, W>(items: Vec<I>, work: W) -> Vec<Option<T>>
where
    I: Send + Sync + 'static,
    T: Send + 'static,
    W: Fn(&I) -> T + Send + Sync + 'static,
{
    let mut found: Vec<Option<T>> = items.iter().map(|_| None).collect();
    let (items, work) = (Arc::new(items), Arc::new(work));
    let mut from = 0;
    for _ in 0..MOST_LEFT_BEHIND {
        if from >= found.len() {
            break;
        }
        let (sender, receiver) = mpsc::channel();
        let (items, work) = (Arc::clone(&items), Arc::clone(&work));
        let begin = from;
        let started =
            std::thread::Builder::new().name("patience".to_owned()).stack_size(STACK).spawn(move || {
                let tid = rustix::thread::gettid().as_raw_nonzero().get() as u32;
                let _ = sender.send(News::Began(tid));
                for (at, item) in items.iter().enumerate().skip(begin) {
                    // Nobody listens any more to one that was left behind.
                    if sender.send(News::Done(at, work(item))).is_err() {
                        break;
                    }
                }
            });
        if started.is_err() {
            break;
        }
        let mut tid = None;
        let mut turns = 0;
        loop {
            match receiver.recv_timeout(PATIENCE) {
                Ok(News::Began(number)) => tid = Some(number),
                Ok(News::Done(at, value)) => {
                    found[at] = Some(value);
                    (from, turns) = (at + 1, 0);
                }
                Err(RecvTimeoutError::Timeout) if turns < TURNS && tid.is_none_or(is_running) => turns += 1,
                // It hangs on the item that comes next: the others get another thread.
                Err(RecvTimeoutError::Timeout) => {
                    from += 1;
                    break;
                }
                Err(RecvTimeoutError::Disconnected) => return found,
            }
        }
    }
    found
}

/// Whether a thread of ours is on a CPU or waits for one.
fn is_running(tid: u32) -> bool {
    let mut reader = Reader::default();
    let stat = reader.file(&format!("/proc/self/task/{tid}/stat")).ok().and_then(parse::stat);
    stat.is_some_and(|stat| stat.state == b'R')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_hangs_is_left_behind() {
        let found = each(vec![1_u64, 900, 2, 3], |&millis| {
            if millis > 100 {
                std::thread::sleep(Duration::from_secs(5));
            }
            millis * 2
        });
        assert_eq!(found, [Some(2), None, Some(4), Some(6)]);
    }

    #[test]
    fn too_much_that_hangs_is_given_up() {
        let found = each(vec![0; 6], |_| std::thread::sleep(Duration::from_secs(5)));
        assert_eq!(found, [None; 6]);
        assert_eq!(each(Vec::<u8>::new(), |_| ()), []);
    }
}
