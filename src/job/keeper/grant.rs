#![expect(clippy::disallowed_methods, reason = "edge: sends signals when a client asks for them")]
//! What clients may ask of a keeper, and how a job is ended.

use std::time::{Duration, Instant};

use rustix::process::{Signal, kill_process, kill_process_group};

use super::hold::Keeper;
use crate::job::freeze::record::Reason;
use crate::job::message::{Asked, IoMode, State, Whom};
use crate::job::{spawn, tree};

/// While a job is being ended, how often to see what is left of it, and for how long after the kill.
const LOOK_EVERY: Duration = Duration::from_millis(100);
const LOOK_FOR: Duration = Duration::from_secs(10);

/// A job that is being ended.
pub(super) struct Winding {
    kill_at: Instant,
    /// When to look again what is left of it.
    pub(super) look_at: Instant,
}

impl Keeper {
    /// Does what a client asks for.
    pub(super) fn grant(&mut self, asked: Asked, now: Instant) {
        let is_terminal = self.parts.meta.io == IoMode::Pty;
        let terminal = self.parts.feeds.first_mut().filter(|_| is_terminal);
        match asked {
            Asked::Input(bytes) => {
                if let Some(terminal) = terminal {
                    terminal.type_in(&bytes);
                }
            }
            Asked::Resize { rows, cols } => {
                if let Some(master) = terminal.and_then(|terminal| terminal.from.as_ref()) {
                    let _ = spawn::resize(master, rows, cols);
                }
            }
            Asked::Signal { signal, to } => {
                if let Some(signal) = Signal::from_named_raw(signal) {
                    self.signal(signal, to);
                }
            }
            Asked::End { grace_ms } => {
                tree::signal_descendants(Signal::TERM);
                self.thaw_to_end();
                // What is stopped could not act on it.
                tree::signal_descendants(Signal::CONT);
                let grace = Duration::from_millis(grace_ms.min(24 * 3600 * 1000));
                self.ending = Some(Winding { kill_at: now + grace, look_at: now + LOOK_EVERY.min(grace) });
            }
            Asked::Freeze => self.freeze(Reason::by_hand(), now),
            Asked::Thaw { only } => self.thaw(only, now),
            Asked::Guard(plan) => self.guard(plan, now),
            Asked::Bye => {}
        }
    }

    fn signal(&self, signal: Signal, to: Whom) {
        // Until it is reaped, which only this process does, the main process's PID is nobody else's.
        let is_alive = !matches!(self.state, State::Ended(_));
        match to {
            Whom::Leader if is_alive => {
                let _ = kill_process(self.parts.leader, signal);
            }
            Whom::Leader => {}
            // In relay mode the job's group is the caller's too, a pipeline perhaps.
            Whom::Group if is_alive && self.parts.meta.io == IoMode::Pty => {
                let _ = kill_process_group(self.parts.leader, signal);
            }
            Whom::Group | Whom::Tree => tree::signal_descendants(signal),
        }
    }

    /// Goes on with ending the job: looks whether anything is left, and kills it when its time is up.
    pub(super) fn wind_up(&mut self, now: Instant) {
        let Some(winding) = &mut self.ending else { return };
        if now < winding.look_at {
            return;
        }
        winding.look_at = now + LOOK_EVERY;
        if now >= winding.kill_at {
            tree::signal_descendants(Signal::KILL);
            winding.look_at = now + LOOK_EVERY;
        } else {
            winding.look_at = winding.look_at.min(winding.kill_at);
        }
        if !tree::has_descendants() || now >= winding.kill_at + LOOK_FOR {
            self.ending = None;
        }
    }
}
