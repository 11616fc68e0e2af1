//! What was seen before: series of snapshots, written and read. History only stores and yields.

pub mod series;
