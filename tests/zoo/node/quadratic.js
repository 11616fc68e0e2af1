// Takes each job from the front of an array that it searches from the start, and logs as it goes.
'use strict';
const fs = require('fs');
const { say } = require('./case');
const out = fs.openSync('rows.log', 'w');
const seen = [];
say('process', process.pid);
say('ready');
for (let n = 0; ; n++) {
  const key = 'row ' + n;
  if (!seen.includes(key)) seen.push(key);
  if (n % 50 === 0) fs.writeSync(out, key + ' is new\n');
}
