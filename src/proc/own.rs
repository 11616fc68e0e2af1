//! What Telltale itself uses, and where it stands among the processes.

use super::parse::{self, Stat};
use super::read::Reader;
use crate::model::metric::Bytes;

/// Reads this process's own cost.
#[derive(Debug, Default)]
pub struct OwnReader {
    reader: Reader,
}

impl OwnReader {
    /// CPU time since the start in milliseconds, and resident memory; zeros without `/proc`.
    pub fn read(&mut self) -> (u64, Bytes) {
        let stat = self.reader.file("/proc/self/stat").ok().and_then(parse::stat);
        stat.map_or((0, Bytes(0)), |stat| {
            (stat.cpu_ms(), Bytes(stat.rss_pages * rustix::param::page_size() as u64))
        })
    }
}

/// This process's group; `None` without `/proc` and where its leader is outside of our PID namespace.
///
/// Out of `/proc`, because that answers 0 there: getpgrp(2) and getsid(2) do too, and rustix takes that for an id.
pub fn group() -> Option<u32> {
    let mut reader = Reader::default();
    let own = reader.file("/proc/self/stat").ok().and_then(parse::stat)?;
    (own.pgrp != 0).then_some(own.pgrp)
}

/// True when a shell with job control started this process and can continue it: a parent in the same session
/// and in another process group. The only program of a tmux pane, of a container or of a script has none, and
/// would stay stopped for ever (the kernel drops SIGTSTP for orphaned groups for the same reason, but it lets
/// SIGSTOP through).
pub fn has_shell() -> bool {
    let (mut of_own, mut of_parent) = (Reader::default(), Reader::default());
    let own = of_own.file("/proc/self/stat").ok().and_then(parse::stat);
    own.is_some_and(|own| {
        let parent = of_parent.file(&format!("/proc/{}/stat", own.ppid)).ok().and_then(parse::stat);
        parent.is_some_and(|parent| continues(&parent, &own))
    })
}

/// Ids of 0 are those of processes outside of our PID namespace, which may be of any session.
fn continues(parent: &Stat<'_>, own: &Stat<'_>) -> bool {
    own.session != 0 && own.session == parent.session && own.pgrp != parent.pgrp
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(pgrp: u32, session: u32) -> Stat<'static> {
        let sleeping = parse::stat(include_bytes!("../../tests/fixtures/proc/stat/python.txt")).unwrap();
        Stat { pgrp, session, ..sleeping }
    }

    #[test]
    fn a_shell_is_a_parent_in_the_session_and_in_another_group() {
        assert!(continues(&at(10, 10), &at(11, 10)));
        assert!(!continues(&at(10, 10), &at(10, 10)), "a script without job control");
        assert!(!continues(&at(10, 10), &at(11, 11)), "the first program of a tmux pane");
        assert!(!continues(&at(0, 0), &at(11, 0)), "in a container, told from outside of it");
    }
}
