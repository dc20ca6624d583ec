import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import test from 'node:test';
import { compare } from './agree.suite.ts';
import { digestOf, FIXTURE, FIXTURE_CASES, peerCases, type PeerFixture } from './cases.suite.ts';

const count = Number(process.env['TREADLE_DRIFT_PEERS'] ?? 0);
const python = process.env['TREADLE_DRIFT_PEERS_PYTHON'];
const skip =
  count === 0
    ? 'npm run test:deep -- drift-peers runs the real packages'
    : python === undefined
      ? 'there is no environment with Evidently and NannyML'
      : false;

test('our figures are those that Evidently and NannyML gave', () => {
  const fixture = JSON.parse(readFileSync(FIXTURE, 'utf8')) as PeerFixture;
  const cases = peerCases(FIXTURE_CASES);
  assert.equal(
    digestOf(cases),
    fixture.cases,
    `the cases are others: ${fixture.command} asks the peers again`,
  );
  let compared = 0;
  const faults = cases.flatMap((one, i) => {
    const found = compare(one, fixture.answers[i]!);
    compared += found.compared;
    return found.faults.map((fault) => `case ${i} (${one.kind}): ${fault}`);
  });
  assert.deepEqual(faults, []);
  assert.ok(compared > 10_000, `only ${compared} figures were compared`);
});

test('our figures are those of the real Evidently and NannyML', { skip, timeout: 3_600_000 }, async () => {
  const cases = peerCases(count);
  const child = spawn(python!, [path.join(import.meta.dirname, 'peers.py')], {
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  child.stdin.end(JSON.stringify(cases));
  const said = JSON.parse(await text(child.stdout)) as Pick<PeerFixture, 'versions' | 'answers'>;
  assert.equal(said.answers.length, cases.length);
  const found = cases.map((one, i) => compare(one, said.answers[i]!));
  const faults = found.flatMap((one, i) =>
    one.faults.map((fault) => `case ${i} (${cases[i]!.kind}): ${fault}`),
  );
  const compared = found.reduce((sum, one) => sum + one.compared, 0);
  const raised = found.reduce((sum, one) => sum + one.raised, 0);
  console.log(
    `${compared} figures and flags of ${cases.length} cases compared with ${JSON.stringify(said.versions)}; ${raised} times both raised`,
  );
  if (process.env['TREADLE_DRIFT_PEERS_WRITE']) {
    assert.equal(count, FIXTURE_CASES);
    const command = `TREADLE_DRIFT_PEERS=${count} TREADLE_DRIFT_PEERS_WRITE=1 npm test -- compat/peers.slow`;
    const fixture: PeerFixture = {
      command,
      versions: said.versions,
      cases: digestOf(cases),
      answers: said.answers,
    };
    writeFileSync(FIXTURE, `${JSON.stringify(fixture)}\n`);
  }
  assert.deepEqual(faults.slice(0, 50), []);
  assert.ok(compared > count * 20, `only ${compared} figures were compared`);
});
