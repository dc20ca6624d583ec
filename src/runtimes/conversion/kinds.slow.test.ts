import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { after, test } from 'node:test';
import { PYTHON } from '../../../test/packaged-models.ts';
import { createProcesses } from '../../platform/processes/index.ts';
import { GUARD } from '../guard.ts';
import { ModelFault } from '../model.ts';
import { askApart } from '../onnx/ask-apart.ts';
import { withNote } from '../onnx/metadata.ts';
import { CONVERTED, limitsOf } from '../prepare-model.ts';
import { pythonProgram } from '../python/program.ts';
import { describeFolder } from '../spec/describe.ts';
import { exampleTensors, readExample } from '../spec/example.ts';
import { TOLERANCE } from '../store.ts';
import type { Datatype, Tensor, TensorSpec } from '../tensor.ts';
import { probesFor, type Facts } from './probes.ts';
import { askOriginal, judge, questionsOf, type Oracle } from './prove.ts';

/** What becomes of each kind: kept, or which kind of row is answered otherwise, or why it has no ONNX form. */
const KINDS: Record<string, 'kept' | RegExp> = {
  logistic: 'kept',
  'logistic-proba': 'kept',
  'logistic-imputed': 'kept',
  linear: 'kept',
  'ridge-float32': 'kept',
  'float-labels': 'kept',
  'naive-bayes': 'kept',
  svc: 'kept',
  mlp: 'kept',
  tree: 'kept',
  'tree-missing': 'kept',
  'tree-regressor': 'kept',
  forest: 'kept',
  'forest-missing': 'kept',
  'forest-regressor': 'kept',
  'forest-scaled': 'kept',
  boosted: 'kept',
  'boosted-regressor': 'kept',
  hist: 'kept',
  'hist-float32': 'kept',
  'hist-categories': 'kept',
  'hist-poisson': 'kept',
  isolation: 'kept',
  knn: 'kept',
  'knn-distance': 'kept',
  isotonic: 'kept',
  'modified-huber': 'kept',
  'tuned-threshold': 'kept',
  bins: 'kept',
  'voting-hard': 'kept',
  'one-hot': 'kept',
  'one-hot-strict': 'kept',
  'one-hot-rare': 'kept',
  'ordinal-strict': 'kept',
  tfidf: 'kept',
  'tfidf-sublinear': 'kept',
  bigrams: 'kept',
};

const processes = createProcesses();
const folder = mkdtempSync(path.join(tmpdir(), 'treadle-kinds-'));
/** One interpreter for all kinds: it fits, converts with our own program, and answers as the models themselves do. */
const python = spawn(
  PYTHON,
  [path.join(import.meta.dirname, '../../../test/sklearn-kinds.py'), folder, pythonProgram('convert.py')],
  { stdio: ['pipe', 'pipe', 'ignore'] },
);
after(async () => {
  python.kill();
  await processes.close();
  rmSync(folder, { recursive: true, force: true });
});
const lines = createInterface({ input: python.stdout })[Symbol.asyncIterator]();

async function say<T>(told: unknown): Promise<T> {
  python.stdin.write(`${JSON.stringify(told)}\n`);
  const { value, done } = await lines.next();
  assert.ok(done !== true, 'Python is there');
  return JSON.parse(value) as T;
}

type Said = { refused: string } | { datatype: Datatype; shape: number[]; data: string[] };

/** The model itself, as a host would ask it. */
const original = (name: string, specs: readonly TensorSpec[]) => ({
  async run(inputs: ReadonlyArray<Tensor | undefined>): Promise<Tensor[]> {
    const columns = Object.fromEntries(
      specs.map((spec, i) => [
        spec.name,
        Array.from(inputs[i]!.data as ArrayLike<unknown>, (one) =>
          Object.is(one, -0) ? '-0.0' : String(one),
        ),
      ]),
    );
    const said = await say<Said>({ ask: name, columns });
    if ('refused' in said) throw new ModelFault(said.refused);
    const { datatype, shape, data } = said;
    const number = (one: string): number => Number(one.replace('inf', 'Infinity'));
    return [
      {
        name: 'output-0',
        datatype,
        shape,
        data:
          datatype === 'INT64'
            ? BigInt64Array.from(data, BigInt)
            : datatype === 'FP64'
              ? Float64Array.from(data, number)
              : data,
      },
    ];
  },
});

async function convert(name: string): Promise<{ outcome: string; oracle?: Oracle }> {
  const { problems } = await say<{ problems: Record<string, string> }>({ make: name });
  const reasons: string[] = [];
  let oracle: Oracle | undefined;
  for (const numbers of ['float', 'double']) {
    if (problems[numbers] !== undefined) {
      reasons.push(problems[numbers]);
      continue;
    }
    const at = path.join(folder, name, numbers);
    const described = await describeFolder(at);
    const specs = described.inputs!.specs;
    const sample = exampleTensors(await readExample(at, described.examples), specs)!;
    const facts = JSON.parse(readFileSync(path.join(folder, name, 'facts.json'), 'utf8')) as Facts;
    oracle ??= await askOriginal(
      original(name, specs),
      probesFor(sample, specs, facts),
      specs,
      () => undefined,
    );
    const file = path.join(at, CONVERTED);
    writeFileSync(file, withNote(readFileSync(file), GUARD, JSON.stringify(oracle.guard)));
    const place = {
      key: name,
      folder: at,
      runtime: 'onnx',
      file: CONVERTED,
      limits: limitsOf('onnx'),
    } as const;
    try {
      const replies = await askApart(place, questionsOf(oracle), processes, new AbortController().signal);
      const judged = judge(oracle, replies, TOLERANCE);
      if (!('reason' in judged)) return { outcome: 'kept', oracle };
      reasons.push(judged.reason);
    } catch (error) {
      assert.ok(error instanceof ModelFault, String(error));
      reasons.push(`does not load: ${error.message}`);
    }
  }
  return { outcome: reasons.join(' | '), ...(oracle ? { oracle } : {}) };
}

test('every kind of scikit-learn model is kept only where it answers and refuses alike, or says which rows it does not', async () => {
  const found: Record<string, string> = {};
  for (const [name, wanted] of Object.entries(KINDS)) {
    const { outcome, oracle } = await convert(name);
    console.error(name, outcome, JSON.stringify(oracle?.asked));
    if (typeof wanted === 'string' ? outcome !== wanted : !wanted.test(outcome)) found[name] = outcome;
  }
  assert.deepEqual(found, {});
});
