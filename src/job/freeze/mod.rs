//! Freezing a job, when somebody asked for it: its processes stop where they are, keep what they have, and go on
//! from there.
//!
//! A control group that is the job's own freezes all of it at once, and the job never learns of it. Else every
//! process is stopped by a signal, again and again until none is left that runs, for it may be forking. Who is
//! stopped is written down before it is ([`record`]), so that exactly those are let go on, whoever is left to do
//! it: a process that was stopped before stays stopped.

mod group;
pub mod hand;
pub mod kin;
pub mod record;
pub mod stop;
