//! Which failures of system calls are worth telling, and what they are about. Pure.
//!
//! Most calls that fail are no trouble: nothing to read yet, no terminal, a file that is looked for in many places. The tables
//! here say which are, as in errno(3) and the pages of the calls.

/// What a traced thread stopped for, by `struct ptrace_syscall_info`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// It is about to make a call of this number, with these arguments.
    Entry(i64, [u64; 6]),
    /// Its call has come back with this value.
    Exit(i64),
}

/// Bytes of `struct ptrace_syscall_info` that are asked for.
pub const INFO: usize = 88;

/// The machines that we know the calls of, as the kernel's audit names them: a 32-bit program has other numbers.
const NATIVE: u32 = if cfg!(target_arch = "x86_64") { 0xC000_003E } else { 0xC000_00B7 };

/// What the kernel says of a stop; `None` for anything else than a call of our own machine.
pub fn stop(info: &[u8]) -> Option<Stop> {
    let word = |at: usize| Some(u64::from_le_bytes(info.get(at..at + 8)?.try_into().ok()?));
    let arch = u32::from_le_bytes(info.get(4..8)?.try_into().ok()?);
    match *info.first()? {
        1 if arch == NATIVE => {
            let mut args = [0; 6];
            for (at, arg) in args.iter_mut().enumerate() {
                *arg = word(32 + at * 8)?;
            }
            Some(Stop::Entry(word(24)? as i64, args))
        }
        2 if arch == NATIVE => Some(Stop::Exit(word(24)? as i64)),
        _ => None,
    }
}

/// What a call is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum About {
    /// The path at this address, beginning at the folder of this descriptor where it is relative.
    Path(u64, i32),
    /// An open descriptor.
    Descriptor(i32),
    /// Nothing that has a name.
    Nothing,
}

/// `AT_FDCWD`: the working folder.
const HERE: i32 = -100;

/// Calls that make a new name.
const CREATE: &[&str] = &[
    "open",
    "openat",
    "openat2",
    "creat",
    "mkdir",
    "mkdirat",
    "link",
    "linkat",
    "symlink",
    "symlinkat",
    "mknod",
    "mknodat",
    "rename",
    "renameat",
    "renameat2",
];

/// Calls that start a process or a thread.
const START: &[&str] = &["clone", "clone3", "fork", "vfork"];

/// Calls on file locks, which say so when another has one.
const LOCK: &[&str] = &["flock", "fcntl"];

/// Failures that are told of whoever meets them.
const SCARCE: &[&str] = &["ENOSPC", "EDQUOT", "EMFILE", "ENFILE"];

/// Failures that are part of a program's normal life, whatever the call: `*`.
const HARMLESS: &[(&str, &str)] = &[
    ("*", "EAGAIN"),
    ("*", "EINTR"),
    ("*", "EINPROGRESS"),
    ("*", "EALREADY"),
    ("*", "ETIMEDOUT"),
    ("*", "ENOSYS"),
    ("*", "EOPNOTSUPP"),
    ("*", "ECHILD"),
    ("*", "ERANGE"),
    ("*", "ENODATA"),
    ("*", "ENOTTY"),
    ("*", "ESPIPE"),
    ("*", "EISCONN"),
    ("fcntl", "EBADF"),
    ("close", "EBADF"),
    ("readlink", "EINVAL"),
    ("readlinkat", "EINVAL"),
    ("ioctl", "EINVAL"),
    ("prctl", "EINVAL"),
    ("kill", "ESRCH"),
    ("tgkill", "ESRCH"),
];

/// Whether a failure is worth telling. Of a process that was started meanwhile only what does not belong to every start:
/// libraries are looked for in many places.
pub fn is_telling(call: &str, error: &str, args: [u64; 6], is_newcomer: bool) -> bool {
    let is_lock = match call {
        "flock" => error == "EAGAIN",
        "fcntl" => is_lock_command(args[1]) && matches!(error, "EAGAIN" | "EACCES"),
        _ => false,
    };
    let is_refused = START.contains(&call) && error == "EAGAIN";
    let is_there = CREATE.contains(&call) && error == "EEXIST";
    if is_lock || is_refused || is_there || SCARCE.contains(&error) {
        return true;
    }
    // A restart is no failure: the program never sees it.
    let is_named = errors().any(|(_, name)| name == error);
    let is_harmless = HARMLESS.iter().any(|(of, harmless)| (*of == "*" || *of == call) && *harmless == error);
    is_named && !is_harmless && !is_newcomer && !LOCK.contains(&call)
}

/// `F_SETLK` and `F_OFD_SETLK`.
const fn is_lock_command(command: u64) -> bool {
    matches!(command, 6 | 37)
}

/// What a call of this name is about.
pub fn about(call: &str, args: [u64; 6]) -> About {
    let fd = |at: usize| args[at] as u32 as i32;
    match call {
        "open" | "creat" | "mkdir" | "rmdir" | "mknod" | "stat" | "lstat" | "access" | "unlink" | "chmod"
        | "chown" | "readlink" | "truncate" | "statfs" | "chdir" | "execve" | "utime" => {
            About::Path(args[0], HERE)
        }
        "openat" | "openat2" | "mkdirat" | "mknodat" | "newfstatat" | "statx" | "faccessat"
        | "faccessat2" | "unlinkat" | "readlinkat" | "fchmodat" | "fchownat" | "utimensat" | "execveat" => {
            About::Path(args[1], fd(0))
        }
        "link" | "symlink" | "rename" => About::Path(args[1], HERE),
        "symlinkat" => About::Path(args[2], fd(1)),
        "linkat" | "renameat" | "renameat2" => About::Path(args[3], fd(2)),
        "copy_file_range" => About::Descriptor(fd(2)),
        "read" | "write" | "pread64" | "pwrite64" | "readv" | "writev" | "preadv" | "pwritev" | "fsync"
        | "fdatasync" | "ftruncate" | "fallocate" | "flock" | "fcntl" | "sendfile" | "ioctl"
        | "getdents64" | "fstat" | "sync_file_range" => About::Descriptor(fd(0)),
        _ => About::Nothing,
    }
}

/// Whether a call that succeeded made something: wrote, sent, or gave a file a name. What goes to standard output and standard
/// error may be no more than "still waiting".
pub fn has_made(call: &str, args: [u64; 6], value: i64) -> bool {
    match call {
        "write" | "pwrite64" | "writev" | "pwritev" | "sendfile" => value > 0 && args[0] as u32 > 2,
        "copy_file_range" | "sendto" | "sendmsg" | "sendmmsg" => value > 0,
        _ => CREATE.contains(&call) && !call.starts_with("open") && call != "creat" && value == 0,
    }
}

/// Whether a call wrote to standard output, which a shell may have led to a file.
pub fn has_said(call: &str, args: [u64; 6], value: i64) -> bool {
    matches!(call, "write" | "writev") && value > 0 && args[0] as u32 == 1
}

/// Whether a call that came back was a nap, to the end of its time.
pub fn has_napped(call: &str, value: i64) -> bool {
    value == 0
        && matches!(
            call,
            "nanosleep"
                | "clock_nanosleep"
                | "select"
                | "pselect6"
                | "poll"
                | "ppoll"
                | "epoll_wait"
                | "epoll_pwait"
                | "epoll_pwait2"
        )
}

/// The name of an error that a call came back with; `None` where it is no failure or the program never sees it.
pub fn error(value: i64) -> Option<String> {
    // The kernel's own ways to say "again" are above 511 (include/linux/errno.h).
    let number = value.checked_neg().filter(|number| (1..512).contains(number))?;
    let name = errors().find(|(known, _)| i64::from(*known) == number);
    Some(name.map_or_else(|| format!("errno {number}"), |(_, name)| name.to_owned()))
}

/// The errors that files, memory, processes and networks bring forth, with the numbers of this machine.
fn errors() -> impl Iterator<Item = (i32, &'static str)> {
    macro_rules! names {
        ($($name:ident)*) => { [$((libc::$name, stringify!($name))),*] };
    }
    names!(
        EPERM ENOENT ESRCH EINTR EIO ENXIO E2BIG ENOEXEC EBADF ECHILD EAGAIN ENOMEM EACCES EFAULT EBUSY EEXIST EXDEV
        ENODEV ENOTDIR EISDIR EINVAL ENFILE EMFILE ENOTTY ETXTBSY EFBIG ENOSPC ESPIPE EROFS EMLINK EPIPE ERANGE
        EDEADLK ENAMETOOLONG ENOLCK ENOSYS ENOTEMPTY ELOOP ENODATA EPROTO EOVERFLOW ENOTSOCK EDESTADDRREQ EMSGSIZE
        EOPNOTSUPP EADDRINUSE EADDRNOTAVAIL ENETDOWN ENETUNREACH ECONNABORTED ECONNRESET ENOBUFS EISCONN ENOTCONN
        ETIMEDOUT ECONNREFUSED EHOSTDOWN EHOSTUNREACH EALREADY EINPROGRESS ESTALE EDQUOT ECANCELED
    )
    .into_iter()
}

/// A path of a process, in one piece: `folder` is where a relative one begins.
pub fn whole(path: &str, folder: Option<&str>) -> String {
    match folder {
        Some(folder) if !path.starts_with('/') => {
            let path = path.trim_start_matches("./");
            format!("{}/{path}", folder.trim_end_matches('/'))
        }
        _ => path.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn info(op: u8, arch: u32, words: &[u64]) -> Vec<u8> {
        let mut bytes = vec![op, 0, 0, 0];
        bytes.extend(arch.to_le_bytes());
        bytes.extend([0; 16]);
        bytes.extend(words.iter().flat_map(|word| word.to_le_bytes()));
        bytes.resize(INFO, 0);
        bytes
    }

    #[test]
    fn a_stop_is_read_as_the_kernel_writes_it() {
        assert_eq!(
            stop(&info(1, NATIVE, &[83, 1, 2, 3, 4, 5, 6])),
            Some(Stop::Entry(83, [1, 2, 3, 4, 5, 6]))
        );
        assert_eq!(stop(&info(2, NATIVE, &[(-17_i64) as u64, 1])), Some(Stop::Exit(-17)));
        assert_eq!(stop(&info(2, 0x4000_0003, &[0])), None, "a 32-bit program");
        assert_eq!(stop(&info(0, NATIVE, &[0])), None);
        assert_eq!(stop(&[1, 0, 0]), None);
    }

    #[test]
    fn what_is_normal_is_not_told() {
        let told = |call, error| is_telling(call, error, [0; 6], false);
        for (call, error) in [
            ("mkdir", "EEXIST"),
            ("openat", "EEXIST"),
            ("write", "ENOSPC"),
            ("accept4", "EMFILE"),
            ("clone3", "EAGAIN"),
            ("flock", "EAGAIN"),
            ("newfstatat", "ENOENT"),
            ("connect", "ECONNREFUSED"),
        ] {
            assert!(told(call, error), "{call} {error}");
        }
        for (call, error) in [
            ("read", "EAGAIN"),
            ("futex", "ETIMEDOUT"),
            ("futex", "EAGAIN"),
            ("epoll_wait", "EINTR"),
            ("ioctl", "ENOTTY"),
            ("lseek", "ESPIPE"),
            ("wait4", "ECHILD"),
            ("connect", "EINPROGRESS"),
            ("fcntl", "EAGAIN"),
            ("fcntl", "EBADF"),
            ("futex", "errno 600"),
        ] {
            assert!(!told(call, error), "{call} {error}");
        }
        assert!(is_telling("fcntl", "EACCES", [3, 6, 0, 0, 0, 0], false));
        assert!(is_telling("mkdir", "EEXIST", [0; 6], true));
        assert!(!is_telling("openat", "ENOENT", [0; 6], true), "every program looks for its libraries");
    }

    #[test]
    fn a_call_is_about_a_path_or_a_descriptor() {
        let args = [1, 2, 3, 4, 5, 6];
        assert_eq!(about("mkdir", args), About::Path(1, HERE));
        assert_eq!(about("openat", [u64::from(HERE as u32), 2, 0, 0, 0, 0]), About::Path(2, HERE));
        assert_eq!(about("linkat", args), About::Path(4, 3));
        assert_eq!(about("symlink", args), About::Path(2, HERE));
        assert_eq!(about("write", args), About::Descriptor(1));
        assert_eq!(about("clone3", args), About::Nothing);
    }

    #[test]
    fn errors_have_names_and_restarts_are_none() {
        assert_eq!(error(-17).as_deref(), Some("EEXIST"));
        assert_eq!(error(-28).as_deref(), Some("ENOSPC"));
        assert_eq!(error(-200).as_deref(), Some("errno 200"));
        assert_eq!((error(0), error(17), error(-512), error(i64::MIN)), (None, None, None, None));
    }

    #[test]
    fn writes_to_a_screen_make_nothing() {
        assert!(!has_made("write", [2, 0, 9, 0, 0, 0], 9));
        assert!(has_said("write", [1, 0, 9, 0, 0, 0], 9) && !has_said("write", [2, 0, 9, 0, 0, 0], 9));
        assert!(has_made("write", [3, 0, 9, 0, 0, 0], 9));
        assert!(has_made("mkdir", [0; 6], 0) && !has_made("mkdir", [0; 6], -17));
        assert!(!has_made("openat", [0; 6], 4), "every program opens files");
        assert!(has_napped("clock_nanosleep", 0) && has_napped("poll", 0) && !has_napped("poll", 1));
    }

    #[test]
    fn relative_paths_begin_somewhere() {
        assert_eq!(whole("a.lock", Some("/srv/job")), "/srv/job/a.lock");
        assert_eq!(whole("./a.lock", Some("/")), "/a.lock");
        assert_eq!(whole("/tmp/a", Some("/srv")), "/tmp/a");
        assert_eq!(whole("a", None), "a");
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes: Vec<u8>, args: [u64; 6], value: i64, at in 0..CREATE.len()) {
            let _ = (stop(&bytes), error(value), about(CREATE[at], args), has_made(CREATE[at], args, value));
        }
    }
}
