//! What was kept in files and is read back: what was seen of a job before the screen was closed, and who watches what.
#![no_main]

use libfuzzer_sys::fuzz_target;
use telltales::job::standing::Standings;
use telltales::model::clock::Moment;
use telltales::session::seen::Seen;

fuzz_target!(|bytes: &[u8]| {
    let now = Moment::default();
    let _ = Seen::parse(bytes, "", "", now);
    if let Ok(seen) = serde_json::from_slice::<Seen>(bytes) {
        let job = seen.before(now);
        let text = serde_json::to_vec(&job).expect("what was read can be written");
        assert!(!text.is_empty());
    }
    if let Ok(standings) = serde_json::from_slice::<Standings>(bytes) {
        serde_json::to_vec(&standings).expect("what was read can be written");
    }
});
