#![expect(unsafe_code, reason = "the locks of the C library have no safe form")]
//! A lock of the C library. Unlike the locks of std it knows its owner, as those of most programs do.

use std::cell::UnsafeCell;

/// A mutex that is never freed: whoever hangs in it would be hurt.
#[derive(Debug)]
pub(super) struct Mutex(UnsafeCell<libc::pthread_mutex_t>);

// SAFETY: to be used by many threads is what a mutex is for.
unsafe impl Sync for Mutex {}

impl Mutex {
    /// A new one, which stays where it is.
    pub(super) fn new() -> &'static Self {
        Box::leak(Box::new(Self(UnsafeCell::new(libc::PTHREAD_MUTEX_INITIALIZER))))
    }

    /// Takes it, and waits for ever where that can't be had.
    pub(super) fn lock(&self) {
        // SAFETY: it was initialised and is never moved or freed.
        unsafe { libc::pthread_mutex_lock(self.0.get()) };
    }

    /// Gives it back; only for the thread that has taken it.
    pub(super) fn unlock(&self) {
        // SAFETY: as in `lock`.
        unsafe { libc::pthread_mutex_unlock(self.0.get()) };
    }
}
