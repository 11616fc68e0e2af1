#![expect(clippy::disallowed_methods, reason = "edge: starts the threads that hang")]
//! Locks and wake-ups: a ring, a lock without its owner, news that came too early.

use std::io;
use std::sync::mpsc::channel;
use std::sync::{Arc, Barrier, Condvar, PoisonError};
use std::thread::{Builder, JoinHandle};

use super::fork::{fork, me, wait_for};
use super::mutex::Mutex;
use super::stage::Stage;
use crate::model::cause::Culprit;

/// Two threads take two locks, each in its own order, and the main thread waits for both.
pub(super) fn cycle(stage: &Stage) -> io::Result<()> {
    let (ledger, journal) = (Mutex::new(), Mutex::new());
    let both_hold_one = Arc::new(Barrier::new(2));
    let (tell, told) = channel();
    let books = |name: &str, first: &'static Mutex, second: &'static Mutex| {
        let (tell, both_hold_one) = (tell.clone(), Arc::clone(&both_hold_one));
        thread(name, move || {
            first.lock();
            both_hold_one.wait();
            let _ = tell.send(tid());
            second.lock();
        })
    };
    let debits = books("demo-debits", ledger, journal)?;
    let credits = books("demo-credits", journal, ledger)?;
    let ring: Vec<Culprit> = told.iter().take(2).map(|tid| Culprit::thread(me(), tid)).collect();
    stage.set(me(), &ring)?;
    join(debits)?;
    join(credits)
}

/// A thread holds a lock while another forks: the child has the lock, held, and not the thread.
pub(super) fn orphan(stage: &Stage) -> io::Result<()> {
    let log = Mutex::new();
    let (tell_held, held) = channel();
    let (tell_forked, forked) = channel();
    let writer = thread("demo-logger", move || {
        log.lock();
        let _ = tell_held.send(());
        let _ = forked.recv();
        log.unlock();
    })?;
    held.recv().map_err(io::Error::other)?;
    let (child, ()) = fork(c"demo-worker", (), || {
        log.lock();
        Ok(())
    })?;
    let _ = tell_forked.send(());
    join(writer)?;
    stage.set(me(), &[Culprit::process(child)])?;
    wait_for(child)
}

/// News is told before anyone listens, and whoever listens then does not look whether there was any.
pub(super) fn lost(stage: &Stage) -> io::Result<()> {
    let news = Arc::new((std::sync::Mutex::new(()), Condvar::new()));
    let teller = Arc::clone(&news);
    join(thread("demo-producer", move || teller.1.notify_all())?)?;
    let consumer = thread("demo-consumer", move || {
        let (lock, news) = &*news;
        let listening = lock.lock().unwrap_or_else(PoisonError::into_inner);
        drop(news.wait(listening));
    })?;
    stage.set(me(), &[Culprit::process(me())])?;
    join(consumer)
}

fn thread(name: &str, work: impl FnOnce() + Send + 'static) -> io::Result<JoinHandle<()>> {
    Builder::new().name(name.to_owned()).stack_size(128 << 10).spawn(work)
}

fn join(thread: JoinHandle<()>) -> io::Result<()> {
    thread.join().map_err(|_| io::ErrorKind::Other.into())
}

/// This thread.
fn tid() -> u32 {
    rustix::thread::gettid().as_raw_nonzero().get().unsigned_abs()
}
