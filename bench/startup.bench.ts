// How soon a server on an empty folder is ready, and what it holds while it does nothing.
import { setTimeout as sleep } from 'node:timers/promises';
import path from 'node:path';
import {
  figure,
  median,
  memory,
  option,
  report,
  resident,
  scratch,
  startMlflow,
  startTreadle,
  type Server,
} from './harness.ts';

const rounds = option('rounds', 5);
const idleSeconds = option('idle', 10);
const folder = scratch();

interface Measured {
  ready: number[];
  memory: number;
  resident: number;
}

async function measure(times: number, start: (round: number) => Promise<Server>): Promise<Measured> {
  const measured: Measured = { ready: [], memory: 0, resident: 0 };
  for (let round = 0; round < times; round++) {
    const server = await start(round);
    measured.ready.push(server.readyMs);
    if (round === times - 1) {
      await sleep(idleSeconds * 1000);
      measured.memory = memory(server.pid);
      measured.resident = resident(server.pid);
    }
    await server.stop();
  }
  return measured;
}

const ours = await measure(rounds, (round) => startTreadle(path.join(folder, `treadle-${round}`)));
// MLflow takes many seconds to make its tables: two rounds say enough.
const theirs = await measure(Math.min(2, rounds), () => startMlflow(scratch()));

const peer = 'mlflow server';
figure({
  name: 'ready on an empty folder (median)',
  value: median(ours.ready),
  unit: 'ms',
  better: 'lower',
  peer,
  peerValue: median(theirs.ready),
});
figure({
  name: 'ready on an empty folder (worst)',
  value: Math.max(...ours.ready),
  unit: 'ms',
  better: 'lower',
  peer,
  peerValue: Math.max(...theirs.ready),
});
figure({
  name: 'idle memory, all processes (PSS)',
  value: ours.memory,
  unit: 'MiB',
  better: 'lower',
  peer,
  peerValue: theirs.memory,
});
figure({
  name: 'idle memory of the server process (RSS)',
  value: ours.resident,
  unit: 'MiB',
  better: 'lower',
});
report();
