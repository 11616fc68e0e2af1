#![expect(clippy::disallowed_methods, reason = "edge: starts the threads that tell")]
//! Tells those who are not at the screen: a bounded queue for each way, and threads only while something is told.
//!
//! Who sends never waits. What can't be told is counted, and shown as [`Trouble`].

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::command;
use super::message::Message;
use super::trouble::Trouble;
use super::webhook;
use crate::config::alert::Telling;

/// Messages that may wait for their turn.
const MOST_WAITING: usize = 32;

/// Commands that run at once.
const MOST_COMMANDS: usize = 4;

/// What is still under way when Telltale leaves gets this long.
const LAST_WORDS: Duration = Duration::from_secs(3);

/// Time for what was told to stop.
const TO_STOP: Duration = Duration::from_millis(500);

/// How the command is named when it fails.
const COMMAND: &str = "on-alert";

/// How the webhook is named when it fails.
const WEBHOOK: &str = "webhook";

type Deliver = dyn Fn(&Message, &AtomicBool) -> Result<(), String> + Send + Sync;

/// The ways to tell somebody.
pub struct Notifier {
    outboxes: Vec<Outbox>,
    trouble: Trouble,
}

impl Notifier {
    /// Those that the configuration names.
    pub fn new(telling: &Telling) -> Self {
        let trouble = Trouble::default();
        let mut outboxes = Vec::new();
        if let Some(words) = telling.on_alert.clone() {
            let deliver =
                move |message: &Message, is_over: &AtomicBool| command::run(&words, message, is_over);
            outboxes.push(Outbox::new(COMMAND, MOST_COMMANDS, trouble.clone(), Arc::new(deliver)));
        }
        if let Some(address) = telling.webhook.clone() {
            let deliver =
                move |message: &Message, is_over: &AtomicBool| webhook::post(&address, message, is_over);
            // One after the other, so that a beginning arrives before its end.
            outboxes.push(Outbox::new(WEBHOOK, 1, trouble.clone(), Arc::new(deliver)));
        }
        Self { outboxes, trouble }
    }

    /// What does not work.
    pub fn trouble(&self) -> Trouble {
        self.trouble.clone()
    }

    /// Tells everybody, sooner or later.
    pub fn send(&self, message: &Arc<Message>) {
        for outbox in &self.outboxes {
            outbox.send(Arc::clone(message));
        }
    }

    /// Waits a little for what is under way, and ends what is not done by then.
    pub fn finish(&self) {
        for outbox in &self.outboxes {
            outbox.finish();
        }
    }
}

/// Messages for one way of telling.
struct Outbox {
    way: &'static str,
    /// Threads that may tell at once.
    most: usize,
    trouble: Trouble,
    deliver: Arc<Deliver>,
    desk: Arc<Desk>,
}

#[derive(Default)]
struct Desk {
    queue: Mutex<Queue>,
    /// Something was told.
    changed: Condvar,
    is_over: AtomicBool,
}

#[derive(Default)]
struct Queue {
    waiting: VecDeque<Arc<Message>>,
    threads: usize,
}

impl Desk {
    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_idle(&self, patience: Duration) -> bool {
        let is_busy = |queue: &mut Queue| queue.threads > 0 || !queue.waiting.is_empty();
        let waited = self.changed.wait_timeout_while(self.queue(), patience, is_busy);
        !waited.unwrap_or_else(PoisonError::into_inner).1.timed_out()
    }
}

impl Outbox {
    fn new(way: &'static str, most: usize, trouble: Trouble, deliver: Arc<Deliver>) -> Self {
        Self { way, most, trouble, deliver, desk: Arc::default() }
    }

    fn send(&self, message: Arc<Message>) {
        let mut queue = self.desk.queue();
        if queue.waiting.len() >= MOST_WAITING {
            self.trouble.failed(self.way, "alerts come faster than they can be told; some were left out");
            return;
        }
        queue.waiting.push_back(message);
        if queue.threads < self.most {
            match self.start() {
                Ok(()) => queue.threads += 1,
                // The next alert tries again.
                Err(error) => self.trouble.failed(self.way, &format!("starting a thread: {error}")),
            }
        }
    }

    /// A thread that tells what waits and then goes.
    fn start(&self) -> std::io::Result<()> {
        let (desk, deliver, trouble, way) =
            (Arc::clone(&self.desk), Arc::clone(&self.deliver), self.trouble.clone(), self.way);
        std::thread::Builder::new().name("notify".into()).stack_size(1 << 20).spawn(move || {
            loop {
                let mut queue = desk.queue();
                let next = queue.waiting.pop_front().filter(|_| !desk.is_over.load(Ordering::SeqCst));
                let Some(message) = next else {
                    queue.threads -= 1;
                    desk.changed.notify_all();
                    return;
                };
                drop(queue);
                match deliver(&message, &desk.is_over) {
                    Ok(()) => trouble.worked(way),
                    Err(why) => trouble.failed(way, &why),
                }
            }
        })?;
        Ok(())
    }

    fn finish(&self) {
        if !self.desk.is_idle(LAST_WORDS) {
            self.desk.is_over.store(true, Ordering::SeqCst);
            self.desk.queue().waiting.clear();
            self.desk.is_idle(TO_STOP);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::text::Text;
    use std::sync::mpsc::channel;

    fn message(json: &str) -> Arc<Message> {
        Arc::new(Message { line: Text::from(json), json: json.to_owned(), variables: Vec::new() })
    }

    #[test]
    fn all_are_told_and_then_nobody_is_left() {
        let (heard, told) = channel();
        let deliver = move |message: &Message, _: &AtomicBool| {
            heard.send(message.json.clone()).map_err(|error| error.to_string())
        };
        let outbox = Outbox::new("x", 1, Trouble::default(), Arc::new(deliver));
        for n in 0..3 {
            outbox.send(message(&n.to_string()));
        }
        outbox.finish();
        assert_eq!(told.try_iter().collect::<Vec<_>>(), ["0", "1", "2"], "one thread keeps the order");
        assert_eq!(outbox.desk.queue().threads, 0);
        outbox.send(message("later"));
        outbox.finish();
        assert_eq!(told.try_iter().count(), 1, "a thread is started anew");
    }

    #[test]
    fn who_sends_never_waits_and_what_does_not_fit_is_told() {
        let (go, wait) = channel::<()>();
        let wait = Mutex::new(wait);
        let deliver = move |_: &Message, _: &AtomicBool| {
            let _ = wait.lock().unwrap().recv();
            Ok(())
        };
        let trouble = Trouble::default();
        let outbox = Outbox::new("x", 2, trouble.clone(), Arc::new(deliver));
        for _ in 0..100 {
            outbox.send(message("{}"));
        }
        assert!(outbox.desk.queue().waiting.len() <= MOST_WAITING);
        assert!(outbox.desk.queue().threads <= 2);
        assert!(trouble.words()[0].contains("left out"), "{:?}", trouble.words());
        drop(go);
        outbox.finish();
        assert!(trouble.words().is_empty());
    }
}
