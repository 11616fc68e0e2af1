//! What may happen to the screen, and what the screen may ask for.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::input::{Input, Key};
use crate::model::alert::Alarm;
use crate::model::candidate::{Candidates, Target};
use crate::model::clock::Moment;
use crate::model::inquiry::Asked;
use crate::model::job::JobId;
use crate::model::member::MemberId;
use crate::model::progress_source::Sources;
use crate::model::snapshot::Snapshot;
use crate::model::text::Text;
use crate::scan::baseline::Verdict;
use crate::scan::finding::{Finding, Preview};
use crate::scan::found::{Found, Tally};
use crate::scan::secret::Secret;

/// What may happen to the screen.
#[derive(Debug, Clone)]
pub enum Event {
    /// A key, or something else that the terminal sent.
    Input(Input),
    /// A newer state of the jobs.
    Snapshot(Arc<Snapshot>),
    /// The findings so far, best first, each secret once.
    Findings(Arc<Vec<Arc<Found>>>),
    /// The terminal is to ring or to show notifications.
    Alarm(Alarm),
    /// What the scan tells beside its findings.
    Tally(Arc<Tally>),
    /// The secret of a finding in clear text, as it was wished for.
    Revealed {
        /// Whose secret it is.
        finding: Arc<Finding>,
        /// The secret.
        secret: Arc<Secret>,
    },
    /// Which commit brought a finding, as it was wished for.
    Blamed {
        /// The finding.
        finding: Arc<Finding>,
        /// The answer, in words.
        answer: Text,
    },
    /// A word about what became of a wish.
    Told(Text),
    /// It is this late now; sent only while something waits for it.
    Tick(Moment),
    /// The lines around a finding that were wished for.
    Preview(Preview),
    /// Where a job's progress could be read from, as was wished for.
    Sources(Sources),
    /// What there is to watch, as was wished for.
    Candidates(Candidates),
    /// This job is watched now, as was wished for.
    Attached(JobId),
    /// How an inquiry stands that was wished for.
    Diagnosis(Asked),
    /// The source of snapshots is gone; what is shown stays.
    Ended,
    /// A signal asks to go: leave the job alone and come back at once.
    Leave,
    /// A signal asks to stop (SIGTSTP): give the terminal back, stop, and draw again once continued.
    Suspend,
    /// The tour comes to this stop.
    Tour(TourStop),
    /// The screen shows another moment now.
    Shown,
    /// The process was continued (SIGCONT): the terminal may look and behave in any way now.
    Resumed,
    /// The terminal has another size (SIGWINCH): whoever draws asks which.
    Resized,
}

/// What the screen asks for; whoever runs it grants it.
#[derive(Debug, Clone, PartialEq)]
pub enum Wish {
    /// The lines around this finding.
    Preview(Arc<Finding>),
    /// These bytes for the job's terminal.
    Input(Vec<u8>),
    /// The inside of the log pane has this size; the job's terminal should have it too.
    ResizeJob {
        /// Its rows.
        rows: u16,
        /// Its columns.
        cols: u16,
    },
    /// Freeze this job.
    Freeze(JobId),
    /// Let this frozen job go on.
    Thaw {
        /// Which job.
        job: JobId,
        /// This process of it alone, with all below it.
        only: Option<u32>,
    },
    /// End this frozen job.
    EndFrozen(JobId),
    /// Send this signal to exactly these.
    Signal {
        /// Its number.
        signal: i32,
        /// Who gets it.
        targets: Vec<MemberId>,
    },
    /// End the job; the screen stays.
    EndJob,
    /// Scan this folder for secrets.
    StartScan,
    /// Show what was kept so many steps before what is shown; after it, where the number is positive.
    Rewind(i8),
    /// Look this often.
    Interval(Duration),
    /// Find out where this job's progress could be read from.
    FindSources(JobId),
    /// Read this job's progress by this pattern; without one, by the built-in search for counts.
    UseSource {
        /// Which job.
        job: JobId,
        /// The pattern.
        pattern: Option<Text>,
    },
    /// Find out what there is to watch.
    FindCandidates,
    /// Watch this too.
    Attach(Target),
    /// Find out why this process and those below it hang.
    Diagnose(u32),
    /// Nobody waits for that any more.
    GiveUpDiagnosis,
    /// The watch pane shows this job now: what is typed, the size and the end are meant for it.
    Shows(JobId),
    /// Stop the scan that runs; what it has found stays.
    StopScan,
    /// Show the findings that the baseline accepts too, or hide them.
    ShowAccepted(bool),
    /// Write into the baseline what is said of this secret in all its places.
    Decide(Arc<Found>, Verdict),
    /// Take back what was said last.
    TakeBack,
    /// Find out which commit brought this finding.
    Blame(Arc<Finding>),
    /// Nobody waits for that any more.
    GiveUpBlame,
    /// Read the secret of this finding, to show it for a moment.
    Reveal(Arc<Finding>),
    /// Leave the screen in this way.
    Leave(Leave),
    /// Draw every cell again.
    Redraw,
    /// Give the terminal back and stop this process until it is continued.
    Suspend,
    /// Somebody pressed a key: no more stops of the tour.
    EndTour,
    /// Put this text on the clipboard of the terminal's user.
    Copy(String),
    /// Open this file in the user's editor, on the terminal that is given back for as long.
    Edit {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: u64,
    },
}

/// A stop of the tour: a sentence, and the keys that lead there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TourStop {
    /// What there is to see.
    pub caption: Text,
    /// What is pressed to get there.
    pub keys: Vec<Key>,
}

/// How the screen is left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Leave {
    /// There is nothing to decide.
    Quit,
    /// The launched job goes on.
    Detach,
    /// The launched job is to be ended.
    EndJob,
    /// The job goes on, and the last screen stays in the scrollback.
    KeepScreen,
}
