//! What is added to members when all has been looked at: descriptors, limits, and what could not be seen.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::member::Member;
use super::members::Machine;
use super::processes;
use super::things;
use super::things::descriptors::DescriptorReader;
use super::things::groups::Counters;
use crate::model::clock;
use crate::model::evidence::Evidence;
use crate::proc::parse;
use crate::proc::read::Reader;

/// Processes that a sentence names, at most.
const MOST_NAMED: usize = 3;

/// What was counted around the job when the window began.
#[derive(Debug)]
pub(super) struct Surroundings(Counters);

impl Surroundings {
    pub(super) fn begin(evidence: &Evidence) -> Self {
        Self(Counters::read(evidence))
    }

    /// Adds sockets, locks, groups, rooms and who is at the other end.
    pub(super) fn complete(&self, evidence: &mut Evidence) {
        things::complete(evidence, &self.0, processes::describe);
    }
}

/// Reads what members hold open; of as many as fit into the time, where there is a limit.
pub(super) fn descriptors(members: &mut [Member], problems: &mut BTreeSet<String>, within: Option<Duration>) {
    let began = clock::now();
    let mut reader = DescriptorReader::default();
    for member in members.iter_mut().filter(|member| !member.process.is_zombie()) {
        if within.is_some_and(|within| clock::now().since(began) > within) {
            break;
        }
        let process = &mut member.process;
        let (found, count, said) = reader.of(process.pid);
        (process.descriptors, process.descriptor_count) = (found, count);
        // What was left out at first may be there at the end.
        if within.is_none() {
            problems.extend(said);
        }
    }
}

/// How many tasks the users of members may have, and have; of those whom the kernel binds.
pub(super) fn task_limits(members: &mut [Member], machine: &Machine, reader: &mut Reader) {
    let mut counted: BTreeMap<u32, u64> = BTreeMap::new();
    for member in members.iter_mut().filter(|member| !member.process.is_zombie()) {
        let pid = member.process.pid;
        let limits = reader.file(&format!("/proc/{pid}/limits"));
        let Some(limit) = limits.ok().and_then(|limits| parse::soft_limit(limits, "Max processes ")) else {
            continue;
        };
        let user = reader.file(&format!("/proc/{pid}/status")).ok().and_then(parse::bound_user);
        if let Some(user) = user {
            let tasks = *counted.entry(user).or_insert_with(|| machine.tasks_of(user, reader));
            member.process.task_limit = Some((limit, tasks));
        }
    }
}

/// Sentences about what could not be seen, each with the way out.
pub(super) fn unseen(members: &[Member], left_out: usize) -> Vec<String> {
    let mut problems = Vec::new();
    let own = rustix::process::geteuid().as_raw();
    let (foreign, hidden): (Vec<&Member>, Vec<&Member>) = members
        .iter()
        .filter(|member| member.is_hidden())
        .partition(|member| own != 0 && member.process.user != own);
    if !foreign.is_empty() {
        problems.push(format!(
            "{} of another user: what their threads wait for is not shown; ask as that user or as root",
            named(&foreign, "belongs", "belong")
        ));
    }
    if !hidden.is_empty() {
        problems.push(format!(
            "{} system calls from us (kernel.yama.ptrace_scope, or a sandbox): ask as root, or start the job with `telltale run`",
            named(&hidden, "hides its", "hide their")
        ));
    }
    if left_out > 0 {
        problems
            .push(format!("the job has {left_out} processes more than are looked at ({})", members.len()));
    }
    let threads: u32 = members.iter().map(|member| member.left_out).sum();
    if threads > 0 {
        problems.push(format!("the job has {threads} threads more than are looked at"));
    }
    problems
}

/// `process 7 belongs`, `processes 7, 8, 9 and 2 more belong`.
fn named(members: &[&Member], one: &str, several: &str) -> String {
    let pids: Vec<String> =
        members.iter().take(MOST_NAMED).map(|member| member.process.pid.to_string()).collect();
    let more = members.len() - pids.len();
    match (members.len(), more) {
        (1, _) => format!("process {} {one}", pids.join(", ")),
        (_, 0) => format!("processes {} {several}", pids.join(", ")),
        _ => format!("processes {} and {more} more {several}", pids.join(", ")),
    }
}
