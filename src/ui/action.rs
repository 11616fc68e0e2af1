//! What a key can do: all actions, their names for the configuration and the palette, and which of them act on the world.

use super::parts::Part;
use super::state::Column;

/// What a key does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Leave; on a launched job that runs, ask first.
    Quit,
    /// Leave the last screen in the scrollback.
    QuitAndKeep,
    /// Show or hide all keys.
    Help,
    /// The other pane.
    OtherPane,
    /// Move in the list or the overlay.
    Move(Step),
    /// Show the chosen row in full.
    Details,
    /// Give the pane the whole screen, or take it back.
    Zoom,
    /// Members in the order of the process tree.
    Tree,
    /// Sort by the column to the left.
    SortLeft,
    /// Sort by the column to the right.
    SortRight,
    /// Sort the other way round.
    Reverse,
    /// Sort members by this column.
    SortBy(Column),
    /// Sort members by their PID, and by their name when they are already.
    SortByPidOrName,
    /// Fold the chosen member's subtree, or go to its parent.
    Fold,
    /// Unfold the chosen member's subtree.
    Unfold,
    /// Unfold all.
    UnfoldAll,
    /// Type what the list is filtered by.
    Filter,
    /// Show all rows again.
    ClearFilter,
    /// Give the keys to the output, or back to the members.
    Log,
    /// Follow the newest line, or the chosen row, again.
    Follow,
    /// Show what is further left in long lines.
    LogLeft,
    /// Show what is further right in them.
    LogRight,
    /// Wrap long lines, or cut them.
    Wrap,
    /// Show or hide a part of the screen.
    Show(Part),
    /// Show what the findings have in common.
    Facets,
    /// Choose the facet, or don't.
    MarkFacet,
    /// Filter by the chosen facets.
    UseFacets,
    /// Scan this folder.
    StartScan,
    /// Stop the scan that runs.
    StopScan,
    /// Tell of the scan, and what it skipped.
    AboutScan,
    /// Show the map of the tree, or the findings again.
    Map,
    /// Go into the chosen folder of the map.
    MapInto,
    /// Go up to the folder above on the map.
    MapUp,
    /// Leave the map.
    MapBack,
    /// Open the chosen finding in the editor.
    Edit,
    /// Copy the place of the chosen finding.
    Copy,
    /// Ask which commit brought the chosen finding.
    Blame,
    /// Show the secret while the key is held.
    Reveal,
    /// Accept the chosen finding as known.
    AcceptKnown,
    /// Say that the chosen finding is no secret.
    NotASecret,
    /// Say that the chosen finding is real: it is told until it is gone.
    MarkReal,
    /// Take the last decision back.
    TakeBack,
    /// Show or hide accepted findings.
    ShowAccepted,
    /// Show or hide all alerts.
    Alerts,
    /// Hold the screen or let it go on.
    Hold,
    /// Show what was so many kept moments before; after, where the number is positive.
    Rewind(i8),
    /// Look less often.
    Slower,
    /// Show the job below.
    NextJob,
    /// Show the job above.
    PreviousJob,
    /// Look more often.
    Faster,
    /// Choose where the job's progress is read from.
    Sources,
    /// Choose which job is shown, or another one to watch.
    Jobs,
    /// Take the chosen row.
    Choose,
    /// Copy the flag that chooses the same the next time.
    CopyFlag,
    /// Find out why the job or the chosen member hangs.
    Diagnose,
    /// Copy the answer as text.
    CopyDiagnosis,
    /// Give the keys to the job.
    Type,
    /// Close what lies on top.
    Close,
    /// Look an action up by its name and do it.
    Palette,
    /// Draw everything again.
    Redraw,
    /// Stop this process, as a shell's Ctrl-Z does.
    Suspend,
    /// Leave; the job goes on.
    Detach,
    /// Ask whether to freeze the job, or what to do with a frozen one.
    Freeze,
    /// Freeze the job.
    FreezeNow,
    /// Let a frozen job go on.
    Thaw,
    /// Let one process of it go on.
    ThawOne,
    /// End a frozen job.
    EndFrozen,
    /// Choose a signal, for one process or for all.
    Signal,
    /// Aim at all processes, or at one again.
    OtherAim,
    /// Send the signal that was chosen.
    SendSignal,
    /// End the job and leave.
    EndAndLeave,
    /// End the job and stay to see it end.
    EndAndStay,
    /// Don't leave.
    Stay,
}

impl Action {
    /// Its name in the configuration and in the palette.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Quit => "quit",
            Self::QuitAndKeep => "quit-and-keep",
            Self::Help => "help",
            Self::OtherPane => "other-pane",
            Self::Move(Step::Up) => "move-up",
            Self::Move(Step::Down) => "move-down",
            Self::Move(Step::HalfUp) => "half-page-up",
            Self::Move(Step::HalfDown) => "half-page-down",
            Self::Move(Step::PageUp) => "page-up",
            Self::Move(Step::PageDown) => "page-down",
            Self::Move(Step::First) => "first-row",
            Self::Move(Step::Last) => "last-row",
            Self::Details => "details",
            Self::Zoom => "zoom",
            Self::Tree => "tree",
            Self::SortLeft => "sort-left",
            Self::SortRight => "sort-right",
            Self::Reverse => "reverse",
            Self::SortBy(Column::Importance) => "sort-by-importance",
            Self::SortBy(Column::Pid) => "sort-by-pid",
            Self::SortBy(Column::Cpu) => "sort-by-cpu",
            Self::SortBy(Column::Memory) => "sort-by-memory",
            Self::SortBy(Column::Age) => "sort-by-age",
            Self::SortBy(Column::Name) => "sort-by-name",
            Self::SortByPidOrName => "sort-by-pid-or-name",
            Self::Fold => "fold",
            Self::Unfold => "unfold",
            Self::UnfoldAll => "unfold-all",
            Self::Filter => "filter",
            Self::ClearFilter => "clear-filter",
            Self::Log => "output",
            Self::Follow => "follow",
            Self::LogLeft => "output-left",
            Self::LogRight => "output-right",
            Self::Wrap => "wrap",
            Self::Show(Part::Gauges) => "show-gauges",
            Self::Show(Part::Members) => "show-members",
            Self::Show(Part::Log) => "show-output",
            Self::Show(Part::Findings) => "show-findings",
            Self::Show(Part::Preview) => "show-preview",
            Self::Facets => "facets",
            Self::MarkFacet => "mark-facet",
            Self::UseFacets => "use-facets",
            Self::StartScan => "scan",
            Self::StopScan => "stop-scan",
            Self::AboutScan => "about-scan",
            Self::Map => "map",
            Self::MapInto => "map-into",
            Self::MapUp => "map-up",
            Self::MapBack => "map-back",
            Self::AcceptKnown => "accept-known",
            Self::NotASecret => "not-a-secret",
            Self::MarkReal => "mark-real",
            Self::TakeBack => "take-back",
            Self::ShowAccepted => "show-accepted",
            Self::Blame => "blame",
            Self::Reveal => "reveal",
            Self::Edit => "edit",
            Self::Copy => "copy-place",
            Self::Alerts => "alerts",
            Self::Hold => "hold",
            Self::Rewind(-10) => "back-by-ten",
            Self::Rewind(10) => "on-by-ten",
            Self::Rewind(..0) => "back",
            Self::Rewind(_) => "on",
            Self::Slower => "slower",
            Self::NextJob => "next-job",
            Self::PreviousJob => "previous-job",
            Self::Faster => "faster",
            Self::Sources => "progress-sources",
            Self::Jobs => "jobs",
            Self::CopyFlag => "copy-flag",
            Self::Diagnose => "diagnose",
            Self::CopyDiagnosis => "copy-diagnosis",
            Self::Type => "type",
            Self::Close => "close",
            Self::Palette => "palette",
            Self::Choose => "choose",
            Self::Redraw => "redraw",
            Self::Suspend => "suspend",
            Self::Detach => "detach",
            Self::Freeze => "freeze",
            Self::FreezeNow => "freeze-now",
            Self::Thaw => "thaw",
            Self::ThawOne => "thaw-one",
            Self::EndFrozen => "end-frozen",
            Self::Signal => "signal",
            Self::OtherAim => "signal-one-or-all",
            Self::SendSignal => "send-signal",
            Self::EndAndLeave => "end-and-leave",
            Self::EndAndStay => "end-and-stay",
            Self::Stay => "stay",
        }
    }

    /// True for what ends, signals or types to the job, writes a file or starts a program: what `--readonly`
    /// switches off. A new action must say here which it is.
    pub const fn acts_on_the_world(self) -> bool {
        match self {
            Self::Type
            | Self::Freeze
            | Self::FreezeNow
            | Self::Thaw
            | Self::ThawOne
            | Self::EndFrozen
            | Self::Signal
            | Self::OtherAim
            | Self::SendSignal
            | Self::EndAndLeave
            | Self::EndAndStay
            | Self::AcceptKnown
            | Self::NotASecret
            | Self::MarkReal
            | Self::TakeBack
            | Self::Edit => true,
            Self::Quit
            | Self::QuitAndKeep
            | Self::Help
            | Self::OtherPane
            | Self::Move(_)
            | Self::Details
            | Self::Zoom
            | Self::Tree
            | Self::SortLeft
            | Self::SortRight
            | Self::Reverse
            | Self::SortBy(_)
            | Self::SortByPidOrName
            | Self::Fold
            | Self::Unfold
            | Self::UnfoldAll
            | Self::Filter
            | Self::ClearFilter
            | Self::Log
            | Self::Follow
            | Self::LogLeft
            | Self::LogRight
            | Self::Wrap
            | Self::Show(_)
            | Self::Facets
            | Self::MarkFacet
            | Self::UseFacets
            | Self::StartScan
            | Self::StopScan
            | Self::AboutScan
            | Self::Map
            | Self::MapInto
            | Self::MapUp
            | Self::MapBack
            | Self::ShowAccepted
            | Self::Blame
            | Self::Reveal
            | Self::Copy
            | Self::Alerts
            | Self::Hold
            | Self::Rewind(_)
            | Self::Slower
            | Self::NextJob
            | Self::PreviousJob
            | Self::Faster
            | Self::Sources
            | Self::Jobs
            | Self::CopyFlag
            | Self::Diagnose
            | Self::CopyDiagnosis
            | Self::Close
            | Self::Palette
            | Self::Choose
            | Self::Redraw
            | Self::Suspend
            | Self::Detach
            | Self::Stay => false,
        }
    }
}

/// A move in a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// One row up.
    Up,
    /// One row down.
    Down,
    /// Half a page up.
    HalfUp,
    /// Half a page down.
    HalfDown,
    /// A page up.
    PageUp,
    /// A page down.
    PageDown,
    /// To the first row.
    First,
    /// To the last row.
    Last,
}
