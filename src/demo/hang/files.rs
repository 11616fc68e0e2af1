#![expect(clippy::disallowed_methods, reason = "edge: plays with a lock file and a named pipe of its own")]
//! Files that are waited for: a lock that another holds, a named pipe without its other side.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::DirBuilderExt;
use std::path::PathBuf;

use rustix::fs::{CWD, FileType, FlockOperation, Mode, mknodat};

use super::fork::{fork, me};
use super::limit::Litter;
use super::processes::linger;
use super::stage::Stage;
use crate::model::cause::Culprit;

/// A child holds the lock and does something else.
pub(super) fn flock(stage: &Stage) -> io::Result<()> {
    let path = own_path("batch.lock")?;
    File::create_new(&path)?;
    let (is_held, tell_held) = io::pipe()?;
    let theirs = path.clone();
    let (child, mut is_held) = fork(c"demo-holder", is_held, move || {
        let file = File::open(theirs)?;
        rustix::fs::flock(&file, FlockOperation::LockExclusive)?;
        drop(tell_held);
        linger();
        Ok(())
    })?;
    // Nothing comes; the end of it does, once the lock is held.
    let _ = is_held.read(&mut [0])?;
    drop(is_held);
    let thing = Culprit::thing(path.to_string_lossy().as_ref());
    stage.set(me(), &[Culprit::process(child), thing])?;
    rustix::fs::flock(File::open(path)?, FlockOperation::LockExclusive)?;
    Ok(())
}

/// The other side of a named pipe was never started.
pub(super) fn fifo(stage: &Stage) -> io::Result<()> {
    let path = own_path("rows.fifo")?;
    mknodat(CWD, &path, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0)?;
    let thing = Culprit::thing(path.to_string_lossy().as_ref());
    stage.set(me(), &[Culprit::process(me()), thing])?;
    OpenOptions::new().write(true).open(path)?;
    Ok(())
}

/// A name in a new folder; both are gone afterwards.
fn own_path(name: &str) -> io::Result<PathBuf> {
    let folder = std::env::temp_dir().join(format!("telltale-hang-{}", me()));
    DirBuilder::new().mode(0o700).create(&folder)?;
    let path = folder.join(name);
    Litter::default().file(&path)?.folder(&folder)?.leave();
    Ok(path)
}
