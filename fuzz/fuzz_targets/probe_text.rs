//! What a diagnosis reads of a stranger's process: its files in `/proc`, its map, its program, its memory.
#![no_main]

use libfuzzer_sys::fuzz_target;
use telltales::proc::probe::calls::Arch;
use telltales::proc::probe::futex::{self, Surroundings};
use telltales::proc::probe::resolve::{self, Memory, Now, Process};
use telltales::proc::probe::{channel, decode, elf, maps, parse};

/// Memory that lies at the address 4096.
struct Bytes<'a>(&'a [u8]);

impl Memory for Bytes<'_> {
    fn read(&self, address: u64, into: &mut [u8]) -> usize {
        let there = usize::try_from(address.wrapping_sub(4_096)).ok().and_then(|from| self.0.get(from..));
        let there = there.unwrap_or_default();
        let length = there.len().min(into.len());
        into[..length].copy_from_slice(&there[..length]);
        length
    }
}

fuzz_target!(|bytes: &[u8]| {
    let _ = (parse::times(bytes), parse::status(bytes), parse::io(bytes), parse::foreground(bytes));
    let _ = elf::header(bytes).and_then(|_| elf::names(bytes));
    let _ = (elf::is_go(bytes), futex_of(bytes));
    let maps = maps::maps(bytes);
    let position = parse::position(bytes).unwrap_or_default();
    for state in ['S', 'D', 'T', 'R'] {
        let asked = channel::asked(Arch::X86_64, state, channel::name(bytes), &position);
        resolved(asked, &maps, bytes);
    }
    // A number of a call and its arguments, each an address near the memory or a small number.
    let mut words =
        bytes.iter().map(|&byte| if byte < 128 { u64::from(byte) } else { 3_968 + u64::from(byte) });
    let number = words.next().unwrap_or_default() as i64 * 2;
    let args = std::array::from_fn(|_| words.next().unwrap_or_default());
    resolved(decode::decode(Arch::X86_64, number, args), &maps, bytes);
});

fn resolved(asked: decode::Asked, maps: &maps::Maps, bytes: &[u8]) {
    let process = Process {
        maps,
        may_be_glibc: true,
        is_own: |tid| tid < 9,
        may_own: |tid| tid < 99,
        now: Now::default(),
    };
    let found = resolve::resolve(asked, &Bytes(bytes), &process);
    assert!(found.limit.is_none_or(|limit| limit.is_finite() && limit >= 0.0));
}

fn futex_of(bytes: &[u8]) -> Option<u32> {
    let (before, ahead) = bytes.split_at_checked(futex::BEFORE)?;
    let seen = u32::from_le_bytes(ahead.get(..4)?.try_into().ok()?);
    let call = decode::FutexCall {
        is_private: bytes[0] & 1 == 0,
        is_inheriting: false,
        is_bitset: bytes[0] & 2 == 0,
    };
    let word = Surroundings { call, address: 4_096, seen, ahead, before, may_be_glibc: true };
    futex::meaning(&word, |tid| tid < 9, |tid| tid < 99).owner.inspect(|&tid| assert!(tid < 99))
}
