// A server that promises itself a microtask for ever: the event loop never turns again, its clients wait.
'use strict';
const http = require('http');
const { say } = require('./case');
const server = http.createServer((_, answer) => answer.end('ok'));
server.listen(0, '127.0.0.1', () => {
  say('process', process.pid);
  say('ready');
  setTimeout(() => {
    const again = () => { Promise.resolve().then(again); };
    again();
  }, 100);
});
