//! What must not be told of a job although it was seen: secrets in its command lines and in the names it uses. Pure.

use crate::model::cause::{Culprit, Diagnosis};
use crate::model::evidence::{Descriptor, Evidence, Target};
use crate::model::text::Text;
use crate::scan::redact::redact;

/// The same evidence without secrets: it may be written to a file and sent to somebody.
pub(super) fn redacted(mut evidence: Evidence) -> Evidence {
    for process in &mut evidence.processes {
        hide(&mut process.command);
        for descriptor in &mut process.descriptors {
            hide_in(descriptor);
        }
    }
    for gone in &mut evidence.gone {
        hide(&mut gone.command);
    }
    for socket in &mut evidence.sockets {
        hide(&mut socket.local);
        hide(&mut socket.remote);
    }
    for path in evidence.calls.iter_mut().filter_map(|call| call.path.as_mut()) {
        hide(path);
    }
    for problem in &mut evidence.problems {
        hide(problem);
    }
    evidence
}

/// The paths that may be called by what a person typed; those of the kernel hold no secrets.
fn hide_in(descriptor: &mut Descriptor) {
    match &mut descriptor.target {
        Target::Fifo { path, .. } | Target::File { path, .. } => hide(path),
        _ => {}
    }
}

fn hide(text: &mut String) {
    if let std::borrow::Cow::Owned(safe) = redact(text) {
        *text = safe;
    }
}

/// The same answer without secrets, whatever it was made from.
pub(super) fn without_secrets(mut diagnosis: Diagnosis) -> Diagnosis {
    let culprits = diagnosis.culprits.iter_mut().filter_map(|Culprit { path, .. }| path.as_mut());
    let links = diagnosis.chain.iter_mut().flat_map(|link| [&mut link.who, &mut link.waits_for]);
    let threads = diagnosis.threads.iter_mut().flat_map(|thread| {
        let at = thread.at.as_mut();
        std::iter::once(&mut thread.name).chain(at)
    });
    let said = diagnosis.evidence.iter_mut().chain(&mut diagnosis.doubts);
    for text in said.chain(culprits).chain(links).chain(threads) {
        if let std::borrow::Cow::Owned(safe) = redact(text) {
            *text = Text::new(&safe);
        }
    }
    diagnosis
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::cause::{Cause, Link};
    use crate::model::evidence::Process;

    #[test]
    fn no_secret_is_left_in_what_is_told() {
        let token = format!("ghp_{}", "a1B2c3D4e5F6".repeat(3));
        let path =
            Target::File { path: format!("/srv/{token}"), device: 1, inode: 2, position: 0, size: None };
        let process = Process {
            command: format!("etl --token {token}"),
            descriptors: vec![Descriptor { target: path, ..Descriptor::default() }],
            ..Process::default()
        };
        let evidence = redacted(Evidence { processes: vec![process], ..Evidence::default() });
        let json = serde_json::to_string(&evidence).unwrap();
        assert!(!json.contains(&token[8..]) && json.contains("etl --token"), "{json}");
        let text = Text::from(format!("it waits for {token}"));
        let diagnosis = without_secrets(Diagnosis {
            cause: Cause::Unknown,
            culprits: vec![Culprit::thing(text.clone())],
            evidence: vec![text.clone()],
            chain: vec![Link { depth: 0, who: text.clone(), waits_for: text.clone(), closes: false }],
            threads: Vec::new(),
            doubts: vec![text],
        });
        let json = serde_json::to_string(&diagnosis).unwrap();
        assert!(!json.contains(&token[8..]), "{json}");
        assert_eq!(json.matches("it waits for ghp_").count(), 5, "{json}");
    }
}
