//! The screen as text, after scripted runs of keys, at three sizes; and what a second of it costs.

use std::sync::Arc;
use std::time::Duration;

use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier};
use telltales::config::file::KeyChoice;
use telltales::config::graph::Graph;
use telltales::config::theme::{BUILT_IN, Theme};
use telltales::model::clock::Moment;
use telltales::scan::baseline::Verdict;
use telltales::scan::secret::Secret;
use telltales::ui::draw::{draw, draw_into};
use telltales::ui::event::{Event, Leave, Wish};
use telltales::ui::input::{Code, Input, Key, Mouse, MouseKind};
use telltales::ui::keymap::Keymap;
use telltales::ui::paint::picture;
use telltales::ui::paint::wire::Wire;
use telltales::ui::state::{Options, Overlay, SHOWN_FOR, Timer, UiState};
use telltales::ui::update::update;
use telltales::ui::view::View;

#[path = "screen/diagnosis.rs"]
mod diagnosis;
#[path = "screen/fixture.rs"]
mod fixture;
#[path = "screen/gpu.rs"]
mod gpu;
#[path = "screen/lists.rs"]
mod lists;
#[path = "screen/several.rs"]
mod several;
#[path = "screen/words.rs"]
mod words;

use fixture::{SCENES, Scene, scene};

/// The second at which the scenes are looked at.
const NOW: u64 = 2_472;

const SIZES: [(u16, u16); 3] = [(120, 36), (80, 24), (40, 12)];

fn key(name: &str) -> Event {
    let key = match name {
        "Tab" => Key::plain(Code::Tab),
        "Enter" => Key::plain(Code::Enter),
        "Esc" => Key::plain(Code::Esc),
        "Ctrl-C" => Key::ctrl('c'),
        "Ctrl-Z" => Key::ctrl('z'),
        // What terminals send for Ctrl-].
        "Ctrl-]" => Key::ctrl('5'),
        "Up" => Key::plain(Code::Up),
        "Down" => Key::plain(Code::Down),
        "Backspace" => Key::plain(Code::Backspace),
        "Left" => Key::plain(Code::Left),
        "Right" => Key::plain(Code::Right),
        "PgUp" => Key::plain(Code::PageUp),
        "Space" => Key::plain(Code::Char(' ')),
        _ => Key::plain(Code::Char(name.chars().next().expect("a key has a name"))),
    };
    Event::Input(Input::Key(key))
}

/// Presses keys, and returns the state after them and all wishes.
fn pressed(scene: &Scene, size: (u16, u16), keys: &str) -> (UiState, Vec<Wish>) {
    let mut state = UiState::new(&Options::default(), size);
    let mut wishes = update(&mut state, &scene.view(), &Event::Input(Input::Resize(size.0, size.1)));
    for name in keys.split_whitespace() {
        wishes.extend(update(&mut state, &scene.view(), &key(name)));
    }
    (state, wishes)
}

fn seen(scene: &Scene, state: &UiState) -> String {
    let (columns, rows) = state.size;
    let mut terminal = Terminal::new(TestBackend::new(columns, rows)).unwrap();
    terminal.draw(|frame| draw(frame, &scene.view(), state, &Theme::default())).unwrap();
    picture::text(terminal.backend().buffer()).join("\n")
}

fn check(name: &str, scene_name: &str, keys: &str) {
    let scene = scene(scene_name, NOW);
    for size in SIZES {
        let (state, _) = pressed(&scene, size, keys);
        insta::assert_snapshot!(format!("{name}@{}x{}", size.0, size.1), seen(&scene, &state));
    }
}

#[test]
fn a_healthy_job() {
    check("healthy", "healthy", "");
}

#[test]
fn a_job_with_a_lost_worker() {
    check("lost", "lost", "j j");
}

#[test]
fn an_attached_job_without_a_source_of_progress() {
    check("attached", "attached", "");
}

#[test]
fn a_job_that_ended() {
    check("ended", "ended", "");
}

#[test]
fn a_thousand_members_by_memory() {
    check("thousand", "thousand", "> > > G");
}

#[test]
fn the_process_tree_in_the_whole_screen() {
    check("tree", "healthy", "e t");
}

#[test]
fn the_scan_pane_on_its_third_finding() {
    check("scan", "scan", "Tab j j j");
    check("preview", "scan", "Tab j e");
}

#[test]
fn what_a_scan_is_and_was() {
    check("map", "scan", "Tab m j");
    check("map-into", "scan", "Tab m Enter Enter");
    check("this-scan", "scan", "Tab i");
    check("stopped", "stopped", "Tab");
    check("clean", "clean", "Tab");
}

#[test]
fn a_scan_that_still_walks_says_that_its_end_is_not_known() {
    let mut scene = scene("scan", NOW);
    for job in &mut scene.snapshot.jobs {
        (job.progress.total, job.progress.time_left) = (None, None);
    }
    for size in [(120, 36), (80, 24)] {
        let (state, _) = pressed(&scene, size, "Tab");
        assert!(seen(&scene, &state).contains("time left not yet known"), "{}", seen(&scene, &state));
    }
    // One file is told by its bytes.
    for job in &mut scene.snapshot.jobs {
        (job.progress.done, job.progress.total) = (Some(3 << 30), Some(4 << 30));
        job.progress.unit = telltales::model::metric::Unit::Bytes;
    }
    let (state, _) = pressed(&scene, (120, 36), "Tab");
    let drawn = seen(&scene, &state);
    assert!(drawn.contains("scanning   75 %") && drawn.contains("1 file  "), "{drawn}");
    let (state, _) = pressed(&scene, (120, 36), "Tab i");
    assert!(seen(&scene, &state).contains("3.00 GiB of 4.00 GiB"), "{}", seen(&scene, &state));
}

#[test]
fn accepted_findings_show_dimmed_with_their_mark() {
    let mut scene = scene("scan", NOW);
    for (place, verdict) in [(0, Verdict::Real), (8, Verdict::Known), (9, Verdict::NotASecret)] {
        let mut finding = (**scene.findings[place].best()).clone();
        finding.decide(verdict);
        scene.findings[place] = Arc::new(finding.into());
    }
    scene.tally.as_mut().unwrap().shows_accepted = true;
    for size in SIZES {
        let (state, wishes) = pressed(&scene, size, "Tab G X");
        assert!(wishes.contains(&Wish::ShowAccepted(false)));
        insta::assert_snapshot!(format!("accepted@{}x{}", size.0, size.1), seen(&scene, &state));
    }
}

#[test]
fn keys_on_a_finding_wish_for_what_they_say() {
    let scene = scene("scan", NOW);
    let first = &scene.findings[0];
    let wished = |keys: &str| pressed(&scene, (80, 24), keys).1;
    let last = |keys: &str| wished(keys).pop();
    assert_eq!(last("Tab o"), Some(Wish::Edit { path: first.path.clone(), line: 12 }));
    assert_eq!(last("Tab y"), Some(Wish::Copy("config/prod.env:12:19".to_owned())));
    let accepted = Some(Wish::Decide(Arc::clone(first), Verdict::Known));
    assert!(!wished("Tab x").iter().any(|wish| matches!(wish, Wish::Decide(..))), "nobody chose it yet");
    assert_eq!((last("Tab x x"), last("Tab j x")), (accepted.clone(), accepted));
    assert_eq!(last("Tab Enter n"), Some(Wish::Decide(Arc::clone(first), Verdict::NotASecret)));
    assert!(wished("Tab j r").contains(&Wish::Decide(Arc::clone(first), Verdict::Real)));
    let (state, _) = pressed(&scene, (80, 24), "Tab j r");
    let next = scene.findings[1].best();
    assert_eq!(
        state.chosen_finding(&scene.findings).map(|(_, found)| found.best()),
        Some(next),
        "on to the next"
    );
    assert_eq!(last("Tab u"), Some(Wish::TakeBack));
    assert_eq!(last("Tab S"), Some(Wish::StopScan), "one that runs is stopped");
    assert!(!wished("S").contains(&Wish::StartScan), "and not started again from the other pane");
    let quiet = fixture::scene("stopped", NOW);
    assert!(pressed(&quiet, (80, 24), "Tab S").1.contains(&Wish::StartScan));
    assert_eq!(pressed(&fixture::scene("empty", NOW), (80, 24), "Tab Enter").1, [Wish::StartScan]);
    for key in ["x", "n", "s", "o", "y"] {
        assert_eq!(pressed(&fixture::scene("clean", NOW), (80, 24), &format!("Tab {key}")).1, [], "{key}");
    }
}

#[test]
fn the_commit_that_brought_a_finding_is_asked_for_and_given_up() {
    let scene = scene("scan", NOW);
    let first = scene.findings[0].best();
    for size in SIZES {
        let (mut state, wishes) = pressed(&scene, size, "Tab j b");
        assert!(wishes.contains(&Wish::Blame(Arc::clone(first))));
        let again = pressed(&scene, size, "Tab j b b").1;
        assert_eq!(again.iter().filter(|wish| matches!(wish, Wish::Blame(_))).count(), 1);
        let answer = "came with commit 0123456789, 2026-03-02, Ada <ada@example.org>".into();
        update(&mut state, &scene.view(), &Event::Blamed { finding: Arc::clone(first), answer });
        insta::assert_snapshot!(format!("blame@{}x{}", size.0, size.1), seen(&scene, &state));
        let (state, wishes) = pressed(&scene, size, "Tab j b j");
        assert!(
            wishes.contains(&Wish::GiveUpBlame) && !seen(&scene, &state).contains("looking for the commit")
        );
    }
}

/// Invented; no service ever gave it out.
const CLEAR: &str = "q8Zr2mT0xW5nB7vK1cJ9dL4hP6sG3fYAe2Xu-hunter2";

/// The state in which the first finding's secret is shown.
fn revealed(scene: &Scene, size: (u16, u16)) -> UiState {
    let (mut state, wishes) = pressed(scene, size, "Tab s");
    let finding = scene.findings[0].best();
    assert!(wishes.contains(&Wish::Reveal(Arc::clone(finding))));
    assert_eq!(state.timer(), None, "nothing is shown yet, and nothing waits for the time");
    let secret = Arc::new(Secret::new(CLEAR.to_owned()));
    update(&mut state, &scene.view(), &Event::Revealed { finding: Arc::clone(finding), secret });
    state
}

#[test]
fn a_secret_is_shown_while_its_key_is_held() {
    let scene = scene("scan", NOW);
    for size in SIZES {
        let state = revealed(&scene, size);
        let seen = seen(&scene, &state);
        assert!(seen.contains("SHOWN"));
        insta::assert_snapshot!(format!("revealed@{}x{}", size.0, size.1), seen);
    }
    let at = Moment::from_millis;
    let mut state = revealed(&scene, (80, 24));
    let tick = |state: &mut UiState, millis| update(state, &scene.view(), &Event::Tick(at(millis)));
    assert_eq!(state.timer(), Some(Timer::In(SHOWN_FOR)));
    tick(&mut state, 5_000);
    assert_eq!(state.timer(), Some(Timer::At(at(6_200))));
    tick(&mut state, 6_000);
    // The terminal repeats the key: another 1.2 s, and no second reading.
    assert_eq!(update(&mut state, &scene.view(), &key("s")), []);
    tick(&mut state, 6_100);
    tick(&mut state, 7_299);
    assert!(seen(&scene, &state).contains("hunter2"));
    tick(&mut state, 7_300);
    assert_eq!((state.timer(), seen(&scene, &state).contains("hunter2")), (None, false));
    assert_eq!(SHOWN_FOR, Duration::from_millis(1_200));
}

#[test]
fn any_other_key_hides_a_secret_and_nothing_else_holds_it() {
    let scene = scene("scan", NOW);
    let others = ["j", "Q", "q", "Esc", "Tab", "Ctrl-Z", "Space", "z"].map(key);
    let events = others.into_iter().chain([Event::Leave, Event::Suspend, Event::Resumed]);
    for event in events {
        let mut state = revealed(&scene, (80, 24));
        let debug = format!("{state:?}");
        assert!(!debug.contains("hunter2") && debug.contains("Secret(********)"));
        update(&mut state, &scene.view(), &event);
        assert!(state.revealed.is_none() && !seen(&scene, &state).contains("hunter2"), "{event:?}");
    }
    // A secret that comes when its key was let go, or for another finding, is not shown.
    let (mut state, _) = pressed(&scene, (80, 24), "Tab s j");
    let secret = Arc::new(Secret::new(CLEAR.to_owned()));
    let finding = Arc::clone(scene.findings[0].best());
    update(&mut state, &scene.view(), &Event::Revealed { finding, secret });
    assert!(state.revealed.is_none());
}

#[test]
fn nothing_yet() {
    check("empty", "empty", "Tab");
}

#[test]
fn what_lies_over_the_panes() {
    check("help", "healthy", "?");
    check("alerts", "lost", "a");
    check("member", "lost", "j Enter");
    check("finding", "scan", "Tab Enter");
    check("leaving", "healthy", "q");
    check("typing", "healthy", "i");
    check("held", "healthy", "Space");
    check("palette", "healthy", ":");
    check("palette-found", "healthy", ": s o r t Down");
}

#[test]
fn what_is_looked_up_is_done() {
    let launched = scene("healthy", NOW);
    let (state, _) = pressed(&launched, (80, 24), ": z o o m Enter");
    assert!(state.is_zoomed && state.overlay.is_none());
    let (state, _) = pressed(&launched, (80, 24), ": q w z Enter");
    assert!(state.overlay.is_some(), "nothing was found, and nothing done");
    let (state, wishes) = pressed(&launched, (80, 24), ": q u i t Enter");
    assert!(matches!(state.overlay, Some(Overlay::Leaving)) && !wishes.contains(&Wish::Leave(Leave::Quit)));
}

fn readonly(size: (u16, u16)) -> UiState {
    UiState::new(&Options { is_readonly: true, ..Options::default() }, size)
}

#[test]
fn what_is_read_only_is_not_touched() {
    let launched = scene("healthy", NOW);
    let mut state = readonly((80, 24));
    let mut wishes = Vec::new();
    for name in ["j", "i", "x", "q", "e", "w", "Esc"] {
        wishes.extend(update(&mut state, &launched.view(), &key(name)));
    }
    wishes.retain(|wish| !matches!(wish, Wish::Preview(_) | Wish::Shows(_)));
    assert_eq!(wishes, [], "nothing reaches the job, not even a size");
    assert!(!state.is_typing);
    update(&mut state, &launched.view(), &key("i"));
    insta::assert_snapshot!("readonly@80x24", seen(&launched, &state));
    update(&mut state, &launched.view(), &key("q"));
    insta::assert_snapshot!("readonly-leaving@80x24", seen(&launched, &state));
}

/// The rows of a screen that hold these words, with other options than the default ones.
fn rows_with(scene: &Scene, options: &Options, words: &[&str]) -> String {
    let state = UiState::new(options, (80, 24));
    let text = seen(scene, &state);
    text.lines().filter(|line| words.iter().any(|word| line.contains(word))).collect::<Vec<_>>().join("\n")
}

#[test]
fn graphs_are_drawn_with_what_can_be_shown() {
    let scene = scene("lost", NOW);
    let drawn =
        |graph| rows_with(&scene, &Options { graph, ..Options::default() }, &["Workers", "Heartbeat"]);
    insta::assert_snapshot!(
        "graphs",
        Graph::ALL.map(|(graph, name)| format!("{name}\n{}", drawn(graph))).join("\n")
    );
}

/// A figure that is cut tells another one: `1.57 MiB` is no rate, and `62` is not `62.0G`.
#[test]
fn no_figure_of_a_gauge_is_cut() {
    const LABELS: [&str; 10] = [
        "Memory",
        "Limit",
        "CPU",
        "Workers",
        "In flight",
        "Done",
        "Throughput",
        "Heartbeat",
        "Read",
        "Written",
    ];
    for name in ["healthy", "lost", "attached", "ended", "thousand", "still"] {
        let scene = scene(name, 60);
        for columns in 36..100 {
            let (state, _) = pressed(&scene, (columns, 30), "");
            let text = seen(&scene, &state);
            let gauges = text.lines().filter(|line| {
                LABELS.iter().any(|label| line.trim_start_matches(['│', ' ']).starts_with(label))
            });
            for line in gauges {
                assert!(!line.contains('…'), "{name} {columns}: {line}");
            }
        }
    }
}

#[test]
fn the_screen_says_when_what_it_shows_is_old_or_late() {
    let mut lost = scene("lost", NOW);
    let header = |scene: &Scene, state: &UiState, behind: u64, columns: u16| {
        let now = scene.snapshot.at.plus(Duration::from_secs(behind));
        let view = View { now, newest: now, ..scene.view() };
        let area = Rect::new(0, 0, columns, 24);
        let mut buffer = Buffer::empty(area);
        draw_into(&mut buffer, area, &view, state, &Theme::default());
        picture::text(&buffer)[0].clone()
    };
    let state = UiState::new(&Options::default(), (80, 24));
    assert!(!header(&lost, &state, 2, 80).contains("no news"));
    assert!(header(&lost, &state, 9, 80).ends_with("no news for 9s"));
    assert!(header(&lost, &state, 9, 40).ends_with("no news for 9s"), "the worst first");
    let held = UiState { is_held: true, ..state.clone() };
    assert!(header(&lost, &held, 9, 80).contains("HELD 9s ago ("));
    let ended = UiState { has_ended: true, ..state.clone() };
    assert!(header(&lost, &ended, 9, 80).ends_with("NO MORE DATA"));
    lost.snapshot.own.late = Duration::from_millis(2_300);
    assert!(header(&lost, &state, 0, 80).contains("late 2s  ■ 2 alerts"), "{}", header(&lost, &state, 0, 80));
}

#[test]
fn a_theme_is_what_is_seen() {
    let lost = scene("lost", NOW);
    let state = UiState::new(&Options::default(), (80, 24));
    let area = Rect::new(0, 0, 80, 24);
    for (name, _) in BUILT_IN {
        let theme = Theme::named(name, &[]).unwrap();
        let mut buffer = Buffer::empty(area);
        draw_into(&mut buffer, area, &lost.view(), &state, &theme);
        // The name of a lost worker is struck through, whatever the theme; its mark and cause stand beside it.
        let lines = picture::text(&buffer);
        let y = lines.iter().position(|line| line.contains("41199 ✝")).unwrap() as u16;
        let x = lines[usize::from(y)].chars().position(|c| c == '4').unwrap() as u16;
        assert!(buffer[(x, y)].modifier.contains(Modifier::CROSSED_OUT), "{name}");
        assert!(!buffer[(x + 6, y)].modifier.contains(Modifier::CROSSED_OUT), "{name}: the mark");
        let grounds = buffer.content.iter().filter(|cell| cell.bg == Color::Rgb(0, 0, 0)).count();
        assert_eq!(grounds, if name == "contrast" { 80 * 24 } else { 0 }, "{name}");
        let colours = buffer.content.iter().filter(|cell| cell.fg != Color::Reset).count();
        assert_eq!(colours == 0, name == "plain", "{name}");
        let rgb = buffer.content.iter().filter(|cell| matches!(cell.fg, Color::Rgb(..))).count();
        assert_eq!(rgb > 0, matches!(name, "dark" | "light" | "contrast"), "{name}");
    }
}

/// The last row of a screen: what the keys do now.
fn key_line(scene_name: &str, keys: &str, size: (u16, u16)) -> String {
    let scene = scene(scene_name, NOW);
    let (state, _) = pressed(&scene, size, keys);
    seen(&scene, &state).lines().last().unwrap_or_default().to_owned()
}

#[test]
fn the_key_line_tells_what_does_something_now() {
    let mut said = Vec::new();
    let scenes = [
        ("healthy", ""),
        ("healthy", "Tab"),
        ("lost", ""),
        ("attached", ""),
        ("ended", ""),
        ("empty", ""),
        ("empty", "Tab"),
        ("scan", "Tab"),
        ("healthy", "?"),
        ("healthy", "q"),
        ("healthy", "i"),
        ("healthy", ":"),
    ];
    for (scene, keys) in scenes {
        for columns in [120, 60, 40, 20] {
            let line = key_line(scene, keys, (columns, if columns == 20 { 5 } else { 24 }));
            said.push(format!("{scene:8} {keys:4} {columns:3} |{line}"));
            if !matches!(keys, "q" | "i" | ":") {
                assert!(
                    line.contains("q quit") && line.contains("? help"),
                    "{scene} {keys} {columns}: {line}"
                );
            }
        }
    }
    insta::assert_snapshot!("key-lines", said.join("\n"));
}

#[test]
fn chosen_keys_are_the_keys_everywhere() {
    let chosen = |action: &str, keys: &[&str]| KeyChoice {
        action: action.to_owned(),
        keys: keys.iter().map(ToString::to_string).collect(),
        line: 1,
    };
    let choices = [chosen("hold", &["f"]), chosen("help", &["h", "f1"]), chosen("zoom", &[])];
    let (keymap, _) = Keymap::with(&choices).unwrap();
    let scene = scene("healthy", NOW);
    let options = Options { keymap: Arc::new(keymap), ..Options::default() };
    let mut state = UiState::new(&options, (120, 120));
    update(&mut state, &scene.view(), &key("e"));
    assert!(!state.is_zoomed);
    let line = seen(&scene, &state);
    assert!(line.contains("h help") && line.contains("f hold") && !line.contains("e zoom"), "{line}");
    update(&mut state, &scene.view(), &key("h"));
    let help = seen(&scene, &state);
    assert!(help.contains("h F1") && !help.contains("whole screen"));
    update(&mut state, &scene.view(), &key("h"));
    update(&mut state, &scene.view(), &key("f"));
    assert!(state.is_held);
}

#[test]
fn ascii_where_the_locale_is_not_utf8() {
    let scene = scene("lost", NOW);
    let mut state = UiState::new(&Options { is_ascii: true, ..Options::default() }, (120, 36));
    update(&mut state, &scene.view(), &Event::Ended);
    insta::assert_snapshot!("ascii@120x36", seen(&scene, &state));
}

#[test]
fn a_launched_job_that_runs_is_not_left_without_a_question() {
    let launched = scene("healthy", NOW);
    for quit in ["q", "Ctrl-C"] {
        let (_, wishes) = pressed(&launched, (80, 24), quit);
        assert!(!wishes.iter().any(|wish| matches!(wish, Wish::Leave(_))), "{quit}: {wishes:?}");
    }
    let cases = [
        ("q Enter", Some(Wish::Leave(Leave::Detach))),
        ("q q", Some(Wish::Leave(Leave::Detach))),
        ("q e", Some(Wish::Leave(Leave::EndJob))),
        ("q w", Some(Wish::EndJob)),
        ("q Esc", None),
        ("q x", None),
        ("Q", Some(Wish::Leave(Leave::KeepScreen))),
        ("Ctrl-Z", Some(Wish::Suspend)),
    ];
    for (keys, expected) in cases {
        let (_, wishes) = pressed(&launched, (80, 24), keys);
        let wish = wishes
            .into_iter()
            .find(|wish| !matches!(wish, Wish::ResizeJob { .. } | Wish::Preview(_) | Wish::Shows(_)));
        assert_eq!(wish, expected, "{keys}");
    }
    for free in ["attached", "ended", "scan", "empty"] {
        let (_, wishes) = pressed(&scene(free, NOW), (80, 24), "q");
        assert!(wishes.contains(&Wish::Leave(Leave::Quit)), "{free}");
    }
}

#[test]
fn while_typing_all_keys_go_to_the_job() {
    let launched = scene("healthy", NOW);
    let (state, wishes) = pressed(&launched, (80, 24), "i q Ctrl-C Ctrl-]");
    let typed: Vec<u8> = wishes
        .into_iter()
        .filter_map(|wish| if let Wish::Input(bytes) = wish { Some(bytes) } else { None })
        .flatten()
        .collect();
    assert_eq!(typed, b"q\x03");
    assert!(!state.is_typing);
    let (state, _) = pressed(&scene("attached", NOW), (80, 24), "i");
    assert!(!state.is_typing, "an attached job has no terminal of ours");
}

#[test]
fn the_screen_asks_for_what_it_needs_once() {
    let scene = scene("healthy", NOW);
    let (mut state, wishes) = pressed(&scene, (120, 36), "");
    let sizes = wishes.iter().filter(|wish| matches!(wish, Wish::ResizeJob { .. })).count();
    let previews = wishes.iter().filter(|wish| matches!(wish, Wish::Preview(_))).count();
    assert_eq!((sizes, previews), (1, 1));
    assert_eq!(update(&mut state, &scene.view(), &key("j")), []);
    update(&mut state, &scene.view(), &key("Tab"));
    update(&mut state, &scene.view(), &key("j"));
    let wishes = update(&mut state, &scene.view(), &key("j"));
    assert_eq!(wishes, [Wish::Preview(Arc::clone(scene.findings[1].best()))]);
}

#[test]
fn a_chosen_member_stays_chosen_when_rows_change_places() {
    let before = scene("healthy", NOW);
    let (mut state, _) = pressed(&before, (120, 36), "j j j");
    let chosen = state.members.chosen.clone();
    update(&mut state, &before.view(), &key("I"));
    update(&mut state, &before.view(), &key(">"));
    assert_eq!(state.members.chosen, chosen);
    assert!(seen(&before, &state).contains(&chosen.unwrap().to_string()));
}

/// Whatever the size, whatever lies on top: no panic, and something on the screen.
#[test]
fn no_size_is_refused() {
    for name in SCENES {
        let scene = scene(name, NOW);
        for keys in ["", "Tab", "e", "?", "a", "G Enter", "q", ": s Down"] {
            for columns in [0, 1, 2, 3, 8, 20, 39, 59, 60, 79, 99, 100, 130] {
                for rows in [0, 1, 2, 3, 4, 5, 8, 10, 13, 18, 24, 45] {
                    let (state, _) = pressed(&scene, (columns, rows), keys);
                    let area = Rect::new(0, 0, columns, rows);
                    let mut buffer = Buffer::empty(area);
                    draw_into(&mut buffer, area, &scene.view(), &state, &Theme::plain());
                    let is_blank = picture::text(&buffer).iter().all(String::is_empty);
                    assert!(columns < 4 || rows == 0 || !is_blank, "{name} {keys} {columns}x{rows}");
                }
            }
        }
    }
}

static SMALL: std::sync::OnceLock<[Scene; 10]> = std::sync::OnceLock::new();

const KEYS: [&str; 65] = [
    "Tab",
    "Enter",
    "Esc",
    "Space",
    "Ctrl-Z",
    "Ctrl-]",
    "j",
    "k",
    "g",
    "G",
    "e",
    "t",
    "<",
    ">",
    "I",
    "s",
    "a",
    "i",
    "?",
    "q",
    "w",
    "x",
    "p",
    "J",
    "[",
    "]",
    "{",
    "}",
    "+",
    "-",
    "S",
    "m",
    "o",
    "y",
    "n",
    "X",
    "u",
    "h",
    "l",
    "Backspace",
    "Left",
    "Right",
    "/",
    "L",
    "F",
    "W",
    "f",
    "*",
    "P",
    "M",
    "T",
    "N",
    "1",
    "2",
    "3",
    "4",
    "5",
    "Up",
    "PgUp",
    "c",
    ":",
    "\"",
    "!",
    "日",
    "Down",
];

proptest::proptest! {
    #![proptest_config(proptest::test_runner::Config::with_cases(100))]
    /// Whatever is pressed and clicked in whatever size while scenes come and go: no panic, the state stays in its
    /// limits, and there is something on the screen.
    #[test]
    fn no_run_of_keys_breaks_it(
        steps in proptest::collection::vec(
            (0..KEYS.len(), 0_u16..140, 0_u16..50, 0..10_usize, 0_u16..140, 0_u16..50, 0..6_usize), 1..40,
        )
    ) {
        let scenes = SMALL.get_or_init(|| SCENES.map(|name| scene(name, 30)));
        let mut state = UiState::new(&Options::default(), (80, 24));
        for (nth, columns, rows, other, column, row, button) in steps {
            let shown = &scenes[other];
            update(&mut state, &shown.view(), &Event::Input(Input::Resize(columns, rows)));
            update(&mut state, &shown.view(), &key(KEYS[nth]));
            if let Some(kind) = [MouseKind::Press, MouseKind::WheelUp, MouseKind::WheelDown].get(button) {
                let mouse = Mouse { kind: *kind, column, row };
                update(&mut state, &shown.view(), &Event::Input(Input::Mouse(mouse)));
            }
            let area = Rect::new(0, 0, columns, rows);
            let mut buffer = Buffer::empty(area);
            draw_into(&mut buffer, area, &shown.view(), &state, &Theme::default());
            proptest::prop_assert!(state.members.top <= 1_002 && state.findings.top <= 10);
            let members = shown.snapshot.watched().map_or(0, |job| job.members.len());
            proptest::prop_assert!(state.members.row.is_none_or(|row| row < members));
            proptest::prop_assert!(state.findings.row.is_none_or(|row| row < shown.findings.len()));
            // One row of an overlay may be the blank one between two headings.
            let may_be_blank = columns < 4 || rows < if state.overlay.is_some() { 4 } else { 1 };
            let is_blank = picture::text(&buffer).iter().all(String::is_empty);
            proptest::prop_assert!(may_be_blank || !is_blank, "{columns}x{rows}");
        }
    }
}

#[test]
fn in_one_row_the_verdict_remains() {
    let scene = scene("lost", NOW);
    let (state, _) = pressed(&scene, (40, 1), "");
    assert!(seen(&scene, &state).contains("worker 41199 lost"));
}

#[test]
fn nothing_from_outside_steers_the_terminal() {
    let scene = scene("scan", NOW);
    let (state, _) = pressed(&scene, (120, 36), "Tab");
    assert!(!seen(&scene, &state).contains('\u{1b}'));
}

/// Bytes a second on the wire at 120x40, without the first frame.
fn bytes_a_second(name: &str, seconds: u64) -> usize {
    let mut terminal = Terminal::new(Wire::new(120, 40)).unwrap();
    let state = UiState::new(&Options::default(), (120, 40));
    let mut sum = 0;
    for second in NOW..=NOW + seconds {
        let scene = scene(name, second);
        terminal.draw(|frame| draw(frame, &scene.view(), &state, &Theme::default())).unwrap();
        if second > NOW {
            sum += terminal.backend().bytes().len();
        }
        terminal.backend_mut().sent();
    }
    sum / seconds as usize
}

#[test]
fn a_second_costs_few_bytes() {
    for (name, most) in [("still", 200), ("empty", 1), ("healthy", 1_000), ("thousand", 1_000)] {
        let bytes = bytes_a_second(name, 30);
        println!("{name}: {bytes} bytes a second");
        assert!(bytes < most, "{name}: {bytes} bytes a second, at most {most}");
    }
}
