//! One JSON object a line, one line for each place.

use std::io::{self, Write};

use crate::scan::finding::Finding;

/// Writes one finding as a line.
pub fn write(out: &mut dyn Write, finding: &Finding) -> io::Result<()> {
    serde_json::to_writer(&mut *out, finding)?;
    out.write_all(b"\n")
}
