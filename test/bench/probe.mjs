/**
 * Loaded with `--import` into every Node target: answers what the process has used so far, exact to the microsecond, and
 * collects garbage on request. A target dies with the benchmark that started it.
 */

import { isMainThread } from 'node:worker_threads';

if (isMainThread && process.send) {
  process.on('message', (request) => {
    if (typeof request?.probe !== 'number') return;
    if (request.collect) globalThis.gc?.();
    const { user, system } = process.cpuUsage();
    process.send({ probe: request.probe, cpu: user + system, rss: process.memoryUsage.rss() });
  });
  process.once('disconnect', () => process.exit(0));
  // Being asked is no reason to live on: a target that cannot start ends.
  process.channel?.unref();
}
