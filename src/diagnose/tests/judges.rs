//! A case in which a judge speaks, and one beside it in which it must not.

use super::super::name;
use super::*;
use crate::model::cause::Cause;
use crate::model::evidence::{FailedCall, FileLock, Gone};
use crate::model::process::Exit;

fn cause(evidence: &Evidence) -> Cause {
    name(evidence).cause
}

#[test]
fn locks_in_a_ring_are_a_cycle_and_a_time_limit_breaks_it() {
    let threads = vec![
        waits(1, Wait::Futex(Futex { joins: Some(2), ..Futex::default() })),
        waits(2, owned(3)),
        waits(3, owned(2)),
    ];
    let mut ring = job(vec![process(1, 0, threads)]);
    assert_eq!(cause(&ring), Cause::LockCycle);
    ring.processes[0].threads[2].limit = Some(5.0);
    assert!(!cause(&ring).is_named());
}

#[test]
fn threads_that_were_left_out_may_end_any_wait() {
    let mut alone = job(vec![process(1, 0, vec![waits(1, futex(8)), waits(2, futex(16))])]);
    assert_eq!(cause(&alone), Cause::NeverCompleted);
    alone.processes[0].thread_count = 3;
    assert_eq!(cause(&alone), Cause::Unknown);
}

#[test]
fn ends_that_are_not_shown_may_be_written_to() {
    let reads = |pid: u32, from: u64, to: u64| {
        let one = process(pid, 1, vec![waits(pid, Wait::Read { fd: 3 })]);
        with(with(one, 3, pipe(from), true), 4, pipe(to), false)
    };
    let mut both = job(vec![reads(1, 5, 6), reads(2, 6, 5)]);
    assert_eq!(cause(&both), Cause::NeverCompleted);
    both.processes[1].descriptor_count = None;
    assert!(!cause(&both).is_named());
}

#[test]
fn a_writer_and_a_reader_that_both_write_are_in_a_pipe_deadlock() {
    let writes = |pid: u32, from: u64, to: u64| {
        let one = process(pid, 1, vec![waits(pid, Wait::Write { fd: 4 })]);
        with(with(one, 3, pipe(from), true), 4, pipe(to), false)
    };
    let mut both = job(vec![writes(1, 5, 6), writes(2, 6, 5)]);
    assert_eq!(cause(&both), Cause::PipeDeadlock);
    both.processes[1].threads = vec![runs(2, 0.9)];
    assert_ne!(cause(&both), Cause::PipeDeadlock);
}

#[test]
fn an_eventfd_that_the_kernel_counts_up_is_no_closed_world() {
    let event = Target::Event { id: 1, count: 0 };
    let waiter = with(process(1, 0, vec![waits(1, Wait::Read { fd: 3 })]), 3, event, true);
    assert_eq!(cause(&job(vec![waiter.clone()])), Cause::NeverCompleted);
    assert!(!cause(&job(vec![with(waiter, 4, Target::Ring, true)])).is_named());
}

#[test]
fn who_waits_for_a_child_that_is_not_seen_is_not_accused() {
    let alone = job(vec![process(1, 0, vec![waits(1, Wait::Child { pid: None })])]);
    assert_eq!(cause(&alone), Cause::Unknown);
}

#[test]
fn a_stopped_member_is_named_and_one_put_aside_is_not() {
    let stopped = Process { state: 'T', stopped_by: Some(19), ..process(2, 1, vec![waits(2, Wait::Held)]) };
    let shell = |threads| process(1, 0, threads);
    let mut at_work = job(vec![shell(vec![runs(1, 0.9)]), stopped]);
    assert_eq!(cause(&at_work), Cause::Stopped);
    at_work.processes[1].stopped_by = Some(20);
    assert_eq!(cause(&at_work), Cause::Healthy);
    at_work.processes[0].threads = vec![waits(1, Wait::Child { pid: None })];
    assert_eq!(cause(&at_work), Cause::Stopped);
}

#[test]
fn a_full_group_that_refuses_nobody_hinders_nobody() {
    let mut full = job(vec![process(1, 0, vec![runs(1, 0.5)])]);
    full.groups = vec![Group { tasks: Some((10, 10)), tasks_refused: Some((0, 0)), ..group() }];
    assert_eq!(cause(&full), Cause::Healthy);
    full.groups[0].tasks_refused = Some((3, 3));
    assert_eq!(cause(&full), Cause::ProcessLimit);
}

#[test]
fn a_quota_that_others_use_up_is_not_this_jobs() {
    let mut job = job(vec![process(1, 0, vec![runs(1, 0.5)])]);
    job.groups = vec![Group { quota: Some(0.5), throttled: Some(1.0), periods: Some((20, 20)), ..group() }];
    assert_eq!(cause(&job), Cause::CpuThrottled);
    job.processes[0].threads = vec![waits(1, Wait::Sleep)];
    assert_eq!(cause(&job), Cause::Sleeping);
}

#[test]
fn a_table_of_the_kernel_that_is_full_is_no_full_disk() {
    let mut job = job(vec![process(1, 0, vec![runs(1, 0.2)])]);
    let call = |call: &str| FailedCall {
        call: call.to_owned(),
        error: "ENOSPC".to_owned(),
        times: 9,
        ..FailedCall::default()
    };
    job.calls = vec![call("write")];
    assert_eq!(cause(&job), Cause::DiskFull);
    job.calls = vec![call("inotify_add_watch")];
    assert_eq!(cause(&job), Cause::Healthy);
}

#[test]
fn a_killed_worker_is_missed_by_who_waits_for_it_and_not_by_a_service() {
    let mut pool = job(vec![with(process(1, 0, vec![waits(1, Wait::Read { fd: 3 })]), 3, pipe(5), true)]);
    pool.gone = vec![Gone { pid: 2, parent: 1, exit: Some(Exit::Signal(9)), ..Gone::default() }];
    assert_eq!(cause(&pool), Cause::WorkerKilled);
    pool.processes[0].threads = vec![waits(1, Wait::Epoll { fd: 4 })];
    pool.sockets = vec![Socket { state: "listen".to_owned(), ..socket("0.0.0.0:80", "", "tcp") }];
    let service = with(pool.processes.remove(0), 4, Target::Epoll { watched: vec![(6, 1)] }, true);
    pool.processes = vec![with(service, 6, Target::Socket { inode: 7 }, true)];
    assert_eq!(cause(&pool), Cause::Idle);
}

#[test]
fn an_answer_is_waited_for_by_clients_and_not_by_servers() {
    let on = |socket: Socket| {
        let one = process(1, 0, vec![waits(1, Wait::Read { fd: 3 })]);
        let mut job = job(vec![with(one, 3, Target::Socket { inode: 7 }, true)]);
        job.sockets = vec![socket];
        cause(&job)
    };
    assert_eq!(on(socket("10.0.0.1:40000", "10.0.0.2:5432", "tcp")), Cause::WaitingOnPeer);
    assert_eq!(on(socket("10.0.0.1:22", "10.0.0.2:40000", "tcp")), Cause::Idle, "a login from there");
    assert_eq!(on(socket("0.0.0.0:53", "0.0.0.0:0", "udp")), Cause::Idle, "a server of names");
    assert_eq!(on(socket("0.0.0.0:40000", "", "udp")), Cause::WaitingOnPeer, "one that asks it");
    assert_eq!(on(socket("", "", "netlink")), Cause::Idle, "news of the kernel");
}

#[test]
fn a_lock_that_a_process_holds_itself_says_so() {
    let mut job = job(vec![process(1, 0, vec![waits(1, Wait::FileLock { fd: 3 })])]);
    job.locks = vec![FileLock { waiters: vec![1], holders: vec![1], ..FileLock::default() }];
    let diagnosis = name(&job);
    assert_eq!(diagnosis.cause, Cause::FileLockWait);
    assert!(diagnosis.evidence[1].as_str().contains("itself"), "{:?}", diagnosis.evidence);
}

#[test]
fn a_sleep_that_nothing_interrupts_is_named_where_the_job_waits_for_it() {
    let mut stuck = waits(1, Wait::Other { call: "fsync".to_owned() });
    stuck.samples.iter_mut().for_each(|sample| sample.state = 'D');
    let mut job = job(vec![process(1, 0, vec![stuck])]);
    assert_eq!(cause(&job), Cause::Uninterruptible);
    job.processes[0].threads[0].tid = 2;
    job.processes[0].threads.insert(0, runs(1, 0.9));
    assert_eq!(cause(&job), Cause::Healthy);
}

#[test]
fn nothing_secret_is_told_of_a_path() {
    let secret = "ghp_0123456789abcdefghijABCDEFGHIJ456789";
    let mut opens = waits(1, Wait::Open { path: Some(format!("/run/{secret}")) });
    opens.channel = "wait_for_partner".to_owned();
    let diagnosis = name(&job(vec![process(1, 0, vec![opens])]));
    assert_eq!(diagnosis.cause, Cause::FifoNoPeer);
    assert!(!format!("{diagnosis:?}").contains(secret), "{diagnosis:?}");
}

#[test]
fn a_job_that_others_starve_is_healthy_and_says_so() {
    let mut job = job(vec![process(1, 0, vec![runs(1, 0.06)])]);
    let says_so = |job: &Evidence| name(job).evidence.iter().any(|said| said.contains("others had them"));
    assert!(!says_so(&job));
    for sample in &mut job.processes[0].threads[0].samples {
        sample.delayed = (sample.at * 0.9e9) as u64;
    }
    assert_eq!(cause(&job), Cause::Healthy);
    assert!(says_so(&job));
}
