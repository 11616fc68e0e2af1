//! What a futex word belongs to and who owns it, by the memory around it. Pure.
//!
//! The kernel knows words only. What a library keeps beside them is its own business; known here is glibc's on 64-bit machines
//! (`struct_mutex.h`, `struct_sem.h` and `pthreadtypes.h` of `sysdeps/nptl/bits`, unchanged since 2.25):
//!
//! ```text
//! mutex      +0 lock 0|1|2   +4 count   +8 owner   +12 users   +16 kind   +20 spins, elision   +24 list
//! semaphore  +0 value        +4 waiters +8 private
//! condition  +16, +20 references   +36 waiters << 3   +40, +44 the words that are waited for
//! ```
//!
//! Other locks use the same word values (Rust's, Go's), so all fields have to fit before an owner is named: a wrong
//! owner would make a wrong accusation.

use super::decode::FutexCall;
use crate::model::evidence::FutexKind;

/// Bytes from the word on that are looked at.
pub const AHEAD: usize = 40;
/// Bytes before the word that are looked at.
pub const BEFORE: usize = 24;
/// In a word of a priority-inheriting or robust lock: somebody waits.
const WAITERS: u32 = 1 << 31;
/// The part of such a word that is a TID.
const OWNER: u32 = (1 << 30) - 1;
/// `PID_MAX_LIMIT`.
const GREATEST_TID: u32 = 1 << 22;
/// Threads that may wait at one thing, for a number to be taken for such a count.
const MOST_WAITERS: u32 = 10_000;

/// A word with what lies around it.
#[derive(Debug, Clone, Copy)]
pub struct Surroundings<'a> {
    /// How it is waited for.
    pub call: FutexCall,
    /// Where it is.
    pub address: u64,
    /// The value that the waiter saw.
    pub seen: u32,
    /// [`AHEAD`] bytes from the word on, or fewer.
    pub ahead: &'a [u8],
    /// [`BEFORE`] bytes up to the word, or none.
    pub before: &'a [u8],
    /// The library may be glibc.
    pub may_be_glibc: bool,
}

/// What became known of a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Meaning {
    /// What it belongs to.
    pub kind: FutexKind,
    /// Who owns it.
    pub owner: Option<u32>,
    /// The thread whose end it tells.
    pub joins: Option<u32>,
}

/// What the word belongs to. `is_own` tells the threads of the waiter's process, `may_own` whom a lock may name
/// as its owner: threads that are there, and those that may have been.
pub fn meaning(
    word: &Surroundings<'_>,
    is_own: impl Fn(u32) -> bool,
    may_own: impl Fn(u32) -> bool,
) -> Meaning {
    let Some(now) = word.at(0) else { return Meaning::default() };
    let owned_by = |tid: u32| Meaning {
        kind: FutexKind::Mutex,
        owner: Some(tid).filter(|&tid| (1..=GREATEST_TID).contains(&tid) && may_own(tid)),
        joins: None,
    };
    if word.call.is_inheriting {
        return owned_by(now & OWNER);
    }
    // Robust mutexes of glibc and all but the plain ones of musl hold their owner and this bit.
    if word.seen & WAITERS != 0
        && now & WAITERS != 0
        && may_own(now & OWNER)
        && is_own_or(now & OWNER, &is_own, word)
    {
        return owned_by(now & OWNER);
    }
    // The kernel clears the word and wakes when a thread ends, which is never a private wake.
    if !word.call.is_private && now == word.seen && is_own(now) {
        return Meaning { kind: FutexKind::Join, joins: Some(now), owner: None };
    }
    if word.may_be_glibc {
        if let Some(owner) = word.mutex_owner().filter(|&owner| may_own(owner)) {
            return owned_by(owner);
        }
        if let Some(writer) = word.lock_writer().filter(|&writer| is_own(writer)) {
            return owned_by(writer);
        }
        if word.is_condition() {
            return Meaning { kind: FutexKind::Condition, ..Meaning::default() };
        }
        if word.is_semaphore() {
            return Meaning { kind: FutexKind::Semaphore, ..Meaning::default() };
        }
    }
    Meaning::default()
}

/// A private lock is owned by a thread of the same process, or was before a fork: then glibc's layout tells.
fn is_own_or(tid: u32, is_own: impl Fn(u32) -> bool, word: &Surroundings<'_>) -> bool {
    !word.call.is_private || is_own(tid) || word.at(8) == Some(tid)
}

impl Surroundings<'_> {
    fn at(&self, offset: usize) -> Option<u32> {
        Some(u32::from_le_bytes(self.ahead.get(offset..offset + 4)?.try_into().ok()?))
    }

    fn back(&self, offset: usize) -> Option<u32> {
        let at = self.before.len().checked_sub(offset)?;
        Some(u32::from_le_bytes(self.before.get(at..at + 4)?.try_into().ok()?))
    }

    /// The owner in a mutex that is locked and waited for; `None` where a single field does not fit.
    fn mutex_owner(&self) -> Option<u32> {
        const RECURSIVE: u32 = 1;
        const ADAPTIVE: u32 = 3;
        const ROBUST_OR_INHERITING: u32 = 0x30;
        const SHARED: u32 = 0x80;
        const ELISION: u32 = 0x300;
        const ALL: u32 = 3 | ROBUST_OR_INHERITING | 0x40 | SHARED | ELISION;
        if self.seen != 2 || self.at(0)? != 2 || !self.address.is_multiple_of(8) {
            return None;
        }
        let [count, owner, users, kind, spins] =
            [self.at(4)?, self.at(8)?, self.at(12)?, self.at(16)?, self.at(20)?];
        let is_kind = kind & !ALL == 0 && kind & ROBUST_OR_INHERITING == 0;
        let is_count = if kind & 3 == RECURSIVE { (1..=1 << 20).contains(&count) } else { count == 0 };
        let is_users = (1..=MOST_WAITERS).contains(&users);
        let is_spins = spins == 0 || kind & 3 == ADAPTIVE || kind & ELISION != 0;
        let is_shared = kind & SHARED != 0;
        let is_unlisted = self.ahead.get(24..40)?.iter().all(|&byte| byte == 0);
        let is_mutex =
            is_kind && is_count && is_users && is_spins && is_unlisted && is_shared != self.call.is_private;
        (is_mutex && (1..=GREATEST_TID).contains(&owner)).then_some(owner)
    }

    /// The thread that holds a read-write lock for writing, whose readers or next writer wait here: `__wrphase_futex` or
    /// `__writers_futex` of glibc's `pthread_rwlock_t`. `None` where a single field does not fit, or readers hold it.
    fn lock_writer(&self) -> Option<u32> {
        if !(1..=3).contains(&self.seen) || self.at(0)? != self.seen {
            return None;
        }
        // Two words of padding lie between the futexes and the writer; after that one comes whether it is shared.
        let fields = |padding: usize| {
            let [first, second, writer, shared] =
                [self.at(padding)?, self.at(padding + 4)?, self.at(padding + 8)?, self.at(padding + 12)?];
            (first == 0 && second == 0 && shared == u32::from(!self.call.is_private)).then_some(writer)
        };
        let writer = if self.address.is_multiple_of(8) { fields(8) } else { fields(4) };
        writer.filter(|writer| (1..=GREATEST_TID).contains(writer))
    }

    fn is_semaphore(&self) -> bool {
        const SHARED: u32 = 128;
        let private = if self.call.is_private { 0 } else { SHARED };
        self.call.is_bitset
            && self.seen == 0
            && self.address.is_multiple_of(8)
            && self.at(4).is_some_and(|waiters| (1..=MOST_WAITERS).contains(&waiters))
            && self.at(8) == Some(private)
    }

    fn is_condition(&self) -> bool {
        // The first of the two words is aligned to eight bytes, the second is not; the counts before them differ.
        let waiters = if self.address.is_multiple_of(8) { self.back(4) } else { self.back(8) };
        let waiters = waiters.map_or(0, |references| references >> 3);
        let in_group = self.back(24).map_or(0, |references| references >> 1);
        self.call.is_bitset
            && self.address.is_multiple_of(4)
            && self.at(0) == Some(self.seen)
            && (1..=MOST_WAITERS).contains(&waiters)
            && (1..=waiters).contains(&in_group)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PRIVATE: FutexCall = FutexCall { is_private: true, is_inheriting: false, is_bitset: false };
    const BITSET: FutexCall = FutexCall { is_bitset: true, ..PRIVATE };
    const SHARED: FutexCall = FutexCall { is_private: false, is_inheriting: false, is_bitset: false };

    fn bytes(words: &[u32]) -> Vec<u8> {
        words.iter().flat_map(|word| word.to_le_bytes()).collect()
    }

    /// Threads 100 to 109 are the process's own, 1 to 999 may own.
    fn of(call: FutexCall, seen: u32, ahead: &[u32], before: &[u32]) -> Meaning {
        let (ahead, before) = (bytes(ahead), bytes(before));
        let word =
            Surroundings { call, address: 0x1000, seen, ahead: &ahead, before: &before, may_be_glibc: true };
        meaning(&word, |tid| (100..110).contains(&tid), |tid| (1..1_000).contains(&tid))
    }

    #[test]
    fn a_lock_held_for_writing_names_its_writer() {
        // As seen of two threads that each hold one for writing and ask for the other's.
        let from_phase = |writer| of(PRIVATE, 3, &[3, 1, 0, 0, writer, 0, 0, 0, 0, 0], &[0, 8]);
        assert_eq!(from_phase(101), mutex(101));
        assert_eq!(from_phase(0).owner, None, "readers hold it");
        assert_eq!(from_phase(300).owner, None, "a thread of another process");
        assert_eq!(of(PRIVATE, 3, &[3, 1, 7, 0, 101, 0, 0, 0, 0, 0], &[]).owner, None, "padding is empty");
    }

    fn mutex(owner: u32) -> Meaning {
        Meaning { kind: FutexKind::Mutex, owner: Some(owner), joins: None }
    }

    #[test]
    fn a_mutex_names_its_owner() {
        let locked = |count, owner, users, kind| [2, count, owner, users, kind, 0, 0, 0, 0, 0];
        assert_eq!(of(PRIVATE, 2, &locked(0, 101, 1, 0), &[]), mutex(101));
        assert_eq!(of(PRIVATE, 2, &locked(2, 101, 1, 1), &[]), mutex(101), "recursive");
        assert_eq!(of(SHARED, 2, &locked(0, 300, 1, 128), &[]), mutex(300), "shared");
        for (what, memory) in [
            ("nobody owns it", locked(0, 0, 0, 0)),
            ("a pointer", locked(0, 0x7f12_3456, 0x7f12, 0)),
            ("a count without being recursive", locked(3, 101, 1, 0)),
            ("no users, as behind a lock of Rust", locked(0, 7, 0, 0)),
            ("an unknown kind", locked(0, 101, 1, 0x1000)),
            ("shared, but privately waited for", locked(0, 101, 1, 128)),
            ("something where the list would be", [2, 0, 101, 1, 0, 0, 5, 0, 0, 0]),
            ("unlocked meanwhile", [0, 0, 101, 1, 0, 0, 0, 0, 0, 0]),
        ] {
            assert_eq!(of(PRIVATE, 2, &memory, &[]), Meaning::default(), "{what}");
        }
        assert_eq!(of(PRIVATE, 2, &[2, 0, 101], &[]), Meaning::default(), "the memory ends");
    }

    #[test]
    fn words_with_an_owner_in_them_tell_it() {
        let inheriting = FutexCall { is_inheriting: true, ..PRIVATE };
        let (here, elsewhere) = (105, 300);
        let word = WAITERS | here;
        assert_eq!(of(inheriting, 0, &[word], &[]), mutex(here));
        assert_eq!(of(PRIVATE, word, &[word], &[]), mutex(here));
        let word = WAITERS | elsewhere;
        assert_eq!(of(PRIVATE, word, &[word, 0, 0], &[]), Meaning::default(), "not of here");
        assert_eq!(of(PRIVATE, word, &[word, 0, elsewhere], &[]), mutex(elsewhere), "forked with it");
    }

    #[test]
    fn a_join_is_a_shared_wait_for_a_thread_of_its_own() {
        let join = Meaning { kind: FutexKind::Join, joins: Some(103), owner: None };
        assert_eq!(of(FutexCall { is_bitset: true, ..SHARED }, 103, &[103], &[]), join);
        assert_eq!(of(PRIVATE, 103, &[103], &[]), Meaning::default());
        assert_eq!(of(SHARED, 103, &[104], &[]), Meaning::default(), "it changed");
    }

    #[test]
    fn semaphores_and_conditions_have_no_owner() {
        let kind = |call, ahead: &[u32], before: &[u32]| of(call, 0, ahead, before).kind;
        assert_eq!(kind(BITSET, &[0, 1, 0, 0], &[]), FutexKind::Semaphore);
        let shared = FutexCall { is_bitset: true, ..SHARED };
        assert_eq!(kind(shared, &[0, 4, 128, 0], &[]), FutexKind::Semaphore);
        assert_eq!(kind(BITSET, &[0, 0, 0, 0], &[]), FutexKind::Unknown);
        // One waiter, in the group of the first word.
        assert_eq!(kind(BITSET, &[0, 0], &[2, 0, 0, 0, 0, 8]), FutexKind::Condition);
        assert_eq!(kind(BITSET, &[0, 0], &[0x7f00, 0, 0, 0, 0, 49]), FutexKind::Unknown, "a chunk of malloc");
    }

    proptest::proptest! {
        #[test]
        fn whatever_lies_there_names_only_who_may_own(
            ahead in proptest::collection::vec(proptest::num::u8::ANY, 0..50),
            before in proptest::collection::vec(proptest::num::u8::ANY, 0..30),
            seen in proptest::num::u32::ANY,
            address in proptest::num::u64::ANY,
            flags in proptest::array::uniform4(proptest::bool::ANY),
        ) {
            let call = FutexCall { is_private: flags[0], is_inheriting: flags[1], is_bitset: flags[2] };
            let word = Surroundings { call, address, seen, ahead: &ahead, before: &before, may_be_glibc: flags[3] };
            let found = meaning(&word, |tid| tid == 5, |tid| tid < 10);
            proptest::prop_assert!(found.owner.is_none_or(|tid| (1..10).contains(&tid)));
            proptest::prop_assert!(found.joins.is_none_or(|tid| tid == 5));
        }
    }
}
