#![expect(unsafe_code, reason = "NVML is a library in C that is loaded at run time")]
//! NVML, the library of NVIDIA's driver, as far as it tells of memory, use and processes.
//!
//! Loaded at run time, so that there need be none. Any call may hang on a sick GPU: see [`super::gpu`] for who calls. What
//! the functions take is in nvml.h of the driver's SDK; only those are used that have not changed since they were made, but
//! for the lists of processes, on which see [`super::nvml_list`].

use std::ffi::{CStr, c_char, c_int, c_uint, c_void};
use std::ptr;

use libloading::Library;

use super::nvml_list::{self, LONGEST, MARK};
use crate::model::clock::Moment;
use crate::model::gpu::{Gpu, GpuProcess, GpuReading};
use crate::model::metric::Bytes;
use crate::model::text::Text;

/// The library's name, by which the system's linker finds it.
const NAME: &str = "libnvidia-ml.so.1";
/// More GPUs are not looked at.
const MOST: c_uint = 64;
/// Processes of one GPU that are asked for at first, and at most.
const FEW: c_uint = 128;
const MANY: c_uint = 4_096;
/// `NVML_DEVICE_NAME_V2_BUFFER_SIZE`.
const NAME_SIZE: usize = 96;

const SUCCESS: c_int = 0;
const INSUFFICIENT_SIZE: c_int = 7;

type Device = *mut c_void;
type Done = unsafe extern "C" fn() -> c_int;
type Count = unsafe extern "C" fn(*mut c_uint) -> c_int;
type ByIndex = unsafe extern "C" fn(c_uint, *mut Device) -> c_int;
type NameOf = unsafe extern "C" fn(Device, *mut c_char, c_uint) -> c_int;
type MemoryOf = unsafe extern "C" fn(Device, *mut [u64; 3]) -> c_int;
type UseOf = unsafe extern "C" fn(Device, *mut [c_uint; 2]) -> c_int;
type ProcessesOf = unsafe extern "C" fn(Device, *mut c_uint, *mut u64) -> c_int;

/// The library, ready to be asked.
pub(super) struct Nvml {
    count: Count,
    by_index: ByIndex,
    name_of: NameOf,
    memory_of: MemoryOf,
    use_of: Option<UseOf>,
    /// Who computes, and who draws.
    processes_of: [Option<ProcessesOf>; 2],
    shutdown: Done,
    /// Holds the functions in memory, so it goes last.
    _library: Library,
}

impl Drop for Nvml {
    fn drop(&mut self) {
        // SAFETY: the library is still loaded and was initialised once by `load`.
        unsafe { (self.shutdown)() };
    }
}

impl Nvml {
    /// Loads the library; `None` where there is none, or no driver below it.
    pub(super) fn load() -> Option<Self> {
        // SAFETY: this is the driver's own library, or one that the user has put in its place; what runs when it is
        // loaded is its own business, as with any library that a program is linked with.
        let library = unsafe { Library::new(NAME) }.ok()?;
        // SAFETY: the type is that of the function of this name in nvml.h, here and in the calls below.
        let init: Done = unsafe { function(&library, "nvmlInit_v2") }?;
        // The newest that there is. All three fill the same kind of list, which tells its own size.
        let list = |kind: &str| {
            ["_v3", "_v2", ""].into_iter().find_map(|version| {
                // SAFETY: as above. The entries are written into words, see `processes`.
                unsafe { function(&library, &format!("nvmlDeviceGet{kind}RunningProcesses{version}")) }
            })
        };
        let processes_of = [list("Compute"), list("Graphics")];
        // SAFETY: as above.
        let nvml = unsafe {
            Self {
                count: function(&library, "nvmlDeviceGetCount_v2")?,
                by_index: function(&library, "nvmlDeviceGetHandleByIndex_v2")?,
                name_of: function(&library, "nvmlDeviceGetName")?,
                memory_of: function(&library, "nvmlDeviceGetMemoryInfo")?,
                use_of: function(&library, "nvmlDeviceGetUtilizationRates"),
                processes_of,
                shutdown: function(&library, "nvmlShutdown")?,
                _library: library,
            }
        };
        // SAFETY: it takes nothing, and nothing else is called before it.
        if unsafe { init() } != SUCCESS {
            // What was not initialised is not shut down, and stays in memory: that happens once.
            std::mem::forget(nvml);
            return None;
        }
        Some(nvml)
    }

    /// All GPUs with who is on them. One that fails is left out.
    pub(super) fn read(&self, at: Moment) -> GpuReading {
        let mut count = 0;
        // SAFETY: the pointer is to a live integer.
        if unsafe { (self.count)(&raw mut count) } != SUCCESS {
            return GpuReading::default();
        }
        let mut reading = GpuReading { at, ..GpuReading::default() };
        let mut processes = Vec::new();
        for index in 0..count.min(MOST) {
            let mut device = ptr::null_mut();
            // SAFETY: the pointer is to a live handle, which stays valid until the library is shut down.
            if unsafe { (self.by_index)(index, &raw mut device) } != SUCCESS {
                continue;
            }
            if let Some(gpu) = self.gpu(index, device) {
                reading.gpus.push(gpu);
                let lists = self.processes_of.into_iter().flatten();
                processes.extend(lists.flat_map(|list| processes_on(list, index, device)));
            }
        }
        reading.processes = nvml_list::merged(processes);
        reading
    }

    fn gpu(&self, index: u32, device: Device) -> Option<Gpu> {
        let mut memory = [0; 3];
        // SAFETY: nvmlMemory_t is three 64-bit integers: total, free and used.
        let is_told = unsafe { (self.memory_of)(device, &raw mut memory) } == SUCCESS;
        let [total, _, used] = memory;
        let mut name = [0_u8; NAME_SIZE];
        // SAFETY: the length is that of the buffer, and no more is written.
        let is_named = unsafe { (self.name_of)(device, name.as_mut_ptr().cast(), NAME_SIZE as c_uint) };
        let name = CStr::from_bytes_until_nul(&name).ok().filter(|_| is_named == SUCCESS);
        let name = name.map(CStr::to_string_lossy).unwrap_or_default();
        is_told.then(|| Gpu {
            index,
            name: Text::new(&name),
            used: Bytes(used),
            total: Bytes(total),
            busy: self.busy(device),
        })
    }

    fn busy(&self, device: Device) -> Option<f64> {
        let mut percent = [0; 2];
        // SAFETY: nvmlUtilization_t is two integers, the use of the GPU and of its memory's lines.
        let is_told = unsafe { (self.use_of?)(device, &raw mut percent) } == SUCCESS;
        is_told.then(|| f64::from(percent[0].min(100)) / 100.0)
    }
}

/// The function of this name, if the library has it.
///
/// # Safety
///
/// `F` is the type of that function.
unsafe fn function<F: Copy>(library: &Library, name: &str) -> Option<F> {
    // SAFETY: the caller vouches for the type. Who takes the copy keeps the library as long.
    unsafe { library.get::<F>(name) }.ok().map(|symbol| *symbol)
}

/// Who is on this GPU; nobody where that is not told.
fn processes_on(list: ProcessesOf, index: u32, device: Device) -> Vec<GpuProcess> {
    let mut room = FEW;
    loop {
        let mut words = vec![MARK; room as usize * LONGEST];
        let mut count = room;
        // SAFETY: there is room for `room` entries of the longest kind that any driver writes, and words are aligned as
        // the 64-bit integers in them. Any bits are a valid word.
        let answer = unsafe { list(device, &raw mut count, words.as_mut_ptr()) };
        match answer {
            SUCCESS => return nvml_list::processes(&words, count.min(room) as usize, index),
            // More may start until it is asked again.
            INSUFFICIENT_SIZE if room < MANY => room = count.max(room).saturating_mul(2).min(MANY),
            _ => return Vec::new(),
        }
    }
}
