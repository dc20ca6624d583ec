import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { downloadOutput } from '../../src/pipelines/contract.ts';
import { openTest, type TestServer } from '../harness.ts';
import { Project, stepOf } from './pipelines/project.ts';
import { apiOf } from './serving/api.ts';
import { registerPython } from './serving/python-model.ts';

const treadle = path.join(import.meta.dirname, '..', '..', 'bin', 'treadle');
let server: TestServer;
let level: string;
before(async () => {
  server = await openTest();
  ({ level } = await apiOf(server.url).get<{ level: string }>('/api/v1/isolation'));
});
after(async () => {
  await server[Symbol.asyncDispose]();
});

/** What a step got of a server that it runs on. */
async function stolenByStep({ url, data }: TestServer): Promise<string[]> {
  using p = new Project(url)
    .write(
      'treadle.yaml',
      'name: thief\nsteps:\n  a: { run: "sh thief.sh > {said}", code: [thief.sh], out: { said: said.txt } }\n',
    )
    .write(
      'thief.sh',
      `for file in ledger.key treadle.db; do head -c 1 '${data}'/$file >/dev/null 2>&1 && echo $file; done
find '${data}/blobs' -type f -exec head -c 1 {} + 2>/dev/null | grep -q . && echo blobs
touch '${data}/planted' 2>/dev/null
head -c 1 /proc/${process.pid}/environ >/dev/null 2>&1 && echo environ
kill -0 ${process.pid} 2>/dev/null && echo signal
python3 -c 'import urllib.request as ask; ask.urlopen("${url}/api/v1/tokens")' 2>/dev/null && echo owner
echo mine > own.txt && cat own.txt
`,
    );
  const execution = await p.run();
  assert.equal(stepOf(execution, 'a').state, 'succeeded', await p.log(execution.id, 'a'));
  let text = '';
  for await (const chunk of await p.client.call(downloadOutput, {
    params: { execution: execution.id, step: 'a', output: 'said' },
    query: {},
  }))
    text += String(chunk);
  return text.trim().split('\n');
}

const walls = (): string | false =>
  level === 'none' && 'no level of isolation holds on this machine: see treadle doctor';

test('a step reaches its own folder and nothing of the server', async (t) => {
  if (walls() !== false) return t.skip(String(walls()));
  // A user namespace is the server's own user: on loopback such a step that keeps its token to itself is the local owner.
  const also = level === 'userns' ? ['owner'] : [];
  assert.deepEqual(await stolenByStep(server), [...also, 'mine']);
  assert.ok(!existsSync(path.join(server.data, 'planted')));
});

test('without isolation the same step reaches them: what is tried can be done', async () => {
  await using open = await openTest({ config: { isolation: 'none' } });
  const got = await stolenByStep(open);
  for (const one of ['ledger.key', 'treadle.db', 'blobs', 'environ', 'signal', 'owner', 'mine'])
    assert.ok(got.includes(one), `${one}: ${got.join(' ')}`);
});

test('the code of a model reads its files, writes its own folder, and reaches neither the server nor its own files to write', async (t) => {
  if (walls() !== false) return t.skip(String(walls()));
  const { data } = server;
  const api = apiOf(server.url);
  await registerPython(server.ctx, 'const', 7, {
    atLoad: `
    import glob, os, sys
    got = []
    def attempt(what, how):
        try:
            how()
            got.append(what)
        except OSError:
            pass
    for name in ["ledger.key", "treadle.db"]:
        attempt(name, lambda: open(os.path.join(${JSON.stringify(data)}, name), "rb").read(1))
    attempt("blobs", lambda: os.listdir(os.path.join(${JSON.stringify(data)}, "blobs"))[0])
    attempt("environ", lambda: open("/proc/${process.pid}/environ", "rb").read(1))
    attempt("signal", lambda: os.kill(${process.pid}, 0))
    for folder in [sys.prefix, os.path.dirname(sys.modules["numpy"].__file__), os.path.dirname(os.path.abspath(__file__)), os.path.dirname(path)]:
        attempt("write " + folder, lambda: open(os.path.join(folder, "planted"), "w"))
    open(path, "rb").read()
    open("mine", "w").write("x")
    if got:
        raise RuntimeError("got " + ", ".join(got))
`,
  });
  const { state, problem } = await api.deploy('const', '1', { wait_s: 300 });
  assert.equal(state, 'live', problem ?? '');
  assert.equal((await api.ask('const')).value, 7);
  const planted = readdirSync(data, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('planted'),
  );
  assert.deepEqual(planted, []);
});

test('the level is shown by the API and by treadle doctor, with every other and why', async () => {
  const shown = await apiOf(server.url).get<{
    level: string;
    levels: Array<{ level: string; holds: boolean; says: string }>;
  }>('/api/v1/isolation');
  assert.deepEqual(
    shown.levels.map((one) => one.level),
    ['bwrap', 'uid', 'userns', 'none'],
  );
  for (const { level: name, says } of shown.levels) assert.notEqual(says, '', name);
  const { stdout } = await promisify(execFile)(treadle, ['doctor', '--json', '--data', server.data]);
  const said = JSON.parse(stdout) as {
    isolation: { level: string };
    findings: Array<{ what: string; holds: boolean }>;
  };
  assert.equal(said.isolation.level, level);
  for (const { level: name, holds } of shown.levels)
    assert.equal(
      said.findings.find(({ what }) => what === `isolation ${name}`)?.holds,
      name === 'none' ? undefined : holds,
      name,
    );
  assert.equal(said.findings.find(({ what }) => what === 'walls')?.holds, level !== 'none');
});
