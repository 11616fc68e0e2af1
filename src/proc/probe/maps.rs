//! What `/proc/PID/maps` tells of a program: what runs it, whose C library it uses, and what memory it shares. Pure.

use crate::model::evidence::Runtime;

/// Shared regions that are remembered at most.
const MOST_REGIONS: usize = 4_096;

/// What a program has mapped.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Maps {
    /// Memory that other processes may share, ascending.
    shared: Vec<Region>,
    /// The C library is glibc's.
    pub has_glibc: bool,
    /// The C library is musl.
    pub has_musl: bool,
    /// What runs the program, where a library says so.
    pub runtime: Option<Runtime>,
}

/// One shared region.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Region {
    start: u64,
    end: u64,
    offset: u64,
    /// `device:inode`.
    file: String,
}

impl Maps {
    /// What a word at this address is called among all processes that share it: `device:inode:offset`; `None` in
    /// memory that is not shared.
    pub fn shared_name(&self, address: u64) -> Option<String> {
        let region = self.shared.iter().find(|region| (region.start..region.end).contains(&address))?;
        Some(format!("{}:{}", region.file, region.offset.wrapping_add(address - region.start)))
    }
}

/// Parses `/proc/PID/maps`, or as much as there is of it.
pub fn maps(text: &[u8]) -> Maps {
    let mut maps = Maps::default();
    for line in text.split(|&byte| byte == b'\n') {
        // Six columns: addresses, permissions, offset, device, inode, path.
        let mut columns = line.split(|&byte| byte == b' ').filter(|column| !column.is_empty());
        let (Some(addresses), Some(permissions), Some(offset), Some(device), Some(inode)) =
            (columns.next(), columns.next(), columns.next(), columns.next(), columns.next())
        else {
            continue;
        };
        if permissions.get(3) == Some(&b's') && maps.shared.len() < MOST_REGIONS {
            maps.shared.extend(region(addresses, offset, device, inode));
        }
        let name = line.rsplit(|&byte| byte == b'/').next().unwrap_or_default();
        if name.len() < line.len() {
            maps.see_library(name);
        }
    }
    maps
}

impl Maps {
    fn see_library(&mut self, name: &[u8]) {
        let begins = |start: &str| name.starts_with(start.as_bytes());
        self.has_glibc |= begins("libc.so.6") || begins("ld-linux") || begins("libc-2.");
        self.has_musl |= begins("ld-musl") || begins("libc.musl");
        let runtime = match () {
            () if begins("libjvm.so") => Runtime::Java,
            () if begins("libpython") => Runtime::Python,
            () if begins("libnode.so") => Runtime::Node,
            () if begins("libruby") => Runtime::Ruby,
            () => return,
        };
        self.runtime.get_or_insert(runtime);
    }
}

fn region(addresses: &[u8], offset: &[u8], device: &[u8], inode: &[u8]) -> Option<Region> {
    let hex = |digits: &str| u64::from_str_radix(digits, 16).ok();
    let (start, end) = std::str::from_utf8(addresses).ok()?.split_once('-')?;
    let (device, inode) = (std::str::from_utf8(device).ok()?, std::str::from_utf8(inode).ok()?);
    Some(Region {
        start: hex(start)?,
        end: hex(end)?,
        offset: hex(std::str::from_utf8(offset).ok()?)?,
        file: format!("{device}:{inode}"),
    })
}

/// What runs a program, by the name of its file: `python3.11`, `node`, `java`.
pub fn runtime_of(program: &str) -> Option<Runtime> {
    let name = program.rsplit('/').next()?.trim_end_matches(" (deleted)");
    let stem = name.trim_end_matches(|byte: char| byte.is_ascii_digit() || matches!(byte, '.' | '-' | 't'));
    Some(match stem {
        "python" | "pypy" => Runtime::Python,
        "node" | "nodejs" | "deno" | "bun" => Runtime::Node,
        "java" => Runtime::Java,
        "ruby" => Runtime::Ruby,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &[u8] = b"\
558174bd8000-558174c07000 r--p 00000000 fe:00 247003                     /usr/bin/thing
7f0000000000-7f0000002000 rw-s 00001000 00:01 77                         /dev/zero (deleted)
7f0000010000-7f0000012000 rw-p 00000000 00:00 0
7f631f8fd000-7f631f990000 r-xp 00000000 fe:00 1                          /usr/lib/libpython3.11.so.1.0
7f631fa00000-7f631fb00000 r-xp 00000000 fe:00 2                          /usr/lib/x86_64-linux-gnu/libc.so.6
";

    #[test]
    fn shared_words_have_the_same_name_everywhere() {
        let maps = maps(TEXT);
        assert_eq!(maps.shared_name(0x7f00_0000_0010), Some("00:01:77:4112".to_owned()));
        assert_eq!(maps.shared_name(0x7f00_0001_0000), None);
        assert_eq!(maps.shared_name(0), None);
        assert!(maps.has_glibc && !maps.has_musl);
        assert_eq!(maps.runtime, Some(Runtime::Python));
    }

    #[test]
    fn programs_are_known_by_name() {
        let cases = [
            ("/usr/bin/python3.11", Some(Runtime::Python)),
            ("/opt/py/bin/python3.13t", Some(Runtime::Python)),
            ("/usr/bin/node", Some(Runtime::Node)),
            ("/usr/lib/jvm/bin/java (deleted)", Some(Runtime::Java)),
            ("/usr/bin/ruby3.1", Some(Runtime::Ruby)),
            ("/usr/bin/cat", None),
            ("", None),
        ];
        for (program, runtime) in cases {
            assert_eq!(runtime_of(program), runtime, "{program}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_taken(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..300), at in proptest::num::u64::ANY) {
            let _ = maps(&bytes).shared_name(at);
            let text = format!("0-ffffffffffffffff rw-s ffffffffffffffff 00:01 7 {}", String::from_utf8_lossy(&bytes));
            let _ = maps(text.as_bytes()).shared_name(at);
        }
    }
}
