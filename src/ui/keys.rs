//! The one table of keys: what they are unless the user wants others. [`super::keymap`] is what they are now.
//!
//! What keys do is in [`super::action`], where they do it in [`super::context`].

pub use super::action::{Action, Step};
pub use super::context::{CONTEXTS, Context};
use super::input::{Code, Key};
use super::parts::Part;
use super::state::Column;

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
