//! An event loop that waits for exactly one kind of thing, without a time limit: an answer, a connection, somebody to type; pure.
//!
//! A loop that also listens, or hears of signals, files or timers, is a service at rest. Of sockets only those of the
//! network count: a connection to a display, a bus or a logger stands open for as long as a program runs.

use super::Named;
use super::chain::{self, Walk};
use super::ends;
use super::scene::{At, Scene, name, thread_name};
use crate::model::cause::{Cause, Culprit};
use crate::model::evidence::{Process, Socket, Target, Wait};

/// Waits in an event loop on the way from the root.
pub(super) fn waiting(scene: &Scene<'_>, walk: &Walk) -> Option<Named> {
    walk.threads.iter().find_map(|&at| {
        let thread = scene.thread(at);
        let is_endless = thread.limit.is_none() && !thread.is_limit_unknown && thread.is_still;
        is_endless.then(|| of_loop(scene, at)).flatten()
    })
}

fn of_loop(scene: &Scene<'_>, at: At) -> Option<Named> {
    let process = scene.owner(at);
    let watched: Vec<i32> = match &scene.thread(at).wait {
        Wait::Poll { fds } if fds.len() > 1 => fds.iter().map(|(fd, _)| *fd).collect(),
        Wait::Epoll { fd } => match &scene.descriptor(at, *fd)?.target {
            Target::Epoll { watched } => watched.iter().map(|(fd, _)| *fd).collect(),
            _ => return None,
        },
        _ => return None,
    };
    let mut sockets = Vec::new();
    let mut terminal = None;
    for fd in watched {
        match &scene.descriptor(at, fd)?.target {
            Target::Socket { inode } => match scene.socket(*inode) {
                Some(socket) if socket.state == "listen" => return None,
                Some(socket) if socket.kind.starts_with("tcp") || socket.kind.starts_with("udp") => {
                    sockets.push(socket);
                }
                // A loop wakes itself through a pair of sockets of its own.
                Some(socket) if socket.peer.is_some_and(|peer| is_own(scene, at, peer)) => {}
                _ => return None,
            },
            Target::Terminal { path } => terminal = Some(path),
            Target::Pipe { .. } if fd == 0 => return None,
            // A loop's own pipes, counters and timers that are not set.
            Target::Pipe { .. }
            | Target::Event { .. }
            | Target::Timer { next: None }
            | Target::Epoll { .. }
            | Target::Ring => {}
            _ => return None,
        }
    }
    match (sockets.as_slice(), terminal) {
        ([], Some(path)) => Some(input(process, at, path)),
        ([_, ..], None) => of_sockets(scene, at, &sockets),
        _ => None,
    }
}

fn is_own(scene: &Scene<'_>, at: At, peer: u64) -> bool {
    scene.holders(peer).contains(&at.process)
}

fn input(process: &Process, at: At, path: &str) -> Named {
    let evidence = vec![format!(
        "{} waits for the terminal {path} and for nothing else: for somebody to type",
        name(process)
    )];
    Named::new(Cause::WaitingForInput, vec![Culprit::process(process.pid)], evidence).from(at)
}

fn of_sockets(scene: &Scene<'_>, at: At, sockets: &[&Socket]) -> Option<Named> {
    let (process, thread) = (scene.owner(at), scene.thread(at));
    if let Some(socket) = sockets.iter().find(|socket| socket.state == "syn-sent") {
        let evidence = vec![format!(
            "{} has asked for a connection to {} and got no answer all the time (syn-sent)",
            thread_name(process, thread),
            socket.remote
        )];
        let culprits = vec![Culprit::process(process.pid), Culprit::thing(socket.remote.as_str())];
        return Some(Named::new(Cause::ConnectStalled, culprits, evidence).from(at));
    }
    let is_client = |socket: &&&Socket| {
        socket.state == "established" && !socket.remote.is_empty() && !ends::is_served(scene, process, socket)
    };
    let socket =
        sockets.iter().find(is_client).filter(|_| sockets.iter().all(|socket| is_client(&socket)))?;
    let holder =
        socket.peer.and_then(|peer| scene.holders(peer).iter().copied().find(|&place| place != at.process));
    let mut evidence = vec![format!(
        "{} waits for what comes on {} connection{}, the first to {}, and for nothing else, without a time limit",
        thread_name(process, thread),
        sockets.len(),
        if sockets.len() == 1 { "" } else { "s" },
        socket.remote
    )];
    let mut culprits = Vec::new();
    if let Some(holder) = holder.map(|place| scene.process_at(place)) {
        let doing = scene
            .main_thread(holder.pid)
            .map(|at| format!(", which {}", chain::words(scene, at)))
            .unwrap_or_default();
        evidence.push(format!("at the other end is {}{doing}", name(holder)));
        culprits.push(Culprit::process(holder.pid));
    }
    culprits.push(Culprit::thing(socket.remote.as_str()));
    culprits.push(Culprit::process(process.pid));
    Some(Named::new(Cause::WaitingOnPeer, culprits, evidence).from(at))
}
