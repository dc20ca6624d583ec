import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { reproduceRun, type Comparison, type ExecutionDetail } from '../../src/pipelines/contract.ts';
import { getRun } from '../../src/tracking/index.ts';
import { openTest, type TestServer } from '../harness.ts';
import { until } from '../until.ts';
import { Project, states, stepOf, whyOf } from './pipelines/project.ts';

let server: TestServer;
before(async () => {
  server = await openTest();
});
after(async () => {
  await server[Symbol.asyncDispose]();
});

async function repeat(
  p: Project,
  execution: ExecutionDetail,
  step: string,
  options: { tolerance?: number; environment?: string } = {},
): Promise<ExecutionDetail & { comparison: Comparison }> {
  const run = stepOf(execution, step).run_id!;
  const { id } = await p.client.call(reproduceRun, { params: { run }, body: options });
  const ended = await p.ended(id);
  assert.ok(ended.comparison, JSON.stringify(ended));
  return { ...ended, comparison: ended.comparison };
}

const file = (name: string, make: string): string => `name: ${name}
params: { salt: 1 }
steps:
  first: { run: "echo ${name} > {a}", out: { a: a.txt }, code: [] }
  make: { run: "${make}", out: { o: out/, m: metrics.json }, code: [] }
`;

test('a run that depends on nothing else is bitwise equal, and says so for good', async () => {
  using p = new Project(server.url).write(
    'treadle.yaml',
    file('same', `cat {a} > {o}/data; echo '{\\"auc\\": 0.5}' > {m}`),
  );
  const execution = await p.run();
  const again = await repeat(p, execution, 'make');
  assert.equal(again.comparison.verdict, 'bitwise');
  assert.match(again.comparison.text, /3 outputs and 1 metric compared, none differs/);
  assert.deepEqual(states(again), { first: 'succeeded', make: 'succeeded' }, 'nothing came from the cache');
  const run = await getRun(server.ctx, stepOf(execution, 'make').run_id!);
  assert.equal(run.tags['treadle.reproduced'], 'bitwise');
  assert.equal(run.tags['treadle.reproduced_in'], again.id);
});

test('another result is found, with the step, the file and the byte where it begins', async () => {
  using p = new Project(server.url).write(
    'treadle.yaml',
    file(
      'random',
      `(cat {a}; head -c 8 /dev/urandom) > {o}/data; echo same > {o}/same; echo '{\\"auc\\": 0.5}' > {m}`,
    ),
  );
  const execution = await p.run();
  const numeric = await repeat(p, execution, 'make');
  assert.equal(numeric.comparison.verdict, 'numeric', 'the metrics agree');
  assert.deepEqual(
    [numeric.comparison.first?.step, numeric.comparison.first?.output, numeric.comparison.first?.path],
    ['make', 'o', 'data'],
  );
  assert.ok(numeric.comparison.first!.at! >= 'random\n'.length);

  using q = new Project(server.url).write(
    'treadle.yaml',
    file(
      'worse',
      `echo x > {o}/x; python3 -c 'import json,os; json.dump({\\"auc\\": 0.5 + int.from_bytes(os.urandom(4)) / 1e12}, open(\\"metrics.json\\", \\"w\\"))'`,
    ),
  );
  const drifting = await q.run();
  const different = await repeat(q, drifting, 'make', { tolerance: 0 });
  assert.equal(different.comparison.verdict, 'different');
  assert.equal(different.comparison.metrics[0]?.name, 'auc');
  assert.equal((await repeat(q, drifting, 'make', { tolerance: 0.1 })).comparison.verdict, 'numeric');
});

test('what no pipeline made cannot be repeated', async () => {
  using p = new Project(server.url);
  await assert.rejects(
    p.client.call(reproduceRun, { params: { run: 'f'.repeat(32) }, body: {} }),
    /no pipeline made the run/,
  );
});

/** A wheel of one module, made by hand: no network is needed to install it. */
function wheel(folder: string, version: string): void {
  mkdirSync(folder, { recursive: true });
  const script = `
import sys, zipfile
folder, version = sys.argv[1:]
info = f"tiny_maths-{version}.dist-info"
files = {
    "tiny_maths.py": f"FACTOR = {version.split('.')[0]}\\n",
    f"{info}/METADATA": f"Metadata-Version: 2.1\\nName: tiny-maths\\nVersion: {version}\\n",
    f"{info}/WHEEL": "Wheel-Version: 1.0\\nGenerator: test\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n",
}
files[f"{info}/RECORD"] = "".join(f"{name},,\\n" for name in [*files, f"{info}/RECORD"])
with zipfile.ZipFile(f"{folder}/tiny_maths-{version}-py3-none-any.whl", "w") as archive:
    for name, text in files.items():
        archive.writestr(name, text)
`;
  execFileSync('python3', ['-c', script, folder, version]);
}

test('an environment is made from its lock once, is part of the key, and a changed library shows in the comparison', async () => {
  const wheels = path.join(server.data, 'wheels');
  wheel(wheels, '1.0');
  wheel(wheels, '2.0');
  const lock = (version: string): string => `--no-index\n--find-links ${wheels}\ntiny-maths==${version}\n`;
  using p = new Project(server.url)
    .write(
      'treadle.yaml',
      `name: locked\nenv: requirements.txt\nsteps:\n  make: { run: "python make.py {o}", code: [make.py], out: { o: o.txt } }\n  plain: { run: "echo 1 > {q}", code: [], out: { q: q.txt }, env: system }\n`,
    )
    .write('make.py', `import sys, tiny_maths\nopen(sys.argv[1], 'w').write(str(tiny_maths.FACTOR * 21))\n`)
    .write('requirements.txt', lock('1.0'));
  assert.match((await p.plan()).steps.find(({ name }) => name === 'make')!.reasons[0]!.text, /not made yet/);
  const first = await p.run();
  assert.equal(first.state, 'succeeded', String(first.reason));
  assert.match(await p.log(first.id, '_environment'), /the environment is ready/);
  const run = await getRun(server.ctx, stepOf(first, 'make').run_id!);
  assert.equal((run.environment!['packages'] as Record<string, string>)['tiny-maths'], '1.0');
  await until('modules that the step imported are kept compiled', () =>
    readdirSync(path.join(server.data, 'envs'), { recursive: true, encoding: 'utf8' }).some((name) =>
      /\.pycache\/.*\/tiny_maths\.cpython-\d+\.pyc$/.test(name),
    ),
  );

  p.write('requirements.txt', `# a comment\n${lock('1.0')}`);
  assert.deepEqual(
    states(await p.run()),
    { make: 'cached', plain: 'cached' },
    'a comment makes no new environment',
  );
  p.write('requirements.txt', lock('2.0'));
  const changed = await p.run();
  assert.deepEqual(states(changed), { make: 'succeeded', plain: 'cached' });
  assert.match(whyOf(changed, 'make'), /environment lock changed; the installed packages changed/);

  assert.equal(
    (await repeat(p, first, 'make')).comparison.verdict,
    'bitwise',
    'the old lock is part of the capture',
  );
  const other = await repeat(p, first, 'make', { environment: lock('2.0') });
  assert.equal(other.comparison.verdict, 'different');
  assert.ok(
    other.comparison.environment.some(
      ({ name, before, after }) => name === 'tiny-maths' && before === '1.0' && after === '2.0',
    ),
  );
  assert.match(other.comparison.text, /tiny-maths 1.0 → 2.0/);

  p.write('requirements.txt', `--no-index\n--find-links ${wheels}\ntiny-maths==3.0\n`);
  const impossible = await p.run();
  assert.equal(impossible.state, 'failed');
  assert.equal(stepOf(impossible, 'make').outcome?.reason, 'environment');
  assert.match(impossible.reason!, /tiny-maths/);
  for (const line of ['-r other.txt', '-e .', './local.whl', 'file:///etc/passwd']) {
    p.write('requirements.txt', `${line}\n`);
    await assert.rejects(p.start(), /treadle.yaml:2:6: requirements.txt/);
  }
});

test('nothing of this was an error of the server', () => {
  assert.deepEqual(server.errors, []);
});
