// Starts a program with a pipe for its output, never reads it, and waits for its end.
'use strict';
const { spawn } = require('child_process');
const { say } = require('./case');
const child = spawn('seq', ['1', '10000000'], { stdio: ['ignore', 'pipe', 'inherit'] });
child.on('exit', (code) => console.log('ended', code));
say('process', process.pid);
say('process', child.pid);
setTimeout(() => say('ready'), 300);
