// An HTTP request without a time limit, to a server that accepts and is silent.
'use strict';
const http = require('http');
const { spawn } = require('child_process');
const { say } = require('./case');
const silent = `import socket, sys, time
s = socket.create_server(("127.0.0.1", 0)); sys.stdout.write(f"{s.getsockname()[1]}\\n"); sys.stdout.flush()
c, _ = s.accept(); c.recv(1000); time.sleep(300)`;
const server = spawn(process.env.CASE_PYTHON, ['-c', silent], { stdio: ['ignore', 'pipe', 'inherit'], detached: true });
server.stdout.once('data', (line) => {
  const port = Number(line);
  server.stdout.destroy();
  http.get({ host: '127.0.0.1', port, agent: false, timeout: 0 }, (answer) => answer.pipe(process.stdout));
  say('process', server.pid);
  say('path', '127.0.0.1:' + port);
  setTimeout(() => say('ready'), 300);
});
