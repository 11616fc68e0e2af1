//! Who may come, and how runs are found again.

use super::*;

#[test]
fn garbage_and_crowds_do_no_harm() {
    let dir = Dir::new();
    let mut launched = dir.launch(WINDOW, "read line; echo got $line");
    let run = launched.hello.meta.run.clone();
    let socket = dir.places.folder_of(&run).unwrap().join("control.sock");
    let mut crowd = Vec::new();
    for number in 0..50 {
        let mut stranger = UnixStream::connect(&socket).unwrap();
        let _ = stranger.write_all(&vec![number; 100_000]);
        crowd.push(stranger);
    }
    launched.control.send(&Asked::Input(b"it\n".to_vec())).unwrap();
    assert_eq!(hear_exit(&mut launched.control), Exit::Code(0));
    assert!(dir.log(&run).contains("got it"));
}

#[test]
fn a_place_with_a_very_long_name_will_do() {
    let root = tempfile::tempdir().unwrap();
    let deep = root.path().join("d".repeat(100)).join("e".repeat(100));
    fs::create_dir_all(&deep).unwrap();
    let dir = Dir { places: Places::below(Some(deep.clone()), &deep), root };
    let launched = dir.launch(Io::Relay, "sleep 0.5");
    assert!(launched.hello.warnings.is_empty(), "{:?}", launched.hello.warnings);
    assert!(Control::connect(&dir.places, &launched.hello.meta.run).is_ok());
}

#[test]
fn a_run_is_found_from_a_session_with_another_runtime_folder() {
    let dir = Dir::new();
    let mut launched = dir.launch(Io::Relay, "sleep 0.5");
    let later = Places { sockets: dir.path("elsewhere"), ..dir.places.clone() };
    let found = registry::look_up(&later, &launched.hello.meta.run).unwrap();
    assert_eq!(found.fate, Fate::Live(State::Running));
    hear_exit(&mut launched.control);
}
