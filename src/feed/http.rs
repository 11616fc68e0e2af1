#![expect(clippy::disallowed_methods, reason = "edge: asks a server for one page")]
//! One `GET` of a page over plain HTTP, within a time and for as long as its reader wants more.
//!
//! Asked for in HTTP/1.0: the server then closes when the page is over, and sends no pieces that would have to be put
//! together.

use std::io::{self, Read as _, Write as _};
use std::net::{TcpStream, ToSocketAddrs as _};
use std::str::FromStr;
use std::time::{Duration, Instant};

/// The longest head of an answer.
const LONGEST_HEAD: usize = 16 * 1024;

/// An address of a page: `http://host[:port][/path]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Url {
    host: String,
    port: u16,
    path: String,
}

impl FromStr for Url {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("{text:?} is no address of a page: try http://127.0.0.1:8000/metrics");
        if text.starts_with("https:") {
            return Err(format!("{text:?}: only plain http is spoken"));
        }
        let rest = text.strip_prefix("http://").ok_or_else(wrong)?;
        let is_plain = text.bytes().all(|byte| byte.is_ascii_graphic());
        let (authority, path) = rest.find('/').map_or((rest, "/metrics"), |at| rest.split_at(at));
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, port)) if !port.ends_with(']') => (host, port.parse().map_err(|_| wrong())?),
            _ => (authority, 80),
        };
        let is_host = !host.is_empty() && !host.contains(['@', '?', '#']);
        if !is_plain || !is_host {
            return Err(wrong());
        }
        Ok(Self { host: host.to_owned(), port, path: path.split('#').next().unwrap_or(path).to_owned() })
    }
}

impl std::fmt::Display for Url {
    /// Without its query, which may hold a secret.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "http://{}:{}{}", self.host, self.port, self.path.split('?').next().unwrap_or_default())
    }
}

/// Fetches a page piece by piece for as long as `page` wants more; true when all of it came.
pub fn get(url: &Url, patience: Duration, mut page: impl FnMut(&[u8]) -> bool) -> io::Result<bool> {
    let until = Instant::now() + patience;
    let mut stream = connect(url, until)?;
    let request = format!(
        "GET {} HTTP/1.0\r\nHost: {}:{}\r\nUser-Agent: telltale\r\nConnection: close\r\n\
         Accept: application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5\r\n\r\n",
        url.path, url.host, url.port
    );
    stream.set_write_timeout(Some(left(until)?))?;
    stream.write_all(request.as_bytes())?;
    let (mut room, mut head) = (vec![0; 64 * 1024], Vec::new());
    let mut expected: Option<Option<u64>> = None;
    let mut received = 0;
    loop {
        stream.set_read_timeout(Some(left(until)?))?;
        let count = match stream.read(&mut room) {
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                return Err(io::ErrorKind::TimedOut.into());
            }
            Err(error) => return Err(error),
        };
        if count == 0 {
            let length = expected.ok_or_else(|| invalid("it hung up before it answered"))?;
            return Ok(length.is_none_or(|length| received >= length));
        }
        let mut body = &room[..count];
        if expected.is_none() {
            head.extend_from_slice(body);
            let Some(end) = memchr::memmem::find(&head, b"\r\n\r\n") else {
                if head.len() > LONGEST_HEAD {
                    return Err(invalid("it does not speak HTTP"));
                }
                continue;
            };
            expected = Some(length_of(&head[..end])?);
            body = &head[end + 4..];
        }
        received += body.len() as u64;
        if !page(body) {
            return Ok(false);
        }
        if expected.flatten().is_some_and(|length| received >= length) {
            return Ok(true);
        }
    }
}

fn connect(url: &Url, until: Instant) -> io::Result<TcpStream> {
    let host = url.host.trim_start_matches('[').trim_end_matches(']');
    let mut last = invalid("its host has no address");
    for address in (host, url.port).to_socket_addrs()? {
        match TcpStream::connect_timeout(&address, left(until)?) {
            Ok(stream) => return Ok(stream),
            Err(error) => last = error,
        }
    }
    Err(last)
}

fn left(until: Instant) -> io::Result<Duration> {
    let left = until.saturating_duration_since(Instant::now());
    if left.is_zero() { Err(io::ErrorKind::TimedOut.into()) } else { Ok(left) }
}

/// The length that the head of an answer promises, if it is the answer that was asked for.
fn length_of(head: &[u8]) -> io::Result<Option<u64>> {
    let head = String::from_utf8_lossy(head);
    let mut lines = head.split("\r\n");
    let status = lines.next().unwrap_or_default();
    let code = status.strip_prefix("HTTP/1.").and_then(|rest| rest.split(' ').nth(1));
    match code {
        Some("200") => {}
        Some(code) if code.len() == 3 && code.bytes().all(|byte| byte.is_ascii_digit()) => {
            return Err(invalid(&format!("it answers with status {code}")));
        }
        _ => return Err(invalid("it does not speak HTTP")),
    }
    let mut length = None;
    for (name, value) in lines.filter_map(|line| line.split_once(':')) {
        match name.to_ascii_lowercase().as_str() {
            "content-length" => length = value.trim().parse().ok(),
            "transfer-encoding" => return Err(invalid("it sends pieces, though asked in HTTP/1.0")),
            "content-encoding" if value.trim() != "identity" => {
                return Err(invalid("it sends a packed page, though not asked for one"));
            }
            _ => {}
        }
    }
    Ok(length)
}

fn invalid(why: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_as_people_write_them() {
        let cases = [
            ("http://127.0.0.1:8000/metrics", Some("http://127.0.0.1:8000/metrics")),
            ("http://localhost:9090", Some("http://localhost:9090/metrics")),
            ("http://db7/a/b?token=x", Some("http://db7:80/a/b")),
            ("http://[::1]:8000/", Some("http://[::1]:8000/")),
            ("http://[::1]", Some("http://[::1]:80/metrics")),
            ("https://db7/", None),
            ("localhost:9090", None),
            ("http://", None),
            ("http://a b/", None),
            ("http://a/\r\nX: y", None),
            ("http://user@host/", None),
            ("http://a:99999/", None),
        ];
        for (text, expected) in cases {
            assert_eq!(text.parse::<Url>().ok().map(|url| url.to_string()).as_deref(), expected, "{text:?}");
        }
    }

    #[test]
    fn heads_that_are_no_answer_are_refused() {
        let cases: [(&str, Option<Option<u64>>); 6] = [
            ("HTTP/1.1 200 OK\r\nContent-Length: 7", Some(Some(7))),
            ("HTTP/1.0 200 OK\r\nContent-Type: text/plain", Some(None)),
            ("HTTP/1.1 404 Not Found", None),
            ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked", None),
            ("HTTP/1.1 200 OK\r\ncontent-encoding: gzip", None),
            ("SSH-2.0-OpenSSH_9.9", None),
        ];
        for (head, expected) in cases {
            assert_eq!(length_of(head.as_bytes()).ok(), expected, "{head:?}");
        }
    }
}
