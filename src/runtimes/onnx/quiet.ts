import { isMainThread } from 'node:worker_threads';

/**
 * From 1.29 on the official builds of ONNX Runtime report to their maker: models' names and hashes, from every process that makes
 * an environment of it, and they keep an id of the machine in the home folder. It reads the variable then, from the process itself, which a
 * worker thread cannot change: so whoever opens a session, and whoever starts such a thread, imports this first.
 */
if (isMainThread) process.env['ORT_DISABLE_TELEMETRY'] = '1';
