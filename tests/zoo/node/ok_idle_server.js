// Idle: a web server nobody calls.
'use strict';
const { say } = require('./case');
require('http').createServer((_, answer) => answer.end('ok')).listen(0, '127.0.0.1', () => say('ready'));
