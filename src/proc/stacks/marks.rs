//! Stacks of Python threads with the locks that their lines hold and ask for. Pure: it is given what the source says.
//!
//! A frame asks for a lock only where it stands there itself, or is within the code of locks; one that has called anything
//! else has the lock, or never asked. Frames of the standard library's own locks and queues are left out: their inner
//! locks are held for no time, and to wait for a condition lets its lock go.

use std::collections::HashMap;

use super::identity::{At, Local, told};
use super::locks::Place;
use crate::model::evidence::Frame;

/// The stack of one thread, the innermost frame first.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Stack {
    /// The kernel's number of the thread.
    pub tid: u32,
    /// Its frames.
    pub frames: Vec<Frame>,
}

/// What the sources say, by file and line.
pub type Places = HashMap<(String, u32), Place>;

/// Parts of the standard library that are made of locks: none of theirs is named.
const LOCK_CODE: &[&str] = &[
    "threading",
    "queue",
    "multiprocessing/synchronize",
    "multiprocessing/queues",
    "asyncio/locks",
    "asyncio/queues",
];

/// The local variables of each frame of each stack; a frame without any may lack at the end.
pub type Locals = Vec<Vec<Vec<Local>>>;

/// Writes `holds` and `wants` into the frames of all threads of one process.
pub fn mark(stacks: &mut [Stack], locals: &Locals, places: &Places) {
    let mut asks: Vec<Vec<Vec<String>>> =
        stacks.iter_mut().map(|stack| mark_one(&mut stack.frames, places)).collect();
    rename(stacks, &mut asks, locals);
    let sure: Vec<Vec<String>> = stacks
        .iter()
        .map(|stack| stack.frames.iter().flat_map(|frame| frame.holds.clone()).collect())
        .collect();
    for (at, (stack, asks)) in stacks.iter_mut().zip(asks).enumerate() {
        let is_taken =
            |name: &String| sure.iter().enumerate().any(|(other, held)| other != at && held.contains(name));
        for (frame, mut asked) in stack.frames.iter_mut().zip(asks) {
            // Of several on one line it is the first that another thread has; where nobody is seen to, the last.
            let wanted = asked.iter().position(is_taken).unwrap_or(asked.len().saturating_sub(1));
            asked.truncate(wanted + 1);
            frame.wants = asked.pop();
            frame.holds.extend(asked);
        }
    }
}

/// Gives all locks names of which equal ones are equal locks.
fn rename(stacks: &mut [Stack], asks: &mut [Vec<Vec<String>>], locals: &Locals) {
    let mut names: Vec<(String, At)> = Vec::new();
    for (at, (stack, asks)) in stacks.iter().zip(asks.iter()).enumerate() {
        for (depth, (frame, asked)) in stack.frames.iter().zip(asks).enumerate() {
            let locals = locals.get(at).and_then(|frames| frames.get(depth)).map_or(&[][..], Vec::as_slice);
            let here = At { tid: stack.tid, locals };
            names.extend(frame.holds.iter().chain(asked).map(|name| (name.clone(), here)));
        }
    }
    let mut told = told(&names).into_iter();
    for (stack, asks) in stacks.iter_mut().zip(asks) {
        for (frame, asked) in stack.frames.iter_mut().zip(asks) {
            for name in frame.holds.iter_mut().chain(asked) {
                if let Some(found) = told.next() {
                    *name = found;
                }
            }
        }
    }
}

/// Writes what is held for sure, and returns what each frame asks for.
fn mark_one(frames: &mut [Frame], places: &Places) -> Vec<Vec<String>> {
    let mut all = Vec::with_capacity(frames.len());
    // Whether the frame before, which this one has called, is about to take a lock.
    let mut is_asking = true;
    for frame in frames {
        let library = library(&frame.file);
        if library.is_some_and(|module| LOCK_CODE.contains(&module)) {
            all.push(Vec::new());
            is_asking = true;
            continue;
        }
        let place =
            places.get(&(frame.file.clone(), frame.line)).filter(|place| is_of(place, &frame.function));
        let (mut holds, mut asks) =
            place.map(|place| (place.holds.clone(), place.asks.clone())).unwrap_or_default();
        let is_innermost = all.is_empty();
        match place.is_some_and(|place| place.is_inline) {
            // Nothing tells whether it is at the door or inside.
            true if is_innermost => asks.clear(),
            true if !is_asking => holds.append(&mut asks),
            false if !is_asking => asks.clear(),
            _ => {}
        }
        if let Some(module) = library {
            // `self.lock` of the library is none of the program's.
            holds.iter_mut().chain(&mut asks).for_each(|name| *name = format!("{name} ({module})"));
        }
        // From Python 3.11 on, functions come with their class.
        let called = frame.function.rsplit('.').next().unwrap_or_default();
        let goes_on = matches!(called, "acquire" | "__enter__" | "__aenter__");
        is_asking = goes_on && !asks.is_empty();
        frame.holds = holds;
        all.push(asks);
    }
    all
}

/// Whether the source has the function where the frame says it runs; it has not where the file was changed since.
fn is_of(place: &Place, function: &str) -> bool {
    let name = function.rsplit('.').next().unwrap_or(function);
    match name {
        "<module>" => place.function.is_none(),
        _ if name.starts_with('<') => true,
        _ => place.function.as_deref().is_none_or(|found| found == name) && place.function.is_some(),
    }
}

/// The module of the standard library that a file is, as `logging` or `multiprocessing/pool`.
fn library(file: &str) -> Option<&str> {
    let at =
        ["/lib/python", "/lib64/python"].iter().find_map(|folder| Some(file.find(folder)? + folder.len()))?;
    let (version, module) = file[at..].split_once('/')?;
    let is_version =
        !version.is_empty() && version.bytes().all(|byte| byte.is_ascii_digit() || b".t".contains(&byte));
    let is_package = module.starts_with("site-packages/") || module.starts_with("dist-packages/");
    let module = module.strip_suffix(".py").unwrap_or(module);
    (is_version && !is_package).then(|| module.strip_suffix("/__init__").unwrap_or(module))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proc::stacks::locks::Outline;

    const THREADING: &str = "/usr/lib/python3.11/threading.py";

    fn frame(function: &str, file: &str, line: u32) -> Frame {
        Frame { function: function.into(), file: file.into(), line, ..Frame::default() }
    }

    /// The marked stacks of threads that are given as (function, file, line), where `job.py` has this source.
    fn marked(source: &str, threads: &[&[(&str, &str, u32)]]) -> Vec<Stack> {
        let outline = Outline::of(source);
        let mut stacks: Vec<Stack> = threads
            .iter()
            .map(|frames| frames.iter().map(|(function, file, line)| frame(function, file, *line)).collect())
            .enumerate()
            .map(|(at, frames)| Stack { tid: at as u32 + 1, frames })
            .collect();
        let places = stacks
            .iter()
            .flat_map(|stack| &stack.frames)
            .map(|frame| ((frame.file.clone(), frame.line), outline.place(frame.line)))
            .collect();
        mark(&mut stacks, &Locals::new(), &places);
        stacks
    }

    fn wants(stack: &Stack) -> Vec<&str> {
        stack.frames.iter().filter_map(|frame| frame.wants.as_deref()).collect()
    }

    fn holds(stack: &Stack) -> Vec<&str> {
        stack.frames.iter().flat_map(|frame| &frame.holds).map(String::as_str).collect()
    }

    #[test]
    fn two_threads_in_a_ring() {
        let source = "def one():\n  with a:\n    with b:\n      pass\ndef two():\n  with b:\n    with a:\n      pass\n";
        let stacks = marked(
            source,
            &[
                &[("one", "job.py", 3), ("run", THREADING, 982)],
                &[("two", "job.py", 7), ("run", THREADING, 982)],
            ],
        );
        assert_eq!((holds(&stacks[0]), wants(&stacks[0])), (vec!["a"], vec!["b"]));
        assert_eq!((holds(&stacks[1]), wants(&stacks[1])), (vec!["b"], vec!["a"]));
    }

    #[test]
    fn an_outer_frame_holds_and_does_not_ask() {
        let source = "def f():\n  with a:\n    g()\ndef g():\n  with b:\n    h()\n";
        let stacks = marked(source, &[&[("h", "other.py", 90), ("g", "job.py", 6), ("f", "job.py", 3)]]);
        assert_eq!((holds(&stacks[0]), wants(&stacks[0])), (vec!["b", "a"], vec![]));
        // One that has called something from the header of the block has not come to ask.
        let stacks =
            marked("with pool:\n  pass\n", &[&[("shutdown", "other.py", 90), ("<module>", "job.py", 1)]]);
        assert_eq!(wants(&stacks[0]), Vec::<&str>::new());
    }

    #[test]
    fn the_code_of_locks_is_the_door() {
        let source = "def f():\n  with a:\n    pass\n";
        let stacks = marked(source, &[&[("acquire", THREADING, 470), ("f", "job.py", 2)]]);
        assert_eq!(wants(&stacks[0]), ["a"]);
        // A lock of the program's own, made of another.
        let source = "def __enter__(self):\n  self.inner.acquire()\n\ndef f():\n  with a:\n    pass\n";
        let stacks = marked(source, &[&[("Lock.__enter__", "job.py", 2), ("f", "job.py", 5)]]);
        assert_eq!(wants(&stacks[0]), ["self.inner", "a"]);
    }

    #[test]
    fn of_two_locks_on_one_line_the_taken_one_is_asked_for() {
        let source = "def f():\n  with a, b:\n    pass\ndef g():\n  with a:\n    sleep()\ndef h():\n  with b, a:\n    pass\n";
        let two = marked(source, &[&[("f", "job.py", 2)], &[("g", "job.py", 6)]]);
        assert_eq!((holds(&two[0]), wants(&two[0])), (vec![], vec!["a"]));
        let ring = marked(source, &[&[("f", "job.py", 2)], &[("h", "job.py", 8)]]);
        assert_eq!((holds(&ring[0]), wants(&ring[0])), (vec!["a"], vec!["b"]));
        assert_eq!((holds(&ring[1]), wants(&ring[1])), (vec!["b"], vec!["a"]));
    }

    #[test]
    fn a_block_on_its_own_line_is_in_doubt_until_it_calls() {
        let source = "def f():\n  with a: g()\n";
        assert_eq!(wants(&marked(source, &[&[("f", "job.py", 2)]])[0]), Vec::<&str>::new());
        let called = marked(source, &[&[("g", "other.py", 9), ("f", "job.py", 2)]]);
        assert_eq!((holds(&called[0]), wants(&called[0])), (vec!["a"], vec![]));
        let asking = marked(source, &[&[("acquire", THREADING, 9), ("f", "job.py", 2)]]);
        assert_eq!((holds(&asking[0]), wants(&asking[0])), (vec![], vec!["a"]));
    }

    #[test]
    fn a_source_that_has_changed_says_nothing() {
        let source = "def f():\n  with a:\n    work()\n";
        assert_eq!(holds(&marked(source, &[&[("g", "job.py", 3)]])[0]), Vec::<&str>::new());
        assert_eq!(holds(&marked(source, &[&[("<module>", "job.py", 3)]])[0]), Vec::<&str>::new());
        assert_eq!(holds(&marked(source, &[&[("C.f", "job.py", 3)]])[0]), ["a"]);
        assert_eq!(holds(&marked(source, &[&[("<lambda>", "job.py", 3)]])[0]), ["a"]);
    }

    #[test]
    fn locks_of_the_library_are_its_own() {
        let source = "def emit(self):\n  with self.lock:\n    work()\n";
        let logging = "/home/me/.pyenv/versions/3.11.7/lib/python3.11/logging/__init__.py";
        assert_eq!(holds(&marked(source, &[&[("emit", logging, 3)]])[0]), ["self.lock (logging)"]);
        assert_eq!(holds(&marked(source, &[&[("emit", THREADING, 3)]])[0]), Vec::<&str>::new());
        for (file, module) in [
            (THREADING, Some("threading")),
            ("/usr/lib/python3.13t/queue.py", Some("queue")),
            ("/usr/lib/python3/dist-packages/x.py", None),
            ("/v/lib/python3.9/site-packages/dask/threaded.py", None),
            ("/home/me/python3/threading.py", None),
            ("threading.py", None),
        ] {
            assert_eq!(library(file), module, "{file}");
        }
    }
}
