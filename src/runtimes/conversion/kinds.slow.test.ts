import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { after, test } from 'node:test';
import { PYTHON } from '../../../test/packaged-models.ts';
import { messageOf } from '../../platform/errors/index.ts';
import { GUARD } from '../guard.ts';
import { ModelFault } from '../model.ts';
import { loadOnnx, runnerOfFile } from '../onnx/load.ts';
import { withNote } from '../onnx/metadata.ts';
import { CONVERTED, limitsOf } from '../prepare-model.ts';
import { pythonProgram } from '../python/program.ts';
import { describeFolder } from '../spec/describe.ts';
import { exampleTensors, readExample } from '../spec/example.ts';
import { TOLERANCE } from '../store.ts';
import type { Datatype, Tensor, TensorSpec } from '../tensor.ts';
import { probesFor, type Facts, type Kind } from './probes.ts';
import { askOriginal, judge, questionsOf, type Oracle } from './prove.ts';

/** Where the locale en_US.UTF-8 is missing the graph does not load; where it is there, it splits words elsewhere. */
const TEXT = /locale|text|words|rows around/;

/** What becomes of each kind: kept, or which kind of row is answered otherwise, or why it has no ONNX form. */
const KINDS: Record<string, 'kept' | RegExp> = {
  logistic: 'kept',
  'logistic-proba': 'kept',
  'logistic-imputed': 'kept',
  linear: 'kept',
  'ridge-float32': 'kept',
  'float-labels': /its example: it gives INT64 where the model gives FP64/,
  'naive-bayes': 'kept',
  svc: 'kept',
  mlp: 'kept',
  tree: 'kept',
  'tree-missing': /a tree splits on whether a value is missing at all/,
  'tree-regressor': 'kept',
  forest: 'kept',
  'forest-missing': /a tree splits on whether a value is missing at all/,
  'forest-regressor': 'kept',
  'forest-scaled': /values on and beside its thresholds: \d+ of 576 rows are answered otherwise/,
  boosted: 'kept',
  'boosted-regressor': 'kept',
  hist: /values on and beside its thresholds: \d+ of 576 rows are answered otherwise/,
  'hist-float32': 'kept',
  'hist-categories': /its example: 2 of 4 rows are answered otherwise/,
  'hist-poisson': /its example: 4 of 4 rows are answered otherwise/,
  isolation: /version 4 of domain 'ai.onnx.ml' not supported/,
  knn: /zero, tiny and huge values: \d+ of 15 rows are answered otherwise/,
  'knn-distance': /its example: 4 of 4 rows are answered otherwise/,
  isotonic: /random rows around its example: \d+ of 256 rows are answered otherwise/,
  'modified-huber': /its example: 3 of 4 rows are answered otherwise/,
  'tuned-threshold': /its example: 2 of 4 rows are answered otherwise/,
  bins: /values beyond float32: 1 of 6 rows are answered otherwise/,
  'voting-hard': /NotImplementedError/,
  'one-hot': 'kept',
  'one-hot-strict': 'kept',
  'one-hot-rare': 'kept',
  'ordinal-strict':
    /known words in each column: it answers what the model refuses \(ValueError: Found unknown categories/,
  tfidf: TEXT,
  'tfidf-sublinear': TEXT,
  bigrams: TEXT,
};

/** Kinds of rows that must have been asked of these, beside those of every table. */
const ASKED: Record<string, Kind[]> = {
  forest: ['threshold', 'missing', 'infinite', 'extreme', 'large'],
  'hist-float32': ['threshold', 'missing'],
  'forest-scaled': ['threshold'],
  knn: ['training'],
  svc: ['training'],
  'one-hot': ['category', 'unseen text', 'empty text', 'other text'],
  bins: ['threshold'],
  'ordinal-strict': ['threshold', 'category'],
};

/** One for each way to be kept or refused, and for each kind of row: `npm test` tries these, `npm run test:deep` all. */
const OF_EACH = new Set([
  ...Object.keys(ASKED),
  'logistic-proba',
  'float-labels',
  'forest-missing',
  'isolation',
  'tuned-threshold',
  'voting-hard',
  'tfidf',
]);
const kinds = Object.entries(KINDS).filter(
  ([name]) => process.env['TREADLE_TEST_WHOLE'] === '1' || OF_EACH.has(name),
);

const folder = mkdtempSync(path.join(tmpdir(), 'treadle-kinds-'));
/** One interpreter for all kinds: it fits, converts with our own program, and answers as the models themselves do. */
const python = spawn(
  PYTHON,
  [path.join(import.meta.dirname, '../../../test/sklearn-kinds.py'), folder, pythonProgram('convert.py')],
  { stdio: ['pipe', 'pipe', 'ignore'] },
);
after(() => {
  python.kill();
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
      const { findings } = await loadOnnx(place);
      const run = runnerOfFile(place, findings);
      const replies = questionsOf(oracle).map((question) => {
        try {
          return { outputs: run(question) };
        } catch (error) {
          return { problem: String(error) };
        }
      });
      const judged = judge(oracle, replies, TOLERANCE);
      if (!('reason' in judged)) return { outcome: 'kept', oracle };
      reasons.push(judged.reason);
    } catch (error) {
      reasons.push(`does not load: ${messageOf(error)}`);
    }
  }
  return { outcome: reasons.join(' | '), ...(oracle ? { oracle } : {}) };
}

test(`${kinds.length} of ${Object.keys(KINDS).length} kinds of scikit-learn models are kept only where they answer and refuse alike, or say which rows they do not`, async () => {
  assert.ok(kinds.length >= OF_EACH.size, 'each of them has a kind');
  const found: Record<string, string> = {};
  for (const [name, wanted] of kinds) {
    const { outcome, oracle } = await convert(name);
    for (const kind of ASKED[name] ?? []) assert.ok(oracle?.asked[kind], `${name} is asked ${kind}`);
    if (typeof wanted === 'string' ? outcome !== wanted : !wanted.test(outcome)) found[name] = outcome;
  }
  assert.deepEqual(found, {});
});
