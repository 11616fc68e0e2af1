#![expect(
    clippy::disallowed_methods,
    reason = "edge: the demo's parent process, which starts workers and prints"
)]
//! The parent of the demo: hands out tasks, takes results in order, replaces workers that die, prints its progress.
//!
//! It fails the way pools of processes do (Python's `multiprocessing.Pool` among them): a worker that dies is
//! replaced, the task that died with it is not, and whoever takes the results in order waits for it for ever. Only
//! the demo's limit ends that.

use std::collections::{BTreeSet, VecDeque};
use std::ffi::OsString;
use std::io::{self, BufRead, BufReader, IsTerminal, PipeWriter, Write};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::dice::Dice;
use super::hang;
use super::scenario::{DEMO_JOB, SECONDS, Scenario};
use super::script::{Script, Turn};
use super::task::{Mishap, Task};
use super::worker::{self, GIVES_UP};
use crate::scan::validate::sealed;

/// How many workers there are, on machines with two cores and more.
const WORKERS: usize = 4;

/// Tasks a worker has before it: the one it does and the next.
const AHEAD: usize = 2;

/// How far results may run ahead of the one that is waited for.
const WINDOW: u64 = 32;

/// The address space of a worker that leaks, in MiB: at the end it is nearly full.
const ROOM: u64 = 144;

/// How long a demo that hangs hangs.
const LIMIT: Duration = Duration::from_mins(15);

const PRINT_EVERY: Duration = Duration::from_millis(450);
const LOG_EVERY: Duration = Duration::from_secs(4);

const WORKER: &str = "worker";

/// What to run.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// The scenario.
    pub scenario: Scenario,
    /// How long it runs when nothing goes wrong.
    pub seconds: u32,
    /// How long it hangs when something does.
    pub limit: Duration,
}

/// The hidden subcommand: `SCENARIO [SECONDS [LIMIT-SECONDS]]` for the parent of a batch, `SCENARIO [LIMIT-SECONDS
/// [TRUTH-FILE]]` for a hang. Gives the exit code.
pub fn job(arguments: &[OsString]) -> u8 {
    let words: Vec<&str> = arguments.iter().filter_map(|word| word.to_str()).collect();
    let number = |at: usize| words.get(at).and_then(|word| word.parse::<u32>().ok());
    let seconds = |at| number(at).map(|seconds| Duration::from_secs(seconds.into()));
    let name = words.first().copied().unwrap_or("works");
    if name == WORKER {
        return worker::work(seconds(1).unwrap_or(LIMIT), number(2).map(|mib| u64::from(mib) << 20));
    }
    if let Some(hang) = hang::named(name) {
        return hang::play(hang, seconds(1).unwrap_or(hang::LIMIT), arguments.get(2).map(PathBuf::from));
    }
    let Some(scenario) = Scenario::named(name) else { return 2 };
    let seconds_in_all = number(1).unwrap_or(SECONDS).clamp(1, 24 * 3600);
    run(Options { scenario, seconds: seconds_in_all, limit: seconds(2).unwrap_or(LIMIT) })
}

/// Runs the demo as this process and gives its exit code.
pub fn run(options: Options) -> u8 {
    match Batch::begin(options).and_then(Batch::finish) {
        Ok(code) => code,
        // Nobody reads any more: like any filter, it ends.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => 0,
        Err(error) => {
            let _ = writeln!(io::stderr(), "demo: {error}");
            1
        }
    }
}

struct Batch {
    options: Options,
    script: Script,
    workers: Vec<Worker>,
    /// How many of them get tasks.
    crew: usize,
    results: BufReader<io::PipeReader>,
    /// Kept so that results never end, even when all workers have: that is what makes a pool wait for ever.
    into_results: PipeWriter,
    total: u64,
    next: u64,
    /// Tasks whose worker died, to be handed out again.
    again: VecDeque<Task>,
    /// Results are taken in order up to here; these have come out of order.
    done: u64,
    early: BTreeSet<u64>,
    dice: Dice,
    begun: Instant,
    printed: Instant,
    logged: Instant,
    is_terminal: bool,
    has_told: bool,
}

struct Worker {
    child: Child,
    tasks: ChildStdin,
    handed: VecDeque<Task>,
}

impl Batch {
    fn begin(options: Options) -> io::Result<Self> {
        let _ = rustix::thread::set_name(c"demo-batch");
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let (results, into_results) = io::pipe()?;
        let count = WORKERS.min(cores * 2);
        let workers =
            (0..count).map(|_| Worker::start(&into_results, &options)).collect::<io::Result<_>>()?;
        let now = Instant::now();
        // A task takes a second on average.
        let (seconds, total) = (u64::from(options.seconds), u64::from(options.seconds) * count as u64);
        Ok(Self {
            options,
            script: Script { scenario: options.scenario, total, seconds },
            workers,
            crew: count,
            again: VecDeque::new(),
            results: BufReader::new(results),
            into_results,
            total,
            next: 0,
            done: 0,
            early: BTreeSet::new(),
            dice: Dice::new(1),
            begun: now,
            printed: now,
            logged: now,
            is_terminal: io::stdout().is_terminal(),
            has_told: false,
        })
    }

    fn finish(mut self) -> io::Result<u8> {
        let (total, count) = (self.total, self.workers.len());
        self.log(&format!("INFO  {total} blocks of text, {count} workers, seed 1"))?;
        let mut line = String::new();
        while self.finished() < self.total {
            self.replace_the_dead()?;
            match self.script.parent(self.finished()) {
                Some(Turn::Quits) => {
                    self.log("INFO  the pool is closed")?;
                    return self.dismiss();
                }
                Some(turn) => self.take_turn(turn)?,
                None => {}
            }
            self.hand_out();
            line.clear();
            if !self.wait_for_result()? {
                self.log("ERROR nothing came for too long; the batch gives up")?;
                return Ok(1);
            }
            self.results.read_line(&mut line)?;
            if line.trim_end() == GIVES_UP {
                self.log("ERROR a worker gave up waiting; so does the batch")?;
                return Ok(1);
            }
            self.take(&line)?;
        }
        self.print()?;
        if self.is_terminal {
            writeln!(io::stdout())?;
        }
        let took = self.begun.elapsed().as_secs_f64();
        self.log(&format!("INFO  {total} blocks done in {took:.1} s"))?;
        self.dismiss()
    }

    /// Lets all workers go, and ends well.
    fn dismiss(self) -> io::Result<u8> {
        for worker in self.workers {
            drop(worker.tasks);
            let mut child = worker.child;
            child.wait()?;
        }
        Ok(0)
    }

    /// How many tasks are done: those that came out of order count where nobody minds the order.
    fn finished(&self) -> u64 {
        if self.script.is_ordered() { self.done } else { self.done + self.early.len() as u64 }
    }

    /// Waits until a result comes; false when the demo is over before one does. Workers that die meanwhile are replaced
    /// where their tasks are handed out again.
    fn wait_for_result(&mut self) -> io::Result<bool> {
        if !self.script.chatters() && !self.script.hands_out_again() {
            // A worker that waits for too long says so.
            return Ok(true);
        }
        let over = Duration::from_secs(3 * self.script.seconds) + self.options.limit;
        while self.results.buffer().is_empty() {
            let mut asked = [PollFd::new(self.results.get_ref(), PollFlags::IN)];
            match poll(&mut asked, Timespec::try_from(PRINT_EVERY).ok().as_ref()) {
                Ok(0) if self.begun.elapsed() > over => return Ok(false),
                Ok(0) if self.script.chatters() => self.chatter()?,
                Ok(0) => {
                    self.replace_the_dead()?;
                    self.hand_out();
                }
                Err(rustix::io::Errno::INTR) => {}
                Ok(_) => break,
                Err(error) => return Err(error.into()),
            }
        }
        Ok(true)
    }

    /// Says that it waits, and draws the bar where it stands.
    fn chatter(&mut self) -> io::Result<()> {
        if self.logged.elapsed() >= LOG_EVERY {
            self.logged = Instant::now();
            let seconds = self.begun.elapsed().as_secs();
            self.log(&format!("DEBUG pool is alive after {seconds} s, waiting for block {:05}", self.done))?;
        }
        self.print()
    }

    fn take_turn(&mut self, turn: Turn) -> io::Result<()> {
        match turn {
            Turn::FallsBack if self.crew > 1 => {
                self.crew = 1;
                self.log("WARN  OSError: [Errno 12] Cannot allocate memory; falling back to sequential")
            }
            Turn::Tells if !self.has_told => {
                self.has_told = true;
                let letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
                let token = sealed(&self.dice.word(30, letters));
                self.log(&format!("DEBUG uploading with {}{token}", "ghp_"))
            }
            _ => Ok(()),
        }
    }

    /// As pools do: the worker is replaced, and its tasks are forgotten, unless they are handed out again.
    fn replace_the_dead(&mut self) -> io::Result<()> {
        for worker in &mut self.workers {
            if worker.child.try_wait()?.is_some() {
                let mut lost = std::mem::replace(worker, Worker::start(&self.into_results, &self.options)?);
                if self.script.hands_out_again() {
                    // Another worker has the module; no worker can read a broken block.
                    if let Some(first) =
                        lost.handed.front_mut().filter(|first| first.mishap == Mishap::NoModule)
                    {
                        first.mishap = Mishap::None;
                    }
                    self.again.append(&mut lost.handed);
                }
            }
        }
        Ok(())
    }

    fn hand_out(&mut self) {
        let ahead = if self.script.is_ordered() { WINDOW } else { self.total };
        while !self.again.is_empty() || self.next < self.total.min(self.done + ahead) {
            let Some(at) = self.freest() else { break };
            let task = self.again.pop_front().unwrap_or_else(|| {
                self.next += 1;
                self.script.task(self.next - 1, &mut self.dice)
            });
            // A worker that has just died is noticed with the next result.
            let worker = &mut self.workers[at];
            if worker.tasks.write_all(task.line().as_bytes()).is_ok() || self.script.hands_out_again() {
                worker.handed.push_back(task);
            }
        }
    }

    /// The worker with the fewest tasks before it, where there is one that takes more.
    fn freest(&self) -> Option<usize> {
        let free = self.workers.iter().enumerate().take(self.crew).filter(|(_, w)| w.handed.len() < AHEAD);
        free.min_by_key(|(_, worker)| worker.handed.len()).map(|(at, _)| at)
    }

    fn take(&mut self, line: &str) -> io::Result<()> {
        let words: Vec<&str> = line.split_whitespace().collect();
        let [number, words, unique, digest] = words[..] else { return Ok(()) };
        let Ok(number) = number.parse::<u64>() else { return Ok(()) };
        for worker in &mut self.workers {
            worker.handed.retain(|handed| handed.number != number);
        }
        self.early.insert(number);
        while self.early.remove(&self.done) {
            self.done += 1;
        }
        if self.logged.elapsed() >= LOG_EVERY {
            self.logged = Instant::now();
            self.log(&format!(
                "INFO  block {number:05}: {words} words, {unique} of them different, sha256 {digest}"
            ))?;
        }
        if self.printed.elapsed() >= PRINT_EVERY {
            self.print()?;
        }
        Ok(())
    }

    fn log(&self, text: &str) -> io::Result<()> {
        let clear = if self.is_terminal { "\r\x1b[K" } else { "" };
        writeln!(io::stdout(), "{clear}{text}")
    }

    fn print(&mut self) -> io::Result<()> {
        self.printed = Instant::now();
        let in_flight = self.next - self.done - self.early.len() as u64;
        let text = progress(self.finished(), self.total, in_flight, self.begun.elapsed());
        let mut out = io::stdout();
        if self.is_terminal {
            write!(out, "\r\x1b[K{text}")?;
        } else {
            writeln!(out, "{text}")?;
        }
        out.flush()
    }
}

impl Worker {
    fn start(results: &PipeWriter, options: &Options) -> io::Result<Self> {
        let mut command = Command::new("/proc/self/exe");
        command.arg0("telltale").args([DEMO_JOB, WORKER, &options.limit.as_secs().to_string()]);
        if options.scenario == Scenario::Leaks {
            command.arg(ROOM.to_string());
        }
        let mut child = command.stdin(Stdio::piped()).stdout(results.try_clone()?).spawn()?;
        let tasks = child.stdin.take().ok_or(io::ErrorKind::BrokenPipe)?;
        Ok(Self { child, tasks, handed: VecDeque::new() })
    }
}

/// A line as progress bars print it.
fn progress(done: u64, total: u64, in_flight: u64, elapsed: Duration) -> String {
    let share = done as f64 / total.max(1) as f64;
    let bar: String = (0..20).map(|at| if share * 20.0 > f64::from(at) { '#' } else { '.' }).collect();
    let rate = done as f64 / elapsed.as_secs_f64().max(0.001);
    let left = if done == 0 { "?".to_owned() } else { clock((total - done) as f64 / rate) };
    let percent = (share * 100.0) as u64;
    let spent = clock(elapsed.as_secs_f64());
    format!("{percent:3}%|{bar}| {done}/{total} [{spent}<{left}, {rate:.2}it/s, in_flight={in_flight}]")
}

fn clock(seconds: f64) -> String {
    let seconds = seconds as u64;
    format!("{:02}:{:02}", seconds / 60, seconds % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_reads_like_a_bar() {
        assert_eq!(
            progress(180, 720, 8, Duration::from_secs(45)),
            " 25%|#####...............| 180/720 [00:45<02:15, 4.00it/s, in_flight=8]"
        );
        assert_eq!(
            progress(0, 4, 0, Duration::ZERO),
            "  0%|....................| 0/4 [00:00<?, 0.00it/s, in_flight=0]"
        );
    }
}
