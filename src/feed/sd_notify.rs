//! What a job tells its manager by `sd_notify(3)`; pure.
//!
//! Descriptors that travel with a datagram are not seen here: who receives closes them at once, which is all that
//! `BARRIER=1` asks for.

/// The longest datagram that is looked at, and the most lines of it.
pub const LONGEST_DATAGRAM: usize = 64 * 1024;
const MOST_LINES: usize = 64;

/// The longest status that is kept, in characters.
const LONGEST_STATUS: usize = 500;

/// One datagram.
#[derive(Debug, Clone, PartialEq, Default)]
#[expect(clippy::struct_excessive_bools, reason = "the protocol's own flags, any of them together")]
pub struct Notification<'a> {
    /// `READY=1`: its start is over.
    pub is_ready: bool,
    /// `STOPPING=1`.
    pub is_stopping: bool,
    /// `WATCHDOG=1`: a sign of life that the job gives on purpose.
    pub is_watchdog: bool,
    /// `WATCHDOG=trigger`: the job itself says that it is stuck.
    pub is_triggered: bool,
    /// `WATCHDOG_USEC`: the longest gap between signs of life that it wants to be allowed.
    pub watchdog_usec: Option<u64>,
    /// `EXTEND_TIMEOUT_USEC`: it needs so much longer.
    pub extend_usec: Option<u64>,
    /// `STATUS`: one line for people.
    pub status: Option<&'a str>,
    /// `X_…` fields that hold a number: their names are free for the job to choose.
    pub counters: Vec<(&'a str, f64)>,
    /// Lines that are no field, or hold what their field can't.
    pub unreadable: usize,
}

/// Reads a datagram. Fields that are not known are passed over: the protocol says so.
pub fn read(datagram: &[u8]) -> Notification<'_> {
    let mut read = Notification::default();
    if datagram.len() > LONGEST_DATAGRAM {
        read.unreadable = 1;
        return read;
    }
    let lines = datagram.split(|&byte| byte == b'\n').filter(|line| !line.is_empty());
    for (number, line) in lines.enumerate() {
        let field = std::str::from_utf8(line).ok().and_then(|line| line.split_once('='));
        let is_known = number < MOST_LINES && field.is_some_and(|(name, value)| take(&mut read, name, value));
        read.unreadable += usize::from(!is_known);
    }
    read
}

/// True when the field could be read, or is none of ours.
fn take<'a>(read: &mut Notification<'a>, name: &'a str, value: &'a str) -> bool {
    let flag = |flag: &mut bool| {
        *flag = value == "1";
        *flag
    };
    match name {
        "READY" => flag(&mut read.is_ready),
        "STOPPING" => flag(&mut read.is_stopping),
        "WATCHDOG" if value == "trigger" => flag_set(&mut read.is_triggered),
        "WATCHDOG" => flag(&mut read.is_watchdog),
        "WATCHDOG_USEC" => number(value, &mut read.watchdog_usec),
        "EXTEND_TIMEOUT_USEC" => number(value, &mut read.extend_usec),
        "STATUS" => {
            let end = value.char_indices().nth(LONGEST_STATUS).map_or(value.len(), |(at, _)| at);
            read.status = Some(&value[..end]);
            true
        }
        _ if name.starts_with("X_") && name.len() <= super::statsd::LONGEST_NAME => {
            let is_name = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
            if let Some(value) = value.parse().ok().filter(|value: &f64| is_name && value.is_finite()) {
                read.counters.push((name, value));
            }
            is_name
        }
        _ => !name.is_empty(),
    }
}

fn flag_set(flag: &mut bool) -> bool {
    *flag = true;
    true
}

fn number(text: &str, into: &mut Option<u64>) -> bool {
    let is_plain = text.bytes().all(|byte| byte.is_ascii_digit());
    *into = text.parse().ok().filter(|_| is_plain);
    into.is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_field_has_its_meaning() {
        let nothing = Notification::default;
        let cases = [
            ("READY=1", Notification { is_ready: true, ..nothing() }),
            ("WATCHDOG=1", Notification { is_watchdog: true, ..nothing() }),
            ("WATCHDOG=trigger", Notification { is_triggered: true, ..nothing() }),
            ("WATCHDOG_USEC=20000000", Notification { watchdog_usec: Some(20_000_000), ..nothing() }),
            ("EXTEND_TIMEOUT_USEC=30000000", Notification { extend_usec: Some(30_000_000), ..nothing() }),
            ("STOPPING=1\nERRNO=12", Notification { is_stopping: true, ..nothing() }),
            ("RELOADING=1\nMONOTONIC_USEC=123456\nMAINPID=18016\nBARRIER=1\n", nothing()),
            (
                "READY=1\nSTATUS=a=b: 12/345 rows",
                Notification { is_ready: true, status: Some("a=b: 12/345 rows"), ..nothing() },
            ),
            (
                "X_ROWS_DONE=120\nX_ROWS_TOTAL=5000\nX_NOTE=words",
                Notification {
                    counters: vec![("X_ROWS_DONE", 120.0), ("X_ROWS_TOTAL", 5_000.0)],
                    ..nothing()
                },
            ),
            ("FDSTORE=1\nFDNAME=x\nNOTIFYACCESS=all", nothing()),
            ("READY=0", Notification { unreadable: 1, ..nothing() }),
            ("no field\n=1\nWATCHDOG_USEC=-1", Notification { unreadable: 3, ..nothing() }),
        ];
        for (datagram, expected) in cases {
            assert_eq!(read(datagram.as_bytes()), expected, "{datagram}");
        }
    }

    #[test]
    fn a_flood_of_lines_is_bounded() {
        let flood = "X_A=1\n".repeat(5_000);
        let read = read(flood.as_bytes());
        assert_eq!((read.counters.len(), read.unreadable), (MOST_LINES, 5_000 - MOST_LINES));
        assert_eq!(super::read(&vec![b'\n'; LONGEST_DATAGRAM + 1]).unreadable, 1);
        let status = format!("STATUS={}", "é".repeat(5_000));
        assert_eq!(super::read(status.as_bytes()).status.map(|s| s.chars().count()), Some(LONGEST_STATUS));
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_do_no_harm(bytes: Vec<u8>) {
            let lines = bytes.split(|&byte| byte == b'\n').filter(|line| !line.is_empty()).count();
            proptest::prop_assert!(read(&bytes).unreadable <= lines);
        }

        #[test]
        fn a_counter_that_is_written_is_read(name in "X_[A-Z_]{1,20}", value: i32) {
            let text = format!("{name}={value}");
            proptest::prop_assert_eq!(read(text.as_bytes()).counters, vec![(name.as_str(), f64::from(value))]);
        }
    }
}
