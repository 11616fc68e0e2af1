#![expect(clippy::disallowed_methods, reason = "edge: looks at the environment the job will have")]
//! What the job says of itself: the keeper holds the sockets and adds up what comes, so that nothing is lost while no
//! screen is there, and a job that sends has not to wait for one.

use std::ffi::OsString;
use std::path::Path;

use crate::feed::account::Account;
use crate::job::folder;
use crate::job::mailbox::{Kin, Mailbox, Speech};
use crate::job::message::Told;
use crate::job::spawn::Env;
use crate::model::clock;

/// The sockets in the run's folder.
const STATSD: &str = "statsd.sock";
const NOTIFY: &str = "notify.sock";

/// Variables of which one is enough to say that the user has a receiver of his own.
const OTHER_STATSD: [&str; 2] = ["STATSD_HOST", "STATSD_PORT"];
const OTHER_DOGSTATSD: [&str; 6] = [
    "DD_AGENT_HOST",
    "DD_DOGSTATSD_HOST",
    "DD_DOGSTATSD_PORT",
    "DD_DOGSTATSD_SOCKET",
    "DD_DOGSTATSD_URL",
    "DD_TRACE_AGENT_URL",
];

/// The sockets of a job and what came on them.
#[derive(Debug, Default)]
pub(super) struct Mail {
    mailboxes: Vec<Mailbox>,
    account: Account,
    kin: Option<Kin>,
    /// Something came since the last telling.
    has_news: bool,
}

impl Mail {
    /// Opens the sockets, and gives what leads the job to them. Whatever the environment has set already is left alone,
    /// and so is its family: the port of one receiver is no good with the host of another.
    pub(super) fn open(folder: Option<&Path>, warnings: &mut Vec<String>) -> (Self, Env) {
        let is_set = |names: &[&str]| names.iter().any(|name| std::env::var_os(name).is_some());
        let mut mail = Self::default();
        let mut env = Env::new();
        let mut warn = |what: &str, error: std::io::Error| {
            warnings.push(format!("the job gets no socket for {what}: {error}"));
        };
        let (plain, dog) = (!is_set(&OTHER_STATSD), !is_set(&OTHER_DOGSTATSD));
        if plain || dog {
            match Mailbox::udp(([127, 0, 0, 1], 0).into()) {
                Ok(mailbox) => {
                    let port = OsString::from(mailbox.port().to_string());
                    let host = OsString::from("127.0.0.1");
                    if plain {
                        env.extend([("STATSD_HOST", host.clone()), ("STATSD_PORT", port.clone())]);
                    }
                    if dog {
                        env.extend([("DD_AGENT_HOST", host), ("DD_DOGSTATSD_PORT", port)]);
                    }
                    mail.mailboxes.push(mailbox);
                }
                Err(error) => warn("statsd", error),
            }
        }
        let unix = [
            (dog, STATSD, Speech::Statsd, "DD_DOGSTATSD_URL", "unix://"),
            (!is_set(&["NOTIFY_SOCKET"]), NOTIFY, Speech::Notify, "NOTIFY_SOCKET", ""),
        ];
        for (is_wanted, name, speech, variable, scheme) in unix {
            let Some(path) = folder.filter(|_| is_wanted).map(|folder| folder.join(name)) else { continue };
            match Mailbox::unix(&path, speech) {
                Ok(mailbox) => {
                    let mut value = OsString::from(scheme);
                    value.push(&path);
                    env.push((variable, value));
                    mail.mailboxes.push(mailbox);
                }
                Err(error) => warn(variable, error),
            }
        }
        mail.kin = Some(Kin::of(rustix::process::getpid().as_raw_nonzero().get()));
        (mail, env)
    }

    /// The sockets, to be polled.
    pub(super) fn mailboxes(&self) -> &[Mailbox] {
        &self.mailboxes
    }

    /// Takes a turn's worth of what came on one of them.
    pub(super) fn take(&mut self, index: usize, room: &mut [u8]) -> usize {
        let (Some(mailbox), Some(kin)) = (self.mailboxes.get(index), &mut self.kin) else { return 0 };
        let taken = mailbox.take(&mut self.account, kin, room);
        self.has_news |= taken > 0;
        taken
    }

    /// Takes what is left when the job has ended; nobody of it can send any more, or for ever.
    pub(super) fn take_rest(&mut self, room: &mut [u8]) {
        const TURNS: usize = 64;
        for index in 0..self.mailboxes.len() {
            for _ in 0..TURNS {
                if self.take(index, room) == 0 {
                    break;
                }
            }
        }
    }

    /// Whether there is something that has not been told.
    pub(super) fn has_news(&self) -> bool {
        self.has_news
    }

    /// What was said so far, if there is news.
    pub(super) fn news(&mut self) -> Option<Told> {
        let has_news = std::mem::take(&mut self.has_news);
        if has_news {
            self.account.stamp(folder::unix_ms(), clock::now());
            self.account.said_mut().dropped = self.mailboxes.iter().map(Mailbox::dropped).sum();
        }
        self.all().filter(|_| has_news)
    }

    /// What was said so far, if anything was.
    pub(super) fn all(&self) -> Option<Told> {
        let said = self.account.said();
        (said.taken + said.strangers > 0).then(|| Told::Said(Box::new(said.clone())))
    }
}
