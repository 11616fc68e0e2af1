//! Telltale: sees what fails in silence.

pub mod model;
pub mod scan;
