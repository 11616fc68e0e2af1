//! One JSON object a line, one line for each place, and nothing else: the format that is promised to programs.
//!
//! What was not scanned stands on standard error; `report` is the format that holds it too.

use std::io::{self, Write};

use super::page::Page;
use super::summary::Summary;
use crate::scan::finding::Finding;

/// The lines.
#[derive(Debug)]
pub struct Json;

impl Page for Json {
    fn findings(&mut self, out: &mut dyn Write, batch: &[Finding]) -> io::Result<()> {
        batch.iter().try_for_each(|finding| {
            serde_json::to_writer(&mut *out, finding)?;
            out.write_all(b"\n")
        })
    }

    fn end(&mut self, _out: &mut dyn Write, _summary: &Summary) -> io::Result<()> {
        Ok(())
    }
}
