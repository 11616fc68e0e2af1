//! `/proc/PID/cgroup` and `/proc/self/mountinfo`, a NUL between them: paths in a container are its owner's choice.
#![no_main]

use libfuzzer_sys::fuzz_target;
use telltales::proc::cgroup;

fuzz_target!(|text: &str| {
    let (groups, mounts) = text.split_once('\0').unwrap_or((text, text));
    for group in cgroup::memory_groups(groups, mounts) {
        assert!(!group.path.split('/').any(|name| name == ".."), "climbs out: {}", group.path);
    }
    let _ = (cgroup::limit(text), cgroup::stat_field(text, groups));
});
