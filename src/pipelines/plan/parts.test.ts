import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EnvironmentIdentity } from '../../environments/index.ts';
import { canonical } from '../../platform/json/index.ts';
import type { CodeFile } from '../contract.ts';
import { readPipelineFile } from '../file/read.ts';
import type { Value } from '../file/schema.ts';
import { createCodeDigests, manifestOf } from './code-digests.ts';
import { inputPath, keyOf, keyParts, missingCode, sha256, type KeyParts } from './parts.ts';
import { difference } from './why.ts';

/**
 * A small world: what a run of the pipeline depends on, and a model of it. The outputs of a step are a function of everything
 * it can see, so a wrong key shows as a result that would have been different.
 */
interface World {
  file: FileModel;
  code: Record<string, { text: string; executable: boolean }>;
  data: Record<string, string>;
  environments: Record<string, EnvironmentIdentity>;
  checkout: string;
}
interface StepModel {
  run: string;
  code: string[];
  out: Record<string, string>;
  env?: string;
  variables: Record<string, string>;
  extra: Record<string, string>;
}
interface FileModel {
  params: Record<string, Value>;
  steps: Record<string, StepModel>;
}

const environment = (lock: string): EnvironmentIdentity => ({
  kind: 'requirements',
  lock,
  interpreter: 'CPython 3.12.4',
  platform: 'linux x86_64',
  packages: sha256(lock),
});

const start = (): World => ({
  file: {
    params: { depth: 6, rate: 0.1, seed: 7, note: 'a b' },
    steps: {
      prep: {
        run: 'python prep.py {raw} {train} {test} --seed {seed}',
        code: ['prep.py', 'lib/'],
        out: { train: 'train.parquet', test: 'test.parquet' },
        variables: {},
        extra: {},
      },
      fit: {
        run: 'python fit.py {train} {model} --depth {depth} --rate {rate}',
        code: ['fit.py'],
        out: { model: 'model/' },
        env: 'fit.txt',
        variables: { THREADS: '2' },
        extra: {},
      },
      score: {
        run: `python score.py {model} {test} {scores} --note {note}`,
        code: ['score.py', 'lib/'],
        out: { scores: 'scores.json' },
        variables: {},
        extra: {},
      },
    },
  },
  code: Object.fromEntries(
    ['prep.py', 'fit.py', 'score.py', 'lib/a.py', 'lib/b.py', 'README.md', 'other.py'].map((path) => [
      path,
      { text: `# ${path}`, executable: false },
    ]),
  ),
  data: { raw: 'raw-v1' },
  environments: { 'requirements.txt': environment('a==1'), 'fit.txt': environment('b==1') },
  checkout: '/home/a/project',
});

function yaml({ file }: World): string {
  const steps = Object.entries(file.steps).map(
    ([name, step]) =>
      `  ${name}: ${JSON.stringify({ run: step.run, code: step.code, out: step.out, variables: step.variables, ...(step.env === undefined ? {} : { env: step.env }), ...Object.fromEntries(Object.entries(step.extra).map(([key, value]) => [key, JSON.parse(value) as unknown])) })}`,
  );
  return `name: p\nenv: requirements.txt\nparams: ${JSON.stringify(file.params)}\ndata: { raw: raw@main }\nsteps:\n${steps.join('\n')}\n`;
}

interface Planned {
  key: string;
  parts: KeyParts;
  /** What the step would write: a digest of everything it sees. */
  truth: string;
}

/** Plans the world; with `results`, a step whose key is known takes the old result instead of making its own. */
async function play(world: World): Promise<Record<string, Planned>> {
  const { definition, problems } = readPipelineFile(yaml(world));
  assert.ok(definition, JSON.stringify(problems));
  const code: CodeFile[] = Object.entries(world.code).map(([path, { text, executable }]) => ({
    path,
    hash: sha256(text),
    size: text.length,
    ...(executable ? { executable } : {}),
  }));
  const planned: Record<string, Planned> = {};
  for (const step of definition.steps) {
    const parts = (await keyParts(step, {
      definition,
      params: definition.params,
      code: createCodeDigests(code, 'treadle.yaml').of,
      environment: ({ env }) => world.environments[env]!,
      input: (_step, input) => {
        if (input.kind === 'data')
          return { digest: sha256(world.data[input.name]!), path: inputPath(input, undefined) };
        const output = definition.steps
          .find(({ name }) => name === input.step)!
          .outputs.find(({ name }) => name === input.output)!;
        return {
          digest: sha256(planned[input.step]!.truth + input.output),
          path: inputPath(input, { path: output.path, kind: output.folder ? 'folder' : 'file' }),
        };
      },
    }))!;
    // What the process would really get, taken from the world and not from the parts.
    const sees = {
      argv: (/["'\\]/.test(step.run) ? step.run : step.run.replaceAll(/\s+/g, ' ')).replaceAll(
        /\{(\w+)\}/g,
        (_all, name: string) =>
          name in world.file.params ? JSON.stringify(world.file.params[name]) : `<${name}>`,
      ),
      files: step
        .code!.flatMap((entry) =>
          Object.entries(world.code).filter(([path]) => path === entry || path.startsWith(entry)),
        )
        .map(([path, { text, executable }]) => `${path} ${executable} ${text}`)
        .toSorted(),
      inputs: step.inputs.map((input) =>
        input.kind === 'data' ? world.data[input.name] : planned[input.step]!.truth,
      ),
      env: world.environments[step.env],
      variables: step.variables,
      out: step.outputs,
    };
    planned[step.name] = { key: keyOf(parts), parts, truth: sha256(JSON.stringify(sees)) };
  }
  return planned;
}

let seed = 20260;
const random = (n: number): number => {
  seed = (seed * 1103515245 + 12345) % 2147483648;
  return Math.floor((seed / 2147483648) * n);
};
const pick = <T>(items: readonly T[]): T => items[random(items.length)]!;
let serial = 0;

/** Changes of which each matters to at least one step. */
const relevant: Array<[string, (world: World) => void]> = [
  [
    'code',
    (w) =>
      (w.code[pick(['prep.py', 'fit.py', 'score.py', 'lib/a.py', 'lib/b.py'])]!.text += `\nx = ${serial++}`),
  ],
  [
    'a comment',
    (w) => (w.code[pick(['prep.py', 'fit.py', 'score.py', 'lib/a.py'])]!.text += `\n# ${serial++}`),
  ],
  ['code mode', (w) => (w.code[pick(['prep.py', 'lib/b.py'])]!.executable = true)],
  ['code added', (w) => (w.code[`lib/new${serial++}.py`] = { text: 'y', executable: false })],
  ['code removed', (w) => delete w.code['lib/b.py']],
  [
    'code renamed',
    (w) => ((w.code[`lib/renamed${serial++}.py`] = w.code['lib/a.py']!), delete w.code['lib/a.py']),
  ],
  [
    'code swapped',
    (w) => Object.assign(w.code, { 'lib/a.py': w.code['lib/b.py'], 'lib/b.py': w.code['lib/a.py'] }),
  ],
  ['data', (w) => (w.data['raw'] = `raw${serial++}`)],
  ['param', (w) => (w.file.params[pick(['depth', 'rate', 'seed'])] = serial++ + 100.5)],
  ['param type', (w) => (w.file.params[pick(['depth', 'seed'])] = '6')],
  ['param text', (w) => (w.file.params['note'] = pick(['a  b', 'a b ', 'ab', 'a b\n', '', "a'b"]))],
  [
    'env lock',
    (w) => (w.environments[pick(['requirements.txt', 'fit.txt'])] = environment(`c==${serial++}`)),
  ],
  [
    'env packages',
    (w) =>
      (w.environments['fit.txt'] = { ...w.environments['fit.txt']!, packages: sha256(String(serial++)) }),
  ],
  [
    'env interpreter',
    (w) =>
      (w.environments['requirements.txt'] = {
        ...w.environments['requirements.txt']!,
        interpreter: `CPython 3.13.${serial++}`,
      }),
  ],
  ['env of a step', (w) => (w.file.steps['fit']!.env = 'requirements.txt')],
  ['command', (w) => (w.file.steps[pick(['prep', 'fit', 'score'])]!.run += ` --x ${serial++}`)],
  ['command quoting', (w) => (w.file.steps['score']!.run += pick([` "a  b"`, ` 'a  b '`, ` a\\ b`]))],
  ['variable', (w) => (w.file.steps[pick(['fit', 'prep'])]!.variables['THREADS'] = String(serial++ + 5))],
  ['output path', (w) => (w.file.steps['prep']!.out['train'] = `train${serial++}.csv`)],
  ['output kind', (w) => (w.file.steps['fit']!.out['model'] = 'model')],
];

const irrelevant: Array<[string, (world: World) => void]> = [
  ['a file no step lists', (w) => (w.code[pick(['README.md', 'other.py'])]!.text += serial++)],
  ['a new file no step lists', (w) => (w.code[`notes${serial++}.md`] = { text: 'n', executable: false })],
  [
    'resources',
    (w) =>
      (w.file.steps[pick(['prep', 'fit'])]!.extra['resources'] =
        `{"cpu": ${serial++ + 1}, "memory": "1GiB"}`),
  ],
  ['retry', (w) => (w.file.steps[pick(['prep', 'fit'])]!.extra['retry'] = String(random(9)))],
  ['timeout', (w) => (w.file.steps[pick(['score', 'fit'])]!.extra['timeout'] = `"${serial++ + 1}m"`)],
  ['the path of the checkout', (w) => (w.checkout += serial++)],
  ['a parameter no step mentions', (w) => (w.file.params[`unused${serial++}`] = 1)],
  ['an environment no step uses', (w) => (w.environments[`other${serial++}.txt`] = environment('z'))],
  [
    'blanks between words',
    (w) => (w.file.steps['fit']!.run = w.file.steps['fit']!.run.replaceAll(' ', '   ')),
  ],
  [
    'the order of the steps',
    (w) => (w.file.steps = Object.fromEntries(Object.entries(w.file.steps).toReversed())),
  ],
  [
    'the order of the parameters',
    (w) => (w.file.params = Object.fromEntries(Object.entries(w.file.params).toReversed())),
  ],
  ['the order of the code list', (w) => w.file.steps['prep']!.code.reverse()],
];

const clone = (world: World): World => structuredClone(world);

test('500 single changes: never a key that stands for another result', async () => {
  const seen = new Map<string, string>();
  const remember = (planned: Record<string, Planned>): void => {
    for (const [name, { key, truth }] of Object.entries(planned)) {
      const known = seen.get(key);
      assert.ok(
        known === undefined || known === truth,
        `step ${name} would take the result of something else`,
      );
      seen.set(key, truth);
    }
  };
  const base = start();
  const before = await play(base);
  remember(before);
  for (let i = 0; i < 500; i++) {
    const [what, change] = relevant[i % relevant.length]!;
    const world = clone(base);
    change(world);
    const after = await play(world);
    remember(after);
    const moved = Object.keys(before).filter((name) => before[name]!.key !== after[name]!.key);
    assert.ok(moved.length > 0, `${what}: no key changed`);
    for (const name of moved)
      assert.ok(
        difference(before[name]!.parts, after[name]!.parts).length > 0,
        `${what}: why says nothing about ${name}`,
      );
  }
});

test('200 changes that mean nothing: no key changes', async () => {
  const base = start();
  const before = await play(base);
  for (let i = 0; i < 200; i++) {
    const [what, change] = irrelevant[i % irrelevant.length]!;
    const world = clone(base);
    change(world);
    const after = await play(world);
    for (const name of Object.keys(before))
      assert.equal(after[name]!.key, before[name]!.key, `${what} changed the key of ${name}`);
  }
});

test('a comment in the file of another step changes only that step', async () => {
  const base = start();
  const before = await play(base);
  base.code['fit.py']!.text += '# note';
  const after = await play(base);
  assert.equal(after['prep']!.key, before['prep']!.key);
  assert.notEqual(after['fit']!.key, before['fit']!.key);
  assert.deepEqual(
    difference(before['fit']!.parts, after['fit']!.parts, {
      before: [{ path: 'fit.py', hash: 'a'.repeat(64), size: 1 }],
      after: [{ path: 'fit.py', hash: 'b'.repeat(64), size: 1 }],
    }).map(({ text }) => text),
    ['code fit.py changed'],
  );
});

const fileOf = (path: string, executable = false): CodeFile => ({
  path,
  hash: sha256(path),
  size: path.length,
  ...(executable ? { executable } : {}),
});

test('the digest of code made with turns is that of the whole list, whatever its order', async () => {
  const files = ['src/b.py', 'src/a.py', 'src-x/c.py', 'run.sh', 'treadle.yaml'].map((path) =>
    fileOf(path, path === 'run.sh'),
  );
  const digests = createCodeDigests(files, 'treadle.yaml');
  const whole = files
    .toSorted((a, b) => (a.path < b.path ? -1 : 1))
    .map(({ path, hash, executable }) => [path, hash, executable === true]);
  assert.equal(await digests.all(), sha256(canonical(whole)));
  assert.equal((await manifestOf(files)).toString(), canonical(files));
  const { definition } = readPipelineFile(
    'name: p\nenv: system\nsteps:\n  some: { run: "true", code: [./src/] }\n  all: { run: "true" }\n',
  );
  const [some, all] = definition!.steps;
  assert.equal(
    await digests.of(some!),
    sha256(canonical(whole.filter(([path]) => String(path).startsWith('src/')))),
  );
  assert.equal(await digests.of(all!), sha256(canonical(whole.filter(([path]) => path !== 'treadle.yaml'))));
});

test('an entry that no file answers to is found among neighbours', () => {
  const files = ['a', 'lib-x/a.py', 'lib.py', 'lib/a.py', 'zoo/b'].map((path) => fileOf(path));
  const { definition } = readPipelineFile(
    'name: p\nenv: system\nsteps:\n  s: { run: "true", code: [lib, ./lib/a.py, a, zoo/, lib-, li, zoo/b/c, zzz] }\n',
  );
  assert.deepEqual(missingCode(definition!.steps[0]!, files), ['lib-', 'li', 'zoo/b/c', 'zzz']);
});
