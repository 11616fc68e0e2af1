//! Makes the model of the judgement out of labelled repositories: `train --data FOLDER [--out FILE]`.
//!
//! FOLDER holds `data` and `meta`, or the archive they come in. The same folder gives the same file, bit by bit; the
//! built-in one is `assets/model/judge.txt`.
#![expect(clippy::print_stdout, clippy::disallowed_methods, reason = "a program of its own")]

#[expect(dead_code, reason = "the other command uses the rest")]
mod judgement;

use std::path::PathBuf;

use anyhow::Context as _;
use judgement::data::Labelled;
use judgement::{lesson, taught};

fn main() -> anyhow::Result<()> {
    let mut words = std::env::args_os().skip(1);
    let (mut data, mut out) = (None, PathBuf::from("assets/model/judge.txt"));
    while let Some(word) = words.next() {
        let mut value = || words.next().map(PathBuf::from).context("an option without its value");
        match word.to_str() {
            Some("--data") => data = Some(value()?),
            Some("--out") => out = value()?,
            _ => anyhow::bail!("train --data FOLDER [--out FILE]"),
        }
    }
    let labelled = Labelled::open(&data.context("train --data FOLDER [--out FILE]")?)?;
    let text = taught::model(&labelled, &lesson::Plan::default());
    std::fs::write(&out, &text).with_context(|| out.display().to_string())?;
    println!("{}: {} bytes", out.display(), text.len());
    Ok(())
}
