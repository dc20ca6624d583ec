import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
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
    const text = templateOf(host, { version: '1.2.3', branch: 'trunk "1"' });
    const read: unknown = parse(text);
    const schema = host === 'gitlab' ? GitLab : Actions;
    assert.ok(Check(schema, read), `${host}: ${JSON.stringify([...Errors(schema, read)].slice(0, 3))}`);
    assert.match(text, /treadle run --ci/);
    assert.match(text, /TREADLE_PACKAGE: "treadle@1\.2\.3"/);
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

test('treadle init --ci writes where the host looks, once', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'treadle-init-'));
  const before = process.cwd();
  const init = (...argv: string[]) => runHere('http://127.0.0.1:9', 'init', ...argv);
  try {
    process.chdir(folder);
    execFileSync('git', ['init', '--quiet']);
    const untold = await init('--ci');
    assert.equal(untold.code, 1);
    assert.match(untold.err, /does not tell which CI system it has\n {2}→ name it/);
    execFileSync('git', ['remote', 'add', 'origin', 'git@github.com:a/b.git']);
    const made = await init('--ci');
    assert.deepEqual([made.code, made.err], [0, '']);
    assert.match(made.out, /wrote \.github\/workflows\/treadle\.yml, which compares with main/);
    writeFileSync(PLACES.github, 'mine\n');
    const again = await init('--ci', 'github');
    assert.equal(again.code, 1);
    assert.match(again.err, /is there already\n {2}→ --force writes over it/);
    assert.equal(readFileSync(PLACES.github, 'utf8'), 'mine\n');
    assert.equal((await init('--ci', 'github', '--force')).code, 0);
    assert.match(readFileSync(PLACES.github, 'utf8'), /^# Written by: treadle init --ci github\n/);
    assert.equal((await init('--ci', 'cvs')).code, 2);
    assert.match((await init()).err, /nothing is asked for\n {2}→ say --ci/);
  } finally {
    process.chdir(before);
    rmSync(folder, { recursive: true, force: true });
  }
});
