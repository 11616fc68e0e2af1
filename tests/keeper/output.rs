//! What jobs write: passed on to the byte, logged within a cap.

use super::*;

#[test]
fn relayed_output_is_exact_to_the_byte() {
    let dir = Dir::new();
    let bytes: Vec<u8> = (0..3_000_000u32).map(|at| (at.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    fs::write(dir.path("in"), &bytes).unwrap();
    let script = format!("cat {0}; cat {0} >&2", dir.path("in").display());
    let ((mut out, out_end), (mut err, err_end)) = (pipe(), pipe());
    let mut launched = dir.try_launch(&shell(Io::Relay, &script), &out_end, &err_end).unwrap();
    drop((out_end, err_end));
    let reader = std::thread::spawn(move || {
        let mut seen = Vec::new();
        out.read_to_end(&mut seen).map(|_| seen)
    });
    let mut seen = Vec::new();
    err.read_to_end(&mut seen).unwrap();
    assert!(seen == bytes, "standard error differs");
    assert!(reader.join().unwrap().unwrap() == bytes, "standard output differs");
    assert_eq!(hear_exit(&mut launched.control), Exit::Code(0));
}

#[test]
fn arguments_arrive_byte_for_byte() {
    let dir = Dir::new();
    let (mut out, end) = pipe();
    let odd = OsString::from_vec(b"\xff\n\"' \x1b".to_vec());
    let argv = vec!["printf".into(), "%s|".into(), odd.clone(), OsString::new()];
    let spec = LaunchSpec { argv, ..shell(Io::Relay, "") };
    let _launched = dir.try_launch(&spec, &end, &end).unwrap();
    drop(end);
    let mut seen = Vec::new();
    out.read_to_end(&mut seen).unwrap();
    assert_eq!(seen, [odd.into_vec(), b"||".to_vec()].concat());
}

#[test]
fn the_order_of_two_streams_into_one_is_kept() {
    let dir = Dir::new();
    let (mut out, end) = pipe();
    let script = "for i in 1 2 3 4 5 6 7 8 9; do echo $i; echo $i >&2; done";
    let _launched = dir.try_launch(&shell(Io::Relay, script), &end, end.try_clone().unwrap()).unwrap();
    drop(end);
    let mut seen = String::new();
    out.read_to_string(&mut seen).unwrap();
    assert_eq!(seen.replace('\n', ""), "112233445566778899");
}

#[test]
fn a_job_whose_reader_leaves_gets_a_broken_pipe() {
    let dir = Dir::new();
    let (mut out, end) = pipe();
    let mut launched =
        dir.try_launch(&spec(Io::Relay, &["yes"]), &end, File::open("/dev/null").unwrap()).unwrap();
    drop(end);
    out.read_exact(&mut [0; 10]).unwrap();
    drop(out);
    assert_eq!(hear_exit(&mut launched.control), Exit::Signal(13));
}

#[test]
fn what_a_job_leaves_running_holds_nobody_up_and_keeps_its_output() {
    let dir = Dir::new();
    let (mut out, end) = pipe();
    let script =
        format!("(while [ ! -e {} ]; do sleep 0.02; done; echo late) & echo early", dir.path("go").display());
    let mut launched =
        dir.try_launch(&shell(Io::Relay, &script), &end, File::open("/dev/null").unwrap()).unwrap();
    drop(end);
    assert_eq!(hear_exit(&mut launched.control), Exit::Code(0));
    fs::write(dir.path("go"), "").unwrap();
    let mut seen = String::new();
    out.read_to_string(&mut seen).unwrap();
    assert_eq!(seen, "early\nlate\n");
}

#[test]
fn a_limit_on_file_sizes_ends_the_log_and_not_the_job() {
    let dir = Dir::new();
    let places = format!("XDG_STATE_HOME={0}/state XDG_RUNTIME_DIR={0}", dir.root.path().display());
    let script = format!("ulimit -f 16; {places} {BINARY} run --headless -- seq 1 100000 | tail -n 1");
    let output = Command::new("sh").args(["-c", &script]).stdin(Stdio::null()).output().unwrap();
    assert_eq!(output.stdout, b"100000\n");
    until("the end was written down", || {
        registry::list(&dir.places)
            .iter()
            .all(|run| matches!(&run.fate, Fate::Ended(end) if end.exit == Exit::Code(0)))
    });
}

#[test]
fn the_log_is_capped() {
    let dir = Dir::new();
    let null = File::options().write(true).open("/dev/null").unwrap();
    let spec = LaunchSpec { log_cap: 10_000, ..shell(Io::Relay, "seq 1 20000") };
    let mut launched = dir.try_launch(&spec, &null, &null).unwrap();
    assert_eq!(hear_exit(&mut launched.control), Exit::Code(0));
    let folder = launched.hello.folder.unwrap();
    let sizes = [LOG, LOG_BEFORE].map(|name| fs::metadata(folder.join(name)).unwrap().len());
    assert!(sizes.iter().all(|&size| size <= 10_000), "{sizes:?}");
    assert!(dir.log(&launched.hello.meta.run).ends_with("20000\n"));
}

#[test]
fn a_log_that_cannot_be_written_does_not_touch_the_job() {
    let root = tempfile::tempdir().unwrap();
    fs::write(root.path().join("state"), "in the way").unwrap();
    let places = Places::below(Some(root.path().join("state")), &root.path().join("state"));
    let (mut out, end) = pipe();
    let front = Front { places, binary: BINARY.into(), streams: [end.as_fd(), end.as_fd(), end.as_fd()] };
    let mut launched = front.launch(&shell(Io::Relay, "echo fine; exit 4")).unwrap();
    drop(end);
    assert_eq!(launched.hello.warnings.len(), 2, "{:?}", launched.hello.warnings);
    assert_eq!(hear_exit(&mut launched.control), Exit::Code(4));
    let mut seen = String::new();
    out.read_to_string(&mut seen).unwrap();
    assert_eq!(seen, "fine\n");
}

#[test]
fn files_are_for_their_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let dir = Dir::new();
    let mut launched = dir.launch(Io::Relay, "echo hello");
    hear_exit(&mut launched.control);
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let folder = launched.hello.folder.unwrap();
    assert_eq!(mode(&folder), 0o700);
    for entry in fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        if !fs::metadata(&path).is_ok_and(|metadata| metadata.is_file()) {
            continue;
        }
        assert_eq!(mode(&path), 0o600, "{}", path.display());
    }
}

#[test]
fn the_keeper_is_small() {
    let dir = Dir::new();
    for io in [WINDOW, Io::Relay] {
        let mut launched = dir.launch(io, "seq 1 1000; sleep 0.5");
        let run = launched.hello.meta.run.clone();
        until("output is logged", || dir.log(&run).ends_with("1000\n"));
        let keeper = launched.hello.meta.keeper_pid;
        let status = fs::read_to_string(format!("/proc/{keeper}/status")).unwrap();
        let field = |name: &str| status.lines().find(|line| line.starts_with(name)).unwrap().to_owned();
        assert_eq!(field("Threads").split_whitespace().last(), Some("1"));
        let anon: u64 = field("RssAnon").split_whitespace().nth(1).unwrap().parse().unwrap();
        // Most of it are the five hundred rules by which it hides secrets.
        assert!(anon < 3584, "{anon} kB of its own");
        hear_exit(&mut launched.control);
    }
}

#[test]
fn a_relayed_job_inherits_other_descriptors_and_the_keeper_lets_go_of_them() {
    let dir = Dir::new();
    let places = format!("XDG_STATE_HOME={0}/state XDG_RUNTIME_DIR={0}", dir.root.path().display());
    // The survivor holds the output, and with it the keeper, but not descriptor 7.
    let job = "echo through 7 >&7; (exec 7>&-; sleep 1) &";
    let script =
        format!("{places} {BINARY} run --headless -- sh -c '{job}' 7>{}/seven", dir.root.path().display());
    let begun =
        Command::new("sh").args(["-c", &script]).stdin(Stdio::null()).stdout(Stdio::null()).status().unwrap();
    assert!(begun.success());
    let seven = dir.path("seven");
    assert_eq!(fs::read_to_string(&seven).unwrap(), "through 7\n");
    let keeper = registry::list(&dir.places).pop().unwrap().meta.keeper_pid;
    let mut held = fs::read_dir(format!("/proc/{keeper}/fd")).into_iter().flatten().flatten();
    assert!(!held.any(|fd| fs::read_link(fd.path()).is_ok_and(|path| path == seven)));
}
