//! The host: its name, its CPUs, its memory and its load, through `sysinfo`.

use sysinfo::System;

use crate::model::metric::Bytes;
use crate::model::snapshot::Host;
use crate::model::text::Text;

/// Reads one host again and again.
pub struct HostReader {
    /// `None` where the platform's memory figures can't be had: they stay at zero, which reads as unknown.
    system: Option<System>,
    name: Text,
    cpus: u32,
}

impl std::fmt::Debug for HostReader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HostReader").field("name", &self.name).finish_non_exhaustive()
    }
}

impl Default for HostReader {
    fn default() -> Self {
        let name = System::host_name().unwrap_or_else(|_| "localhost".into());
        let cpus = std::thread::available_parallelism().map_or(1, |n| n.get() as u32);
        Self { system: System::new().ok(), name: Text::from(name), cpus }
    }
}

impl HostReader {
    /// The host's name.
    pub fn name(&self) -> Text {
        self.name.clone()
    }

    /// The host's gauges now; what drivers of GPUs tell comes from elsewhere.
    pub fn read(&mut self) -> Host {
        let (total, available) = self.system.as_mut().map_or((0, 0), |system| {
            system.refresh_memory();
            (system.total_memory(), system.available_memory())
        });
        Host {
            name: self.name.clone(),
            cpus: self.cpus,
            load: System::load_average().ok().map(|load| load.one),
            memory_total: Bytes(total),
            memory_available: Bytes(available),
            gpus: Vec::new(),
        }
    }
}
