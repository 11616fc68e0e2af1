//! The keeper: the process that holds a launched job.
//!
//! One poll loop and no threads, so that it stays small and has nothing to wait for but the kernel. It reads the
//! job's output promptly whoever listens, so a slow or dead screen never holds the job up.

mod blocks;
mod budget;
mod children;
mod clients;
mod cold;
mod feed;
mod grant;
mod hold;
mod late;
mod log;
mod mail;
mod sink;
mod start;
mod text;
mod warnings;

pub use start::keep;
