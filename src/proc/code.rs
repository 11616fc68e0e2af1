//! What the machine code of a small loop does that its general registers don't show; pure, from its bytes.
//!
//! No disassembler: a loop of some dozen instructions has so few bytes that an opcode by chance is rare, and both mistakes are
//! mild. Arithmetic that is taken for found keeps us from an accusation, and of an atomic operation many samples must tell.

/// Loops that are read through are no longer than this, in bytes.
pub const LONGEST: u64 = 512;
/// Bytes after the beginning of the last instruction that say what it does: what comes then may be no part of the loop.
pub const BEYOND: usize = 5;
/// Bytes before an instruction in which the one before it begins.
pub const BEFORE: usize = 12;

/// Whether a loop computes in floating-point or vector registers.
pub fn computes_in_vectors(code: &[u8]) -> bool {
    if cfg!(target_arch = "x86_64") { x86_vectors(code) } else { arm_vectors(code) }
}

/// Whether the instruction that ends here changes memory atomically: a sample that was taken at a locked instruction shows the
/// place after it.
pub fn ends_in_atomic(before: &[u8]) -> bool {
    if cfg!(target_arch = "x86_64") { x86_atomic(before) } else { arm_atomic(before) }
}

/// `sqrt`, `add`, `mul`, `sub`, `min`, `div`, `max` of SSE (`0F 51`, `58` to `5F`) and what begins with a VEX or EVEX prefix.
fn x86_vectors(code: &[u8]) -> bool {
    code.windows(3).any(|bytes| match *bytes {
        [0x0f, 0x51 | 0x58..=0x5f, _] => true,
        [0xc5, second, 0x51 | 0x58..=0x5f] => second & 0x78 != 0,
        _ => false,
    }) || code.windows(5).any(|bytes| matches!(*bytes, [0xc4, _, _, 0x51 | 0x58..=0x5f | 0x96..=0xbf, _] | [0x62, _, _, _, 0x51 | 0x58..=0x5f | 0x96..=0xbf]))
}

/// `lock` with an operation, or `xchg` with memory, within the last bytes.
fn x86_atomic(before: &[u8]) -> bool {
    let tail = &before[before.len().saturating_sub(BEFORE)..];
    tail.windows(2).any(|bytes| match *bytes {
        [0xf0, 0x0f | 0x83 | 0x81 | 0xff | 0x48 | 0x4c | 0x01 | 0x29 | 0x09 | 0x21 | 0x31 | 0xfe] => true,
        // A memory operand: the upper two bits are not set.
        [0x87 | 0x86, operand] => operand < 0xc0,
        _ => false,
    })
}

/// Floating-point and vector instructions of A64: bits 25 to 28 are `x111`.
fn arm_vectors(code: &[u8]) -> bool {
    code.as_chunks::<4>().0.iter().any(|bytes| u32::from_le_bytes(*bytes) >> 25 & 0b0111 == 0b0111)
}

/// Exclusive and atomic accesses of A64: `ldxr` and its like, `cas`, `swp` and `ldadd`.
fn arm_atomic(before: &[u8]) -> bool {
    before.last_chunk::<4>().is_some_and(|bytes| {
        let word = u32::from_le_bytes(*bytes);
        word >> 24 & 0x3f == 0x08 || word >> 24 & 0x3f == 0x38 && word >> 21 & 1 == 1 && word & 0x0c00 == 0
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arithmetic_and_atomic_operations_are_found_and_a_bare_spin_has_none() {
        // mov eax, [rip+…]; test eax, eax; je
        let spin = [0x8b, 0x05, 0x22, 0x2f, 0x00, 0x00, 0x85, 0xc0, 0x74, 0xf6];
        assert!(!x86_vectors(&spin) && !x86_atomic(&spin));
        // mulsd xmm0, xmm1; addsd xmm2, xmm0; vmulsd xmm0, xmm1, xmm2
        assert!(x86_vectors(&[0xf2, 0x0f, 0x59, 0xc1, 0xf2, 0x0f, 0x58, 0xd0]));
        assert!(x86_vectors(&[0x90, 0xc5, 0xf3, 0x59, 0xc2]));
        // lock cmpxchg [rdx], ecx; then xchg [rip+…], eax
        assert!(x86_atomic(&[0x31, 0xc0, 0xf0, 0x0f, 0xb1, 0x0a]));
        assert!(x86_atomic(&[0x87, 0x05, 0x10, 0x2f, 0x00, 0x00]));
        assert!(!x86_atomic(&[0x87, 0xc1]), "between registers");
        // fadd d0, d1, d2; ldaxr w1, [x0]
        assert!(arm_vectors(&0x1e62_2820_u32.to_le_bytes()) && arm_atomic(&0x885f_fc01_u32.to_le_bytes()));
        assert!(!arm_vectors(&0xb940_0001_u32.to_le_bytes()) && !arm_atomic(&0xb940_0001_u32.to_le_bytes()));
    }
}
