//! How those ended whose parent was gone: the keeper adopts and reaps them, and is told by the kernel; pure.

use std::collections::VecDeque;

use crate::model::member::MemberId;
use crate::model::process::Exit;

/// Orphans whose end was told before it was seen that they are gone.
const KEPT: usize = 256;

/// What the keeper told of its orphans and nobody has asked for yet.
#[derive(Debug, Default)]
pub(super) struct Orphans {
    told: VecDeque<(u32, Exit)>,
}

impl Orphans {
    /// Takes what the keeper told since the last round.
    pub(super) fn hear(&mut self, told: impl IntoIterator<Item = (u32, Exit)>) {
        self.told.extend(told);
        let surplus = self.told.len().saturating_sub(KEPT);
        self.told.drain(..surplus);
    }

    /// Says how those ended that are gone, as far as the reader itself could not tell.
    pub(super) fn explain(&mut self, exits: &mut [(MemberId, Exit)]) {
        for (id, exit) in exits {
            // A PID is given again: what was told of it last is of the one that is gone, and is used up with it.
            let at = self.told.iter().rposition(|(pid, _)| Some(*pid) == id.pid());
            let told = at.and_then(|at| self.told.remove(at));
            if let (Exit::Unknown, Some((_, told))) = (*exit, told) {
                *exit = told;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_keeper_tells_explains_who_is_gone_once() {
        let id = |pid| MemberId::Process { pid, start: 1 };
        let explained = |orphans: &mut Orphans, exits: &[(u32, Exit)]| {
            let mut exits: Vec<_> = exits.iter().map(|&(pid, exit)| (id(pid), exit)).collect();
            orphans.explain(&mut exits);
            exits.into_iter().map(|(_, exit)| exit).collect::<Vec<_>>()
        };
        let mut orphans = Orphans::default();
        orphans.hear([(11, Exit::Signal(9)), (12, Exit::Code(3))]);
        let gone = [(11, Exit::Unknown), (12, Exit::Signal(15)), (13, Exit::Unknown)];
        let told = [Exit::Signal(9), Exit::Signal(15), Exit::Unknown];
        assert_eq!(explained(&mut orphans, &gone), told, "what is known stays");
        assert_eq!(
            explained(&mut orphans, &[(11, Exit::Unknown)]),
            [Exit::Unknown],
            "another one with that PID"
        );
        orphans.hear((0..100_000).map(|pid| (pid, Exit::Code(0))));
        assert_eq!(orphans.told.len(), KEPT);
    }
}
