//! What a job uses of GPUs, in words.

use crate::model::gpu::{Gpu, GpuHold, GpuUse};
use crate::model::metric::{self, Bytes};

/// The share of their GPUs' memory that the members hold, where both are known.
pub(in crate::ui) fn share(used: &GpuUse, gpus: &[Gpu]) -> Option<f64> {
    let total = total(&on(used, gpus));
    let held = used.used.filter(|_| total > Bytes(0))?;
    Some((held.0 as f64 / total.0 as f64).min(1.0))
}

/// What is to be said beside what the members hold, the longest first.
pub(in crate::ui) fn notes(used: &GpuUse, gpus: &[Gpu]) -> Vec<String> {
    let on = on(used, gpus);
    let place = match used.devices.as_slice() {
        [one] => format!("GPU {one}"),
        several => format!("{} GPUs", several.len()),
    };
    if on.is_empty() {
        return vec![place];
    }
    let known: Vec<f64> = on.iter().filter_map(|gpu| gpu.busy).collect();
    let mean = known.iter().sum::<f64>() / known.len() as f64;
    let busy = (!known.is_empty()).then(|| format!("{} busy", metric::percent(mean)));
    let and_busy = busy.as_ref().map(|busy| format!(", {busy}")).unwrap_or_default();
    let total = total(&on);
    let by_all: Bytes = on.iter().fold(Bytes(0), |sum, gpu| sum + gpu.used);
    let all = [
        Some(format!("of {total} on {place}{and_busy}, {by_all} in use by all")),
        Some(format!("of {total} on {place}{and_busy}")),
        Some(format!("of {}, {place}{and_busy}", metric::compact_bytes(total))),
        Some(format!("{place}{and_busy}")),
        busy,
    ];
    all.into_iter().flatten().collect()
}

/// What one member holds.
pub(in crate::ui) fn held(hold: &GpuHold) -> String {
    hold.used.map_or_else(
        || "on a GPU; its driver does not tell how much memory".to_owned(),
        |used| format!("{used} of GPU memory"),
    )
}

fn on<'a>(used: &GpuUse, gpus: &'a [Gpu]) -> Vec<&'a Gpu> {
    gpus.iter().filter(|gpu| used.devices.contains(&gpu.index)).collect()
}

fn total(on: &[&Gpu]) -> Bytes {
    on.iter().fold(Bytes(0), |sum, gpu| sum + gpu.total)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::text::Text;

    fn gpu(index: u32, used: u64, busy: Option<f64>) -> Gpu {
        Gpu { index, name: Text::from("H200"), used: Bytes(used << 30), total: Bytes(80 << 30), busy }
    }

    fn job(devices: &[u32], used: Option<u64>) -> GpuUse {
        let used = used.map(|gib| Bytes(gib << 30));
        GpuUse { used, devices: devices.to_vec(), members: 1, by_member: Vec::new() }
    }

    #[test]
    fn one_gpu_is_named_and_several_are_counted() {
        let gpus = [gpu(0, 30, Some(0.87)), gpu(1, 10, Some(0.13)), gpu(2, 80, None)];
        let said = |devices: &[u32]| notes(&job(devices, Some(12)), &gpus);
        assert_eq!(
            said(&[0]),
            [
                "of 80.0 GiB on GPU 0, 87 % busy, 30.0 GiB in use by all",
                "of 80.0 GiB on GPU 0, 87 % busy",
                "of 80.0G, GPU 0, 87 % busy",
                "GPU 0, 87 % busy",
                "87 % busy",
            ]
        );
        assert_eq!(said(&[0, 1])[1], "of 160 GiB on 2 GPUs, 50 % busy");
        assert_eq!(said(&[2])[1], "of 80.0 GiB on GPU 2", "what is not known is not said");
        assert_eq!(said(&[7]), ["GPU 7"]);
        assert_eq!(share(&job(&[0, 1], Some(40)), &gpus), Some(0.25));
        assert_eq!((share(&job(&[0], None), &gpus), share(&job(&[7], Some(1)), &gpus)), (None, None));
    }
}
