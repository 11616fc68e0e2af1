// Healthy: a web server that calls itself without pause.
'use strict';
const http = require('http');
const { say } = require('./case');
const server = http.createServer((_, answer) => answer.end('ok'.repeat(2000)));
server.listen(0, '127.0.0.1', () => {
  const call = () => http.get({ port: server.address().port, host: '127.0.0.1' }, (answer) => {
    answer.resume();
    answer.on('end', call);
  });
  for (let n = 0; n < 4; n++) call();
  say('ready');
});
