#![expect(
    clippy::disallowed_methods,
    reason = "edge: asks for GPUs in a thread of its own, and looks into /proc"
)]
//! What there is of GPUs, asked for in a thread of its own: a driver that hangs never holds up a round.
//!
//! The thread ends at once where there is no GPU, and when this is dropped. One that hangs is left behind.

use std::path::Path;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::nvml::Nvml;
use crate::model::clock::{self, Moment};
use crate::model::gpu::GpuReading;
use crate::model::text::Text;

/// Time between two looks: one costs some milliseconds of the driver's time.
const EVERY: Duration = Duration::from_secs(2);
/// A driver that takes longer does not answer. One that has to wake its GPUs first takes seconds.
const PATIENCE: Duration = Duration::from_secs(10);
/// The inode of the first PID namespace (`PROC_PID_INIT_INO`, `include/linux/proc_ns.h`).
const FIRST_NAMESPACE: &str = "pid:[4026531836]";

/// Tells what was read last.
#[derive(Debug, Default)]
pub struct GpuReader {
    slot: Arc<Mutex<Slot>>,
    /// Hangs up when it is dropped, which is how the thread hears of it.
    line: Option<Sender<()>>,
}

#[derive(Debug, Default)]
struct Slot {
    newest: Option<Arc<GpuReading>>,
    /// When the call began that has not come back yet.
    asked: Option<Moment>,
}

/// What a look found.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct GpuLook {
    /// What was read, if that is not long ago.
    pub reading: Option<Arc<GpuReading>>,
    /// What does not work.
    pub problem: Option<Text>,
}

impl GpuReader {
    /// What was read last. The first call starts the reading.
    pub fn look(&mut self, now: Moment) -> GpuLook {
        if self.line.is_none() {
            let (line, heard) = channel();
            self.line = Some(line);
            let slot = Arc::clone(&self.slot);
            // The driver's library is nobody's to measure: it has the stack of the sampler. Without a thread there
            // are no figures, as without a GPU.
            let _ = std::thread::Builder::new()
                .name("gpu".into())
                .stack_size(512 << 10)
                .spawn(move || watch(&slot, &heard));
        }
        self.slot.lock().unwrap_or_else(PoisonError::into_inner).look(now)
    }
}

impl Slot {
    fn look(&self, now: Moment) -> GpuLook {
        let is_silent = self.asked.is_some_and(|asked| now.since(asked) > PATIENCE);
        let is_fresh = |reading: &Arc<GpuReading>| now.since(reading.at) <= PATIENCE;
        let words =
            "the GPU driver does not answer: what jobs hold and use of GPUs is not known while that lasts";
        GpuLook {
            reading: self.newest.clone().filter(is_fresh),
            problem: is_silent.then(|| Text::from(words)),
        }
    }
}

fn watch(slot: &Mutex<Slot>, heard: &Receiver<()>) {
    let slot = || slot.lock().unwrap_or_else(PoisonError::into_inner);
    slot().asked = Some(clock::now());
    let nvml = Nvml::load();
    slot().asked = None;
    let Some(nvml) = nvml else { return };
    let is_first =
        std::fs::read_link("/proc/self/ns/pid").is_ok_and(|link| link == Path::new(FIRST_NAMESPACE));
    loop {
        let at = clock::now();
        slot().asked = Some(at);
        let mut reading = nvml.read(at);
        // A driver may tell the PIDs of its host to who sits in a container; there they would be anybody's.
        let is_here = |pid: u32| Path::new(&format!("/proc/{pid}")).exists();
        if !is_first && !reading.processes.iter().all(|process| is_here(process.pid)) {
            reading.processes.clear();
        }
        *slot() = Slot { newest: Some(Arc::new(reading)), asked: None };
        if heard.recv_timeout(EVERY) == Err(RecvTimeoutError::Disconnected) {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_driver_that_hangs_is_told_and_what_it_said_before_is_not_told_for_ever() {
        let at = |second: u64| Moment::from_millis(second * 1_000);
        let reading = Arc::new(GpuReading { at: at(98), ..GpuReading::default() });
        let slot = Slot { newest: Some(Arc::clone(&reading)), asked: Some(at(100)) };
        assert_eq!(slot.look(at(101)), GpuLook { reading: Some(reading), problem: None });
        let late = slot.look(at(111));
        assert!(late.reading.is_none() && late.problem.is_some_and(|text| text.contains("does not answer")));
        assert_eq!(
            Slot::default().look(at(111)),
            GpuLook::default(),
            "where there is no GPU nothing is said"
        );
    }
}
