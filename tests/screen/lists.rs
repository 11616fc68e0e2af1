//! The lists as people work in them: filtered, sorted, folded, scrolled, and clicked on.

use std::sync::Arc;

use ratatui::layout::Rect;
use telltales::scan::finding::Finding;
use telltales::scan::found::Found;
use telltales::ui::parts::List;

use super::*;

/// The keys of a text that is typed.
fn typed(text: &str) -> String {
    text.chars()
        .map(|c| if c == ' ' { "Space".to_owned() } else { c.to_string() })
        .collect::<Vec<_>>()
        .join(" ")
}

#[test]
fn a_filter_while_it_is_typed_and_once_it_is_kept() {
    check("filter-typed", "thousand", &format!("/ {}", typed("cpu>90 state=R")));
    check("filter-kept", "thousand", &format!("/ {} Enter j", typed("cpu>90 state=R")));
    check("filter-fields", "scan", "Tab /");
    check("filter-error", "healthy", &format!("/ {}", typed("cpu>90 cpux>5")));
    check("filter-nothing", "healthy", &format!("/ {} Enter", typed("mem>1T")));
    check("filter-findings", "scan", &format!("Tab / {} Enter", typed("level>=medium path:config")));
}

#[test]
fn the_log_with_the_keys() {
    check("log", "healthy", "L PgUp Up");
    check("log-wrapped", "healthy", &format!("e L W / {}", typed("warn")));
}

#[test]
fn a_folded_tree() {
    check("folded", "healthy", "t j Left");
}

#[test]
fn findings_by_rule_and_their_facets() {
    check("by-rule", "scan", "Tab >");
    check("facets", "scan", "Tab f Space j Space");
}

#[test]
fn parts_that_a_number_hides() {
    check("hidden", "healthy", "1 5");
    check("hidden-all", "healthy", "1 2 3 Tab");
}

#[test]
fn a_filter_lets_go_what_it_kept() {
    let scene = scene("healthy", NOW);
    let (state, _) = pressed(&scene, (120, 36), &format!("/ {} Enter", typed("mem>1T")));
    assert!(seen(&scene, &state).contains("No members match /mem>1T. Esc clears the filter"));
    let (state, _) = pressed(&scene, (120, 36), &format!("/ {} Enter Esc", typed("mem>1T")));
    assert!(seen(&scene, &state).contains("18 members"));
    let (state, wishes) = pressed(&scene, (120, 36), "/ q Q Ctrl-C q");
    assert!(
        !wishes.iter().any(|wish| matches!(wish, Wish::Leave(_))),
        "letters are typed, and Ctrl-C closes"
    );
    assert_eq!(state.filters.typed, None);
}

#[test]
fn what_a_filter_leaves_out_stays_chosen() {
    let scene = scene("healthy", NOW);
    let (state, _) = pressed(&scene, (120, 36), &format!("j j / {} Enter", typed("cpu>1000")));
    assert_eq!(state.members.row, None);
    let chosen = state.members.chosen.clone();
    assert!(chosen.is_some());
    let (state, _) = pressed(&scene, (120, 36), &format!("j j / {} Esc", typed("cpu>1000")));
    assert_eq!((state.members.chosen, state.members.row), (chosen, Some(1)));
}

#[test]
fn each_list_keeps_its_own_filter() {
    let scene = scene("healthy", NOW);
    let keys = format!("/ {} Enter L / {} Enter Tab / {} Enter", typed("idle"), typed("warn"), typed("aws"));
    let (state, _) = pressed(&scene, (120, 36), &keys);
    let kept = [List::Members, List::Log, List::Findings].map(|list| state.filters.of(list).query.text());
    assert_eq!(kept, ["idle", "warn", "aws"]);
    let seen = seen(&scene, &state);
    for title in ["/idle  5 of 18", "/warn  39 of 421", "/aws  1 of 10"] {
        assert!(seen.contains(title), "{title}:\n{seen}");
    }
}

#[test]
fn the_log_keeps_its_place_while_lines_come() {
    let scene = scene("healthy", NOW);
    let (mut state, _) = pressed(&scene, (120, 36), "L k k k");
    let line = |scene: &Scene, state: &UiState| {
        let lines = seen(scene, state);
        lines.lines().skip_while(|line| !line.contains("Output")).nth(1).unwrap_or_default()[..40].to_owned()
    };
    let before = line(&scene, &state);
    let later = super::scene("healthy", NOW + 9);
    update(&mut state, &later.view(), &Event::Ended);
    assert_eq!(line(&later, &state), before);
    update(&mut state, &later.view(), &key("F"));
    assert_ne!(line(&later, &state), before);
    assert_eq!(state.log.top, None);
}

#[test]
fn facets_become_terms() {
    let scene = scene("scan", NOW);
    let (state, _) = pressed(&scene, (120, 36), "Tab f Space j Space Enter");
    assert_eq!(state.filters.of(List::Findings).query.text(), "level=high,medium");
    let (state, _) = pressed(&scene, (120, 36), "Tab f G Enter");
    assert_eq!(state.filters.of(List::Findings).query.text().split(':').next(), Some("folder"));
}

/// Where a text stands on the screen, in cells.
fn find(scene: &Scene, state: &UiState, text: &str, nth: usize) -> (u16, u16) {
    let area = Rect::new(0, 0, state.size.0, state.size.1);
    let mut buffer = Buffer::empty(area);
    draw_into(&mut buffer, area, &scene.view(), state, &Theme::default());
    let mut found = Vec::new();
    for y in 0..area.height {
        let cells: Vec<&str> = (0..area.width).map(|x| buffer[(x, y)].symbol()).collect();
        for x in 0..cells.len() {
            if cells[x..].concat().starts_with(text) {
                found.push((x as u16, y));
            }
        }
    }
    *found.get(nth).unwrap_or_else(|| panic!("{text} stands {} times:\n{}", found.len(), seen(scene, state)))
}

fn click(scene: &Scene, state: &mut UiState, text: &str, nth: usize) -> Vec<Wish> {
    let (column, row) = find(scene, state, text, nth);
    mouse(scene, state, MouseKind::Press, column, row)
}

fn mouse(scene: &Scene, state: &mut UiState, kind: MouseKind, column: u16, row: u16) -> Vec<Wish> {
    update(state, &scene.view(), &Event::Input(Input::Mouse(Mouse { kind, column, row })))
}

#[test]
fn a_click_does_what_stands_there() {
    use telltales::ui::state::{Column, FindingColumn, Overlay, Pane};
    let scene = scene("healthy", NOW);
    for size in [(120, 36), (200, 60), (110, 20)] {
        let (mut state, _) = pressed(&scene, size, "");
        click(&scene, &mut state, "41193", 0);
        assert_eq!(state.members.chosen.as_ref().map(ToString::to_string).as_deref(), Some("41193"));
        click(&scene, &mut state, "41193", 0);
        assert!(matches!(state.overlay, Some(Overlay::Member(_))), "the second click opens it");
        click(&scene, &mut state, "telltale", 0);
        assert_eq!(state.overlay, None, "a click beside it closes it");
        click(&scene, &mut state, "MEM", 0);
        click(&scene, &mut state, "MEM", 0);
        assert_eq!((state.column, state.is_reversed), (Column::Memory, true));
        click(&scene, &mut state, "RULE", 0);
        assert_eq!((state.finding_column, state.pane), (FindingColumn::Rule, Pane::Scan));
        click(&scene, &mut state, "aws-access-key", 0);
        assert!(state.chosen_finding(&scene.findings).is_some_and(|(_, finding)| finding.line == 12));
        click(&scene, &mut state, "Memory", 0);
        assert_eq!(state.pane, Pane::Watch);
        click(&scene, &mut state, "? help", 0);
        assert_eq!(state.overlay, Some(Overlay::Help));
        click(&scene, &mut state, "Esc close", 0);
        assert_eq!(state.overlay, None);
        click(&scene, &mut state, "/ filter", 0);
        assert_eq!(state.filters.typed, Some(List::Members));
    }
    let (mut state, _) = pressed(&scene, (120, 36), "");
    click(&scene, &mut state, "Output", 0);
    assert!(state.is_in_log);
    let (mut state, _) = pressed(&scene, (80, 24), "");
    click(&scene, &mut state, "secrets", 0);
    assert_eq!(state.pane, Pane::Scan, "the summary leads to its pane");
    let (mut state, _) = pressed(&scene, (80, 24), "Tab f");
    click(&scene, &mut state, "jwt", 0);
    click(&scene, &mut state, "Enter filter", 0);
    assert_eq!(state.filters.of(List::Findings).query.text(), "rule=jwt");
}

#[test]
fn the_wheel_scrolls_what_lies_under_it() {
    let scene = scene("thousand", NOW);
    let (mut state, _) = pressed(&scene, (120, 36), "j");
    let (column, row) = find(&scene, &state, "41193", 0);
    mouse(&scene, &mut state, MouseKind::WheelDown, column, row);
    assert_eq!((state.members.top, state.members.is_away), (3, true));
    assert!(seen(&scene, &state).contains("F follows the chosen row"));
    update(&mut state, &scene.view(), &Event::Ended);
    assert_eq!(state.members.top, 3, "it stays where it was left");
    update(&mut state, &scene.view(), &key("F"));
    assert_eq!(state.members.top, 0);
    let (column, row) = find(&scene, &state, "Output", 0);
    mouse(&scene, &mut state, MouseKind::WheelUp, column, row + 1);
    assert!(state.log.top.is_some());
    mouse(&scene, &mut state, MouseKind::WheelDown, column, row + 1);
    assert_eq!(state.log.top, None, "at its end it follows again");
}

#[test]
fn a_second_list_of_findings_in_the_place_of_the_first_is_taken_over() {
    let mut scene = scene("scan", NOW);
    let (mut state, _) = pressed(&scene, (120, 36), "Tab / a w s Enter");
    assert!(seen(&scene, &state).contains("1 of 10"));
    for found in &mut scene.findings {
        let finding = Finding { rule: "aws".into(), ..Finding::clone(found) };
        *found = Arc::new(Found::from(finding));
    }
    update(&mut state, &scene.view(), &Event::Findings(Arc::new(Vec::new())));
    assert!(seen(&scene, &state).contains("10 of 10"));
}

#[test]
fn a_chosen_finding_stays_chosen_when_it_is_sorted_and_filtered() {
    let mut scene = scene("scan", NOW);
    scene.findings = fixture::many_findings(500);
    let (mut state, _) = pressed(&scene, (120, 36), "Tab G Up");
    let chosen = state.findings.chosen.clone();
    assert_eq!(state.findings.row, Some(498));
    for keys in ["> > I", "/ e n t r o p y Enter", "< I"] {
        for name in keys.split(' ') {
            update(&mut state, &scene.view(), &key(name));
        }
        let (_, finding) = state.chosen_finding(&scene.findings).unwrap();
        assert!(chosen.as_ref().is_some_and(|key| key.is(finding)), "{keys}");
        assert!(seen(&scene, &state).contains("dir"), "it is in sight");
        let row = state.findings.row.unwrap();
        assert!((state.findings.top..state.findings.top + 36).contains(&row));
    }
}

#[test]
fn a_number_shows_what_is_not_in_sight_and_gives_it_the_keys() {
    let scene = scene("healthy", NOW);
    for (size, keys, focus, shown, gone) in [
        ((120, 36), "2", List::Log, "Output", "PID"),
        ((120, 36), "2 2", List::Members, "PID", "hidden"),
        ((120, 36), "3 3", List::Log, "Output", "hidden"),
        ((120, 36), "1", List::Members, "PID", "Memory"),
        ((120, 36), "1 2 3", List::Findings, "aws-access-key", "41191"),
        ((80, 24), "4", List::Findings, "aws-access-key", "41191"),
        ((80, 24), "4 5", List::Findings, "aws-access-key", "LOG_LEVEL"),
        ((40, 12), "3", List::Log, "Output", "PID"),
        ((40, 12), "3 2", List::Members, "PID", "Output"),
    ] {
        let (state, _) = pressed(&scene, size, keys);
        let seen = seen(&scene, &state);
        assert_eq!(state.focus(), focus, "{keys}\n{seen}");
        assert!(seen.contains(shown) && !seen.contains(gone), "{keys}\n{seen}");
    }
}
