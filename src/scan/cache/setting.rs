//! All that decides what a file comes to, beside its path and its content, as one hash. Pure.
//!
//! With another one everything is scanned again: another build of Telltale, other rules, other options, another list of
//! exceptions. The baseline is not in it: what it accepts is a finding, and each of those is looked at every time.

use sha2::{Digest, Sha256};

use super::stamp::Stamp;
use crate::scan::engine::Options;
use crate::scan::unpack::limits::Limits;

/// The hash of a setting.
pub(crate) type Seal = [u8; 32];

/// Which Telltale it is: a hash of the program with its rules and models, and the stamp that tells that it is the same yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Build {
    pub(crate) hash: [u8; 32],
    pub(crate) stamp: Stamp,
}

/// A hash of parts, each with its length, so that no two lists of them are alike.
pub(crate) struct Parts(Sha256);

impl Parts {
    pub(crate) fn new(title: &str) -> Self {
        let mut parts = Self(Sha256::new());
        parts.add(title.as_bytes());
        parts
    }

    pub(crate) fn add(&mut self, part: &[u8]) {
        self.0.update((part.len() as u64).to_le_bytes());
        self.0.update(part);
    }

    pub(crate) fn seal(self) -> Seal {
        self.0.finalize().into()
    }
}

/// The setting of a scan by this build.
pub(crate) fn seal(options: &Options, build: &Build) -> Seal {
    let mut parts = Parts::new("setting");
    parts.add(&build.hash);
    add_options(options, &mut parts);
    if let Some(policy) = &options.policy {
        policy.add_to(&mut parts);
    }
    parts.seal()
}

/// The options that decide what a file comes to. Whoever adds one decides here whether it does.
fn add_options(options: &Options, parts: &mut Parts) {
    let Options {
        // Where it lies is told by the paths, and what is left out on the way has no record.
        roots: _,
        place: _,
        no_ignore: _,
        shard: _,
        max_filesize: _,
        threads: _,
        no_map: _,
        // Those change how a finding is told, and each is made anew out of its file.
        show_secrets: _,
        id_key: _,
        known: _,
        // The policy below holds what these were made of.
        policy: _,
        rules,
        excludes,
        lines,
        unpack: Limits { depth, unpacked },
        binaries,
        only,
        reads_only,
        walks_only,
        cache: _,
        model,
        judging,
    } = options;
    // What is not worth a finding depends on who judges.
    parts.add(format!("{judging:?}").as_bytes());
    parts.add(model.as_ref().map(|model| format!("{model:?}")).unwrap_or_default().as_bytes());
    parts.add(&[u8::from(*binaries), u8::from(*reads_only), u8::from(*walks_only), u8::from(only.is_some())]);
    parts.add(format!("{lines:?}").as_bytes());
    parts.add(only.as_deref().map_or(&[], |only| only.as_os_str().as_encoded_bytes()));
    parts.add(&(*depth as u64).to_le_bytes());
    parts.add(&unpacked.to_le_bytes());
    // Inside of archives they hold too.
    parts.add(&(excludes.len() as u64).to_le_bytes());
    for glob in excludes {
        parts.add(glob.as_bytes());
    }
    match rules {
        // They are part of the build.
        None => parts.add(b"builtin"),
        Some(set) => {
            for rule in &set.rules {
                parts.add(format!("{rule:?}").as_bytes());
            }
        }
    }
}

/// What a scan is called among others that one folder keeps: by its paths, as they really are, and its options.
pub(crate) fn name(options: &Options, places: &[Vec<u8>]) -> String {
    let mut parts = Parts::new("name");
    for place in places {
        parts.add(place);
    }
    parts.add(options.shard.map(|shard| shard.to_string()).unwrap_or_default().as_bytes());
    add_options(&Options { rules: None, ..options.clone() }, &mut parts);
    let number = parts.seal()[..8].iter().fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
    format!("scan-{number:016x}.cache")
}
