//! A tree of processes, watched over a window, as [`Evidence`](crate::model::evidence::Evidence).
//!
//! ```text
//! things    what descriptors lead to, locks, sockets, control groups, and who is at the other end
//! ```

pub mod things;
