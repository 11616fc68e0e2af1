#![expect(
    clippy::disallowed_methods,
    reason = "edge: a worker process, which works, rests and may die on request"
)]
//! A worker of the demo: tasks come in on its standard input, results go out on its standard output.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Resource, Rlimit, Signal, getpid, getrlimit, kill_process, setrlimit};

use super::dice::Dice;
use super::task::{Mishap, Tally, Task};

/// The share of a task's time that is spent working: four workers at this share keep one core busy.
const SHARE: f64 = 0.25;

/// How many descriptors a worker that leaves them open may have, and how many of them it does not use up.
const DESCRIPTORS: u64 = 256;
const SPARE: usize = 18;

/// What a worker says when nothing has come for too long; the parent ends then.
pub(super) const GIVES_UP: &str = "gives up";

/// Works until the input ends, or until nothing has come for so many seconds. With `room`, its address space is
/// limited to so many bytes, as `ulimit -v` would do it.
pub(super) fn work(limit: Duration, room: Option<u64>) -> u8 {
    let _ = rustix::thread::set_name(c"demo-worker");
    // One that waits for a server would not notice that its parent is gone.
    let _ = rustix::process::set_parent_process_death_signal(Some(Signal::KILL));
    if let Some(room) = room {
        let Rlimit { current, maximum } = getrlimit(Resource::As);
        let current = Some(current.map_or(room, |current| current.min(room)));
        // Where that is refused it leaks all the same, and just has more room.
        let _ = setrlimit(Resource::As, Rlimit { current, maximum });
    }
    let mut tasks = BufReader::new(io::stdin());
    let mut left_behind: Vec<Vec<u8>> = Vec::new();
    let mut left_open: Vec<File> = Vec::new();
    let mut line = String::new();
    loop {
        if tasks.buffer().is_empty() && !comes(limit) {
            say(&format!("{GIVES_UP}\n"));
            return 1;
        }
        line.clear();
        match tasks.read_line(&mut line) {
            Ok(0) | Err(_) => return 0,
            Ok(_) => {}
        }
        let Some(task) = Task::parse(&line) else { return 2 };
        let result = perform(task, limit);
        if task.leaks > 0 {
            // Written to, or the kernel would never give it.
            left_behind.push(vec![task.number as u8 | 1; task.leaks as usize]);
        }
        if task.opens > 0 {
            hoard(&mut left_open, task.opens);
        }
        if !say(&result) {
            return 0;
        }
    }
}

/// Opens files and keeps them, up to a limit that this worker has set itself.
fn hoard(left_open: &mut Vec<File>, count: u64) {
    if left_open.is_empty() {
        let hard = getrlimit(Resource::Nofile).maximum;
        let _ = setrlimit(Resource::Nofile, Rlimit { current: Some(DESCRIPTORS), maximum: hard });
    }
    // Some are left, so that the worker can go on.
    let room = (DESCRIPTORS as usize - SPARE).saturating_sub(left_open.len()).min(count as usize);
    left_open.extend((0..room).map_while(|_| File::open("/dev/null").ok()));
}

/// Whether input comes, or ends, within the limit.
fn comes(limit: Duration) -> bool {
    let deadline = Instant::now() + limit;
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        let timeout = Timespec::try_from(left).ok();
        match poll(&mut [PollFd::new(&io::stdin(), PollFlags::IN)], timeout.as_ref()) {
            Ok(0) => return false,
            Err(rustix::io::Errno::INTR) => {}
            Ok(_) | Err(_) => return true,
        }
    }
}

fn perform(task: Task, limit: Duration) -> String {
    let (mut tally, mut dice) = (Tally::default(), Dice::new(task.number));
    let begun = Instant::now();
    let takes = Duration::from_millis(task.takes_ms);
    while begun.elapsed() < takes {
        let block_begun = Instant::now();
        tally.add_block(&mut dice);
        if begun.elapsed() >= takes / 2 {
            suffer(task.mishap, limit);
        }
        let rest = block_begun.elapsed().mul_f64(1.0 / SHARE - 1.0);
        std::thread::sleep(rest.min(takes.saturating_sub(begun.elapsed())));
    }
    // On a slow machine one block may have taken all the time there was.
    suffer(task.mishap, limit);
    tally.line(task.number)
}

fn suffer(mishap: Mishap, limit: Duration) {
    match mishap {
        Mishap::None => {}
        Mishap::Silence => {
            wait_for_a_server(limit);
            say(&format!("{GIVES_UP}\n"));
            std::process::exit(1);
        }
        Mishap::Death => {
            let _ = kill_process(getpid(), Signal::KILL);
        }
        Mishap::Failure => {
            complain("ValueError: the checksum of this block is wrong");
            std::process::exit(1);
        }
        Mishap::NoModule => {
            complain("ModuleNotFoundError: No module named 'orjson'");
            std::process::exit(1);
        }
    }
}

/// Asks a server that never answers: itself, on the loopback.
fn wait_for_a_server(limit: Duration) {
    let asked = TcpListener::bind("127.0.0.1:0")
        .and_then(|server| Ok((TcpStream::connect(server.local_addr()?)?, server)))
        .and_then(|(stream, server)| stream.set_read_timeout(Some(limit)).map(|()| (stream, server)));
    match asked {
        Ok((mut stream, _server)) => drop(stream.read(&mut [0; 64])),
        Err(_) => std::thread::sleep(limit),
    }
}

/// What an interpreter prints when nobody catches an error.
fn complain(error: &str) {
    let traceback =
        format!("Traceback (most recent call last):\n  File \"worker.py\", line 12, in work\n{error}\n");
    let _ = io::stderr().write_all(traceback.as_bytes());
}

fn say(line: &str) -> bool {
    let mut out = io::stdout();
    // One write, which a pipe that many share keeps in one piece.
    out.write_all(line.as_bytes()).and_then(|()| out.flush()).is_ok()
}
