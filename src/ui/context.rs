//! Where a key holds: the panes, the lists and what may lie over them, each with its heading in the help.

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
