//! Telltale: sees what fails in silence.

pub mod alert;
pub mod cli;
pub mod config;
pub mod demo;
pub mod detect;
pub mod feed;
pub mod history;
pub mod job;
pub mod model;
pub mod proc;
pub mod scan;
pub mod session;
pub mod ui;
