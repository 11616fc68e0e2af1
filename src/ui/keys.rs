//! The one table of keys: what they are unless the user wants others. [`super::keymap`] is what they are now.

use super::input::{Code, Key};
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

/// Where a key holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Context {
    /// In both panes and under every overlay but the question.
    Anywhere,
    /// In both panes.
    Panes,
    /// In the watch pane.
    Watch,
    /// While the members have the keys.
    Members,
    /// While the output has them.
    Log,
    /// While the facets are open.
    Facets,
    /// In the watch pane of a launched job that runs.
    Launched,
    /// While the screen is held.
    Held,
    /// While a list to choose from lies over the panes.
    Choosing,
    /// While that is the list of progress sources.
    Sources,
    /// While that is the list of jobs.
    Jobs,
    /// In the pane of the secrets while a scan runs.
    Scanning,
    /// In the pane of the secrets.
    Scan,
    /// On a finding, in its list and in its details.
    Findings,
    /// On the map of the tree.
    Map,
    /// While something lies over the panes.
    Overlay,
    /// While the question is open whether to freeze the job.
    Freezing,
    /// While the one is open what to do with a frozen job.
    Frozen,
    /// While a signal is chosen.
    Signals,
    /// While the question is open whether to send it.
    Confirming,
    /// While the question is open.
    Leaving,
    /// While an action is looked up.
    Palette,
    /// While it is looked why something hangs, and on the answer.
    Diagnosis,
}

impl Context {
    /// The heading in the help.
    pub const fn heading(self) -> &'static str {
        match self {
            Self::Anywhere => "Anywhere",
            Self::Panes => "In both panes",
            Self::Watch => "In the job's pane",
            Self::Members => "In the list of members",
            Self::Log => "In the output of the job",
            Self::Facets => "In what the findings have in common",
            Self::Launched => "For a job that telltale started",
            Self::Held => "While the screen is held",
            Self::Choosing => "In a list to choose from",
            Self::Sources => "In the list of progress sources",
            Self::Jobs => "In the list of jobs",
            Self::Scanning => "While a scan runs",
            Self::Scan => "In the pane of the secrets",
            Self::Findings => "On a finding",
            Self::Map => "On the map",
            Self::Overlay => "While something lies on top",
            Self::Freezing => "Before a job is frozen",
            Self::Frozen => "Asked about a job that is frozen",
            Self::Signals => "In the list of signals",
            Self::Confirming => "Before a signal is sent",
            Self::Leaving => "When leaving a job that telltale started",
            Self::Palette => "While an action is looked up",
            Self::Diagnosis => "On a diagnosis",
        }
    }

    /// Where it holds, a bit for each place that has keys of its own.
    const fn places(self) -> u8 {
        const WATCH: u8 = 1;
        const SCAN: u8 = 2;
        const OVERLAY: u8 = 4;
        const LEAVING: u8 = 8;
        const PALETTE: u8 = 16;
        const COLD: u8 = 32;
        const CONFIRM: u8 = 64;
        match self {
            Self::Anywhere => WATCH | SCAN | OVERLAY,
            Self::Panes => WATCH | SCAN,
            Self::Watch | Self::Launched => WATCH,
            Self::Held => WATCH | SCAN,
            Self::Members | Self::Log => WATCH,
            Self::Facets => OVERLAY,
            Self::Scanning | Self::Scan | Self::Map => SCAN,
            Self::Findings => SCAN | OVERLAY,
            Self::Choosing | Self::Sources | Self::Jobs | Self::Signals | Self::Overlay => OVERLAY,
            Self::Diagnosis => OVERLAY,
            Self::Freezing | Self::Frozen => COLD,
            Self::Confirming => CONFIRM,
            Self::Leaving => LEAVING,
            Self::Palette => PALETTE,
        }
    }

    /// True when both may hold at once, so that one key can't serve both.
    pub const fn meets(self, other: Self) -> bool {
        self.places() & other.places() != 0
    }

    /// True for a place within another one: its keys go before those of the wider one, and only there.
    pub const fn is_near(self) -> bool {
        !matches!(self, Self::Anywhere | Self::Panes | Self::Watch | Self::Scan | Self::Overlay)
    }

    /// True where characters are text: its keys stay what they are, for others would be typed.
    pub const fn is_typed(self) -> bool {
        matches!(self, Self::Palette)
    }
}

/// All contexts, as the help tells them.
pub const CONTEXTS: [Context; 23] = [
    Context::Panes,
    Context::Watch,
    Context::Members,
    Context::Log,
    Context::Launched,
    Context::Findings,
    Context::Scan,
    Context::Scanning,
    Context::Map,
    Context::Anywhere,
    Context::Held,
    Context::Choosing,
    Context::Sources,
    Context::Jobs,
    Context::Facets,
    Context::Diagnosis,
    Context::Overlay,
    Context::Leaving,
    Context::Freezing,
    Context::Frozen,
    Context::Signals,
    Context::Confirming,
    Context::Palette,
];

/// One row of the table.
#[derive(Debug, PartialEq, Eq)]
pub struct Binding {
    /// The keys that do it.
    pub chords: &'static [Key],
    /// Where they do.
    pub context: Context,
    /// What they do.
    pub action: Action,
    /// What they do, for the help.
    pub words: &'static str,
    /// The same for the key line, in a word or two.
    pub short: Option<&'static str>,
}

const fn key(code: Code) -> Key {
    Key::plain(code)
}

const fn char(c: char) -> Key {
    key(Code::Char(c))
}

const fn ctrl(c: char) -> Key {
    Key::ctrl(c)
}

const fn bind(context: Context, action: Action, chords: &'static [Key], words: &'static str) -> Binding {
    Binding { chords, context, action, words, short: None }
}

impl Binding {
    const fn short(mut self, word: &'static str) -> Self {
        self.short = Some(word);
        self
    }
}

/// All keys. The key line shows them in this order as far as there is room.
pub static BINDINGS: &[Binding] = {
    use Action as A;
    use Context as C;
    &[
        bind(
            C::Leaving,
            A::Detach,
            &[key(Code::Enter), char('d'), char('q'), ctrl('c')],
            "leave, the job goes on",
        )
        .short("detach"),
        bind(C::Leaving, A::EndAndLeave, &[char('e')], "end the job and leave").short("end it"),
        bind(C::Leaving, A::EndAndStay, &[char('w')], "end the job and watch it end")
            .short("end it and watch"),
        bind(C::Leaving, A::Stay, &[key(Code::Esc), char('s')], "stay").short("stay"),
        bind(C::Freezing, A::FreezeNow, &[key(Code::Enter), char('z')], "freeze it").short("freeze"),
        bind(C::Freezing, A::Stay, &[key(Code::Esc), char('s')], "leave it alone").short("leave it alone"),
        bind(C::Frozen, A::Thaw, &[char('c'), char('z')], "all of it goes on").short("go on"),
        bind(C::Frozen, A::ThawOne, &[char('o')], "one process goes on, the others wait")
            .short("one goes on"),
        bind(C::Frozen, A::EndFrozen, &[char('e')], "end it: TERM, and KILL after a while").short("end it"),
        bind(C::Frozen, A::Stay, &[key(Code::Esc), char('s')], "it stays frozen").short("stay frozen"),
        bind(C::Signals, A::OtherAim, &[key(Code::Tab), key(Code::BackTab)], "one process, or all of them")
            .short("one or all"),
        bind(C::Confirming, A::SendSignal, &[char('y')], "send it").short("send it"),
        bind(C::Confirming, A::Stay, &[key(Code::Esc), char('s')], "send nothing").short("send nothing"),
        bind(C::Choosing, A::Choose, &[key(Code::Enter)], "take the chosen row").short("choose"),
        bind(C::Sources, A::CopyFlag, &[char('y')], "copy the flag that chooses it from the start")
            .short("copy the flag"),
        bind(C::Held, A::Hold, &[char(' ')], "let the screen go on").short("go on"),
        bind(C::Held, A::Rewind(-1), &[char('['), key(Code::Left)], "one kept moment back")
            .short("back and forth"),
        bind(C::Held, A::Rewind(1), &[char(']'), key(Code::Right)], "one kept moment on")
            .short("back and forth"),
        bind(C::Held, A::Rewind(-10), &[char('{')], "ten kept moments back").short("by ten"),
        bind(C::Held, A::Rewind(10), &[char('}')], "ten kept moments on").short("by ten"),
        bind(C::Facets, A::UseFacets, &[key(Code::Enter)], "filter by the chosen ones, or by this one")
            .short("filter"),
        bind(C::Facets, A::MarkFacet, &[char(' ')], "choose it, or don't").short("choose"),
        bind(C::Diagnosis, A::CopyDiagnosis, &[char('y')], "copy the answer as text").short("copy"),
        bind(C::Diagnosis, A::Diagnose, &[char('d')], "look once more").short("look again"),
        bind(C::Overlay, A::Close, &[key(Code::Esc), key(Code::Enter)], "close it").short("close"),
        bind(C::Panes, A::OtherPane, &[key(Code::Tab), key(Code::BackTab)], "the other pane")
            .short("other pane"),
        bind(C::Watch, A::NextJob, &[char(']')], "of several jobs, show the next one").short("next job"),
        bind(C::Watch, A::PreviousJob, &[char('[')], "of several jobs, show the one before"),
        bind(C::Panes, A::Filter, &[char('/')], "filter the list; see Filters below").short("filter"),
        bind(C::Log, A::Follow, &[char('F')], "follow the newest line, or stay where it is").short("follow"),
        bind(C::Log, A::Wrap, &[char('W')], "wrap long lines, or cut them").short("wrap"),
        bind(C::Log, A::LogLeft, &[key(Code::Left)], "what is further left in long lines"),
        bind(C::Log, A::LogRight, &[key(Code::Right)], "what is further right in long lines"),
        bind(C::Log, A::Log, &[char('L')], "the members have the keys again").short("members"),
        bind(C::Members, A::Log, &[char('L')], "the output has the keys").short("output"),
        bind(C::Launched, A::Type, &[char('i')], "type to the job; Ctrl-] comes back")
            .short("type to the job"),
        bind(C::Scanning, A::StopScan, &[char('S')], "stop the scan; what it has found stays").short("stop"),
        bind(C::Anywhere, A::StartScan, &[char('S')], "scan for secrets, or scan again").short("scan"),
        bind(C::Map, A::MapInto, &[key(Code::Enter), key(Code::Right), char('l')], "into the folder")
            .short("into"),
        bind(C::Map, A::MapUp, &[key(Code::Left), key(Code::Backspace), char('h')], "out of the folder")
            .short("up"),
        bind(C::Map, A::MapBack, &[char('m'), key(Code::Esc)], "back to the findings").short("findings"),
        bind(C::Scan, A::Map, &[char('m')], "the map: which folders hold what looks random").short("map"),
        bind(C::Findings, A::AcceptKnown, &[char('x')], "accept it as known: it goes to the baseline")
            .short("accept"),
        bind(C::Findings, A::NotASecret, &[char('n')], "it is no secret: it goes to the baseline")
            .short("no secret"),
        bind(C::Findings, A::MarkReal, &[char('r')], "it is real: told until it is gone, by the baseline")
            .short("real"),
        bind(C::Findings, A::Reveal, &[char('s')], "show the secret while the key is held").short("show"),
        bind(C::Findings, A::Blame, &[char('b')], "which commit brought it, its author and date")
            .short("blame"),
        bind(C::Findings, A::Edit, &[char('o')], "open it in $EDITOR at its line").short("open"),
        bind(C::Findings, A::Copy, &[char('y')], "copy its path, line and column").short("copy"),
        bind(C::Scan, A::TakeBack, &[char('u')], "take back what was said last"),
        bind(C::Scan, A::ShowAccepted, &[char('X')], "show accepted findings too, or hide them"),
        bind(C::Scan, A::AboutScan, &[char('i')], "the scan: what it read, what it skipped and why")
            .short("this scan"),
        bind(C::Anywhere, A::Alerts, &[char('a')], "alerts and notices with their evidence").short("alerts"),
        bind(C::Panes, A::Details, &[key(Code::Enter)], "the chosen row in full").short("details"),
        bind(C::Panes, A::Zoom, &[char('e')], "give the pane the whole screen, and take it back")
            .short("zoom"),
        bind(C::Anywhere, A::Hold, &[char(' ')], "hold the screen; the collecting goes on").short("hold"),
        bind(C::Watch, A::Sources, &[char('p')], "choose where the job's progress is read from")
            .short("progress"),
        bind(C::Anywhere, A::Jobs, &[char('J')], "choose which job is shown, or another one to watch")
            .short("jobs"),
        bind(C::Watch, A::Diagnose, &[char('d')], "why the job, or the chosen member, hangs")
            .short("diagnose"),
        bind(C::Watch, A::Freeze, &[char('z')], "freeze the job; a frozen one: let it go on, or end it")
            .short("freeze"),
        bind(
            C::Watch,
            A::Signal,
            &[char('K'), key(Code::F(9))],
            "send a signal to the chosen process, or to all",
        ),
        bind(C::Panes, A::Slower, &[char('+'), char('=')], "look less often"),
        bind(C::Panes, A::Faster, &[char('-'), char('_')], "look more often"),
        bind(C::Members, A::Tree, &[char('t')], "members in the order of the process tree").short("tree"),
        bind(C::Members, A::SortLeft, &[char('<')], "sort by the column to the left").short("sort"),
        bind(C::Members, A::SortRight, &[char('>')], "sort by the column to the right").short("sort"),
        bind(C::Members, A::Reverse, &[char('I')], "sort the other way round"),
        bind(C::Members, A::SortBy(Column::Cpu), &[char('P')], "sort by CPU"),
        bind(C::Members, A::SortBy(Column::Memory), &[char('M')], "sort by memory"),
        bind(C::Members, A::SortBy(Column::Age), &[char('T')], "sort by age"),
        bind(C::Members, A::SortByPidOrName, &[char('N')], "sort by PID; again: by name"),
        bind(C::Members, A::Fold, &[key(Code::Left)], "in the tree: fold, or go to the parent"),
        bind(C::Members, A::Unfold, &[key(Code::Right)], "in the tree: unfold"),
        bind(C::Members, A::UnfoldAll, &[char('*')], "in the tree: unfold all"),
        bind(C::Scan, A::Facets, &[char('f')], "filter by level, check, rule or folder, with their counts")
            .short("facets"),
        bind(C::Scan, A::SortLeft, &[char('<')], "sort by the column to the left").short("sort"),
        bind(C::Scan, A::SortRight, &[char('>')], "sort by the column to the right").short("sort"),
        bind(C::Scan, A::Reverse, &[char('I')], "sort the other way round"),
        bind(C::Panes, A::Follow, &[char('F')], "keep the chosen row in sight, or stay where it is"),
        bind(C::Panes, A::Show(Part::Gauges), &[char('1')], "show or hide the gauges"),
        bind(C::Panes, A::Show(Part::Members), &[char('2')], "show or hide the members"),
        bind(C::Panes, A::Show(Part::Log), &[char('3')], "show or hide the output"),
        bind(C::Panes, A::Show(Part::Findings), &[char('4')], "show or hide the findings"),
        bind(C::Panes, A::Show(Part::Preview), &[char('5')], "show or hide the lines around a finding"),
        bind(C::Panes, A::ClearFilter, &[key(Code::Esc)], "clear the filter"),
        bind(C::Anywhere, A::Move(Step::Up), &[key(Code::Up), char('k')], "one row up"),
        bind(C::Anywhere, A::Move(Step::Down), &[key(Code::Down), char('j')], "one row down"),
        bind(C::Anywhere, A::Move(Step::HalfUp), &[ctrl('u')], "half a page up"),
        bind(C::Anywhere, A::Move(Step::HalfDown), &[ctrl('d')], "half a page down"),
        bind(C::Anywhere, A::Move(Step::PageUp), &[key(Code::PageUp), ctrl('b')], "a page up"),
        bind(C::Anywhere, A::Move(Step::PageDown), &[key(Code::PageDown), ctrl('f')], "a page down"),
        bind(C::Anywhere, A::Move(Step::First), &[char('g'), key(Code::Home)], "the first row"),
        bind(C::Anywhere, A::Move(Step::Last), &[char('G'), key(Code::End)], "the last row"),
        bind(C::Panes, A::Palette, &[char(':')], "look an action up by its name, and do it").short("actions"),
        bind(C::Palette, A::Choose, &[key(Code::Enter)], "do the chosen action").short("do it"),
        bind(C::Palette, A::Move(Step::Up), &[key(Code::Up), ctrl('p')], "the action above").short("choose"),
        bind(C::Palette, A::Move(Step::Down), &[key(Code::Down), ctrl('n')], "the action below")
            .short("choose"),
        bind(C::Palette, A::Close, &[key(Code::Esc), ctrl('c')], "close it").short("close"),
        bind(C::Anywhere, A::Redraw, &[ctrl('l')], "draw everything again"),
        bind(C::Anywhere, A::Suspend, &[ctrl('z')], "go to the shell; fg comes back"),
        bind(C::Anywhere, A::QuitAndKeep, &[char('Q')], "quit and leave this screen in the scrollback"),
        bind(
            C::Anywhere,
            A::Quit,
            &[char('q'), ctrl('c')],
            "quit; asks what becomes of a job that telltale started",
        )
        .short("quit"),
        bind(C::Anywhere, A::Help, &[char('?'), key(Code::F(1))], "this help").short("help"),
    ]
};
