//! The thread dump of a Java virtual machine, as text. Pure and bounded.
//!
//! Java says itself which monitor a frame has locked and which it waits for; a lock is named by its class and address, so
//! that equal names are equal locks. Threads that park for what is no lock (a queue, a latch) ask for none.

use super::marks::Stack;
use crate::model::evidence::Frame;

/// Threads and frames kept, and lines read.
const MOST_THREADS: usize = 1_024;
const DEEPEST: usize = 64;
const MOST_LINES: usize = 200_000;

/// Locks kept of one frame, and waits kept of the part about deadlocks.
const MOST_LOCKS: usize = 16;
const MOST_WAITS: usize = 256;

/// Bytes kept of a name.
const LONGEST: usize = 200;

#[derive(Debug, Default)]
struct Java {
    name: String,
    stack: Stack,
    /// What `Object.wait()` has let go.
    let_go: Vec<String>,
}

/// One sentence of the part about deadlocks.
#[derive(Debug, Default, Clone)]
struct Held {
    waiter: String,
    lock: String,
    holder: String,
}

/// The stacks in a dump, by the numbers that their threads have in their own container.
pub fn stacks(dump: &str) -> Vec<Stack> {
    let mut lines = dump.lines().take(MOST_LINES);
    let mut threads = threads(&mut lines);
    for held in deadlocks(&mut lines) {
        settle(&mut threads, &held);
    }
    for thread in &mut threads {
        for frame in &mut thread.stack.frames {
            frame.holds.retain(|name| !thread.let_go.contains(name));
        }
    }
    threads.into_iter().map(|thread| thread.stack).filter(|stack| !stack.frames.is_empty()).collect()
}

/// Reads threads up to the part about deadlocks.
fn threads<'a>(lines: &mut impl Iterator<Item = &'a str>) -> Vec<Java> {
    let mut threads: Vec<Java> = Vec::new();
    // What stands between two threads, or belongs to one too many, has no owner.
    let mut is_open = false;
    for line in lines {
        if line.starts_with("Found ") && line.contains("deadlock") {
            break;
        }
        if let Some((name, number)) = header(line) {
            is_open = threads.len() < MOST_THREADS;
            if is_open {
                let stack = Stack { tid: number, frames: Vec::new() };
                threads.push(Java { name, stack, let_go: Vec::new() });
            }
        } else if line.starts_with('"') {
            is_open = false;
        } else if let Some(thread) = threads.last_mut().filter(|_| is_open) {
            within(thread, line.trim_start());
        }
    }
    threads
}

/// `"main" #1 prio=5 … nid=0x1a2b waiting on condition`: the name and the number, in hexadecimal before Java 21.
fn header(line: &str) -> Option<(String, u32)> {
    let rest = line.strip_prefix('"')?;
    let (before, after) = rest.rsplit_once(" nid=")?;
    let (name, _) = before.rsplit_once('"')?;
    let number = after.split([' ', ',']).next()?;
    let number = match number.strip_prefix("0x") {
        Some(digits) => u32::from_str_radix(digits, 16).ok()?,
        None => number.parse().ok()?,
    };
    Some((cut(name), number))
}

/// A line of a thread: a frame, or what the frame before it locks.
fn within(thread: &mut Java, line: &str) {
    if let Some(place) = line.strip_prefix("at ") {
        if thread.stack.frames.len() < DEEPEST {
            thread.stack.frames.push(frame(place));
        }
        return;
    }
    let Some(said) = line.strip_prefix("- ") else { return };
    let Some(name) = lock(said) else { return };
    let Some(frame) = thread.stack.frames.last_mut() else { return };
    let waits = ["waiting to lock ", "waiting to re-lock ", "parking to wait for "];
    if said.starts_with("waiting on ") {
        thread.let_go.push(name);
        thread.let_go.truncate(MOST_LOCKS);
    } else if said.starts_with("locked ") {
        hold(frame, name);
    } else if said.starts_with('<') {
        // An ownable synchronizer, told at the end of the thread: nobody knows which frame took it.
        hold(frame, name);
    } else if waits.iter().any(|wait| said.starts_with(wait))
        && (is_lock(&name) || !said.starts_with("parking"))
    {
        frame.wants.get_or_insert(name);
    }
}

fn hold(frame: &mut Frame, name: String) {
    if frame.holds.len() < MOST_LOCKS && !frame.holds.contains(&name) {
        frame.holds.push(name);
    }
}

/// `java.lang.Thread.sleep(java.base@17.0.9/Native Method)`, `Main.main(Main.java:12)`.
fn frame(place: &str) -> Frame {
    let (function, place) = place.split_once('(').unwrap_or((place, ""));
    let place = place.strip_suffix(')').unwrap_or(place);
    let place = place.rsplit('/').next().unwrap_or(place);
    let (file, line) = match place.rsplit_once(':') {
        Some((file, line)) => (file, line.parse().unwrap_or(0)),
        None => (place, 0),
    };
    // In some builds the module stands before the class; the name of a hidden class has a slash of its own.
    let function = match function.rsplit_once('/') {
        Some((module, function)) if module.contains('@') || module.ends_with('/') => function,
        _ => function,
    };
    Frame { function: cut(function.trim()), file: cut(file), line, ..Frame::default() }
}

/// The lock that a line names: `<0x000000071f0> (a java.lang.Object)`, also `object 0x…, a java.lang.Object`.
fn lock(said: &str) -> Option<String> {
    let (_, rest) = said.split_once("0x")?;
    let end = rest.find(|c: char| !c.is_ascii_hexdigit()).unwrap_or(rest.len());
    let address = rest[..end].trim_start_matches('0');
    let (_, class) = rest[end..].split_once("a ")?;
    let class = class.split([')', ',']).next().unwrap_or(class).trim();
    (!class.is_empty() && !address.is_empty()).then(|| cut(&format!("{class} 0x{address}")))
}

/// True for the classes of locks among all that a thread may park for.
fn is_lock(name: &str) -> bool {
    let class = name.rsplit_once(" 0x").map_or(name, |(class, _)| class);
    let class = class.rsplit('.').next().unwrap_or(class);
    class.contains("Lock") && !class.contains("Condition")
}

/// `"Thread-1":`, `waiting to lock monitor 0x… (object 0x…, a java.lang.Object),`, `which is held by "Thread-0"`.
fn deadlocks<'a>(lines: &mut impl Iterator<Item = &'a str>) -> Vec<Held> {
    let mut found = Vec::new();
    let mut held = Held::default();
    for line in lines {
        let line = line.trim();
        if let Some(name) = line.strip_prefix('"').and_then(|rest| rest.strip_suffix("\":")) {
            held = Held { waiter: cut(name), ..Held::default() };
        } else if line.starts_with("waiting ") {
            let said = line.split_once("(object ").map_or(line, |(_, object)| object);
            held.lock = lock(said).unwrap_or_default();
        } else if let Some(name) =
            line.strip_prefix("which is held by \"").and_then(|rest| rest.strip_suffix('"'))
        {
            name.clone_into(&mut held.holder);
            if !held.lock.is_empty() && found.len() < MOST_WAITS {
                found.push(held.clone());
            }
        }
    }
    found
}

/// Writes down what the part about deadlocks says and the stacks do not: who holds a lock of `java.util.concurrent`.
fn settle(threads: &mut [Java], held: &Held) {
    if let Some(frames) = frames_of(threads, &held.holder)
        && !frames.iter().any(|frame| frame.holds.contains(&held.lock))
        && let Some(outermost) = frames.last_mut()
    {
        hold(outermost, held.lock.clone());
    }
    if let Some(frames) = frames_of(threads, &held.waiter)
        && frames.iter().all(|frame| frame.wants.is_none())
        && let Some(innermost) = frames.first_mut()
    {
        innermost.wants = Some(held.lock.clone());
    }
}

/// The frames of the one thread of this name.
fn frames_of<'a>(threads: &'a mut [Java], name: &str) -> Option<&'a mut Vec<Frame>> {
    let mut named = threads.iter_mut().filter(|thread| thread.name == name);
    let only = named.next()?;
    named.next().is_none().then_some(&mut only.stack.frames)
}

fn cut(text: &str) -> String {
    let end = text.char_indices().map(|(at, _)| at).find(|at| *at >= LONGEST).unwrap_or(text.len());
    text[..end].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Two threads in a ring of monitors, two in a ring of `ReentrantLock`s, and a pool at rest, from Java 17.
    const RINGS: &str = include_str!("../../../tests/fixtures/stacks/rings-17.txt");

    fn named<'a>(stacks: &'a [Stack], function: &str) -> &'a Stack {
        let of = |stack: &&Stack| stack.frames.iter().any(|frame| frame.function == function);
        stacks.iter().find(of).unwrap_or_else(|| panic!("nobody is in {function}"))
    }

    fn holds(stack: &Stack) -> Vec<&String> {
        stack.frames.iter().flat_map(|frame| &frame.holds).collect()
    }

    fn wants(stack: &Stack) -> Vec<&String> {
        stack.frames.iter().filter_map(|frame| frame.wants.as_ref()).collect()
    }

    #[test]
    fn rings_of_monitors_and_of_locks() {
        let stacks = stacks(RINGS);
        for (one, other) in [("Rings.one", "Rings.two"), ("Rings.three", "Rings.four")] {
            let (one, other) = (named(&stacks, one), named(&stacks, other));
            assert_eq!((holds(one).len(), wants(one).len()), (1, 1), "{one:?}");
            assert_eq!(holds(one), wants(other));
            assert_eq!(holds(other), wants(one));
        }
        let idle = named(&stacks, "java.util.concurrent.ThreadPoolExecutor.getTask");
        assert!(
            wants(idle).is_empty() && holds(idle).is_empty(),
            "a pool at rest asks for no lock: {idle:?}"
        );
        let waits = named(&stacks, "Rings.five");
        assert!(
            wants(waits).is_empty() && holds(waits).is_empty(),
            "Object.wait() lets its monitor go: {waits:?}"
        );
        let main = named(&stacks, "Rings.main");
        let frame = main.frames.last().unwrap();
        assert_eq!((frame.file.as_str(), frame.function.as_str()), ("Rings.java", "Rings.main"));
        assert!(frame.line > 0 && main.tid > 0);
    }

    #[test]
    fn headers_of_old_and_new() {
        let cases = [
            (
                "\"main\" #1 prio=5 os_prio=0 tid=0x00007f nid=0x1a2b waiting on condition [0x7f]",
                Some(("main", 6_699)),
            ),
            (
                "\"a \"b\" nid=1\" #1 [77] prio=5 tid=0x7f nid=77 runnable  [0x7f]",
                Some(("a \"b\" nid=1", 77)),
            ),
            ("\"GC Thread#0\" os_prio=0 cpu=1.2ms tid=0x7f nid=0x99 runnable", Some(("GC Thread#0", 153))),
            ("\"main\" #1 prio=5", None),
            ("main nid=0x1", None),
            ("\"x\" nid=0xfffffffff", None),
        ];
        for (line, expected) in cases {
            assert_eq!(header(line), expected.map(|(name, number)| (name.to_owned(), number)), "{line}");
        }
    }

    #[test]
    fn places_and_locks_as_text() {
        let at = |place: &str| {
            let frame = frame(place);
            (frame.function, frame.file, frame.line)
        };
        let native = ("java.lang.Thread.sleep".to_owned(), "Native Method".to_owned(), 0);
        assert_eq!(at("java.lang.Thread.sleep(java.base@17.0.9/Native Method)"), native);
        assert_eq!(at("java.base@9/java.lang.Thread.sleep(Native Method)"), native);
        assert_eq!(at("A$$Lambda/0x7f.run(Unknown Source)").0, "A$$Lambda/0x7f.run");
        assert_eq!(at("app//A.b(A.java:7)"), ("A.b".to_owned(), "A.java".to_owned(), 7));
        assert_eq!(lock("locked <0x00071f> (a java.lang.Object)").as_deref(), Some("java.lang.Object 0x71f"));
        assert_eq!(
            lock("locked <0x00071f> (a java.lang.Class for A)").as_deref(),
            Some("java.lang.Class for A 0x71f")
        );
        assert_eq!(lock("eliminated <owner is scalar replaced> (a X)"), None);
        assert!(!is_lock("java.util.concurrent.CountDownLatch$Sync 0x1"));
        assert!(!is_lock("java.util.concurrent.locks.AbstractQueuedSynchronizer$ConditionObject 0x1"));
        assert!(is_lock("java.util.concurrent.locks.ReentrantReadWriteLock$NonfairSync 0x1"));
    }

    proptest! {
        #[test]
        fn anything_is_read(dump in "(\"a\" nid=0x1\n|\tat a\\.b\\(c:1\\)\n|\t- (waiting to lock|locked|waiting on|parking to wait for ) <0x1> \\(a XLock\\)\n|\t- <0x2> \\(a X\\)\n|Found one Java-level deadlock:\n|\"a\":\n|  waiting to lock monitor 0x1 \\(object 0x2, a X\\),\n|  which is held by \"a\"\n|[a-z0 \"(\n]){0,40}") {
            for stack in stacks(&dump) {
                prop_assert!(!stack.frames.is_empty() && stack.frames.len() <= DEEPEST);
            }
        }
    }
}
