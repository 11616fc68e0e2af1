//! What the threads of a job wait for and what connects them: descriptors, sockets, locks on files, pipes and who is at
//! their other ends, control groups, file systems.
//!
//! [`counts`], [`diag`], [`ends`], [`fdinfo`], [`locks`], [`mounts`], [`netaddress`], [`network`], [`tables`] and [`target`] are pure. The
//! others ask the kernel; none opens what a descriptor of the job leads to, stops or signals anybody, and none waits for
//! what may never answer.

mod complete;
pub mod counts;
pub mod descriptors;
pub mod diag;
pub mod ends;
pub mod fdinfo;
mod filelocks;
pub mod groups;
pub mod locks;
pub mod mounts;
pub mod netaddress;
pub mod network;
mod outside;
mod scan;
mod sockets;
mod space;
pub mod tables;
pub mod target;

pub use complete::complete;
