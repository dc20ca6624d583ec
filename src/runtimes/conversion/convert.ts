import { constants, readFileSync } from 'node:fs';
import { chmod, copyFile, mkdir, open, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Type } from 'typebox';
import { Value } from 'typebox/value';
import { listModelFiles, getVersion, getVersionLocation } from '../../models/index.ts';
import type { Ctx } from '../../platform/ctx/index.ts';
import { outwardMessageOf } from '../../platform/errors/index.ts';
import { makeTemporary } from '../../platform/files/index.ts';
import type { Processes } from '../../platform/processes/index.ts';
import { GUARD } from '../guard.ts';
import type { LoadedModel, ModelPlace } from '../model.ts';
import { askApart } from '../onnx/ask-apart.ts';
import { withNote } from '../onnx/metadata.ts';
import { openModel } from '../open-model.ts';
import { digestOf, placeFiles } from '../place.ts';
import { CONVERTED, limitsOf, type Preparing } from '../prepare-model.ts';
import { interpreterArgs, modelEnvironment, modelIsolation, pythonProgram } from '../python/program.ts';
import { describeFolder } from '../spec/describe.ts';
import { exampleTensors, readExample } from '../spec/example.ts';
import { findKept, TOLERANCE, type ConversionRow } from '../store.ts';
import type { TensorSpec } from '../tensor.ts';
import { probesFor, type Facts } from './probes.ts';
import { askOriginal, judge, questionsOf, type Asked, type Judgement, type Oracle } from './prove.ts';

const TIMEOUT = 10 * 60_000;
/** How long the model itself may be asked, ms: rows that it refuses are found one by one. */
const ASKING = 5 * 60_000;
/** What a fitted model tells of itself is capped by `convert.py`. */
const MOST_FACTS = 16 * 1024 * 1024;

/** The packages of the conversion, beside the model's own: exact versions of all of them. */
export const conversionTools = (): string[] =>
  readFileSync(pythonProgram('convert.lock'), 'utf8')
    .split('\n')
    .filter((line) => /^\w/.test(line));

export interface Converting extends Preparing {
  /** The interpreter of an environment with the conversion's tools. */
  toolEnvironment: Preparing['environment'];
}

export type Outcome = {
  files?: string;
  rows_compared?: number;
  largest_difference?: number;
  tools?: Record<string, string>;
  probes?: Asked;
} & ({ state: 'kept'; blob: string; size: number } | { state: 'refused' | 'failed'; reason: string });

/**
 * Converts in the model's own environment, then asks both forms the same questions: the model itself first, in the host that serves
 * it, since it is the measure; then the ONNX form in a process of its own. Kept only when it answers alike, and refuses alike, every
 * kind of row. Whatever goes wrong is an outcome; only a stop of the server is not.
 */
export async function convertVersion(
  ctx: Ctx,
  using: Converting,
  { model, version: number }: { model: string; version: number },
  signal: AbortSignal,
): Promise<Outcome> {
  let opened: LoadedModel | undefined;
  const scratch = await makeTemporary('convert');
  try {
    const version = await getVersion(ctx, model, String(number));
    const files = await listModelFiles(ctx, await getVersionLocation(ctx, model, String(number)));
    const found = { files: digestOf(files) };
    const kept = await findKept(ctx, found.files);
    if (kept?.blob) return again(kept, found.files, kept.blob);
    const say = (text: string): void => ctx.log.debug('conversion', { model, version: number, text });
    const folder = await placeFiles(ctx, using.root, files);
    await using.processes.letRead(folder);
    const described = await describeFolder(folder);
    const inputs = described.inputs && described.inputs.kind !== 'nested' ? described.inputs.specs : [];
    const sample = exampleTensors(await readExample(folder, described.examples), inputs);
    if (!sample) return { ...found, state: 'failed', reason: 'its input example does not fit its signature' };

    // One environment for both: the model's own packages in their recorded versions, and the tools.
    const python = await unless(signal, using.toolEnvironment(ctx, files, version.facts, say));
    const loading = openModel(
      { key: found.files, folder, runtime: 'python', python, limits: limitsOf('python') },
      { processes: using.processes, log: ctx.log },
    );
    // One that comes up after the stop is nobody's: it ends at once.
    loading.then((loaded) => (signal.aborted ? loaded.close() : undefined)).catch(() => undefined);
    const original = (opened = await unless(signal, loading));
    const predict = version.facts?.flavors['python_function']?.['predict_fn'];

    const reasons: string[] = [];
    let oracle: Oracle | undefined;
    let compared = false;
    let best: number | undefined;
    const at = (numbers: string): string => path.join(scratch, numbers);
    for (const numbers of PRECISIONS) await mkdir(at(numbers));
    // The model's code runs there: what lies there afterwards may be links to anywhere, and plain files alone are taken over.
    const making = path.join(scratch, 'making');
    await mkdir(making);
    await chmod(scratch, 0o711);
    const facts = path.join(making, 'facts.json');
    const out = Object.fromEntries(
      PRECISIONS.map((numbers) => [numbers, path.join(making, `${numbers}.onnx`)]),
    );
    const { problems, tools } = await runConverter(using.processes, python, making, signal, {
      folder,
      out,
      facts,
      inputs,
      predict_fn: typeof predict === 'string' ? predict : 'predict',
      flat: original.spec.outputs[0]?.shape.length === 1,
      outputs: original.spec.outputs.map(({ name }) => name),
    });
    for (const numbers of PRECISIONS) {
      signal.throwIfAborted();
      const problem = problems[numbers];
      if (problem !== undefined) {
        reasons.push(problem);
        continue;
      }
      oracle ??= await unless(
        signal,
        askOriginal(original, probesFor(sample, inputs, await readFacts(facts)), inputs, within(ASKING)),
      );
      // What the model refuses is written into the file, and so goes wherever it goes.
      await writeFile(
        path.join(at(numbers), CONVERTED),
        withNote(await readPlain(out[numbers]!), GUARD, JSON.stringify(oracle.guard)),
      );
      for (const name of ['MLmodel', ...described.examples])
        await copyFile(path.join(folder, name), path.join(at(numbers), name)).catch(() => undefined);
      const place: ModelPlace = {
        key: found.files,
        folder: at(numbers),
        runtime: 'onnx',
        file: CONVERTED,
        limits: limitsOf('onnx'),
      };
      let judged: Judgement;
      try {
        const replies = await unless(signal, askApart(place, questionsOf(oracle), using.processes, signal));
        judged = judge(oracle, replies, TOLERANCE);
      } catch (error) {
        signal.throwIfAborted();
        reasons.push(`the converted model does not run: ${outwardMessageOf(error)}`);
        continue;
      }
      compared = true;
      if (judged.largest !== undefined) best = Math.min(best ?? Infinity, judged.largest);
      if ('reason' in judged) {
        reasons.push(judged.reason);
        continue;
      }
      const { hash, size } = await ctx.blobs.put(await readFile(path.join(at(numbers), CONVERTED)));
      return {
        ...found,
        state: 'kept',
        blob: hash,
        size,
        rows_compared: rowsOf(oracle.asked),
        largest_difference: judged.largest,
        tools: { ...tools, precision: numbers },
        probes: oracle.asked,
      };
    }
    signal.throwIfAborted(); // what a stop cut short proves nothing
    return {
      ...found,
      state: compared ? 'refused' : 'failed',
      reason: said(reasons),
      ...(best === undefined ? {} : { largest_difference: best }),
      ...(compared && oracle ? { rows_compared: rowsOf(oracle.asked), probes: oracle.asked } : {}),
      tools,
    };
  } catch (error) {
    signal.throwIfAborted();
    return { state: 'failed', reason: outwardMessageOf(error).slice(0, 2000) };
  } finally {
    await opened?.close();
    await rm(scratch, { recursive: true, force: true });
  }
}

/** Tried in this order: float32 is the quicker one. */
const PRECISIONS = ['float', 'double'];

/** Both precisions may fail for one reason, or each for its own. */
const said = (reasons: readonly string[]): string => {
  const [float = '', double] = reasons;
  return double === undefined || double === float ? float : `in float32: ${float}; in float64: ${double}`;
};

const rowsOf = (asked: Asked): number => Object.values(asked).reduce((sum, { rows }) => sum + rows, 0);

const within = (ms: number): (() => void) => {
  const end = performance.now() + ms;
  return () => {
    if (performance.now() > end)
      throw new Error(`the model takes longer than ${ms / 60_000} minutes to answer the rows of the trial`);
  };
};

/** Written by our own program, though the model's code may have meddled: what is not of its form tells nothing. */
async function readFacts(file: string): Promise<Facts> {
  const none: Facts = { values: [], words: [], rows: [] };
  try {
    const facts: unknown = JSON.parse((await readPlain(file, MOST_FACTS)).toString('utf8'));
    return Value.Check(FactsFile, facts) ? facts : none;
  } catch {
    return none;
  }
}

const FactsFile = Type.Object({
  values: Type.Array(Type.Array(Type.Number())),
  words: Type.Array(Type.Array(Type.String())),
  rows: Type.Array(Type.Array(Type.Number())),
});

/** The work goes on, but nobody waits for it once the server stops. */
const unless = <T>(signal: AbortSignal, work: Promise<T>): Promise<T> =>
  new Promise((resolve, reject) => {
    signal.throwIfAborted();
    signal.addEventListener('abort', () => reject(new Error('the server stops')), { once: true });
    work.then(resolve, reject);
  });

/** Equal files have equal conversions: what was found for another version holds for this one. */
const again = (row: ConversionRow, files: string, blob: string): Outcome => ({
  files,
  state: 'kept',
  blob,
  size: row.size ?? 0,
  ...(row.rows_compared === null ? {} : { rows_compared: row.rows_compared }),
  ...(row.largest_difference === null ? {} : { largest_difference: row.largest_difference }),
  ...(row.probes === null ? {} : { probes: JSON.parse(row.probes) as Asked }),
  ...(row.tools === null ? {} : { tools: JSON.parse(row.tools) as Record<string, string> }),
});

/** Reads a file that is one, and no link. */
async function readPlain(file: string, most = Infinity): Promise<Buffer> {
  const handle = await open(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const found = await handle.stat();
    if (!found.isFile() || found.size > most) throw new Error('the converter left no plain file');
    return await handle.readFile();
  } finally {
    await handle.close();
  }
}

interface Reply {
  tools: Record<string, string>;
  /** By precision: why it was not made. */
  problems: Readonly<Record<string, string>>;
}

async function runConverter(
  processes: Processes,
  python: string,
  cwd: string,
  signal: AbortSignal,
  asked: {
    folder: string;
    out: Readonly<Record<string, string>>;
    inputs: readonly TensorSpec[];
    [key: string]: unknown;
  },
): Promise<Reply> {
  let out = '';
  let words = '';
  const child = processes.start({
    argv: [python, ...interpreterArgs(python, cwd), pythonProgram('convert.py')],
    cwd,
    env: modelEnvironment(python, cwd, 1),
    isolate: modelIsolation(python, 'convert.py', { read: [asked.folder], write: [cwd] }),
    cpuTimeout: TIMEOUT,
    memory: limitsOf('python').memory,
    signal,
    aside: true,
    stdin: 'pipe',
    onOutput(chunk, stream) {
      if (stream === 'stdout') out = (out + chunk.toString()).slice(-65_536);
      else words = (words + chunk.toString()).slice(-2000);
    },
  });
  child.stdin?.on('error', () => undefined); // it ended early; its end says why
  child.stdin?.end(JSON.stringify(asked));
  const ended = await child.ended;
  if (ended.reason !== 'ok') {
    const last = words.trim().split('\n').slice(-5).join(' / ').slice(-1000);
    const problem = `the converter ended: ${ended.message}${last === '' ? '' : ` (${last})`}`;
    return { tools: {}, problems: Object.fromEntries(Object.keys(asked.out).map((one) => [one, problem])) };
  }
  // Our own program's last line; the model's code may have printed before it.
  return JSON.parse(out.trim().split('\n').at(-1) ?? '') as Reply;
}
