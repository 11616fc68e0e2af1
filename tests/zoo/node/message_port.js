// Awaits an answer on a port whose other side was lost without being closed; the port keeps the program alive.
'use strict';
const { MessageChannel } = require('worker_threads');
const { say } = require('./case');
const { port1, port2 } = new MessageChannel();
globalThis.kept = port2;
const answer = new Promise((resolve) => port1.on('message', resolve));
say('process', process.pid);
say('ready');
answer.then(console.log);
