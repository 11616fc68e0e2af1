//! Waits for the next look, and sees meanwhile who ends: a pidfd becomes readable at that very moment, when the zombie
//! still tells how.

use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use rustix::io::Errno;

use super::member::Member;
use crate::model::clock::{self, Moment};
use crate::model::evidence::Gone;
use crate::model::process::Exit;
use crate::proc::parse;
use crate::proc::read::Reader;

/// Waits until then, and takes down who ends. `began` is when the window began.
pub(super) fn wait(members: &mut [Member], until: Moment, began: Moment, reader: &mut Reader) {
    loop {
        let left = until.since(clock::now());
        if left.is_zero() {
            return;
        }
        let alive: Vec<usize> = members
            .iter()
            .enumerate()
            .filter(|(_, member)| member.ended.is_none() && member.pidfd.is_some())
            .map(|(at, _)| at)
            .collect();
        let ended = readable(members, &alive, left);
        for at in ended {
            let member = &mut members[at];
            member.ended = Some(clock::now().since(began).as_secs_f64());
            member.process.exit = zombie(member, reader).or(member.process.exit);
        }
    }
}

/// Which of these have ended, as soon as one has or the time is up.
fn readable(members: &[Member], alive: &[usize], left: Duration) -> Vec<usize> {
    let mut polled: Vec<PollFd<'_>> = alive
        .iter()
        .filter_map(|&at| members[at].pidfd.as_ref())
        .map(|pidfd| PollFd::new(pidfd, PollFlags::IN))
        .collect();
    let left = Timespec { tv_sec: left.as_secs() as i64, tv_nsec: left.subsec_nanos().into() };
    match poll(&mut polled, Some(&left)) {
        Ok(_) => {}
        Err(Errno::INTR) => return Vec::new(),
        // More than may be polled: the time passes all the same, and ends are seen at the next look.
        Err(_) => {
            let _ = poll(&mut [], Some(&left));
            return Vec::new();
        }
    }
    let is_ready = |polled: &PollFd<'_>| !polled.revents().is_empty();
    alive.iter().zip(&polled).filter(|(_, polled)| is_ready(polled)).map(|(&at, _)| at).collect()
}

fn zombie(member: &Member, reader: &mut Reader) -> Option<Exit> {
    let stat = reader.file(&format!("/proc/{}/stat", member.process.pid)).ok().and_then(parse::stat)?;
    let is_it = stat.start == member.start && stat.state == b'Z' && stat.threads <= 1;
    // Another user's zombie shows 0, whatever it was.
    let status = stat.exit_code.filter(|&status| is_it && (status != 0 || !member.process.io.is_empty()))?;
    Some(Exit::from_wait_status(status))
}

/// What is left to say of a member that is not there any more.
pub(super) fn gone(member: &Member, now: f64) -> Gone {
    Gone {
        pid: member.process.pid,
        parent: member.process.parent,
        name: member.process.name.clone(),
        command: member.process.command.clone(),
        exit: member.end(),
        at: member.ended.unwrap_or(now),
    }
}
