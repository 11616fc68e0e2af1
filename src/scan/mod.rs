//! Finding secrets: pure rules and scores, a thin edge that walks and reads.

pub mod redact;
