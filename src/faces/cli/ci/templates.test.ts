import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test from 'node:test';
import { Type } from 'typebox';
import { Check, Errors } from 'typebox/value';
import { parse } from 'yaml';
import { runHere } from '../../../../test/cli.ts';
import { readCiEnvironment } from './base-branch.ts';
import { hostOf, HOSTS, PLACES, templateOf } from './templates.ts';

const Step = Type.Object(
  {
    name: Type.Optional(Type.String()),
    uses: Type.Optional(Type.String({ pattern: '^[a-z-]+/[a-z-]+@[0-9a-f]{40}$' })),
    run: Type.Optional(Type.String()),
    if: Type.Optional(Type.String()),
    with: Type.Optional(Type.Record(Type.String(), Type.Union([Type.String(), Type.Boolean()]))),
    env: Type.Optional(Type.Record(Type.String(), Type.String())),
  },
  { additionalProperties: false },
);
const Actions = Type.Object({
  name: Type.Literal('treadle'),
  on: Type.Object({ push: Type.Object({ branches: Type.Tuple([Type.Literal('trunk "1"')]) }) }),
  jobs: Type.Object({
    check: Type.Object({ 'runs-on': Type.String(), steps: Type.Array(Step, { minItems: 4 }) }),
  }),
});
const GitLab = Type.Object({
  treadle: Type.Object({
    image: Type.String({ pattern: String.raw`^node:\d+\.\d+\.\d+-bookworm$` }),
    rules: Type.Array(Type.Object({ if: Type.String() }), { minItems: 2 }),
    script: Type.Array(Type.String(), { minItems: 2 }),
    artifacts: Type.Object({ reports: Type.Object({ junit: Type.String() }) }),
  }),
});

test('each template is what its CI system reads, pins what it takes, and pastes no value into a shell', () => {
  for (const host of HOSTS) {
    const text = templateOf(host, {
      package: './tools/treadle-1.2.3.tgz',
      file: 'treadle.yaml',
      branch: 'trunk "1"',
    });
    const read: unknown = parse(text);
    const schema = host === 'gitlab' ? GitLab : Actions;
    assert.ok(Check(schema, read), `${host}: ${JSON.stringify([...Errors(schema, read)].slice(0, 3))}`);
    assert.match(text, /treadle run --ci\n/);
    assert.match(text, /TREADLE_PACKAGE: "\.\/tools\/treadle-1\.2\.3\.tgz"\n/);
    const below = templateOf(host, {
      package: 'https://a.example/t.tgz',
      file: 'a "b"/x.yaml',
      branch: 'main',
    });
    assert.ok(JSON.stringify(parse(below)).includes(JSON.stringify('a "b"/x.yaml')), below);
    assert.match(below, /treadle run --ci --file "\$TREADLE_FILE"\n/);
    for (const [, command] of text.matchAll(/^\s+(?:- )?run: (.*)$/gm))
      assert.doesNotMatch(command!, /\$\{\{/, `${host}: ${command}`);
    assert.doesNotMatch(text, /uses: \S+@v?\d+\s*$/m, 'a tag can be moved');
    assert.doesNotMatch(text, /[^\n]\t| $/m);
  }
});

test('what a CI system says of the commit is read, and an empty variable says nothing', () => {
  assert.deepEqual(
    readCiEnvironment({
      GITHUB_BASE_REF: 'main',
      GITHUB_HEAD_REF: 'topic',
      GITHUB_REF: 'refs/pull/12/merge',
    }),
    { branch: 'topic', base: { branch: 'main', from: 'GITHUB_BASE_REF' }, pull_request: 12 },
  );
  assert.deepEqual(
    readCiEnvironment({ GITHUB_BASE_REF: '', GITHUB_HEAD_REF: '', GITHUB_REF: 'refs/heads/a/b' }),
    { branch: 'a/b' },
  );
  assert.deepEqual(
    readCiEnvironment({
      CI_MERGE_REQUEST_TARGET_BRANCH_NAME: 'trunk',
      CI_MERGE_REQUEST_SOURCE_BRANCH_NAME: 'topic',
      CI_MERGE_REQUEST_IID: '7',
      CI_DEFAULT_BRANCH: 'main',
    }),
    {
      branch: 'topic',
      base: { branch: 'trunk', from: 'CI_MERGE_REQUEST_TARGET_BRANCH_NAME' },
      pull_request: 7,
    },
  );
  assert.deepEqual(readCiEnvironment({ CI_COMMIT_BRANCH: 'x', CI_DEFAULT_BRANCH: 'main' }), {
    branch: 'x',
    base: { branch: 'main', from: 'CI_DEFAULT_BRANCH' },
  });
  assert.deepEqual(readCiEnvironment({}), {});
});

test('the host is known by the remote, where that tells', () => {
  for (const [remote, host] of [
    ['https://github.com/a/b.git', 'github'],
    ['git@github.com:a/b.git', 'github'],
    ['https://user@gitlab.example.org/a/b', 'gitlab'],
    ['ssh://git@codeberg.org/a/b', 'forgejo'],
    ['https://gitea.internal:3000/a/b', 'gitea'],
    ['https://example.org/github/b', undefined],
    [undefined, undefined],
  ] as const)
    assert.equal(hostOf(remote), host, remote ?? 'no remote');
});

test('treadle init --ci writes where the host looks, once, and only what can run', async () => {
  const folder = realpathSync(mkdtempSync(path.join(tmpdir(), 'treadle-init-')));
  const before = process.cwd();
  const init = (...argv: string[]) => runHere('http://127.0.0.1:9', 'init', ...argv);
  const from = ['--package', './treadle-1.0.0.tgz'];
  try {
    process.chdir(folder);
    assert.match((await init('--ci', 'github', ...from)).err, /is in no Git checkout.*\n {2}→ go to a clone/);
    execFileSync('git', ['init', '--quiet']);
    assert.match((await init('--ci', 'github', ...from)).err, /there is no pipeline file at treadle\.yaml\n/);
    writeFileSync('treadle.yaml', 'name: a\n');
    const untold = await init('--ci', ...from);
    assert.equal(untold.code, 1);
    assert.match(untold.err, /does not tell which CI system it has\n {2}→ name it/);
    execFileSync('git', ['remote', 'add', 'origin', 'git@github.com:a/b.git']);
    // Nothing is taken from a registry by its bare name: whoever has that name there would run beside the token.
    assert.match((await init('--ci')).err, /is not said what the CI system installs.*\n {2}→ npm pack /);
    for (const [bad, why] of [
      ['treadle@0.1.0', /is no file that npm pack made/],
      ['./treadle-1.0.0.tgz', /is no file that npm pack made/],
      ['http://a.example/treadle.tgz', /no address that begins with https/],
      ['https://ann:secret@a.example/treadle.tgz', /has a password in it/],
      ['https://a.example/${{x}}.tgz', /dollar sign/],
    ] as const)
      assert.match((await init('--ci', '--package', bad)).err, why);
    assert.ok(!existsSync(PLACES.github));
    writeFileSync('treadle-1.0.0.tgz', '');
    const made = await init('--ci', ...from);
    assert.deepEqual([made.code, made.err], [0, '']);
    assert.match(
      made.out,
      /wrote \.github\/workflows\/treadle\.yml, which runs treadle\.yaml with \.\/treadle-1\.0\.0\.tgz and compares with main/,
    );
    writeFileSync(PLACES.github, 'mine\n');
    const again = await init('--ci', 'github', ...from);
    assert.equal(again.code, 1);
    assert.match(again.err, /is there already\n {2}→ --force writes over it/);
    assert.equal(readFileSync(PLACES.github, 'utf8'), 'mine\n');
    mkdirSync('part');
    writeFileSync('part/treadle.yaml', 'name: b\n');
    process.chdir('part');
    const below = await init('--ci', 'github', '--force', '--package', '../treadle-1.0.0.tgz');
    assert.equal(below.code, 0, below.err);
    const text = readFileSync(path.join('..', PLACES.github), 'utf8');
    assert.match(text, /^# Written by: treadle init --ci github\n/);
    assert.match(
      text,
      /TREADLE_PACKAGE: "\.\/treadle-1\.0\.0\.tgz"\n {6}TREADLE_FILE: "part\/treadle\.yaml"\n/,
    );
    assert.equal((await init('--ci', 'cvs')).code, 2);
    assert.match((await init()).err, /no table is named\n {2}→ name a table and its label: .*; or say --ci/);
  } finally {
    process.chdir(before);
    rmSync(folder, { recursive: true, force: true });
  }
});
