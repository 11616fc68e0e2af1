//! How full the memory limit is that binds a job, read alone: what a guard looks at many times a second.

use std::collections::HashSet;
use std::time::Duration;

use super::host::HostReader;
use super::memory::MemoryReader;
use super::ownlimit::{OwnLimitReader, tighter};
use super::tree::{TreeError, TreeReader};
use crate::model::clock::Moment;
use crate::model::job::MemoryLimit;
use crate::model::member::MemberId;

/// The members are looked up no more often, unless a limit of one of them is the one that matters.
const MEMBERS_EVERY: Duration = Duration::from_secs(1);

/// Reads the fill of one job's limit.
#[derive(Debug)]
pub struct FillReader {
    root: u32,
    tree: TreeReader,
    memory: MemoryReader,
    own_limits: OwnLimitReader,
    host: HostReader,
    of_member: Option<MemoryLimit>,
    pids: HashSet<u32>,
    members: Vec<MemberId>,
    looked: Option<Moment>,
}

impl FillReader {
    /// A reader of the job below `root`, or below these processes that adopt its orphans. It keeps no descriptors.
    pub fn new(root: u32, adopters: Vec<u32>) -> Result<Self, TreeError> {
        Ok(Self {
            root,
            tree: TreeReader::new(root, adopters, 0)?,
            memory: MemoryReader::default(),
            own_limits: OwnLimitReader::default(),
            host: HostReader::default(),
            of_member: None,
            pids: HashSet::new(),
            members: Vec::new(),
            looked: None,
        })
    }

    /// The limit that binds first, and how full it is now.
    pub fn read(&mut self, now: Moment) -> Option<MemoryLimit> {
        let is_due = self.looked.is_none_or(|at| now.since(at) >= MEMBERS_EVERY);
        // A limit of one process is told from half its fill on.
        if is_due || self.of_member.is_some() {
            self.looked = Some(now);
            let round = self.tree.read();
            self.of_member = self.own_limits.read(&round.members);
            self.pids = self.tree.pids();
            self.members = round.members.into_iter().map(|member| member.id).collect();
        }
        if self.members.is_empty() {
            return None;
        }
        let limit = self.memory.read(self.root, &self.pids, &self.host.read()).limit;
        tighter(limit, self.of_member.clone())
    }

    /// The process the job began with.
    pub fn root(&self) -> &MemberId {
        self.tree.root()
    }

    /// The members of the last look.
    pub fn members(&self) -> &[MemberId] {
        &self.members
    }
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "starts a child to read its limit")]
mod tests {
    use super::*;
    use crate::model::clock;
    use std::process::{Command, Stdio};

    #[test]
    fn a_job_has_some_limit_until_it_ends() {
        let mut command = Command::new("sleep");
        let mut child = command.arg("20").stdout(Stdio::null()).spawn().expect("sleep(1) exists");
        let mut reader = FillReader::new(child.id(), Vec::new()).expect("it lives");
        let limit = reader.read(clock::now()).expect("the host's, at least");
        assert!(limit.fill() > 0.0 && limit.fill() < 1.0, "{limit:?}");
        assert_eq!(reader.members(), [reader.root().clone()]);
        child.kill().expect("ours");
        child.wait().expect("ours");
        assert_eq!(reader.read(clock::now().plus(MEMBERS_EVERY)), None);
    }
}
