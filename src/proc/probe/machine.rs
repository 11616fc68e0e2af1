//! The machine on which is looked.

use crate::model::evidence::Machine;
use crate::proc::host::HostReader;

/// Its CPUs, load, memory and kernel now.
pub(super) fn read() -> Machine {
    let host = HostReader::default().read();
    Machine {
        cpus: host.cpus,
        load: host.load.unwrap_or_default(),
        memory: host.memory_total.0,
        available: host.memory_available.0,
        kernel: rustix::system::uname().release().to_string_lossy().into_owned(),
        is_root: rustix::process::geteuid().is_root(),
    }
}
