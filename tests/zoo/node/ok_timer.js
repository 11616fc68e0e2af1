// Sleeping: looks after something every second.
'use strict';
const { say } = require('./case');
setInterval(() => JSON.stringify(process.memoryUsage()), 1000);
say('ready');
