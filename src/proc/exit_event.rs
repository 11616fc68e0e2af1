//! The kernel's process events, parsed: bytes of a netlink datagram in, ends of processes out.
//!
//! A datagram holds messages (`struct nlmsghdr`, netlink(7)), each with a `struct cn_msg` and a `struct proc_event`
//! (include/uapi/linux/connector.h and `cn_proc.h`). Whatever is cut short or is something else is passed over.

use crate::model::process::Exit;

/// Bytes of `struct nlmsghdr`.
const HEADER: usize = 16;
/// Bytes of `struct cn_msg` before its data.
const CONNECTOR: usize = 20;
/// Where `event_data` begins in `struct proc_event`.
const DATA: usize = 16;
/// `CN_IDX_PROC` and `CN_VAL_PROC`.
const PROC: [u32; 2] = [1, 1];
/// `PROC_EVENT_EXIT`.
pub(super) const EXIT: u32 = 0x8000_0000;
/// `NLMSG_DONE`, which the connector gives to all its messages.
const DONE: u16 = 3;

/// A process that ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProcessEnd {
    /// Its PID, in the first PID namespace.
    pub pid: u32,
    /// How it ended.
    pub exit: Exit,
}

/// The ends of whole processes that a datagram tells of; those of single threads are left out.
pub fn ends(datagram: &[u8]) -> impl Iterator<Item = ProcessEnd> {
    let mut rest = datagram;
    std::iter::from_fn(move || {
        loop {
            let length = word(rest, 0)? as usize;
            let message = rest.get(HEADER..length)?;
            let kind = half(rest, 4)?;
            // Messages begin at multiples of four bytes.
            rest = rest.get(length.next_multiple_of(4)..).unwrap_or_default();
            if let Some(end) = end_of(kind, message) {
                return Some(end);
            }
        }
    })
}

fn end_of(kind: u16, message: &[u8]) -> Option<ProcessEnd> {
    let is_process_event = kind == DONE && [word(message, 0)?, word(message, 4)?] == PROC;
    let event = message.get(CONNECTOR..).filter(|_| is_process_event)?;
    if word(event, 0)? != EXIT {
        return None;
    }
    let (thread, pid, status) = (word(event, DATA)?, word(event, DATA + 4)?, word(event, DATA + 8)?);
    (thread == pid).then(|| ProcessEnd { pid, exit: Exit::from_wait_status(status.cast_signed()) })
}

/// The request to hear of ends, for kernels that know which events a listener wants (6.6), or of all events.
pub(super) fn listen(own: u32, wants_ends_only: bool) -> Vec<u8> {
    const LISTEN: u32 = 1;
    let data: &[u32] = if wants_ends_only { &[LISTEN, EXIT] } else { &[LISTEN] };
    let length = data.len() * 4;
    let mut request = Vec::with_capacity(HEADER + CONNECTOR + length);
    request.extend(((HEADER + CONNECTOR + length) as u32).to_ne_bytes());
    request.extend(DONE.to_ne_bytes());
    request.extend(0_u16.to_ne_bytes());
    for number in [0, own, PROC[0], PROC[1], 0, 0] {
        request.extend(number.to_ne_bytes());
    }
    request.extend((length as u16).to_ne_bytes());
    request.extend(0_u16.to_ne_bytes());
    request.extend(data.iter().flat_map(|number| number.to_ne_bytes()));
    request
}

fn word(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_ne_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

fn half(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_ne_bytes(bytes.get(at..at + 2)?.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What Linux 6.18 sent for `sh -c 'kill -9 $$'`, for `sh -c 'exit 42'`, for a thread that ended, and for a fork.
    const CAPTURED: [&[u8]; 4] = [
        include_bytes!("../../tests/fixtures/proc/events/killed.bin"),
        include_bytes!("../../tests/fixtures/proc/events/exited.bin"),
        include_bytes!("../../tests/fixtures/proc/events/thread.bin"),
        include_bytes!("../../tests/fixtures/proc/events/fork.bin"),
    ];

    #[test]
    #[cfg(target_endian = "little")]
    fn captured_datagrams_tell_who_ended_and_how() {
        let told = |bytes: &[u8]| ends(bytes).collect::<Vec<_>>();
        let [killed, exited, thread, fork] = CAPTURED;
        assert_eq!(told(killed).iter().map(|end| end.exit).collect::<Vec<_>>(), [Exit::Signal(9)]);
        assert_eq!(told(exited).iter().map(|end| end.exit).collect::<Vec<_>>(), [Exit::Code(42)]);
        assert_eq!((told(thread), told(fork)), (vec![], vec![]));
        // Several in one datagram, as netlink allows.
        let all = CAPTURED.concat();
        assert_eq!(told(&all), [told(killed), told(exited)].concat());
    }

    #[test]
    fn what_is_cut_short_or_lies_of_its_length_tells_nothing() {
        for captured in CAPTURED {
            for end in 0..captured.len() {
                assert_eq!(ends(&captured[..end]).count(), 0);
            }
        }
        let mut short = CAPTURED[0].to_vec();
        for length in [0_u32, 3, 15, 16, u32::MAX] {
            short[..4].copy_from_slice(&length.to_ne_bytes());
            assert_eq!(ends(&short).count(), 0, "{length}");
        }
    }

    #[test]
    fn a_request_is_as_long_as_it_says() {
        for (ends_only, length) in [(true, 44), (false, 40)] {
            let request = listen(7, ends_only);
            assert_eq!(
                (request.len(), word(&request, 0), word(&request, 12)),
                (length, Some(length as u32), Some(7))
            );
        }
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_make_it_panic_or_run_on(bytes: Vec<u8>) {
            proptest::prop_assert!(ends(&bytes).count() <= bytes.len() / HEADER);
        }
    }
}
