// Connects to a host whose queue of connections is full; the event loop waits for the connection.
'use strict';
const net = require('net');
const { spawn } = require('child_process');
const { say } = require('./case');
const full = `import socket, sys, time
s = socket.socket(); s.bind(("127.0.0.1", 0)); s.listen(0)
held = [socket.socket() for _ in range(6)]
for one in held: one.setblocking(False); one.connect_ex(s.getsockname())
time.sleep(0.3); sys.stdout.write(f"{s.getsockname()[1]}\\n"); sys.stdout.flush(); time.sleep(300)`;
const server = spawn(process.env.CASE_PYTHON, ['-c', full], { stdio: ['ignore', 'pipe', 'inherit'], detached: true });
server.stdout.once('data', (line) => {
  const port = Number(line);
  server.stdout.destroy();
  net.connect(port, '127.0.0.1', () => process.exit(0));
  say('process', process.pid);
  say('path', '127.0.0.1:' + port);
  setTimeout(() => say('ready'), 300);
});
