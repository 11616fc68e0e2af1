//! What the arguments of a call point at: futex words, times, paths, sets of descriptors. Pure: the memory is an argument.

use super::decode::{Asked, Behind, Clock, FutexCall, Limit};
use super::futex::{self, Surroundings};
use super::maps::Maps;
use crate::model::evidence::{Futex, Wait};

/// Descriptors of one poll that are taken up, at most.
const MOST_POLLED: u64 = 4_096;
/// Bytes of a path that are read, at most.
const LONGEST_PATH: usize = 1_024;
/// A wait that lasts longer than this, in seconds, never ends: libraries write "for ever" as some huge time.
const EVER: f64 = 366.0 * 86_400.0;

/// Memory of another process.
pub trait Memory {
    /// Fills as much of `into` as can be read from `address` on, and says how much that is.
    fn read(&self, address: u64, into: &mut [u8]) -> usize;
}

/// What is known of the process beside its memory.
#[derive(Debug)]
pub struct Process<'a, Own, May> {
    /// What it has mapped.
    pub maps: &'a Maps,
    /// Whether its C library may be glibc.
    pub may_be_glibc: bool,
    /// Its own threads, as it numbers them.
    pub is_own: Own,
    /// Whom a lock may name as its owner.
    pub may_own: May,
    /// The time on each clock, in seconds.
    pub now: Now,
}

/// The time on each clock, in seconds.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Now {
    /// Since 1970.
    pub real: f64,
    /// Since boot without suspension.
    pub monotonic: f64,
    /// Since boot.
    pub boot: f64,
}

/// A wait as it is fully known.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Found {
    /// What is waited for.
    pub wait: Wait,
    /// After how many seconds it ends by itself.
    pub limit: Option<f64>,
    /// It is not known whether it ends by itself.
    pub is_limit_unknown: bool,
    /// The descriptor of the folder that a relative path begins at.
    pub folder: Option<i32>,
}

/// Reads what is missing in a wait.
pub fn resolve<Own: Fn(u32) -> bool, May: Fn(u32) -> bool>(
    asked: Asked,
    memory: &impl Memory,
    process: &Process<'_, Own, May>,
) -> Found {
    let limit = limit(asked.limit, memory, process.now);
    let mut found = Found {
        wait: asked.wait,
        limit: limit.filter(|seconds| *seconds < EVER),
        is_limit_unknown: limit.is_none(),
        folder: None,
    };
    match (asked.behind, &mut found.wait) {
        (Behind::Path(address, folder), Wait::Open { path }) => {
            *path = text(memory, address);
            found.folder = path.as_ref().filter(|path| !path.starts_with('/')).map(|_| folder);
        }
        (Behind::Polled(address, count), Wait::Poll { fds }) => *fds = polled(memory, address, count),
        (Behind::Selected(count, sets), Wait::Poll { fds }) => *fds = selected(memory, count, sets),
        (Behind::Futex(call), Wait::Futex(word)) => word_of(word, call, memory, process),
        (Behind::Futexes(address, count), Wait::Futex(word)) => {
            if let Some(call) = first_of(word, memory, address, count) {
                word_of(word, call, memory, process);
            }
        }
        (Behind::CloneArguments(address), wait) => {
            const CLONE_VFORK: u64 = 0x4000;
            if number::<8>(memory, address).is_some_and(|flags| u64::from_le_bytes(flags) & CLONE_VFORK != 0)
            {
                *wait = Wait::Vfork;
            }
        }
        _ => {}
    }
    found
}

/// The semaphore of a set that is waited for, by the first `sembuf` that takes from one or waits for zero.
pub fn semaphore(memory: &impl Memory, address: u64, count: u64) -> Option<u16> {
    (0..count.min(64)).find_map(|at| {
        let [low, high, taken_low, taken_high, ..] = number::<6>(memory, address.checked_add(at * 6)?)?;
        let taken = i16::from_le_bytes([taken_low, taken_high]);
        (taken <= 0).then(|| u16::from_le_bytes([low, high]))
    })
}

/// What lies at an address; `None` where not all of it can be read.
fn number<const N: usize>(memory: &impl Memory, address: u64) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    (memory.read(address, &mut bytes) == N).then_some(bytes)
}

/// After how many seconds, infinitely many where it is never; `None` where that can't be read.
fn limit(limit: Limit, memory: &impl Memory, now: Now) -> Option<f64> {
    let time = |address: u64, parts: f64| {
        let seconds = i64::from_le_bytes(number::<8>(memory, address)?);
        let rest = i64::from_le_bytes(number::<8>(memory, address.checked_add(8)?)?);
        Some(seconds as f64 + rest as f64 / parts)
    };
    let seconds = match limit {
        Limit::Never => f64::INFINITY,
        Limit::Unknown => return None,
        Limit::Seconds(seconds) => seconds,
        Limit::Span(address) => time(address, 1e9)?,
        Limit::SpanOfMicros(address) => time(address, 1e6)?,
        Limit::Until(address, Clock::Real) => time(address, 1e9)? - now.real,
        Limit::Until(address, Clock::Monotonic) => time(address, 1e9)? - now.monotonic,
        Limit::Until(address, Clock::Boot) => time(address, 1e9)? - now.boot,
        Limit::RingSpan(address) => {
            match u64::from_le_bytes(number::<8>(memory, address.checked_add(16)?)?) {
                0 => f64::INFINITY,
                address => time(address, 1e9)?,
            }
        }
    };
    Some(seconds.max(0.0))
}

/// The text at an address, up to its zero; `None` where there is none or it is too long.
pub fn text(memory: &impl Memory, address: u64) -> Option<String> {
    let mut bytes = [0; LONGEST_PATH];
    let read = memory.read(address, &mut bytes);
    let end = memchr::memchr(0, &bytes[..read])?;
    (end > 0).then(|| String::from_utf8_lossy(&bytes[..end]).into_owned())
}

fn polled(memory: &impl Memory, address: u64, count: u64) -> Vec<(i32, i16)> {
    let mut bytes = vec![0; (count.min(MOST_POLLED) * 8) as usize];
    let read = memory.read(address, &mut bytes);
    let entries = bytes[..read].chunks_exact(8).map(|entry| {
        let fd = i32::from_le_bytes([entry[0], entry[1], entry[2], entry[3]]);
        (fd, i16::from_le_bytes([entry[4], entry[5]]))
    });
    // A negative descriptor is an entry that is not used.
    entries.filter(|(fd, _)| *fd >= 0).collect()
}

fn selected(memory: &impl Memory, count: u64, sets: [u64; 3]) -> Vec<(i32, i16)> {
    // POLLIN, POLLOUT and POLLPRI.
    const EVENTS: [i16; 3] = [1, 4, 2];
    let count = count.min(MOST_POLLED);
    let mut events = vec![0_i16; count as usize];
    for (address, event) in sets.into_iter().zip(EVENTS) {
        let mut bits = vec![0; count.div_ceil(8) as usize];
        let read = if address == 0 { 0 } else { memory.read(address, &mut bits) };
        for (fd, events) in events.iter_mut().enumerate().take(read * 8) {
            if bits[fd / 8] & (1 << (fd % 8)) != 0 {
                *events |= event;
            }
        }
    }
    let fds = events.into_iter().enumerate().filter(|(_, events)| *events != 0);
    fds.map(|(fd, events)| (fd as i32, events)).collect()
}

/// Takes over the first of some `futex_waitv`.
fn first_of(word: &mut Futex, memory: &impl Memory, address: u64, count: u64) -> Option<FutexCall> {
    const PRIVATE: u8 = 128;
    let entry = number::<24>(memory, address).filter(|_| count > 0)?;
    word.seen = u32::from_le_bytes(entry[..4].try_into().ok()?);
    word.address = u64::from_le_bytes(entry[8..16].try_into().ok()?);
    Some(FutexCall { is_private: entry[16] & PRIVATE != 0, ..FutexCall::default() })
}

fn word_of<Own: Fn(u32) -> bool, May: Fn(u32) -> bool>(
    word: &mut Futex,
    call: FutexCall,
    memory: &impl Memory,
    process: &Process<'_, Own, May>,
) {
    let mut ahead = [0; futex::AHEAD];
    let read = memory.read(word.address, &mut ahead);
    let before = word.address.checked_sub(futex::BEFORE as u64);
    let before = before.and_then(|address| number::<{ futex::BEFORE }>(memory, address));
    if !call.is_private {
        word.shared = process.maps.shared_name(word.address);
    }
    word.word = ahead[..read].first_chunk().map(|bytes| u32::from_le_bytes(*bytes));
    let meaning = futex::meaning(
        &Surroundings {
            call,
            address: word.address,
            seen: word.seen,
            ahead: &ahead[..read],
            before: before.as_ref().map_or(&[], |bytes| &bytes[..]),
            may_be_glibc: process.may_be_glibc,
        },
        &process.is_own,
        &process.may_own,
    );
    (word.kind, word.owner, word.joins) = (meaning.kind, meaning.owner, meaning.joins);
}

#[cfg(test)]
mod tests {
    use super::super::calls::Arch;
    use super::super::decode::decode;
    use super::*;
    use crate::model::evidence::FutexKind;

    /// Memory that begins at an address.
    struct Bytes(u64, Vec<u8>);

    impl Memory for Bytes {
        fn read(&self, address: u64, into: &mut [u8]) -> usize {
            let from = address.checked_sub(self.0).map_or(usize::MAX, |from| from as usize);
            let there = self.1.get(from..).unwrap_or_default();
            let length = there.len().min(into.len());
            into[..length].copy_from_slice(&there[..length]);
            length
        }
    }

    fn found(number: i64, args: [u64; 6], memory: &Bytes) -> Found {
        let maps = super::super::maps::maps(b"1000-2000 rw-s 00000000 00:01 9 /dev/shm/x\n");
        let now = Now { real: 1_000.0, monotonic: 100.0, boot: 200.0 };
        let process =
            Process { maps: &maps, may_be_glibc: true, is_own: |tid| tid == 7, may_own: |tid| tid < 50, now };
        resolve(decode(Arch::X86_64, number, args), memory, &process)
    }

    fn times(seconds: i64, rest: i64) -> Vec<u8> {
        [seconds.to_le_bytes(), rest.to_le_bytes()].concat()
    }

    #[test]
    fn times_are_read() {
        let span = |seconds, rest| found(35, [0x1000, 0, 0, 0, 0, 0], &Bytes(0x1000, times(seconds, rest)));
        assert_eq!(span(2, 500_000_000).limit, Some(2.5));
        let ever = span(i64::MAX, 0);
        assert_eq!((ever.limit, ever.is_limit_unknown), (None, false));
        let unread = found(35, [0x5000, 0, 0, 0, 0, 0], &Bytes(0x1000, times(1, 0)));
        assert_eq!((unread.limit, unread.is_limit_unknown), (None, true));
        let until = |op| found(202, [0x1800, op, 0, 0x1000, 0, 0], &Bytes(0x1000, times(1_030, 0))).limit;
        assert_eq!(until(0x189), Some(30.0));
        assert_eq!(until(0x89), Some(930.0));
        let past = found(202, [0x1800, 0x89, 0, 0x1000, 0, 0], &Bytes(0x1000, times(3, 0)));
        assert_eq!(past.limit, Some(0.0));
        let select = found(23, [1, 0x1010, 0, 0, 0x1000, 0], &Bytes(0x1000, times(0, 250_000)));
        assert_eq!(select.limit, Some(0.25));
    }

    #[test]
    fn descriptors_are_read() {
        let mut entries = Vec::new();
        for (fd, events) in [(3_i32, 1_i16), (-1, 1), (9, 4)] {
            entries.extend([&fd.to_le_bytes()[..], &events.to_le_bytes(), &[0, 0]].concat());
        }
        let poll = found(7, [0x1000, 3, u64::MAX, 0, 0, 0], &Bytes(0x1000, entries));
        assert_eq!(poll.wait, Wait::Poll { fds: vec![(3, 1), (9, 4)] });
        let mut sets = vec![0; 16];
        (sets[0], sets[8]) = (0b0010_1000, 0b0000_1000);
        let select = found(23, [6, 0x1000, 0x1008, 0, 0, 0], &Bytes(0x1000, sets));
        assert_eq!(select.wait, Wait::Poll { fds: vec![(3, 5), (5, 1)] });
        let gone = found(7, [0x9000, 3, 0, 0, 0, 0], &Bytes(0x1000, Vec::new()));
        assert_eq!(gone.wait, Wait::Poll { fds: Vec::new() });
    }

    #[test]
    fn paths_are_read() {
        let memory = Bytes(0x1000, b"some/fifo\0rest".to_vec());
        let open = found(257, [3, 0x1000, 0, 0, 0, 0], &memory);
        assert_eq!((open.wait, open.folder), (Wait::Open { path: Some("some/fifo".to_owned()) }, Some(3)));
        let cut = found(257, [3, 0x100b, 0, 0, 0, 0], &memory);
        assert_eq!((cut.wait, cut.folder), (Wait::Open { path: None }, None));
    }

    #[test]
    fn words_are_read_and_named() {
        let memory = Bytes(0x1000, [7_u32.to_le_bytes(), [0; 4]].concat());
        let Wait::Futex(join) = found(202, [0x1000, 0x109, 7, 0, 0, 0], &memory).wait else {
            panic!("a futex")
        };
        assert_eq!((join.joins, join.kind, join.word), (Some(7), FutexKind::Join, Some(7)));
        assert_eq!(join.shared.as_deref(), Some("00:01:9:0"));
        let mut entry = vec![0; 24];
        entry[..4].copy_from_slice(&5_u32.to_le_bytes());
        entry[8..16].copy_from_slice(&0x1000_u64.to_le_bytes());
        entry[16] = 2 | 128;
        let Wait::Futex(word) = found(449, [0x1000, 1, 0, 0, 1, 0], &Bytes(0x1000, entry)).wait else {
            panic!("a futex")
        };
        assert_eq!((word.address, word.seen, word.word, word.shared), (0x1000, 5, Some(5), None));
    }

    #[test]
    fn the_semaphore_that_is_taken_is_found() {
        let operations = [1_i16, 1, 0, 4, -1, 0].iter().flat_map(|part| part.to_le_bytes()).collect();
        assert_eq!(semaphore(&Bytes(0x1000, operations), 0x1000, 2), Some(4));
        assert_eq!(semaphore(&Bytes(0x1000, Vec::new()), 0x1000, u64::MAX), None);
    }

    proptest::proptest! {
        #[test]
        fn any_memory_is_taken(
            number in 0_i64..470,
            args in proptest::array::uniform6(0x0ff0_u64..0x1040),
            bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..80),
        ) {
            let found = found(number, args, &Bytes(0x1000, bytes));
            proptest::prop_assert!(found.limit.is_none_or(|limit| limit.is_finite() && limit >= 0.0));
        }
    }
}
