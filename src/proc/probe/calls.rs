//! The names of system calls by their numbers, which differ between machines. Pure.
//!
//! The tables in `assets/calls` are those of the kernel's `unistd.h`, a number and a name a line.

use std::sync::LazyLock;

/// The machine that a program was built for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Arch {
    /// 64-bit x86.
    X86_64,
    /// 64-bit ARM.
    Aarch64,
    /// Another one, whose numbers are not known.
    #[default]
    Other,
}

impl Arch {
    /// The machine that this was built for.
    pub const HERE: Self = if cfg!(target_arch = "x86_64") {
        Self::X86_64
    } else if cfg!(target_arch = "aarch64") {
        Self::Aarch64
    } else {
        Self::Other
    };
}

static X86_64: LazyLock<Vec<&str>> =
    LazyLock::new(|| table(include_str!("../../../assets/calls/x86_64.txt")));
static AARCH64: LazyLock<Vec<&str>> =
    LazyLock::new(|| table(include_str!("../../../assets/calls/aarch64.txt")));

/// The name of a system call; `None` where it is newer than the table, or the machine is not known.
pub fn name(arch: Arch, number: i64) -> Option<&'static str> {
    let table: &[&'static str] = match arch {
        Arch::X86_64 => &X86_64,
        Arch::Aarch64 => &AARCH64,
        Arch::Other => return None,
    };
    let name = table.get(usize::try_from(number).ok()?)?;
    (!name.is_empty()).then_some(*name)
}

/// Names at the index of their number.
fn table(text: &'static str) -> Vec<&'static str> {
    let mut names = Vec::new();
    for line in text.lines() {
        if let Some((number, name)) = line.split_once(' ')
            && let Ok(number) = number.parse::<usize>()
        {
            names.resize(names.len().max(number + 1), "");
            names[number] = name;
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_differ_between_machines() {
        let cases = [
            (Arch::X86_64, 0, Some("read")),
            (Arch::X86_64, 202, Some("futex")),
            (Arch::X86_64, 232, Some("epoll_wait")),
            (Arch::X86_64, 449, Some("futex_waitv")),
            (Arch::X86_64, 390, None),
            (Arch::Aarch64, 63, Some("read")),
            (Arch::Aarch64, 98, Some("futex")),
            (Arch::Aarch64, 22, Some("epoll_pwait")),
            (Arch::Aarch64, 25, Some("fcntl")),
            (Arch::Aarch64, 128, Some("restart_syscall")),
            (Arch::Aarch64, 455, Some("futex_wait")),
            (Arch::Other, 0, None),
            (Arch::X86_64, -1, None),
            (Arch::X86_64, i64::MAX, None),
        ];
        for (arch, number, expected) in cases {
            assert_eq!(name(arch, number), expected, "{arch:?} {number}");
        }
    }
}
