import { createInterface } from 'node:readline';
import { Socket } from 'node:net';
import { createAside } from './faces/inference/aside/index.ts';
import { createFront, planeBudget, type Front } from './faces/inference/front/index.ts';
import { createGrpc } from './faces/inference/grpc/index.ts';
import { createMlflow } from './faces/inference/mlflow/index.ts';
import { createOip } from './faces/inference/oip/index.ts';
import { createPages } from './faces/inference/pages/index.ts';
import { createSagemaker } from './faces/inference/sagemaker/index.ts';
import { createTfServing } from './faces/inference/tfserving/index.ts';
import { messageOf } from './platform/errors/index.ts';
import { dropTemporary } from './platform/files/index.ts';
import { createLog, type Log } from './platform/log/index.ts';
import { createProcesses, goFirst } from './platform/processes/index.ts';
import { openModel } from './runtimes/index.ts';
import {
  createPlane,
  makeIds,
  RecordSink,
  type Command,
  type Plane,
  type PlaneOptions,
  type Report,
} from './serving/inside.ts';
import { version } from './version.ts';

/**
 * The process of the data plane: all wiring of it on this page. Commands come on stdin and reports go out on stdout, one JSON
 * object a line. It ends with its stdin, so that no server that was killed leaves one behind.
 */

/** Reports that may wait for a server that does not read; past it only what must not be lost is kept. */
const MOST_UNREAD = 4 * 1024 * 1024;

const out = new Socket({ fd: 1, readable: false, writable: true });
out.on('error', () => process.exit(0)); // the server is gone

const stalled = (): boolean => out.writableLength > MOST_UNREAD;

function report(one: Report): void {
  if (one.type === 'log' && stalled()) return;
  out.write(`${JSON.stringify(one)}\n`);
}

interface Running {
  plane: Plane;
  front: Front;
  log: Log;
  sink: RecordSink | undefined;
  stop(): Promise<void>;
}

function open(options: PlaneOptions): Running {
  const log = createLog(options.log, (line) => {
    const {
      level,
      message,
      time: _,
      ...fields
    } = JSON.parse(line) as Extract<Report, { type: 'log' }> & {
      time: string;
    };
    report({ type: 'log', level, message, fields });
  });
  const processes = createProcesses({ isolation: options.isolation });
  void dropTemporary(); // the hosts of a plane that was killed
  const { records, run } = options;
  const sink =
    records === undefined ? undefined : new RecordSink({ folder: records, key: options.key, run, report });
  const plane = createPlane({
    hooks: sink ? [sink] : [],
    open: (place) => openModel(place, { processes, log }),
    ids: makeIds(options.key),
    report,
    stalled,
  });
  const parts = { version: version() };
  const aside = createAside();
  const oip = createOip(plane, { ...parts, aside });
  const budget = planeBudget();
  const front = createFront({
    budget,
    protocols: [
      oip,
      createSagemaker(plane, oip, aside), // before MLflow's, whose /invocations it shares
      createMlflow(plane, aside),
      createTfServing(plane, aside),
      createPages(plane),
    ],
    door: plane,
    hosts: options.hosts,
    log,
    grpc: createGrpc(plane, { hosts: options.hosts, budget, aside, ...parts }),
  });
  return {
    plane,
    front,
    log,
    sink,
    async stop() {
      await front.close();
      await plane.close();
      await sink?.close(); // after the last answer
      await processes.close();
    },
  };
}

goFirst(); // a deployment is never so urgent as the answers of what is deployed
let running: Running | undefined;
let stopping = false;

async function stop(): Promise<void> {
  if (stopping) return;
  stopping = true;
  await running?.stop().catch(() => undefined);
  out.end(() => process.exit(process.exitCode ?? 0));
}

function obey(command: Command): void {
  if (command.type === 'start') {
    running ??= open(command.options);
    return;
  }
  if (command.type === 'stop') return void stop();
  if (!running) return;
  const { plane, front, log, sink } = running;
  if (command.type === 'show') {
    const told = (): void => report({ type: 'told', id: command.id });
    (sink?.show(command.endpoint, command.ago) ?? Promise.resolve()).then(told, told);
    return;
  }
  if (command.type !== 'listen') return plane.command(command);
  const { socket } = command;
  front.listen(command).then(
    ({ port }) => report({ type: 'listening', port, socket }),
    (error: unknown) => {
      log.error(`the data plane cannot listen: ${messageOf(error)}`, {
        host: command.host,
        port: command.port,
      });
      process.exitCode = 1;
      void stop();
    },
  );
}

const lines = createInterface({ input: process.stdin, crlfDelay: Infinity });
lines.on('line', (line) => {
  if (line.trim() === '') return;
  try {
    obey(JSON.parse(line) as Command); // from the server that started this process, which is the one that can write here
  } catch (error) {
    report({
      type: 'log',
      level: 'error',
      message: `a command failed: ${messageOf(error)}`,
      fields: { command: line.slice(0, 200) },
    });
  }
});
lines.on('close', () => void stop());
process.on('SIGTERM', () => void stop());
process.on('SIGINT', () => undefined); // Ctrl-C reaches the whole group: the server decides when this ends
