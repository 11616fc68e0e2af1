// A worker waits in Atomics.wait for a notification, and the main thread waits for the worker's message.
'use strict';
const { Worker, isMainThread, workerData, parentPort } = require('worker_threads');
const { say } = require('./case');
if (isMainThread) {
  const word = new SharedArrayBuffer(4);
  const worker = new Worker(__filename, { workerData: word });
  worker.on('message', console.log);
  say('process', process.pid);
  setTimeout(() => say('ready'), 500);
} else {
  Atomics.wait(new Int32Array(workerData), 0, 0);
  parentPort.postMessage('done');
}
