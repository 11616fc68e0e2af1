//! Why there are no stacks of a process, in words that end with the way out. Pure.

/// Why there are no stacks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Failure {
    /// Its memory is not ours to read.
    Denied,
    /// It has ended, or its number is another's by now.
    Gone,
    /// No answer within the time that was given.
    Late,
    /// It would answer only to a signal, and nobody asked for one.
    Unasked,
    /// The reader gave up, and says why.
    Unread(String),
}

/// What is said of a process whose stacks could not be read; nothing of one that has ended. `yama` is how far this kernel
/// restricts the reading of other processes.
pub(super) fn sentence(pid: u32, language: &str, failure: &Failure, yama: Option<u32>) -> Option<String> {
    let because = match failure {
        Failure::Gone => return None,
        Failure::Denied if yama.is_some_and(|scope| scope > 0) => {
            "this kernel lets only root or an ancestor read another process: start the job with `telltale run -- …`, \
             look as root, or `sudo sysctl kernel.yama.ptrace_scope=0`"
        }
        Failure::Denied => {
            "it belongs to another user, or forbids it: look as root, or start the job with `telltale run -- …`"
        }
        Failure::Late => "it did not answer in time",
        Failure::Unasked => {
            "a Java machine tells them only once it was sent a signal (SIGQUIT), which watching never does: ask for it \
             with `--trace`"
        }
        Failure::Unread(why) => why,
    };
    Some(format!("the {language} stacks of process {pid} could not be read: {because}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_comes_with_the_way_out() {
        assert!(sentence(7, "Python", &Failure::Denied, Some(1)).unwrap().contains("ptrace_scope=0"));
        assert!(sentence(7, "Python", &Failure::Denied, None).unwrap().contains("as root"));
        assert!(sentence(7, "Python", &Failure::Unread("no".into()), None).unwrap().ends_with("read: no"));
        assert_eq!(sentence(7, "Python", &Failure::Gone, None), None);
    }
}
