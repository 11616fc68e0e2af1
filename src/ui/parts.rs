//! The parts that a screen is made of: the lists that keys act on, and what a number shows and hides.

/// A list that has the keys, or a filter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub enum List {
    /// The members of the job.
    #[default]
    Members,
    /// Its output.
    Log,
    /// The findings of the scan.
    Findings,
}

/// All lists.
pub const LISTS: [List; 3] = [List::Members, List::Log, List::Findings];

impl List {
    /// What it holds, in a word.
    pub const fn noun(self) -> &'static str {
        match self {
            Self::Members => "members",
            Self::Log => "lines",
            Self::Findings => "findings",
        }
    }
}

/// A part of the screen that a number shows and hides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// `1`: the gauges of the job.
    Gauges,
    /// `2`: its members.
    Members,
    /// `3`: its output.
    Log,
    /// `4`: the findings.
    Findings,
    /// `5`: the lines around the chosen one.
    Preview,
}

impl Part {
    /// The list in it, if it is one.
    pub const fn list(self) -> Option<List> {
        match self {
            Self::Members => Some(List::Members),
            Self::Log => Some(List::Log),
            Self::Findings => Some(List::Findings),
            Self::Gauges | Self::Preview => None,
        }
    }
}

/// The parts that the user has hidden.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Hidden(u8);

impl Hidden {
    /// True for a hidden part.
    pub const fn has(self, part: Part) -> bool {
        self.0 & (1 << part as u8) != 0
    }

    /// Hides a part, or shows it again.
    pub const fn toggle(&mut self, part: Part) {
        self.0 ^= 1 << part as u8;
    }

    /// True when nothing of the watch pane is left.
    pub const fn has_all_of_watch(self) -> bool {
        self.has(Part::Gauges) && self.has(Part::Members) && self.has(Part::Log)
    }

    /// True when nothing of the scan pane is left but its summary.
    pub const fn has_all_of_scan(self) -> bool {
        self.has(Part::Findings) && self.has(Part::Preview)
    }
}
