//! Alerts: claims with a life of their own.

pub mod rule;
