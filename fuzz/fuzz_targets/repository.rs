//! A repository that was tampered with: one of its files holds something else, or an object says something else. Needs `git`
//! to make the whole one; without it nothing is tried.
#![no_main]

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;
use std::sync::atomic::AtomicBool;

use flate2::Compression;
use flate2::write::ZlibEncoder;
use libfuzzer_sys::fuzz_target;
use telltales::scan::engine::{self, Options, Place};
use telltales::scan::history::course::History;
use telltales::scan::progress::Progress;

/// A repository, and the files of it that are changed; those at the end hold an object each.
struct Whole {
    folder: PathBuf,
    files: Vec<PathBuf>,
    first_object: usize,
}

static WHOLE: LazyLock<Option<Whole>> = LazyLock::new(|| {
    let shared = Path::new("/dev/shm");
    let room = if shared.is_dir() { shared.to_owned() } else { std::env::temp_dir() };
    let folder = room.join(format!("telltale-fuzz-{}", std::process::id()));
    fs::create_dir_all(folder.join("conf")).ok()?;
    let git = |args: &[&str]| {
        let mut command = Command::new("git");
        command.args(["-c", "user.name=Ada", "-c", "user.email=ada@example.org", "-c", "gc.auto=0"]).args(args);
        command.current_dir(&folder).env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1");
        command.output().is_ok_and(|output| output.status.success()).then_some(())
    };
    let write = |name: &str, step: usize| {
        let lines: String = (0..40).map(|line| format!("a line that stays as it is: {line}\n")).collect();
        let leak = format!("password = \"tr0ub4dor-{step}-xQ7\"\n");
        fs::write(folder.join(name), format!("{lines}{leak}{lines}{step}\n")).ok()
    };
    git(&["init", "-q", "-b", "main"])?;
    for step in 0..4 {
        write("conf/a.py", step)?;
        git(&["add", "-A"])?;
        git(&["commit", "-q", "-m", "step"])?;
    }
    git(&["tag", "-a", "-m", "packed", "one"])?;
    git(&["gc", "-q"])?;
    // And what lies in files of its own: a commit with its folders, a tag, a stash, something that is only staged.
    write("conf/b.py", 4)?;
    git(&["add", "-A"])?;
    git(&["commit", "-q", "-m", "loose"])?;
    git(&["tag", "-a", "-m", "loose", "two"])?;
    write("conf/a.py", 5)?;
    git(&["stash", "-q"])?;
    write("conf/c.py", 6)?;
    git(&["add", "-A"])?;
    let mut files = Vec::new();
    for name in ["HEAD", "config", "index", "packed-refs", "shallow", "objects/info/alternates", "logs/refs/stash"] {
        files.push(folder.join(".git").join(name));
    }
    files.push(folder.join(".git/refs/heads/main"));
    let below = |folder: PathBuf| {
        let entries = fs::read_dir(folder).into_iter().flatten().flatten();
        let mut paths: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
        paths.sort();
        paths
    };
    files.extend(below(folder.join(".git/objects/pack")));
    let first_object = files.len();
    let loose = below(folder.join(".git/objects")).into_iter();
    files.extend(loose.filter(|one| one.file_name().is_some_and(|name| name.len() == 2)).flat_map(below));
    Some(Whole { folder, files, first_object })
});

fuzz_target!(|bytes: &[u8]| {
    let Some(Whole { folder, files, first_object }) = &*WHOLE else { return };
    let Some((&[which, way, high, low], rest)) = bytes.split_first_chunk::<4>() else { return };
    let at = usize::from(which) % files.len();
    let file = &files[at];
    let before = fs::read(file).ok();
    let mut now = before.clone().unwrap_or_default();
    match way & 3 {
        // A part of it is something else, or all of it.
        0 => {
            let start = usize::from(u16::from_be_bytes([high, low])) % (now.len() + 1);
            let end = (start + rest.len()).min(now.len());
            now.splice(start..end, rest.iter().copied());
        }
        1 => now = rest.to_vec(),
        2 => now.truncate(usize::from(u16::from_be_bytes([high, low]))),
        _ if at < *first_object => now = rest.to_vec(),
        _ => {
            let kind = ["blob", "tree", "commit", "tag"][usize::from(high) % 4];
            let mut packed = ZlibEncoder::new(Vec::new(), Compression::fast());
            let whole = [format!("{kind} {}\0", rest.len() + usize::from(low & 1)).as_bytes(), rest].concat();
            packed.write_all(&whole).expect("a Vec takes all");
            now = packed.finish().expect("a Vec takes all");
        }
    }
    let _ = fs::remove_file(file);
    fs::write(file, now).expect("there is room");
    let place = match way >> 2 & 3 {
        0 => Place::Staged(None),
        1 => Place::History(History { since: Some("one".into()), ..History::default() }),
        way => Place::History(History { unreachable: way == 2, ..History::default() }),
    };
    let options = Options { roots: vec![folder.clone()], place, threads: 1, ..Options::default() };
    if options.check().is_ok() {
        let report = engine::scan(&options, &Progress::default(), &AtomicBool::new(false), &|finding| {
            assert!(finding.line >= 1 && finding.column >= 1);
            assert!(finding.secret.is_none(), "nobody asked for it");
        });
        for problem in &report.problems {
            assert!(!problem.chars().any(char::is_control), "{problem:?}");
        }
    }
    let _ = fs::remove_file(file);
    if let Some(before) = before {
        fs::write(file, before).expect("there is room");
    }
});
