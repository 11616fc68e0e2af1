//! The text of `/proc/PID/task/TID/*`, as far as only a diagnosis asks for it. Pure; proc(5) names the fields.

use crate::model::evidence::process::Io;

/// Where a thread is, by `/proc/TID/syscall`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Position {
    /// It may not be told to us.
    #[default]
    Hidden,
    /// It runs, or is about to.
    Running,
    /// In the kernel without having called it: a fault, a signal, its end.
    Outside,
    /// In a system call.
    Call {
        /// Its number on the machine that the program was built for.
        number: i64,
        /// Its arguments.
        args: [u64; 6],
        /// Where it was called.
        instruction: u64,
    },
}

impl Position {
    /// True where both are in the same call with the same arguments, or both outside of any.
    pub fn is_same_call(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Call { number, args, .. }, Self::Call { number: of_other, args: others, .. }) => {
                number == of_other && args == others
            }
            _ => self == other,
        }
    }
}

/// Parses `/proc/TID/syscall`.
pub fn position(text: &[u8]) -> Option<Position> {
    let text = std::str::from_utf8(text.get(..text.len().min(512))?).ok()?.trim_ascii();
    if text == "running" {
        return Some(Position::Running);
    }
    let mut words = text.split(' ');
    let number: i64 = words.next()?.parse().ok()?;
    if number < 0 {
        return Some(Position::Outside);
    }
    let mut values = words.map(|word| u64::from_str_radix(word.strip_prefix("0x")?, 16).ok());
    let mut args = [0; 6];
    for argument in &mut args {
        *argument = values.next()??;
    }
    let _stack = values.next()??;
    Some(Position::Call { number, args, instruction: values.next()?? })
}

/// Counters of `/proc/TID/schedstat`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Times {
    /// Nanoseconds on a CPU.
    pub ran: u64,
    /// Nanoseconds ready without one.
    pub delayed: u64,
    /// How often it was given a CPU.
    pub turns: u64,
}

/// Parses `/proc/TID/schedstat`.
pub fn times(text: &[u8]) -> Option<Times> {
    let text = std::str::from_utf8(text.get(..text.len().min(128))?).ok()?;
    let mut numbers = text.split_ascii_whitespace().map(|word| word.parse().ok());
    Some(Times { ran: numbers.next()??, delayed: numbers.next()??, turns: numbers.next()?? })
}

/// What is used of `/proc/TID/status`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Status {
    /// Who traces it.
    pub tracer: Option<u32>,
    /// Its effective user.
    pub user: u32,
    /// Its own number for itself, where it lives in a PID namespace below ours.
    pub inner: Option<u32>,
    /// Times it gave the CPU up by itself.
    pub yielded: u64,
    /// Times it was taken away.
    pub preempted: u64,
    /// It is a part of the kernel.
    pub is_kernel: bool,
}

/// Parses `/proc/TID/status`; what is missing in it is the default.
pub fn status(text: &[u8]) -> Status {
    let mut status = Status::default();
    for line in text.split(|&byte| byte == b'\n') {
        let Some(colon) = memchr::memchr(b':', line) else { continue };
        let (name, value) = (&line[..colon], line[colon + 1..].trim_ascii());
        let number = || std::str::from_utf8(value).ok().and_then(|digits| digits.parse::<u64>().ok());
        match name {
            b"TracerPid" => status.tracer = number().filter(|&pid| pid > 0).map(|pid| pid as u32),
            b"Uid" => status.user = words(value).nth(1).unwrap_or_default(),
            b"NSpid" => status.inner = words(value).skip(1).last(),
            b"Kthread" => status.is_kernel = value == b"1",
            b"voluntary_ctxt_switches" => status.yielded = number().unwrap_or_default(),
            b"nonvoluntary_ctxt_switches" => status.preempted = number().unwrap_or_default(),
            _ => {}
        }
    }
    status
}

fn words(value: &[u8]) -> impl Iterator<Item = u32> {
    let words = value.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
    words.filter_map(|word| std::str::from_utf8(word).ok()?.parse().ok())
}

/// Parses `/proc/PID/io`.
pub fn io(text: &[u8]) -> Option<Io> {
    let mut lines = text.split(|&byte| byte == b'\n');
    let mut field = |name: &str| {
        let value = lines.next()?.strip_prefix(name.as_bytes())?;
        std::str::from_utf8(value.trim_ascii()).ok()?.parse::<u64>().ok()
    };
    Some(Io {
        read: field("rchar:")?,
        written: field("wchar:")?,
        reads: field("syscr:")?,
        writes: field("syscw:")?,
    })
}

/// The terminal of a process in `/proc/PID/stat`, as the foreground process group of it.
pub fn foreground(stat: &[u8]) -> Option<u32> {
    let close = memchr::memrchr(b')', stat)?;
    let fields = std::str::from_utf8(stat.get(close + 1..)?).ok()?;
    // Fields 7 and 8 of proc(5); the state after the bracket is the third.
    let mut fields = fields.split_ascii_whitespace().skip(4);
    let terminal: i64 = fields.next()?.parse().ok()?;
    let group: i64 = fields.next()?.parse().ok()?;
    (terminal != 0).then_some(group).and_then(|group| u32::try_from(group).ok()).filter(|&group| group > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_are_read_with_their_arguments() {
        let text = b"230 0x0 0x0 0x7ffd6f507d20 0x7ffd6f507d60 0x0 0x0 0x7ffd6f507d08 0x7f9b1402f503\n";
        let Some(Position::Call { number, args, instruction }) = position(text) else { panic!("a call") };
        assert_eq!((number, args[2], instruction), (230, 0x7ffd_6f50_7d20, 0x7f9b_1402_f503));
        assert_eq!(position(b"running\n"), Some(Position::Running));
        assert_eq!(position(b"-1 0x7ffd6f507d08 0x7f9b1402f503\n"), Some(Position::Outside));
        for broken in [&b""[..], b"230 0x0", b"x", b"230 0 0 0 0 0 0 0 0", b"\xff"] {
            assert_eq!(position(broken), None);
        }
    }

    #[test]
    fn the_same_call_may_be_made_from_elsewhere() {
        let call = |argument, instruction| Position::Call { number: 1, args: [argument; 6], instruction };
        assert!(call(1, 5).is_same_call(&call(1, 6)));
        assert!(!call(1, 5).is_same_call(&call(2, 5)));
        assert!(!call(1, 5).is_same_call(&Position::Running));
        assert!(Position::Outside.is_same_call(&Position::Outside));
    }

    #[test]
    fn counters_are_read() {
        assert_eq!(
            times(b"1161085 1134757 2\n"),
            Some(Times { ran: 1_161_085, delayed: 1_134_757, turns: 2 })
        );
        assert_eq!(times(b"1 2\n"), None);
        let counted = io(b"rchar: 6976\nwchar: 3\nsyscr: 10\nsyscw: 1\nread_bytes: 0\n");
        assert_eq!(counted, Some(Io { read: 6_976, written: 3, reads: 10, writes: 1 }));
        assert_eq!(io(b"rchar: 6976\n"), None);
    }

    #[test]
    fn a_status_tells_user_tracer_and_switches() {
        let text = b"Name:\tx\nTracerPid:\t41\nUid:\t1000\t1001\t1000\t1000\nNSpid:\t500\t7\nKthread:\t0\nvoluntary_ctxt_switches:\t12\nnonvoluntary_ctxt_switches:\t3\n";
        let expected = Status {
            tracer: Some(41),
            user: 1001,
            inner: Some(7),
            yielded: 12,
            preempted: 3,
            is_kernel: false,
        };
        assert_eq!(status(text), expected);
        assert_eq!(status(b"NSpid:\t500\nTracerPid:\t0\n"), Status::default());
    }

    #[test]
    fn a_terminal_has_a_foreground_group() {
        assert_eq!(foreground(b"1 (a) b) S 1 1 1 34816 4242 4194304 1"), Some(4242));
        assert_eq!(foreground(b"1 (a) S 1 1 1 0 -1 4194304 1"), None);
        assert_eq!(foreground(b"1 (a) S 1"), None);
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_taken(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..300)) {
            let _ = (position(&bytes), times(&bytes), status(&bytes), io(&bytes), foreground(&bytes));
        }

        #[test]
        fn what_the_kernel_prints_is_read_back(number in 0_i64..500, args in proptest::array::uniform6(proptest::num::u64::ANY), at in proptest::num::u64::ANY) {
            let words: Vec<String> = args.iter().map(|value| format!("{value:#x}")).collect();
            let text = format!("{number} {} 0x0 {at:#x}\n", words.join(" "));
            proptest::prop_assert_eq!(position(text.as_bytes()), Some(Position::Call { number, args, instruction: at }));
        }
    }
}
