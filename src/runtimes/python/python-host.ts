import { chmod, rm } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';
import path from 'node:path';
import { invalid, messageOf, withoutPlaces } from '../../platform/errors/index.ts';
import { makeTemporary } from '../../platform/files/index.ts';
import type { Processes, Running } from '../../platform/processes/index.ts';
import type { Host } from '../host.ts';
import { ModelFault, type Body, type ModelPlace } from '../model.ts';
import type { Tensor } from '../tensor.ts';
import { decodeTensors, encodeFrame, frameReader, type FromHost, type ToHost } from './frames.ts';
import { interpreterArgs, learnModules, modelEnvironment, modelIsolation, pythonProgram } from './program.ts';

/** An idle host is asked this often whether it still hears, and has as long to answer. */
const HEARTBEAT = 10_000;
/** Of what a model prints, the end is kept for the message of its failure. */
const LAST_WORDS = 4000;

export interface PythonHost extends Host {
  runJson(body: Body, params?: Record<string, unknown>): Promise<string>;
  /** A batch with what only the first one is asked for. */
  ask(
    inputs: ReadonlyArray<Tensor | undefined>,
    params?: Record<string, unknown>,
  ): Promise<{ outputs: Tensor[]; returns: NonNullable<FromHost['returns']> }>;
}

/** A host that is still loading. */
export interface Early extends Pick<Running, 'cpuMs'> {
  kill(reason: string): void;
}

interface Answer {
  header: FromHost;
  body: Buffer<ArrayBuffer>;
}

/**
 * Starts the model's interpreter and has it load the model. The caller bounds the time: `kill` ends it at any moment. Rejects with
 * a ModelFault when the process ends or cannot load the model.
 */
export async function startPythonHost(
  place: ModelPlace,
  load: Extract<ToHost, { op: 'load' }>,
  { processes, heard }: { processes: Processes; heard: (text: string) => void },
  early?: (host: Early) => void,
): Promise<PythonHost> {
  const { python, limits } = place;
  if (python === undefined) throw new ModelFault('the place names no interpreter');
  const scratch = await makeTemporary('host');
  const address = path.join(scratch, 's');
  const connected = Promise.withResolvers<Socket>();
  const server = createServer((socket) => {
    server.close(); // one host, one connection
    connected.resolve(socket);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(address, resolve);
  });
  server.unref();
  await chmod(address, 0o666); // the model's user shall reach it, and the folder is closed to others

  let words = '';
  const child = processes.start({
    argv: [python, ...interpreterArgs(python, scratch), pythonProgram('host.py'), address],
    cwd: scratch,
    env: modelEnvironment(python, scratch, limits.threads),
    isolate: modelIsolation(python, 'host.py', { read: [place.folder], write: [scratch] }),
    memory: limits.memory,
    grace: 500,
    merge: true,
    onOutput(chunk) {
      const text = chunk.toString();
      words = (words + text).slice(-LAST_WORDS);
      heard(text);
    },
  });

  const waiting = new Map<number, { resolve(answer: Answer): void; reject(error: Error): void }>();
  const lost = Promise.withResolvers<string>();
  let next = 0;
  let ended: string | undefined;
  let closing = false;
  let idle: (() => void) | undefined;
  const link: { socket?: Socket; beat?: NodeJS.Timeout } = {};

  const end = (reason: string): void => {
    if (ended !== undefined) return;
    ended = reason;
    clearInterval(link.beat);
    connected.reject(new ModelFault(reason, { retriable: true }));
    for (const { reject } of waiting.values()) reject(new ModelFault(reason, { retriable: true }));
    waiting.clear();
    if (!closing) lost.resolve(reason);
    idle?.();
    server.close();
    link.socket?.destroy();
    child.stop('cancelled');
  };
  const gone = child.ended.then(async (how) => {
    const last = words.trim().split('\n').slice(-3).join(' / ').slice(-500);
    end(`the model’s process ended: ${how.message}${last === '' ? '' : `; its last words: ${last}`}`);
    await rm(scratch, { recursive: true, force: true });
  });
  early?.({ kill: end, cpuMs: child.cpuMs });
  connected.promise.catch(() => undefined);

  const send = (
    message: ToHost,
    inputs?: ReadonlyArray<Tensor | undefined>,
    tail?: Uint8Array,
  ): Promise<Answer> => {
    if (ended !== undefined || !link.socket)
      return Promise.reject(new ModelFault(ended ?? 'the model’s process is not there', { retriable: true }));
    const id = next++;
    const answer = Promise.withResolvers<Answer>();
    waiting.set(id, answer);
    link.socket.write(encodeFrame(id, message, inputs, tail));
    return answer.promise;
  };

  let socket: Socket;
  try {
    socket = await connected.promise;
  } catch (error) {
    await gone;
    throw error;
  }
  link.socket = socket;
  // The process says why it ended, and that is what people want to read; a connection that breaks without one is told here.
  socket.on('error', () => undefined);
  socket.on('close', () => setTimeout(() => end('the model’s process closed its connection'), 1000).unref());
  socket.on(
    'data',
    guarded(
      frameReader((header, body) => {
        const asked = waiting.get(header.id);
        waiting.delete(header.id);
        if (header.error) asked?.reject(errorOf(header.error));
        else asked?.resolve({ header, body });
        if (waiting.size === 0) idle?.();
      }),
      end,
    ),
  );
  try {
    await send(load);
  } catch (error) {
    closing = true;
    end('it could not load the model');
    await gone;
    throw error;
  }
  void learnModules(processes, python, scratch);
  link.beat = setInterval(() => {
    if (waiting.size > 0) return; // the deadline of what runs watches over it
    const late = setTimeout(() => end('the model’s process does not answer any more'), HEARTBEAT).unref();
    send({ op: 'ping' }).then(
      () => clearTimeout(late),
      () => clearTimeout(late),
    );
  }, HEARTBEAT).unref();

  const ask: PythonHost['ask'] = async (inputs, params) => {
    const { header, body } = await send({ op: 'run', ...(params ? { params } : {}) }, inputs);
    try {
      return { outputs: decodeTensors(header, body), returns: header.returns ?? 'array' };
    } catch (error) {
      throw new ModelFault(`its process sent an answer that cannot be read: ${messageOf(error)}`);
    }
  };
  return {
    ask,
    run: async (inputs, params) => (await ask(inputs, params)).outputs,
    async runJson({ media, bytes }, params) {
      const { body } = await send({ op: 'json', media, ...(params ? { params } : {}) }, [], bytes);
      return body.toString('utf8');
    },
    lost: lost.promise,
    kill: end,
    async close() {
      closing = true;
      if (ended === undefined && waiting.size > 0)
        await new Promise<void>((resolve) => void (idle = resolve));
      end('it was closed');
      await gone;
    },
  };
}

function guarded(read: (chunk: Buffer) => void, end: (reason: string) => void): (chunk: Buffer) => void {
  return (chunk) => {
    try {
      read(chunk);
    } catch (error) {
      end(`the model’s process sent what cannot be read: ${messageOf(error)}`);
    }
  };
}

/** The type, the message and the line of the model's own code: what its author needs, and nothing of this machine. */
function errorOf({ kind, type, message, where }: NonNullable<FromHost['error']>): Error {
  if (kind === 'invalid') return invalid(message, { hint: 'see the signature of the model' });
  return new ModelFault(`${type}: ${withoutPlaces(message)}${where === '' ? '' : ` (${where})`}`);
}
