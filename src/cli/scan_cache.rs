//! The cache of a scan: opened before it, kept after it. Without one a scan takes longer and finds the same.

use std::sync::Arc;

use super::scan_args::ScanArgs;
use super::{scan_outputs, talk};
use crate::model::text::escape_path;
use crate::scan::cache::Cache;
use crate::scan::cache::store::{self, Place};
use crate::scan::engine::Options;
use crate::scan::progress::Report;

/// The cache that was asked for; one that can't be used is told.
pub(super) fn open(args: &ScanArgs, options: &Options) -> Option<Arc<Cache>> {
    let place = args.cache.as_ref()?.clone().map_or(Place::Own, Place::At);
    match store::open(&place, options, scan_outputs::listed_for_entropy(args)) {
        Ok((cache, doubt)) => {
            if let Some(doubt) = doubt {
                talk::say(&doubt);
            }
            Some(Arc::new(cache))
        }
        Err(error) => {
            talk::say(&format!("no cache: {error}; all is scanned"));
            None
        }
    }
}

/// Keeps what the scan came to for the next one. That this fails does no harm to what was found.
pub(super) fn keep(cache: Option<&Cache>, report: &Report) {
    let Some(cache) = cache else { return };
    if let Err(error) = cache.save(!report.stopped) {
        talk::say(&format!("can't keep the cache {}: {error}", escape_path(cache.file())));
    }
}
