#![expect(clippy::disallowed_methods, reason = "reads the source tree")]
#![expect(clippy::unwrap_used, reason = "a test binary")]
//! The floors of the house: a room imports only rooms below it.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Rooms from the top floor down; rooms on one floor don't import each other, but for the pairs in [`ALSO`].
const FLOORS: &[&[&str]] = &[
    &["cli", "demo"],
    &["session"],
    &["feed", "history", "job"],
    &["detect", "diagnose", "alert", "proc", "ui"],
    &["scan", "config"],
    &["model"],
];

/// What a room may import although the floors don't say so, with the reason.
const ALSO: &[(&str, &str, &str)] = &[
    ("cli", "demo", "the demo is a subcommand"),
    ("job", "feed", "a keeper counts what its job sends, so that nothing is lost while nobody looks"),
];

/// What a room may not import although it lies below, with the reason.
const NEVER: &[(&str, &str, &str)] = &[
    ("ui", "proc", "the screen reads nothing"),
    ("ui", "detect", "the screen judges nothing"),
    ("ui", "alert", "the screen judges nothing"),
    ("ui", "diagnose", "the screen judges nothing"),
    ("diagnose", "proc", "causes are named from values only"),
    ("detect", "proc", "detectors see values only"),
    ("scan", "config", "the scanner is given its options"),
];

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// The rooms that a line of code names: `crate::room` and `use crate::{room, …}`.
fn imports(line: &str) -> Vec<String> {
    let code = line.split("//").next().unwrap();
    let room = |rest: &str| rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>();
    code.match_indices("crate::")
        .flat_map(|(at, found)| {
            let rest = &code[at + found.len()..];
            match rest.strip_prefix('{') {
                Some(list) => list.split(',').map(|part| room(part.trim())).collect(),
                None => vec![room(rest)],
            }
        })
        .collect()
}

fn complaint(room: &str, other: &str, floors: &HashMap<&str, usize>) -> Option<String> {
    let among = |list: &[(&str, &str, &'static str)]| {
        list.iter().find(|(from, to, _)| (*from, *to) == (room, other)).map(|(_, _, why)| *why)
    };
    if let Some(why) = among(NEVER) {
        return Some(format!("{room} must not import {other}: {why}"));
    }
    let (here, there) = (floors.get(room)?, floors.get(other)?);
    (room != other && there <= here && among(ALSO).is_none())
        .then(|| format!("{room} imports {other}, which is not below it"))
}

#[test]
fn a_room_imports_only_rooms_below_it() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let floors: HashMap<&str, usize> =
        FLOORS.iter().enumerate().flat_map(|(at, rooms)| rooms.iter().map(move |room| (*room, at))).collect();
    let mut files = Vec::new();
    sources(&root, &mut files);
    let mut complaints = Vec::new();
    for file in &files {
        let inside = file.strip_prefix(&root).unwrap();
        let room = inside.iter().next().unwrap().to_str().unwrap();
        if inside.components().count() > 1 {
            assert!(floors.contains_key(room), "{room} has no floor yet: give it one");
        }
        for (number, line) in fs::read_to_string(file).unwrap().lines().enumerate() {
            for other in imports(line) {
                let found = complaint(room, &other, &floors);
                complaints.extend(found.map(|words| format!("{}:{}: {words}", inside.display(), number + 1)));
            }
        }
    }
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

#[test]
fn the_check_itself_sees_what_is_wrong() {
    let floors: HashMap<&str, usize> =
        FLOORS.iter().enumerate().flat_map(|(at, rooms)| rooms.iter().map(move |room| (*room, at))).collect();
    assert_eq!(imports("use crate::model::job::Job;"), ["model"]);
    assert_eq!(imports("use crate::{model::job, scan};"), ["model", "scan"]);
    assert_eq!(imports("// crate::session is above"), Vec::<String>::new());
    assert!(complaint("model", "scan", &floors).is_some(), "upward");
    assert!(complaint("ui", "proc", &floors).is_some(), "sideways");
    assert!(complaint("session", "model", &floors).is_none(), "downward");
    assert!(complaint("cli", "demo", &floors).is_none(), "named with its reason");
}

/// What stops, ends or signals a process, and the files that may do it: each of them only when somebody asked.
const DEEDS: [&str; 7] = [
    "pidfd_send_signal",
    "kill_process",
    "kill_process_group",
    "cgroup.freeze",
    "freezer.state",
    "cgroup.kill",
    "libc::ptrace",
];
const DOERS: [(&str, &str); 15] = [
    ("job/tree.rs", "one process by its identity, and the descendants of a keeper"),
    ("job/keeper/grant.rs", "what a client asks of a keeper"),
    ("job/freeze/group.rs", "freezes the control group that is a job's own"),
    ("cli/granter.rs", "stops telltale itself, as a shell's Ctrl-Z does"),
    ("alert/command.rs", "ends the command of --on-alert when its time is up"),
    ("demo/worker.rs", "is a job itself, and plays a death"),
    ("demo/hang/pools.rs", "is a job itself, and plays a death"),
    ("demo/hang/processes.rs", "is a job itself, and plays one that stops itself"),
    ("demo/hang/limit.rs", "ends what a scenario has started"),
    ("demo/hang/groups.rs", "freezes a group that it has made for a child of its own"),
    ("cli/lab.rs", "ends the scenario that it has started"),
    ("cli/editor.rs", "lets an editor go on that the screen started"),
    ("proc/trace/tracee.rs", "traces system calls for those who say `diagnose --trace`"),
    ("proc/trace/live.rs", "tests that signals reach one that is traced"),
    ("cli/attach.rs", "asks whether a process is there; it signals nobody"),
];

/// Who calls what does it: through these, and nowhere else, anything that watches could come to signal somebody.
const ASKERS: [(&str, &[&str]); 4] = [
    ("tree::send", &["job/freeze/stop.rs", "cli/acting.rs"]),
    ("tree::signal_descendants", &["job/keeper/grant.rs"]),
    ("stop::", &["job/freeze/hand.rs", "job/keeper/cold.rs"]),
    ("trace::failed_calls", &["session/inquiry.rs"]),
];

#[test]
fn watching_alone_signals_nobody() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&root, &mut files);
    let mut complaints = Vec::new();
    for file in &files {
        let inside = file.strip_prefix(&root).unwrap().to_str().unwrap().to_owned();
        let text = fs::read_to_string(file).unwrap();
        // Whole words: to ask whether somebody is there is no deed, and tests end what they start.
        let code = text.split("#[cfg(test)]").next().unwrap().replace("test_kill_process", "is_there");
        let code: Vec<&str> = code.lines().map(|line| line.split("//").next().unwrap()).collect();
        let has = |word: &str| code.iter().any(|line| line.contains(word));
        let may = DOERS.iter().any(|(doer, _)| *doer == inside);
        let done = DEEDS.iter().filter(|deed| !may && has(deed));
        complaints.extend(done.map(|deed| format!("{inside} has {deed}")));
        let asked = ASKERS.iter().filter(|(what, by)| has(what) && !by.contains(&inside.as_str()));
        complaints.extend(asked.map(|(what, _)| format!("{inside} calls {what}")));
    }
    assert!(complaints.is_empty(), "only what somebody asked for may signal:\n{}", complaints.join("\n"));
}

#[test]
fn every_file_says_what_it_owns() {
    let mut files = Vec::new();
    sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut files);
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        assert!(text.lines().any(|line| line.starts_with("//! ")), "{} has no head", file.display());
    }
}
