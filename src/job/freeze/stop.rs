#![expect(clippy::disallowed_methods, reason = "edge: stops processes and lets them go on, when asked")]
//! Stopping a job and letting it go on: the deed itself.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use rustix::process::Signal;

use super::group::{Group, rest};
use super::kin::{self, Kin};
use super::record::Record;
use crate::job::tree::{self, Births, Process, Sent};
use crate::model::text::Text;

/// Looks in which nobody may be seen to run: one may be born behind the place that the first has come to.
const CLEAN_LOOKS: u32 = 2;

/// Why a job was not frozen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FreezeError {
    /// None of its processes is left.
    #[error("nothing of it runs any more")]
    Ended,
    /// Telltale would stop what it is told from.
    #[error("telltale runs inside of it, and would stop its own terminal; watch it from another one")]
    Inside,
    /// They are another user's.
    #[error("it belongs to another user; only that one or root may signal it")]
    Forbidden,
}

/// Stops a job and writes down whom, each before it is stopped, by `keep`. It takes no longer than `patience`; true
/// when nobody is left that runs.
pub fn freeze(
    kin: &Kin,
    record: &mut Record,
    keep: &dyn Fn(&Record),
    patience: Duration,
) -> Result<bool, FreezeError> {
    let births = tree::births();
    let members = kin.among(&births);
    if members.is_empty() {
        return Err(FreezeError::Ended);
    }
    let above = kin::ancestors(&births);
    let watchers: HashSet<Process> =
        members.iter().filter(|process| kin::is_watcher(process.pid)).copied().collect();
    if members.iter().any(|process| above.contains(&process.pid) && !watchers.contains(process)) {
        return Err(FreezeError::Inside);
    }
    record.told.going.clear();
    if record.group.as_ref().is_some_and(Group::is_asked) {
        return Ok(true);
    }
    if record.stopped.is_empty() && watchers.is_empty() && freeze_group(&members, record, keep) {
        return Ok(true);
    }
    Stopping { kin, spared: watchers, forbidden: HashSet::new() }.stop_all(record, keep, patience)
}

/// Freezes the control group that is the job's own, where there is one.
fn freeze_group(members: &[Process], record: &mut Record, keep: &dyn Fn(&Record)) -> bool {
    record.group = Group::of(members);
    let Some(group) = &record.group else { return false };
    record.told.processes = members.len() as u32;
    keep(record);
    let is_frozen = group.freeze();
    if !is_frozen {
        record.group = None;
    }
    is_frozen
}

/// A tree on its way to a standstill.
struct Stopping<'a> {
    kin: &'a Kin,
    /// Who watches is not stopped.
    spared: HashSet<Process>,
    /// Whom we may not stop.
    forbidden: HashSet<Process>,
}

impl Stopping<'_> {
    fn stop_all(
        mut self,
        record: &mut Record,
        keep: &dyn Fn(&Record),
        patience: Duration,
    ) -> Result<bool, FreezeError> {
        let until = Instant::now() + patience;
        let mut clean = 0;
        while clean < CLEAN_LOOKS && Instant::now() < until {
            let (fresh, running) = self.look(record, keep);
            clean = if running == 0 { clean + 1 } else { 0 };
            if fresh == 0 && running > 0 {
                rest();
            }
        }
        if record.stopped.is_empty() && !self.forbidden.is_empty() {
            return Err(FreezeError::Forbidden);
        }
        record.told.processes = record.stopped.len() as u32;
        if !self.forbidden.is_empty() {
            record.told.evidence.push(Text::from(format!(
                "{} of its processes belong to another user and run on",
                self.forbidden.len()
            )));
        }
        keep(record);
        Ok(clean == CLEAN_LOOKS)
    }

    /// Stops who runs. How many were met for the first time, and how many ran.
    fn look(&mut self, record: &mut Record, keep: &dyn Fn(&Record)) -> (usize, usize) {
        let births = tree::births();
        let known: HashSet<Process> = record.stopped.iter().copied().collect();
        let mut running = runners(self.kin, &births);
        running.retain(|process| !self.forbidden.contains(process) && !self.spared.contains(process));
        let fresh: Vec<Process> =
            running.iter().filter(|process| !known.contains(process)).copied().collect();
        let (watchers, fresh): (Vec<_>, Vec<_>) =
            fresh.into_iter().partition(|process| kin::is_watcher(process.pid));
        running.retain(|process| !watchers.contains(process));
        self.spared.extend(watchers);
        if !fresh.is_empty() {
            record.stopped.extend(&fresh);
            record.told.processes = record.stopped.len() as u32;
            keep(record);
        }
        for process in &running {
            if tree::send(*process, Signal::STOP) == Sent::Forbidden {
                self.forbidden.insert(*process);
                record.stopped.retain(|stopped| stopped != process);
            }
        }
        (fresh.len(), running.len())
    }
}

/// Who of these is not stopped.
fn runners(kin: &Kin, births: &Births) -> Vec<Process> {
    let is_running = |process: &Process| births.get(&process.pid).is_some_and(|birth| !birth.is_stopped);
    kin.among(births).into_iter().filter(is_running).collect()
}

/// Lets everybody go on that the record names, and nobody else. How many there were.
pub fn thaw(record: &Record) -> usize {
    let thawed = record.group.as_ref().filter(|group| group.thaw()).map_or(0, |_| record.told.processes);
    // Also who has not stopped yet, in the midst of a call to a disk: this takes the stop back that waits for it.
    let let_go =
        record.stopped.iter().rev().filter(|process| tree::send(**process, Signal::CONT) == Sent::Done);
    thawed as usize + let_go.count()
}

/// Lets one process go on with all below it, and nobody else; false where it is none of those that are frozen.
pub fn thaw_one(kin: &Kin, record: &mut Record, pid: i32, keep: &dyn Fn(&Record)) -> bool {
    let births = tree::births();
    let members = kin.among(&births);
    let Some(one) = members.iter().find(|process| process.pid == pid).copied() else { return false };
    let family: HashSet<Process> = Kin::Of(vec![one]).among(&births).into_iter().collect();
    if let Some(group) = record.group.take() {
        // A group goes on as a whole: the others are stopped one by one before it does. The signals wait for them.
        let others = members.iter().filter(|process| !family.contains(process));
        record.stopped = others
            .filter(|process| !births.get(&process.pid).is_some_and(|birth| birth.is_stopped))
            .copied()
            .collect();
        keep(record);
        for process in &record.stopped {
            tree::send(*process, Signal::STOP);
        }
        group.thaw();
    } else if !record.stopped.iter().any(|process| family.contains(process)) {
        return record.told.going.contains(&(pid as u32));
    }
    record.told.going.push(pid as u32);
    let (let_go, stopped) = record.stopped.iter().partition(|process| family.contains(process));
    record.stopped = stopped;
    keep(record);
    for process in Vec::<Process>::into_iter(let_go).rev() {
        tree::send(process, Signal::CONT);
    }
    true
}

/// Whether anybody is still frozen: people may send CONT themselves.
pub fn is_still(record: &Record) -> bool {
    let is_stopped = |process: &Process| {
        tree::birth(process.pid).is_some_and(|birth| birth.ticks == process.start && birth.is_stopped)
    };
    record.group.as_ref().is_some_and(Group::is_asked) || record.stopped.iter().any(is_stopped)
}

/// Sends the signals that end a job, frozen or not: TERM, and CONT so that what is stopped can act on it. How many
/// got them.
pub fn ask_to_end(kin: &Kin, record: Option<&Record>) -> usize {
    let members = kin.among(&tree::births());
    let asked = members.iter().filter(|process| tree::send(**process, Signal::TERM) == Sent::Done).count();
    record.map(thaw);
    for process in members {
        tree::send(process, Signal::CONT);
    }
    asked
}

/// Kills what is left of a job. How many there were.
pub fn kill(kin: &Kin) -> usize {
    let members = kin.among(&tree::births());
    members.into_iter().filter(|process| tree::send(*process, Signal::KILL) == Sent::Done).count()
}

/// How many of its processes live.
pub fn count(kin: &Kin) -> usize {
    kin.among(&tree::births()).len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::job::freeze::record::Reason;
    use std::cell::RefCell;
    use std::os::unix::process::CommandExt as _;
    use std::process::{Child, Command, Stdio};

    /// A job of a shell that ends by itself within half a minute.
    struct Job(Child);

    impl Job {
        fn start(script: &str) -> Self {
            let mut command = Command::new("sh");
            command.args(["-c", script]).process_group(0);
            let quiet = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
            Self(quiet.spawn().unwrap())
        }

        fn root(&self) -> Process {
            Process::now(self.0.id() as i32).unwrap()
        }

        fn kin(&self) -> Kin {
            Kin::Of(vec![self.root()])
        }

        fn record(&self) -> Record {
            Record::new(self.root(), Text::new("job"), Text::new("job"), Reason::by_hand())
        }

        fn counts(&self) -> (usize, usize) {
            let births = tree::births();
            (self.kin().among(&births).len(), runners(&self.kin(), &births).len())
        }

        fn wait_for(&self, count: usize) {
            let until = Instant::now() + Duration::from_secs(20);
            while self.counts().0 < count {
                assert!(Instant::now() < until, "never {count} of it");
                rest();
            }
        }
    }

    impl Drop for Job {
        fn drop(&mut self) {
            kill(&self.kin());
            let _ = self.0.wait();
        }
    }

    const SECONDS: Duration = Duration::from_secs(5);

    #[test]
    fn exactly_those_that_ran_are_stopped_and_go_on() {
        let job = Job::start("sleep 30 & sleep 31 & wait");
        job.wait_for(3);
        let births = tree::births();
        let sleeper = *job.kin().among(&births).last().unwrap();
        assert_eq!(tree::send(sleeper, Signal::STOP), Sent::Done);
        // A signal is an order: until it is carried out, the process runs.
        let until = Instant::now() + SECONDS;
        while job.counts().1 > 2 {
            assert!(Instant::now() < until);
            rest();
        }
        let mut record = job.record();
        let kept = RefCell::new(Vec::new());
        let keep = |record: &Record| kept.borrow_mut().push(record.stopped.len());
        assert_eq!(freeze(&job.kin(), &mut record, &keep, SECONDS), Ok(true));
        assert_eq!((job.counts(), record.told.processes), ((3, 0), 2));
        assert_eq!(kept.borrow().first(), Some(&2), "they were written down");
        assert!(is_still(&record));
        assert_eq!(thaw(&record), 2);
        let until = Instant::now() + SECONDS;
        while job.counts().1 < 2 {
            assert!(Instant::now() < until);
            rest();
        }
        assert_eq!(job.counts(), (3, 2), "who was stopped before stays stopped");
        assert!(!is_still(&record));
    }

    #[test]
    fn one_goes_on_alone_and_the_others_later() {
        let job = Job::start("sleep 30 & sleep 31 & wait");
        job.wait_for(3);
        let mut record = job.record();
        freeze(&job.kin(), &mut record, &|_| (), SECONDS).unwrap();
        let one = record.stopped[1];
        assert!(thaw_one(&job.kin(), &mut record, one.pid, &|_| ()));
        assert_eq!((record.told.going.as_slice(), record.stopped.len()), (&[one.pid as u32][..], 2));
        let until = Instant::now() + SECONDS;
        while job.counts().1 != 1 {
            assert!(Instant::now() < until);
            rest();
        }
        assert!(!thaw_one(&job.kin(), &mut record, 1, &|_| ()), "it is none of them");
        assert_eq!(freeze(&job.kin(), &mut record, &|_| (), SECONDS), Ok(true), "all of them again");
        assert_eq!((job.counts().1, record.told.going.len()), (0, 0));
        assert_eq!(thaw(&record), 3);
    }

    #[test]
    fn a_tree_that_forks_meanwhile_stands_still_in_the_end() {
        let script = "end=$(( $(date +%s) + 20 ));
            spin() { while [ $(date +%s) -lt $end ]; do (: & sleep 0.01 & true); done; };
            spin & spin & spin & wait";
        let job = Job::start(script);
        job.wait_for(5);
        let mut record = job.record();
        let kin = job.kin();
        assert_eq!(freeze(&kin, &mut record, &|_| (), SECONDS * 2), Ok(true));
        let stopped = job.counts();
        assert_eq!(stopped.1, 0);
        for _ in 0..20 {
            rest();
        }
        assert_eq!(job.counts(), stopped, "nobody was born since");
    }

    #[test]
    fn a_group_of_its_own_is_frozen_whole_and_takes_one_out_again() {
        let Some(folder) = made_group() else { return };
        let job = Job::start(
            "echo $$ > \"$FOLDER/cgroup.procs\"; sleep 30 & sleep 31 & wait"
                .replace("$FOLDER", folder.to_str().unwrap())
                .as_str(),
        );
        job.wait_for(3);
        let mut record = job.record();
        assert_eq!(freeze(&job.kin(), &mut record, &|_| (), SECONDS), Ok(true));
        assert!(record.group.is_some() && record.stopped.is_empty() && is_still(&record));
        assert_eq!(record.told.processes, 3);
        let last = *job.kin().among(&tree::births()).last().unwrap();
        assert!(thaw_one(&job.kin(), &mut record, last.pid, &|_| ()));
        assert!(record.group.is_none());
        let until = Instant::now() + SECONDS;
        while job.counts().1 != 1 {
            assert!(Instant::now() < until);
            rest();
        }
        assert_eq!(thaw(&record), 2);
        drop(job);
        let until = Instant::now() + SECONDS;
        while std::fs::remove_dir(&folder).is_err() && Instant::now() < until {
            rest();
        }
    }

    /// A group of this test's, where the machine lets one be made.
    fn made_group() -> Option<std::path::PathBuf> {
        let name = format!("telltale-test-{}", std::process::id());
        let roots = ["/sys/fs/cgroup/freezer", "/sys/fs/cgroup/unified", "/sys/fs/cgroup"];
        let made = roots.map(|root| std::path::Path::new(root).join(&name));
        let found = made.into_iter().find(|folder| {
            std::fs::create_dir(folder).is_ok()
                && ["freezer.state", "cgroup.freeze"].iter().any(|file| folder.join(file).exists())
        });
        if found.is_none() {
            println!("skipped: no control group can be made here");
        }
        found
    }

    #[test]
    fn telltale_stops_neither_itself_nor_what_it_runs_in() {
        let parent = std::os::unix::process::parent_id() as i32;
        let Some(parent) = Process::now(parent) else { return };
        let mut record = Record::new(parent, Text::new("x"), Text::new("x"), Reason::by_hand());
        let inside = freeze(&Kin::Of(vec![parent]), &mut record, &|_| (), SECONDS);
        assert_eq!(inside, Err(FreezeError::Inside));
        let gone = Kin::Of(vec![Process { pid: 1, start: 1 << 60 }]);
        assert_eq!(freeze(&gone, &mut record, &|_| (), SECONDS), Err(FreezeError::Ended));
    }
}
