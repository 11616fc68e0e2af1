//! How the sampler is asked for something while it waits: a channel, and a pipe that rings when something is in it.
//!
//! A channel alone can't be waited on together with descriptors, and the end of a worker shows on one.

use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, TryRecvError, channel};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::pipe::PipeFlags;

use super::sampler::Ask;

/// Asks; cheap to clone.
#[derive(Clone)]
pub struct Asker {
    // Dropped in this order: who hears the pipe close finds the channel closed too.
    sender: Sender<Ask>,
    bell: Arc<OwnedFd>,
}

/// Hears what is asked.
pub struct Asks {
    receiver: Receiver<Ask>,
    bell: OwnedFd,
}

/// What came first.
pub enum Heard {
    /// Somebody asked for something.
    Asked(Ask),
    /// The descriptor that was waited on too is readable.
    News,
    /// Nothing, for as long as it was waited.
    Nothing,
    /// Nobody is left who could ask.
    Gone,
}

/// Both ends.
pub fn channel_of_asks() -> std::io::Result<(Asker, Asks)> {
    let (sender, receiver) = channel();
    let (heard, rung) = rustix::pipe::pipe_with(PipeFlags::CLOEXEC | PipeFlags::NONBLOCK)?;
    Ok((Asker { sender, bell: Arc::new(rung) }, Asks { receiver, bell: heard }))
}

impl Asker {
    /// Asks; false when nobody hears it any more.
    pub fn send(&self, ask: Ask) -> bool {
        let is_heard = self.sender.send(ask).is_ok();
        // A pipe that is full rings already.
        let _ = rustix::io::write(&*self.bell, b"!");
        is_heard
    }
}

impl Asks {
    /// Waits for an ask, or until `news` is readable, and at most for `patience`.
    pub fn next(&self, news: Option<BorrowedFd<'_>>, patience: Duration) -> Heard {
        if let Some(heard) = self.heard() {
            return heard;
        }
        let timeout = Timespec::try_from(patience).ok();
        let mut sources = vec![PollFd::new(&self.bell, PollFlags::IN)];
        sources.extend(news.map(|news| PollFd::from_borrowed_fd(news, PollFlags::IN)));
        // An interrupted wait is one that was short.
        let _ = poll(&mut sources, timeout.as_ref());
        let has_news = sources.get(1).is_some_and(|news| !news.revents().is_empty());
        let _ = rustix::io::read(self.bell.as_fd(), &mut [0; 64]);
        self.heard().unwrap_or(if has_news { Heard::News } else { Heard::Nothing })
    }

    fn heard(&self) -> Option<Heard> {
        match self.receiver.try_recv() {
            Ok(ask) => Some(Heard::Asked(ask)),
            Err(TryRecvError::Disconnected) => Some(Heard::Gone),
            Err(TryRecvError::Empty) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn asks_news_and_the_end_are_told_apart() {
        let (asker, asks) = channel_of_asks().expect("a pipe");
        let (news, tell) = rustix::pipe::pipe().expect("a pipe");
        let next = |patience| asks.next(Some(news.as_fd()), Duration::from_millis(patience));
        assert!(matches!(next(1), Heard::Nothing));
        let other = asker.clone();
        for _ in 0..3 {
            assert!(other.send(Ask::Interval(Duration::from_secs(1))));
        }
        for _ in 0..3 {
            assert!(matches!(next(60_000), Heard::Asked(Ask::Interval(_))));
        }
        assert!(matches!(next(1), Heard::Nothing));
        rustix::io::write(&tell, b".").expect("written");
        assert!(matches!(next(60_000), Heard::News));
        drop((asker, other));
        assert!(matches!(next(60_000), Heard::Gone));
    }
}
