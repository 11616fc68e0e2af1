// Healthy: one worker computes, two have nothing to do, and the main thread waits for messages.
'use strict';
const { Worker, isMainThread, workerData, parentPort } = require('worker_threads');
const { say } = require('./case');
if (isMainThread) {
  for (const name of ['busy', 'idle', 'idle']) {
    new Worker(__filename, { workerData: name }).on('message', (m) => console.log(m));
  }
  setTimeout(() => say('ready'), 400);
} else if (workerData === 'idle') {
  parentPort.on('message', () => {});
} else {
  const turn = () => {
    let sum = 0;
    for (let n = 0; n < 5e6; n++) sum += Math.sqrt(n) % 3;
    parentPort.postMessage(sum);
    setImmediate(turn);
  };
  turn();
}
