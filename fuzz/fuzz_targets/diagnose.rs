//! Evidence of a job, as somebody else may have recorded it: any of it can be judged.
#![no_main]

use libfuzzer_sys::fuzz_target;
use telltales::diagnose;
use telltales::model::evidence::Evidence;

fuzz_target!(|bytes: &[u8]| {
    let Ok(evidence) = serde_json::from_slice::<Evidence>(bytes) else { return };
    let diagnosis = diagnose::name(&evidence);
    assert!(diagnosis.cause.is_named() || diagnosis.culprits.is_empty());
});
