//! `/proc` into readings: what the kernel says of processes, control groups and the host.
//!
//! [`parse`], [`cgroup`], [`descriptors`], [`inputs`], [`net`], [`nvml_list`], [`pipes`], [`pss`], [`exit_event`] and [`wait`] are pure;
//! [`read`], [`tree`], [`memory`], [`shares`], [`holdings`], [`tap`], [`fill`], [`exit`], [`deaths`], [`host`] and [`gpu`] ask the
//! kernel and its drivers. Nothing here opens what could disturb a process: no pipe of it, no ptrace stop, no signal. [`tap`] says how
//! bytes in a pipe are counted all the same. [`probe`] watches one tree closely, for a diagnosis. [`trace`] alone stops threads, for a
//! moment at each of their calls, and only for those who ask for it by its name.

pub mod candidates;
pub mod cgroup;
pub mod code;
mod connector;
pub mod deaths;
pub mod descriptors;
mod disk;
pub mod exit;
pub mod exit_event;
pub mod fill;
pub mod find;
pub mod footprint;
pub mod gpu;
pub mod holdings;
pub mod host;
pub mod inputs;
mod member;
pub mod memory;
mod mention;
pub mod net;
pub mod newcomers;
mod nvml;
pub mod nvml_list;
pub mod oom;
pub mod own;
pub mod ownlimit;
pub mod parse;
pub mod pipes;
pub mod pools;
pub mod pressure;
pub mod probe;
pub mod pss;
pub mod read;
pub mod rooms;
pub mod shares;
pub mod spots;
pub mod stacks;
pub mod tap;
pub mod threads;
pub mod trace;
pub mod tree;
mod usertasks;
pub mod wait;
