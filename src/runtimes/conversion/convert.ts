import { copyFile, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { listModelFiles, getVersion, getVersionLocation } from '../../models/index.ts';
import type { Ctx } from '../../platform/ctx/index.ts';
import { messageOf } from '../../platform/errors/index.ts';
import type { Processes } from '../../platform/processes/index.ts';
import type { LoadedModel, ModelPlace } from '../model.ts';
import { openModel } from '../open-model.ts';
import { digestOf, placeFiles } from '../place.ts';
import { CONVERTED, limitsOf, type Preparing } from '../prepare-model.ts';
import { interpreterArgs, modelEnvironment, pythonProgram } from '../python/program.ts';
import { difference } from '../spec/agree.ts';
import { describeFolder } from '../spec/describe.ts';
import { exampleTensors, readExample } from '../spec/example.ts';
import { findKept, TOLERANCE, type ConversionRow } from '../store.ts';
import type { Tensor, TensorSpec } from '../tensor.ts';
import { below, rowsAround } from './around.ts';

/** Rows compared besides the model's own example. */
const RANDOM_ROWS = 256;
const TIMEOUT = 10 * 60_000;

/** The tools of the conversion, beside the model's own packages; a model that pins one of them keeps its own. */
export const TOOLS = ['skl2onnx==1.20.0', 'onnx==1.23.2', 'onnxruntime==1.32.0'];

export interface Converting extends Preparing {
  /** The interpreter of an environment with the conversion's tools. */
  toolEnvironment: Preparing['environment'];
}

export type Outcome = {
  files?: string;
  rows_compared?: number;
  largest_difference?: number;
  tools?: Record<string, string>;
} & ({ state: 'kept'; blob: string; size: number } | { state: 'refused' | 'failed'; reason: string });

/**
 * Converts in the model's own environment, then asks both forms the same questions through the runtimes that serve them. Whatever
 * goes wrong is an outcome; only a stop of the server is not.
 */
export async function convertVersion(
  ctx: Ctx,
  using: Converting,
  { model, version: number }: { model: string; version: number },
  signal: AbortSignal,
): Promise<Outcome> {
  const opened: LoadedModel[] = [];
  const open = async (place: ModelPlace): Promise<LoadedModel> => {
    const loading = openModel(place, { processes: using.processes, log: ctx.log });
    // One that comes up after the stop is nobody's: it ends at once.
    loading
      .then((model) => (signal.aborted ? model.close() : void opened.push(model)))
      .catch(() => undefined);
    return unless(signal, loading);
  };
  const scratch = await mkdtemp(path.join(tmpdir(), 'treadle-convert-'));
  try {
    const version = await getVersion(ctx, model, String(number));
    const files = await listModelFiles(ctx, await getVersionLocation(ctx, model, String(number)));
    const found = { files: digestOf(files) };
    const kept = await findKept(ctx, found.files);
    if (kept?.blob) return again(kept, found.files, kept.blob);
    const say = (text: string): void => ctx.log.debug('conversion', { model, version: number, text });
    const folder = await placeFiles(ctx, using.root, files);
    const described = await describeFolder(folder);
    const inputs = described.inputs && described.inputs.kind !== 'nested' ? described.inputs.specs : [];
    const sample = exampleTensors(await readExample(folder, described.examples), inputs);
    if (!sample) return { ...found, state: 'failed', reason: 'its input example does not fit its signature' };

    // One environment for both: the model's own packages in their recorded versions, and the tools.
    const python = await unless(signal, using.toolEnvironment(ctx, files, version.facts, say));
    const original = await open({
      key: found.files,
      folder,
      runtime: 'python',
      python,
      limits: limitsOf('python'),
    });
    const { questions, answers } = await unless(signal, ask(original, sample));
    const predict = version.facts?.flavors['python_function']?.['predict_fn'];

    let reason = '';
    let best: number | undefined;
    let made: Record<string, string> | undefined;
    for (const numbers of ['float', 'double']) {
      signal.throwIfAborted();
      const at = path.join(scratch, numbers);
      await mkdir(at);
      const reply = await runConverter(using.processes, python, at, signal, {
        folder,
        out: path.join(at, CONVERTED),
        numbers,
        inputs,
        predict_fn: typeof predict === 'string' ? predict : 'predict',
        flat: answers[0]?.shape.length === 1,
        outputs: original.spec.outputs.map(({ name }) => name),
      });
      if (!reply.ok) {
        reason ||= reply.problem ?? 'the converter said nothing';
        continue;
      }
      made = { ...reply.tools, precision: numbers };
      for (const name of ['MLmodel', ...described.examples])
        await copyFile(path.join(folder, name), path.join(at, name)).catch(() => undefined);
      const place: ModelPlace = {
        key: found.files,
        folder: at,
        runtime: 'onnx',
        file: CONVERTED,
        limits: limitsOf('onnx'),
      };
      let largest: number;
      try {
        const converted = await open(place);
        largest = largestDifference(answers, await converted.run(questions));
      } catch (error) {
        reason = `the converted model does not run: ${messageOf(error)}`;
        continue;
      }
      best = Math.min(best ?? Infinity, largest);
      if (largest <= TOLERANCE) {
        const bytes = await readFile(path.join(at, CONVERTED));
        const { hash, size } = await ctx.blobs.put(bytes);
        const rows_compared = questions[0]?.shape[0] ?? 0;
        return {
          ...found,
          state: 'kept',
          blob: hash,
          size,
          rows_compared,
          largest_difference: largest,
          tools: made,
        };
      }
      reason = `its answers differ by up to ${largest === Infinity ? 'more than numbers can say' : largest.toPrecision(3)}`;
    }
    signal.throwIfAborted(); // what a stop cut short proves nothing
    return {
      ...found,
      state: best === undefined ? 'failed' : 'refused',
      reason,
      ...(best === undefined || best === Infinity ? {} : { largest_difference: best }),
      ...(best === undefined ? {} : { rows_compared: questions[0]?.shape[0] ?? 0 }),
      ...(made ? { tools: made } : {}),
    };
  } catch (error) {
    signal.throwIfAborted();
    return { state: 'failed', reason: messageOf(error).slice(0, 2000) };
  } finally {
    for (const one of opened) await one.close();
    await rm(scratch, { recursive: true, force: true });
  }
}

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
  ...(row.tools === null ? {} : { tools: JSON.parse(row.tools) as Record<string, string> }),
});

/** The example and rows around it; the example alone where the model does not take the others. */
async function ask(
  model: LoadedModel,
  sample: Tensor[],
): Promise<{ questions: Tensor[]; answers: Tensor[] }> {
  try {
    const questions = below(sample, rowsAround(sample, RANDOM_ROWS));
    return { questions, answers: await model.run(questions) };
  } catch {
    return { questions: sample, answers: await model.run(sample) };
  }
}

function largestDifference(answers: readonly Tensor[], others: readonly Tensor[]): number {
  if (answers.length !== others.length) return Infinity;
  return Math.max(
    ...answers.map((answer, i) =>
      answer.shape.join() === others[i]!.shape.join() ? difference(answer, others[i]!) : Infinity,
    ),
  );
}

interface Reply {
  ok: boolean;
  problem?: string;
  tools?: Record<string, string>;
}

async function runConverter(
  processes: Processes,
  python: string,
  cwd: string,
  signal: AbortSignal,
  asked: {
    folder: string;
    out: string;
    numbers: string;
    inputs: readonly TensorSpec[];
    [key: string]: unknown;
  },
): Promise<Reply> {
  let out = '';
  let words = '';
  const child = processes.start({
    argv: [python, ...interpreterArgs(python), pythonProgram('convert')],
    cwd,
    env: modelEnvironment(python, cwd, 1),
    timeout: TIMEOUT,
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
    const last = words.trim().split('\n').at(-1) ?? '';
    return { ok: false, problem: `the converter ended: ${ended.message}${last === '' ? '' : ` (${last})`}` };
  }
  // Our own program's last line; the model's code may have printed before it.
  return JSON.parse(out.trim().split('\n').at(-1) ?? '') as Reply;
}
