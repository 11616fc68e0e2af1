//! What the user chose to look at.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use super::deed::{Aim, Deed};
use super::filter::Filters;
use super::keymap::Keymap;
use super::lists::{self, Lists};
use super::paint::glyphs::{self, Glyphs};
use super::palette::Palette;
use super::parts::{Hidden, List};
use super::view::View;
use crate::config::graph::Graph;
use crate::config::theme::Theme;
use crate::model::candidate::Target;
use crate::model::clock::Moment;
use crate::model::job::{Job, JobId, JobKind, Phase};
use crate::model::member::MemberId;
use crate::model::text::Text;
use crate::scan::finding::Finding;
use crate::scan::found::Found;
use crate::scan::secret::Secret;

/// What is known before the first frame.
#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "each is a choice of the user's own, free of the others")]
pub struct Options {
    /// Colours.
    pub theme: Theme,
    /// Draw with ASCII only: the locale is not UTF-8.
    pub is_ascii: bool,
    /// What graphs are drawn with.
    pub graph: Graph,
    /// Start in this pane.
    pub pane: Pane,
    /// Show that pane alone from the start.
    pub is_zoomed: bool,
    /// Which keys do what.
    pub keymap: Arc<Keymap>,
    /// Nothing is done to the job, and nothing is written.
    pub is_readonly: bool,
    /// Listen to the mouse; text is then marked with Shift held down.
    pub has_mouse: bool,
    /// Begin with the list of what could be watched.
    pub is_choosing: bool,
    /// This user has never seen the screen.
    pub is_first: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            theme: Theme::default(),
            is_ascii: false,
            graph: Graph::default(),
            pane: Pane::default(),
            is_zoomed: false,
            keymap: Arc::default(),
            is_readonly: false,
            has_mouse: true,
            is_choosing: false,
            is_first: false,
        }
    }
}

/// The two halves of the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Pane {
    /// The job.
    #[default]
    Watch,
    /// The secrets.
    Scan,
}

impl Pane {
    /// The other one.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::Watch => Self::Scan,
            Self::Scan => Self::Watch,
        }
    }
}

/// What lies over the panes.
#[derive(Debug, Clone, PartialEq)]
pub enum Overlay {
    /// All keys.
    Help,
    /// All alerts with their evidence.
    Alerts,
    /// One member in full.
    Member(MemberId),
    /// The chosen finding in full.
    Finding,
    /// The scan itself, and what it skipped.
    Scan,
    /// What the findings have in common, to filter by.
    Facets,
    /// The question what becomes of a launched job.
    Leaving,
    /// The question whether to freeze the job, or what to do with a frozen one.
    Freeze,
    /// Signals, to choose one.
    Signal(Aim),
    /// The question whether to send it.
    Confirm(Deed),
    /// All actions, to be looked up by name.
    Palette,
    /// Where the job's progress could be read from, to choose.
    Sources,
    /// The watched jobs and what else could be watched, to choose.
    Jobs,
    /// Why this process hangs.
    Diagnosis(u32),
}

impl Overlay {
    /// True when one of its rows is chosen with the arrows and Enter.
    pub(super) const fn is_choice(&self) -> bool {
        matches!(self, Self::Sources | Self::Jobs | Self::Signal(_))
    }
}

/// A column that the member table can be sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Column {
    /// Lost ones, then workers, then the others.
    #[default]
    Importance,
    /// Process ID.
    Pid,
    /// CPU.
    Cpu,
    /// Memory.
    Memory,
    /// Age.
    Age,
    /// Name.
    Name,
}

/// All columns, as `<` and `>` step through them.
pub const COLUMNS: [Column; 6] =
    [Column::Importance, Column::Pid, Column::Cpu, Column::Memory, Column::Age, Column::Name];

/// A column that the findings can be sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum FindingColumn {
    /// As the scan ranks them, the surest first.
    #[default]
    Score,
    /// The rule's name.
    Rule,
    /// The path and the line.
    Path,
}

/// All of them, as `<` and `>` step through them.
pub const FINDING_COLUMNS: [FindingColumn; 3] =
    [FindingColumn::Score, FindingColumn::Rule, FindingColumn::Path];

/// Where the log stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LogPlace {
    /// The number of the first line shown, counted from the first line ever seen; none follows the newest.
    pub top: Option<u64>,
    /// Columns that are left out at the left.
    pub shift: usize,
    /// Long lines go on in the next row.
    pub is_wrapped: bool,
}

/// Which row of the findings: the secret, whichever of its places ranks best now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FindingKey {
    secret_id: String,
    is_accepted: bool,
}

impl FindingKey {
    /// The key of a finding.
    pub fn of(finding: &Finding) -> Self {
        Self { secret_id: finding.secret_id.clone(), is_accepted: finding.accepted.is_some() }
    }

    /// True for the row it was made of.
    pub fn is(&self, finding: &Finding) -> bool {
        self.is_accepted == finding.accepted.is_some() && self.secret_id == finding.secret_id
    }
}

/// A chosen row, by identity, so that it stays chosen when the rows change places; and the first row shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice<K> {
    /// What is chosen, if anything.
    pub chosen: Option<K>,
    /// The first visible row.
    pub top: usize,
    /// The row of what is chosen, as of the last event; none while the filter leaves it out.
    pub row: Option<usize>,
    /// The rows were scrolled away from what is chosen: it is not kept in sight.
    pub is_away: bool,
}

impl<K> Default for Choice<K> {
    fn default() -> Self {
        Self { chosen: None, top: 0, row: None, is_away: false }
    }
}

/// What somebody is told who sees the screen for the first time; it stays until a key is pressed.
const FIRST_WORD: &str = "? shows all keys, Tab goes to the other pane";
/// When a tick is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Timer {
    /// At once, to know the time, and then this much later.
    In(Duration),
    /// Then.
    At(Moment),
}

/// How long a secret is shown after the last press of its key: terminals repeat a held key, and never tell when it
/// is let go.
pub const SHOWN_FOR: Duration = Duration::from_millis(1_200);

/// A secret on the screen, or on its way there.
#[derive(Debug, Clone, PartialEq)]
pub struct Revealed {
    /// Whose it is.
    pub finding: Arc<Finding>,
    /// The secret, once it came. Its memory is overwritten when the last of these goes.
    pub secret: Option<Arc<Secret>>,
    /// When it goes.
    pub timer: Timer,
}

/// Which commit brought a finding, as far as that is known.
#[derive(Debug, Clone, PartialEq)]
pub struct Blame {
    /// The finding that was asked about.
    pub finding: Arc<Finding>,
    /// The answer, once it came.
    pub answer: Option<Text>,
}

/// What the map shows.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct MapPlace {
    /// The names down to the folder that is shown; `None` while nobody has gone anywhere.
    pub folder: Option<Vec<Text>>,
    /// Its rows.
    pub rows: Choice<Text>,
}

/// What the user chose to look at.
#[derive(Debug, Clone, PartialEq, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a choice of the user's own, free of the others")]
pub struct UiState {
    /// Columns and rows of the terminal.
    pub size: (u16, u16),
    /// The pane that has the keys.
    pub pane: Pane,
    /// That pane has the whole screen.
    pub is_zoomed: bool,
    /// What lies over the panes.
    pub overlay: Option<Overlay>,
    /// The first line that the overlay shows.
    pub overlay_top: u16,
    /// The row of an overlay that is a choice.
    pub overlay_row: usize,
    /// What that row stands for, so that it stays chosen when the rows change places.
    pub overlay_choice: Option<Text>,
    /// The job that the watch pane shows; the first one while none is chosen or the chosen one is gone.
    pub job: Option<JobId>,
    /// The job that was named last to whoever grants wishes.
    pub told_job: Option<JobId>,
    /// What was just done, in words, and when: it gives way to the next key, or goes after a while.
    pub word: Option<(String, Moment)>,
    /// When it was last asked what there is to watch.
    pub asked: Option<Moment>,
    /// The drawing is held, the collecting goes on.
    pub is_held: bool,
    /// Keys go to the job's terminal.
    pub is_typing: bool,
    /// The member table's rows.
    pub members: Choice<MemberId>,
    /// The findings' rows.
    pub findings: Choice<FindingKey>,
    /// The column the members are sorted by.
    pub column: Column,
    /// Sorted the other way round.
    pub is_reversed: bool,
    /// Members in the order of the process tree.
    pub is_tree: bool,
    /// The output, and not the members, has the keys of the watch pane.
    pub is_in_log: bool,
    /// Where the log stands.
    pub log: LogPlace,
    /// Members whose rows are folded in the tree.
    pub folded: Vec<MemberId>,
    /// The column the findings are sorted by.
    pub finding_column: FindingColumn,
    /// They are sorted the other way round.
    pub is_finding_reversed: bool,
    /// What each list is filtered by.
    pub filters: Filters,
    /// The row of the facets that has the keys, and the terms that are chosen among them.
    pub facets: (usize, Vec<(&'static str, String)>),
    /// Parts of the screen that are not shown.
    pub hidden: Hidden,
    /// The order of the lists, as of the last event.
    pub lists: Lists,
    /// Draw with ASCII only.
    pub is_ascii: bool,
    /// What graphs are drawn with.
    pub graph: Graph,
    /// Which keys do what.
    pub keymap: Arc<Keymap>,
    /// Nothing is done to the job, and nothing is written.
    pub is_readonly: bool,
    /// What is looked up in the palette.
    pub palette: Palette,
    /// The source of snapshots is gone.
    pub has_ended: bool,
    /// What the tour says; it stands in the place of the keys.
    pub caption: Option<Text>,
    /// What is being attached to; one wish for it is enough.
    pub attaching: Option<Target>,
    /// The job that is shown once there is a snapshot of it.
    pub awaited: Option<JobId>,
    /// The size that the job's terminal was told last.
    pub told_size: Option<(u16, u16)>,
    /// The finding whose preview was wished for last.
    pub wished: Option<Arc<Finding>>,
    /// Where the chosen finding stood last: a list of a hundred thousand is not searched for every frame.
    /// The secret that is shown while its key is held.
    pub revealed: Option<Revealed>,
    /// Which commit brought the chosen finding, where that was asked.
    pub blame: Option<Blame>,
    /// The map lies in the place of the findings.
    pub map: Option<MapPlace>,
}

impl UiState {
    /// The state before the first frame.
    pub fn new(options: &Options, size: (u16, u16)) -> Self {
        Self {
            size,
            pane: options.pane,
            is_zoomed: options.is_zoomed,
            is_ascii: options.is_ascii,
            graph: options.graph,
            keymap: Arc::clone(&options.keymap),
            is_readonly: options.is_readonly,
            overlay: options.is_choosing.then_some(Overlay::Jobs),
            word: options.is_first.then(|| (FIRST_WORD.to_owned(), Moment::from_millis(u64::MAX))),
            ..Self::default()
        }
    }

    pub(super) const fn glyphs(&self) -> &'static Glyphs {
        glyphs::with(self.is_ascii, self.graph)
    }

    /// The list that keys act on.
    pub const fn focus(&self) -> List {
        match self.pane {
            Pane::Scan => List::Findings,
            Pane::Watch if self.is_in_log => List::Log,
            Pane::Watch => List::Members,
        }
    }

    /// This state with lists that are true of `view`: itself, unless the view changed since the last event.
    pub(super) fn settled(&self, view: &View<'_>) -> Cow<'_, Self> {
        let lists = Lists::of(view, self);
        if lists == self.lists {
            return Cow::Borrowed(self);
        }
        let mut settled = Self { lists, ..self.clone() };
        settled.find_rows(view);
        Cow::Owned(settled)
    }

    /// Finds the chosen rows again.
    pub(super) fn find_rows(&mut self, view: &View<'_>) {
        let lines = &self.lists.members.lines;
        let job = view.job(self);
        self.members.row = job
            .zip(self.members.chosen.as_ref())
            .and_then(|(job, chosen)| lists::member_row(job, lines, chosen));
        let before = self.findings.row;
        let rows = &self.lists.findings.rows;
        self.findings.row = self.findings.chosen.as_ref().and_then(|key| {
            let is_it = |place: usize| view.findings.get(place).is_some_and(|finding| key.is(finding));
            // Mostly it stands where it stood.
            let before = self.findings.row.filter(|&row| rows.place(row).is_some_and(is_it));
            before.or_else(|| rows.from(0).position(is_it))
        });
        self.choose_next_finding(view, before);
    }

    /// Where the chosen finding is gone, as it is once it is accepted, the one in its place is chosen: the next key
    /// must not meet the first of the list.
    fn choose_next_finding(&mut self, view: &View<'_>, before: Option<usize>) {
        let (Some(before), None, Some(key)) = (before, self.findings.row, &self.findings.chosen) else {
            return;
        };
        if view.findings.iter().any(|found| key.is(found)) {
            return;
        }
        let rows = &self.lists.findings.rows;
        let row = before.min(rows.len().saturating_sub(1));
        let next = rows.place(row).and_then(|place| view.findings.get(place));
        self.findings.chosen = next.map(|found| FindingKey::of(found));
        self.findings.row = next.map(|_| row);
    }

    /// The place of the chosen finding; the first one in sight while none is chosen or the chosen one is gone.
    pub fn chosen_finding<'a>(&self, findings: &'a [Arc<Found>]) -> Option<(usize, &'a Arc<Found>)> {
        let place = self.lists.findings.rows.place(self.findings.row.unwrap_or(0))?;
        findings.get(place).map(|finding| (place, finding))
    }

    /// When this state wants a tick, if at all.
    pub fn timer(&self) -> Option<Timer> {
        self.revealed.as_ref().filter(|revealed| revealed.secret.is_some()).map(|revealed| revealed.timer)
    }
}

/// True for a job whose terminal Telltale holds and that still runs.
pub(super) fn is_ours_and_running(job: &Job) -> bool {
    job.kind == JobKind::Launched && job.phase == Phase::Running
}
