#![expect(unsafe_code, reason = "perf_event_open(2) and its ring have no safe wrapper")]
//! Where busy threads stand in their programs, sampled by their own CPU time: one place or many, and whether anything
//! in their registers changes.
//!
//! The kernel's software CPU clock takes a sample every few milliseconds of the thread's own time
//! (`perf_event_open(2)`, `PERF_COUNT_SW_CPU_CLOCK`): the instruction and the registers of the program, never of the
//! kernel, so that a plain user may ask for his own processes (`perf_event_paranoid` 2, the default). Nothing is stopped:
//! the interrupt is one of those that a running thread has anyway. A thread that spins on a flag has the same registers
//! each time; one that computes in a loop as small has not.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};
use std::ffi::c_void;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::ptr::{self, NonNull};
use std::sync::atomic::{AtomicU64, Ordering, fence};

use rustix::mm::{MapFlags, ProtFlags, mmap, munmap};

use super::code;
use crate::model::evidence::Spots;

/// Samples per second of CPU.
pub const FREQUENCY: u64 = 400;
/// Threads that are sampled at once: the rings of all stay below what a plain user may lock (516 KiB).
pub const MOST: usize = 12;
/// Data pages of a ring, a power of two; a header page comes before.
const PAGES: usize = 8;
/// Places whose code is read.
const MOST_READ: usize = 24;
/// Distinct values that are told apart.
const MOST_DISTINCT: usize = 8_192;

const TYPE_SOFTWARE: u32 = 1;
const SW_CPU_CLOCK: u64 = 0;
const SAMPLE_IP: u64 = 1;
const SAMPLE_REGS_USER: u64 = 1 << 12;
/// `exclude_kernel`, `exclude_hv`, `exclude_idle`, `freq`.
const FLAGS: u64 = 1 << 5 | 1 << 6 | 1 << 7 | 1 << 10;
const RECORD_SAMPLE: u32 = 9;
const FLAG_CLOEXEC: libc::c_ulong = 1 << 3;

/// All general registers but the stack pointer, the instruction pointer and the flags, by the numbers of
/// `arch/x86/include/uapi/asm/perf_regs.h` and its like.
#[cfg(target_arch = "x86_64")]
const REGISTERS: u64 = 0x7f | 0xff << 16;
#[cfg(target_arch = "aarch64")]
const REGISTERS: u64 = (1 << 31) - 1;
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
const REGISTERS: u64 = 0;

/// `struct perf_event_attr` in its fourth published size.
#[repr(C)]
#[derive(Debug, Default)]
struct Attributes {
    kind: u32,
    size: u32,
    config: u64,
    frequency: u64,
    sample_type: u64,
    read_format: u64,
    flags: u64,
    wakeup: u32,
    bp_type: u32,
    config1: u64,
    config2: u64,
    branches: u64,
    registers: u64,
    stack: u32,
    clock: i32,
}

/// The samples of one thread.
#[derive(Debug)]
pub struct SpotReader {
    // The mapping ends before the descriptor closes: fields drop in their order.
    ring: Ring,
    _event: OwnedFd,
    page: usize,
    samples: u32,
    /// Samples at each place.
    addresses: HashMap<u64, u32>,
    registers: HashSet<u64>,
}

/// A mapped ring: one header page and [`PAGES`] of data.
#[derive(Debug)]
struct Ring {
    base: NonNull<c_void>,
    length: usize,
}

// SAFETY: the mapping belongs to this value alone and is reached through `&mut` only.
unsafe impl Send for Ring {}

impl Drop for Ring {
    fn drop(&mut self) {
        // SAFETY: `base` and `length` are those that mmap gave; nothing borrows from the mapping.
        let _ = unsafe { munmap(self.base.as_ptr(), self.length) };
    }
}

impl SpotReader {
    /// Begins to sample a thread; `None` where the kernel does not allow it.
    pub fn open(tid: u32) -> Option<Self> {
        let attributes = Attributes {
            kind: TYPE_SOFTWARE,
            size: u32::try_from(size_of::<Attributes>()).ok()?,
            config: SW_CPU_CLOCK,
            frequency: FREQUENCY,
            sample_type: SAMPLE_IP | if REGISTERS == 0 { 0 } else { SAMPLE_REGS_USER },
            flags: FLAGS,
            registers: REGISTERS,
            ..Attributes::default()
        };
        let (any_cpu, no_group): (libc::c_int, libc::c_int) = (-1, -1);
        // SAFETY: the kernel reads `size` bytes of `attributes`, which lives across the call, and gives a new descriptor.
        let fd = unsafe {
            libc::syscall(
                libc::SYS_perf_event_open,
                &raw const attributes,
                libc::pid_t::try_from(tid).ok()?,
                any_cpu,
                no_group,
                FLAG_CLOEXEC,
            )
        };
        let fd = i32::try_from(fd).ok().filter(|fd| *fd >= 0)?;
        // SAFETY: the descriptor was just opened for us and belongs to nobody else.
        let event = unsafe { OwnedFd::from_raw_fd(fd) };
        debug_assert!(event.as_raw_fd() >= 0);
        let page = rustix::param::page_size();
        let length = page * (1 + PAGES);
        // SAFETY: a new shared mapping of the event at a place of the kernel's choice; nothing of ours is mapped over.
        let base = unsafe {
            mmap(ptr::null_mut(), length, ProtFlags::READ | ProtFlags::WRITE, MapFlags::SHARED, &event, 0)
        };
        let base = NonNull::new(base.ok()?)?;
        Some(Self {
            ring: Ring { base, length },
            _event: event,
            page,
            samples: 0,
            addresses: HashMap::new(),
            registers: HashSet::new(),
        })
    }

    /// Takes what came since the last call. The ring holds more than a quarter of a second of one thread.
    pub fn take(&mut self) {
        let data = self.page * PAGES;
        // SAFETY: the header page is `struct perf_event_mmap_page`, whose `data_head` and `data_tail` are aligned 64-bit
        // words at 1024 and 1032 since its first version; the kernel writes the head, we alone write the tail.
        let (head, tail) = unsafe {
            let at = |offset: usize| &*self.ring.base.as_ptr().byte_add(offset).cast::<AtomicU64>();
            (at(1024), at(1032))
        };
        let end = head.load(Ordering::Acquire);
        fence(Ordering::Acquire);
        let mut at = tail.load(Ordering::Relaxed);
        let word = |position: u64| -> u64 {
            let mut bytes = [0; 8];
            for (n, byte) in (0_u64..).zip(bytes.iter_mut()) {
                let offset = self.page + ((position + n) as usize & (data - 1));
                // SAFETY: the offset lies in the data pages of the mapping; any byte is valid.
                *byte = unsafe { self.ring.base.as_ptr().cast::<u8>().add(offset).read_volatile() };
            }
            u64::from_ne_bytes(bytes)
        };
        while at < end {
            let header = word(at);
            let (kind, length) = (header as u32, header >> 48);
            if length < 8 {
                at = end;
                break;
            }
            if kind == RECORD_SAMPLE && length >= 16 {
                self.samples = self.samples.saturating_add(1);
                let is_full = self.addresses.len() >= MOST_DISTINCT;
                match self.addresses.entry(word(at + 8)) {
                    Entry::Vacant(_) if is_full => {}
                    place => *place.or_default() += 1,
                }
                // At one place the registers of a loop that changes nothing are always the same.
                let mut hash = DefaultHasher::new();
                word(at + 8).hash(&mut hash);
                // The word before the registers says which set they are.
                (24..length).step_by(8).for_each(|offset| word(at + offset).hash(&mut hash));
                if self.registers.len() < MOST_DISTINCT {
                    self.registers.insert(hash.finish());
                }
            }
            at += length;
        }
        tail.store(at, Ordering::Release);
    }

    /// What was seen. A thread that `ran` for so many seconds meanwhile and was not seen in its program was in the kernel.
    /// `read` reads its memory: from this address into these bytes, returning how many.
    pub fn spots(&self, ran: f64, read: impl Fn(u64, &mut [u8]) -> usize) -> Spots {
        let due = (ran * FREQUENCY as f64 * 0.9) as u32;
        Spots {
            samples: self.samples,
            addresses: self.addresses.len() as u32,
            registers: self.registers.len() as u32,
            in_kernel: due.saturating_sub(self.samples),
            atomic: self.atomic(&read),
            computes: self.computes(&read),
        }
    }

    /// Samples right after an atomic operation.
    fn atomic(&self, read: &impl Fn(u64, &mut [u8]) -> usize) -> u32 {
        let mut places: Vec<(u64, u32)> =
            self.addresses.iter().map(|(place, samples)| (*place, *samples)).collect();
        places.sort_unstable_by_key(|(_, samples)| std::cmp::Reverse(*samples));
        let is_atomic = |place: u64| {
            let mut bytes = [0; code::BEFORE];
            let begin = place.saturating_sub(code::BEFORE as u64);
            read(begin, &mut bytes) == bytes.len() && code::ends_in_atomic(&bytes)
        };
        places
            .into_iter()
            .take(MOST_READ)
            .filter(|(place, _)| is_atomic(*place))
            .map(|(_, samples)| samples)
            .sum()
    }

    /// Whether a loop that is small enough to be read computes in registers that are not sampled.
    fn computes(&self, read: &impl Fn(u64, &mut [u8]) -> usize) -> bool {
        let (Some(&first), Some(&last)) = (self.addresses.keys().min(), self.addresses.keys().max()) else {
            return false;
        };
        if last - first > code::LONGEST {
            return false;
        }
        let mut bytes = vec![0; (last - first) as usize + code::BEYOND];
        let length = read(first, &mut bytes);
        code::computes_in_vectors(&bytes[..length])
    }
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "runs threads to look at them")]
mod tests {
    use super::*;
    use std::sync::atomic::AtomicBool;
    use std::sync::mpsc;
    use std::time::{Duration, Instant};

    /// What is seen of a thread that does this for a while; `None` where sampling is not allowed.
    fn seen(work: impl Fn(&AtomicBool) + Send + 'static) -> Option<Spots> {
        static ENOUGH: AtomicBool = AtomicBool::new(false);
        let (tell, told) = mpsc::channel();
        ENOUGH.store(false, Ordering::Relaxed);
        let thread = std::thread::spawn(move || {
            let _ = tell.send(rustix::thread::gettid().as_raw_nonzero().get());
            work(&ENOUGH);
        });
        let tid = told.recv().expect("it says who it is").unsigned_abs();
        let mut reader = SpotReader::open(tid);
        let begun = Instant::now();
        // A crowded machine gives less of a second of CPU in a second.
        while begun.elapsed() < Duration::from_secs(20)
            && reader.as_ref().is_some_and(|reader| reader.samples < 60)
        {
            std::thread::sleep(Duration::from_millis(100));
            reader.iter_mut().for_each(SpotReader::take);
        }
        ENOUGH.store(true, Ordering::Relaxed);
        let _ = thread.join();
        reader.map(|reader| reader.spots(0.0, |_, _| 0))
    }

    #[test]
    fn a_spin_on_a_flag_stands_still_in_its_registers_and_a_computation_does_not() {
        let Some(spins) = seen(|enough| while !enough.load(Ordering::Relaxed) {}) else {
            let refused = "skipped: this kernel does not let us sample our own threads";
            eprintln!("{refused}");
            return;
        };
        let works = seen(|enough| {
            let mut sum = 1_u64;
            while !enough.load(Ordering::Relaxed) {
                sum = sum.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            }
            std::hint::black_box(sum);
        });
        let works = works.expect("it was allowed a moment ago");
        assert!(spins.samples >= 30 && works.samples >= 30, "{spins:?} {works:?}");
        // Unoptimised code keeps most in memory: only some of its instructions see what changes.
        assert!(works.registers > works.addresses + works.addresses / 4, "{works:?}");
        assert!(spins.registers <= spins.addresses + 2, "{spins:?}");
    }
}
