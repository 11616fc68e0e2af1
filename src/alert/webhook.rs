#![expect(clippy::disallowed_methods, reason = "edge: posts to the address that the user named")]
//! Posts an alert as JSON. The address may be a secret: errors name its host alone.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rustix::event::{Timespec, poll};
use ureq::{Agent, Error};

use super::message::Message;
use crate::config::alert::Webhook;
use crate::model::metric::span;

/// One try takes no longer, from the name's look-up to the answer.
const LIMIT: Duration = Duration::from_secs(10);

/// What is waited before each further try.
const PAUSES: [Duration; 2] = [Duration::from_secs(1), Duration::from_secs(4)];

/// How often a wait is looked up from.
const LOOK: Timespec = Timespec { tv_sec: 0, tv_nsec: 100_000_000 };

/// Posts the message, three times at most; `is_over` ends the waiting between two tries.
pub(super) fn post(webhook: &Webhook, message: &Message, is_over: &AtomicBool) -> Result<(), String> {
    let mut pauses = PAUSES.iter();
    loop {
        let failed = match attempt(webhook, message) {
            Ok(()) => return Ok(()),
            Err(failed) => failed,
        };
        let next = pauses.next().filter(|_| failed.may_pass);
        if !next.is_some_and(|pause| wait(*pause, is_over)) {
            return Err(format!("{webhook} {}", failed.words));
        }
    }
}

/// Why a try failed.
#[derive(Debug, PartialEq, Eq)]
struct Failed {
    words: String,
    /// The next try may fare better.
    may_pass: bool,
}

fn attempt(webhook: &Webhook, message: &Message) -> Result<(), Failed> {
    let config = Agent::config_builder()
        .timeout_global(Some(LIMIT))
        // A post that is led elsewhere becomes a get and loses what it says.
        .max_redirects(0)
        .max_redirects_will_error(false)
        .max_idle_connections(0)
        .user_agent(concat!("telltale/", env!("CARGO_PKG_VERSION")));
    let post = Agent::new_with_config(config.build())
        .post(webhook.address())
        .header("Content-Type", "application/json");
    match post.send(message.json.as_bytes()) {
        Ok(answer) if answer.status().is_success() => Ok(()),
        Ok(answer) => Err(of_status(answer.status().as_u16())),
        Err(error) => Err(of_error(&error)),
    }
}

fn of_status(status: u16) -> Failed {
    let hint = if (300..400).contains(&status) { ": it has moved, give its new address" } else { "" };
    // Too many at once, or trouble of its own: both pass.
    Failed { words: format!("answered {status}{hint}"), may_pass: status == 429 || status >= 500 }
}

/// The words for an error; none that could repeat the address.
fn of_error(error: &Error) -> Failed {
    let (words, may_pass) = match error {
        Error::StatusCode(status) => return of_status(*status),
        Error::Timeout(_) => (format!("did not answer within {}", span(LIMIT)), true),
        Error::Io(error) => (format!("can't be reached: {error}"), true),
        Error::HostNotFound => ("is not known by that name".to_owned(), true),
        Error::ConnectionFailed => ("can't be reached".to_owned(), true),
        Error::BadUri(_) | Error::Http(_) => ("is no address that can be posted to".to_owned(), false),
        Error::Rustls(error) => (format!("can't be trusted: {error}"), false),
        Error::Tls(why) => (format!("can't be trusted: {why}"), false),
        Error::InvalidProxyUrl | Error::ConnectProxyFailed(_) => {
            ("can't be reached by the proxy of the environment".to_owned(), true)
        }
        _ => ("did not answer as a web server does".to_owned(), true),
    };
    Failed { words, may_pass }
}

/// Waits; false when it is over before.
fn wait(pause: Duration, is_over: &AtomicBool) -> bool {
    for _ in 0..pause.as_millis() / 100 {
        if is_over.load(Ordering::SeqCst) {
            return false;
        }
        let _ = poll(&mut [], Some(&LOOK));
    }
    !is_over.load(Ordering::SeqCst)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_say_what_to_do_and_never_the_address() {
        let secret = || "https://h/secret".to_owned();
        let cases = [
            (Error::StatusCode(404), "answered 404", false),
            (Error::StatusCode(429), "answered 429", true),
            (Error::StatusCode(503), "answered 503", true),
            (Error::BadUri(secret()), "is no address that can be posted to", false),
            (Error::ConnectProxyFailed(secret()), "can't be reached by the proxy of the environment", true),
            (Error::RequireHttpsOnly(secret()), "did not answer as a web server does", true),
        ];
        for (error, words, may_pass) in cases {
            assert_eq!(of_error(&error), Failed { words: words.to_owned(), may_pass });
        }
        assert!(of_status(302).words.contains("moved"));
    }

    #[test]
    fn a_wait_ends_when_all_is_over() {
        assert!(!wait(Duration::from_mins(10), &AtomicBool::new(true)));
        assert!(wait(Duration::ZERO, &AtomicBool::new(false)));
    }
}
