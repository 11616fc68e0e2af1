//! The pictures: what each shows, and the way there, by the same keys, wishes and events as on a terminal.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use telltales::config::theme::Theme;
use telltales::feed::sources::sources;
use telltales::model::candidate::{Candidate, Candidates, Target};
use telltales::model::metric::Bytes;
use telltales::model::snapshot::Snapshot;
use telltales::scan::finding::Preview;
use telltales::scan::found::{Found, Tally};
use telltales::scan::preview::preview;
use telltales::scan::secret;
use telltales::ui::draw::draw_into;
use telltales::ui::event::{Event, Wish};
use telltales::ui::input::{Code, Input, Key};
use telltales::ui::paint::picture::{self, Ground};
use telltales::ui::state::{Options, UiState};
use telltales::ui::update::update;
use telltales::ui::view::Shown;

#[expect(dead_code, reason = "tests and benches use the rest")]
#[path = "../screen/fixture.rs"]
mod fixture;
#[path = "recorded.rs"]
mod recorded;

use self::Stage::{Made, Recorded};

const ASSETS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/assets");

/// The second at which the scenes are looked at.
const NOW: u64 = 2_472;

/// Lines before and after a finding, as many as the monitor asks for.
const AROUND: usize = 20;

/// One picture.
struct Picture {
    name: &'static str,
    stage: Stage,
    size: (u16, u16),
    look: (&'static str, Ground),
    /// Keys by name, with blanks between them.
    keys: &'static str,
}

/// What there is to see.
#[derive(Clone, Copy, PartialEq)]
enum Stage {
    /// The recorded run and the scan of the planted folder.
    Recorded,
    /// A scene of the screen's tests, for what the recorded run has nothing of.
    Made(&'static str),
}

const DARK: (&str, Ground) = ("terminal", Ground::Dark);
const LIGHT: (&str, Ground) = ("light", Ground::Light);

const fn picture(name: &'static str, stage: Stage, size: (u16, u16), keys: &'static str) -> Picture {
    Picture { name, stage, size, look: DARK, keys }
}

/// All of them; the first one is that of the README.
const PICTURES: [Picture; 12] = [
    picture("screen", Recorded, (120, 36), ""),
    picture("member", Recorded, (100, 30), "j Enter"),
    picture("alerts", Recorded, (100, 30), "a"),
    picture("filter", Made("thousand"), (100, 30), "e M / b u s y Space m e m > 9 G"),
    picture("palette", Made("healthy"), (100, 30), ": s h o w"),
    picture("sources", Recorded, (100, 30), "p"),
    picture("finding", Recorded, (120, 36), "Tab e j j j j j"),
    picture("map", Made("scan"), (100, 30), "Tab e m"),
    picture("narrow", Recorded, (40, 12), ""),
    Picture { look: LIGHT, ..picture("light", Made("healthy"), (100, 30), "") },
    picture("jobs", Recorded, (100, 30), "J"),
    picture("help", Recorded, (100, 36), "?"),
];

/// A picture as the widgets draw it now.
pub(crate) struct Drawn {
    pub(crate) name: &'static str,
    pub(crate) svg: String,
}

impl Drawn {
    /// Where it lies in the repository.
    pub(crate) fn path(&self) -> PathBuf {
        let folder = if self.name == "screen" { "" } else { "screens/" };
        format!("{ASSETS}/{folder}{}.svg", self.name).into()
    }

    /// What lies there.
    pub(crate) fn committed(&self) -> String {
        std::fs::read_to_string(self.path()).unwrap_or_default()
    }
}

/// All pictures, and the secrets of the planted folder in clear text: none of them may be seen.
pub(crate) fn drawn() -> (Vec<Drawn>, Vec<String>) {
    let home = tempfile::tempdir().expect("a folder can be made");
    // Paths are shown as they were reached: from within the folder they are short, and the same everywhere.
    let planted = recorded::planted(home.path());
    let before = std::env::current_dir().expect("there is a current folder");
    std::env::set_current_dir(planted.path()).expect("it was just made");
    let (snapshot, findings, tally) = recorded::run_and_scan();
    let clear =
        |found: &Arc<Found>| secret::read(found.best(), None).expect("it was just found").clear().to_owned();
    let secrets = findings.iter().map(clear).collect();
    let recorded = Material { snapshot, findings, tally: Some(tally), preview: None };
    let drawn = PICTURES.iter().map(|picture| match picture.stage {
        Recorded => drawn_of(picture, &recorded),
        Made(name) => {
            let fixture::Scene { snapshot, findings, tally, preview, .. } = fixture::scene(name, NOW);
            drawn_of(picture, &Material { snapshot, findings, tally, preview })
        }
    });
    let drawn = drawn.collect();
    std::env::set_current_dir(before).expect("it was there before");
    (drawn, secrets)
}

/// What a stage has to show.
struct Material {
    snapshot: Snapshot,
    findings: Vec<Arc<Found>>,
    tally: Option<Tally>,
    /// Without one, it is read from the finding's file.
    preview: Option<Preview>,
}

impl Material {
    /// What is there before a key is pressed.
    fn events(&self) -> Vec<Event> {
        let mut events = vec![Event::Snapshot(Arc::new(self.snapshot.clone()))];
        events.push(Event::Findings(Arc::new(self.findings.clone())));
        events.extend(self.tally.clone().map(|tally| Event::Tally(Arc::new(tally))));
        events
    }

    /// Grants a wish, as far as one of the pictures has it.
    fn granted(&self, wish: Wish) -> Option<Event> {
        match wish {
            Wish::Preview(finding) => {
                let read = || preview(&finding, AROUND, None).expect("what was found can be read");
                Some(Event::Preview(self.preview.clone().unwrap_or_else(read)))
            }
            Wish::FindSources(id) => {
                let job = self.snapshot.job(&id).expect("the screen asks for what it shows");
                Some(Event::Sources(sources(job, &[], &[], self.snapshot.at)))
            }
            Wish::FindCandidates => Some(Event::Candidates(candidates())),
            _ => None,
        }
    }
}

/// What there could be to watch on a machine where people work; invented.
fn candidates() -> Candidates {
    let run = Target::Run("etl-2026-11".into());
    let rows = [
        (run, 41_190, "etl-2026-11", "python tokenise.py --workers 16", 17, 14.8, 41_000, 9_120),
        (Target::Process(52_004), 52_004, "make", "make -j16 all", 19, 11.3, 6_200, 340),
        (Target::Process(60_118), 60_118, "python", "python train.py --epochs 40", 5, 4.0, 18_400, 86_400),
        (Target::Process(30_771), 30_771, "postgres", "postgres -D /srv/pg/main", 9, 1.2, 3_900, 1_209_600),
    ];
    let list = rows.map(|(target, pid, name, command, processes, cpu, mib, age)| Candidate {
        target,
        pid,
        name: name.into(),
        command: command.into(),
        processes,
        cpu,
        memory: Bytes(mib << 20),
        age: Some(Duration::from_secs(age)),
    });
    Candidates { list: list.into(), left_out: 0 }
}

fn drawn_of(picture: &Picture, material: &Material) -> Drawn {
    let (theme, ground) = picture.look;
    let theme = Theme::named(theme, &[]).expect("it is built in");
    let (columns, rows) = picture.size;
    let mut state = UiState::new(&Options { theme, ..Options::default() }, picture.size);
    let mut shown = Shown::default();
    shown.set_now(material.snapshot.at);
    let mut events = VecDeque::from([Event::Input(Input::Resize(columns, rows))]);
    events.extend(material.events());
    let mut keys = picture.keys.split_whitespace().map(key);
    // What a key wishes for is there before the next one is pressed.
    while let Some(event) = events.pop_front().or_else(|| keys.next()) {
        shown.take(&event, state.is_held);
        let wishes = update(&mut state, &shown.view(), &event);
        events.extend(wishes.into_iter().filter_map(|wish| material.granted(wish)));
    }
    let mut buffer = Buffer::empty(Rect::new(0, 0, columns, rows));
    let area = buffer.area;
    draw_into(&mut buffer, area, &shown.view(), &state, &theme);
    Drawn { name: picture.name, svg: picture::svg(&buffer, ground) }
}

fn key(name: &str) -> Event {
    let code = match name {
        "Tab" => Code::Tab,
        "Enter" => Code::Enter,
        "Space" => Code::Char(' '),
        _ => Code::Char(name.chars().next().expect("a key has a name")),
    };
    Event::Input(Input::Key(Key::plain(code)))
}
