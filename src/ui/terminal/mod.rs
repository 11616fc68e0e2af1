//! The edge to the terminal: taken over and given back, written to as fast as it reads, and read by a thread of
//! its own.
//!
//! ```text
//! bytes -> pieces -> inputs -> Event::Input      pure; `reader` is the thread that reads them
//! modes, clipboard, alarm, flow                  pure: what is sent besides cells, and when
//! term                                           holds the terminal
//! ```

pub mod alarm;
pub mod clipboard;
mod envelope;
pub mod flow;
pub mod inputs;
pub mod modes;
mod pieces;
pub mod reader;
pub mod term;
