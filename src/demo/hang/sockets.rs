#![expect(clippy::disallowed_methods, reason = "edge: plays a client and its server on the loopback")]
//! Sockets: a server that does not answer, one whose queue is full, and one without clients, which is no hang.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

use super::fork::{fork, me};
use super::processes::linger;
use super::stage::Stage;
use crate::model::cause::Culprit;

/// How long one of those connections may take that only fill the queue.
const FILLING: Duration = Duration::from_millis(300);

/// A server takes the question and keeps silent.
pub(super) fn peer(stage: &Stage) -> io::Result<()> {
    let (server, address) = listen()?;
    let (child, ()) = fork(c"demo-server", (), move || {
        let (mut client, _) = server.accept()?;
        let _ = client.read(&mut [0; 64])?;
        linger();
        Ok(())
    })?;
    let mut line = TcpStream::connect(address)?;
    writeln!(line, "GET /rows")?;
    stage.set(me(), &[Culprit::process(child), Culprit::thing(address.to_string())])?;
    line.read(&mut [0; 64]).map(drop)
}

/// A server accepts nobody, and its queue is full: the kernel leaves further requests without an answer.
pub(super) fn connect(stage: &Stage) -> io::Result<()> {
    let (server, address) = listen()?;
    rustix::net::listen(&server, 0)?;
    let (_, ()) = fork(c"demo-server", (), move || {
        let _server = server;
        linger();
        Ok(())
    })?;
    let mut queue = Vec::new();
    while let Ok(line) = TcpStream::connect_timeout(&address, FILLING) {
        queue.push(line);
    }
    stage.set(me(), &[Culprit::process(me()), Culprit::thing(address.to_string())])?;
    // The kernel gives up after two minutes or so; whoever retries without a pause hangs on.
    while TcpStream::connect(address).is_err() {}
    Ok(())
}

/// A server that waits for clients, and greets them.
pub(super) fn idle(stage: &Stage) -> io::Result<()> {
    let (server, _) = listen()?;
    stage.set(me(), &[])?;
    loop {
        let (mut client, _) = server.accept()?;
        writeln!(client, "hello")?;
    }
}

fn listen() -> io::Result<(TcpListener, SocketAddr)> {
    let server = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let address = server.local_addr()?;
    Ok((server, address))
}
