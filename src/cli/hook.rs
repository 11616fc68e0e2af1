#![expect(clippy::disallowed_methods, reason = "edge: asks git where its hooks are, writes and removes one")]
//! `telltale scan --install-hook`: has git scan what is staged before every commit.
//!
//! Where hooks are is git's to say: `core.hooksPath` may be set for the repository, for the user or for the machine,
//! and a work tree shares the hooks of its repository. A hook of somebody else's is never touched.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, bail};

use super::talk;
use crate::model::text::{escape, escape_path};

/// The line that does it, for a hook that is there already.
const LINE: &str = "telltale scan --staged || exit $?";

/// What is written.
const HOOK: &str = "\
#!/bin/sh
# Looks for secrets in what is about to be committed. Written by `telltale scan --install-hook`;
# `telltale scan --uninstall-hook` takes it away. One commit without it: git commit --no-verify
if ! command -v telltale >/dev/null 2>&1; then
    echo 'telltale is not in PATH: nothing was scanned, nothing is committed' >&2
    exit 1
fi
exec telltale scan --staged
";

/// Writes the hook of the repository in which this folder lies.
pub(super) fn install(folder: &Path) -> anyhow::Result<()> {
    let file = place(folder)?;
    let shown = escape_path(&file);
    if let Some(parent) = file.parent() {
        std::fs::create_dir_all(parent).with_context(|| format!("can't make {}", escape_path(parent)))?;
    }
    match OpenOptions::new().write(true).create_new(true).mode(0o755).open(&file) {
        Ok(mut made) => made.write_all(HOOK.as_bytes()).with_context(|| format!("can't write {shown}"))?,
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            if std::fs::read(&file).is_ok_and(|text| text == HOOK.as_bytes()) {
                talk::say(&format!("the hook is there already: {shown}"));
                return Ok(());
            }
            bail!("there is another hook, which was left as it is: {shown}; add this line to it: {LINE}");
        }
        Err(error) => return Err(error).with_context(|| format!("can't write {shown}")),
    }
    talk::say(&format!("before every commit what is staged is scanned now: {shown}"));
    Ok(())
}

/// Takes the hook away again, if it is ours.
pub(super) fn uninstall(folder: &Path) -> anyhow::Result<()> {
    let file = place(folder)?;
    let shown = escape_path(&file);
    match std::fs::read(&file) {
        Ok(text) if text == HOOK.as_bytes() => {
            std::fs::remove_file(&file).with_context(|| format!("can't remove {shown}"))?;
            talk::say(&format!("the hook is gone: {shown}"));
            Ok(())
        }
        Ok(_) => bail!("this hook was changed, or written by somebody else, and was left as it is: {shown}"),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            bail!("there is no hook to take away: {shown}")
        }
        Err(error) => Err(error).with_context(|| format!("can't read {shown}")),
    }
}

/// Where git looks for the hook.
fn place(folder: &Path) -> anyhow::Result<PathBuf> {
    let here = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let asked = Command::new("git").arg("-C").arg(here).args(["rev-parse", "--git-path", "hooks"]).output();
    let answer = asked.context("can't run git, whose hook this is to be")?;
    if !answer.status.success() {
        let words = escape(String::from_utf8_lossy(&answer.stderr).trim()).into_owned();
        bail!("git knows of no hooks in {}: {words}", escape_path(here));
    }
    let mut path = answer.stdout;
    while path.last() == Some(&b'\n') {
        path.pop();
    }
    Ok(here.join(PathBuf::from(std::ffi::OsString::from_vec(path))).join("pre-commit"))
}
