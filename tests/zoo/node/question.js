// Asks a question on the terminal with readline.
'use strict';
const readline = require('readline');
const { say } = require('./case');
const terminal = readline.createInterface({ input: process.stdin, output: process.stdout });
say('process', process.pid);
terminal.question('Really publish? ', () => process.exit(0));
say('ready');
