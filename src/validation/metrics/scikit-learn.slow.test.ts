import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import test from 'node:test';
import { binaryMetrics } from './binary.ts';
import type { Estimates } from './estimate.ts';
import { multiclassMetrics } from './multiclass.ts';
import { runs } from '../../../test/property.ts';
import { random, type Random } from '../../../test/random.ts';
import { regressionMetrics } from './regression.ts';

const python = [
  process.env['TREADLE_PYTHON'],
  path.resolve(import.meta.dirname, '../../../.venv/bin/python'),
].find((file) => file !== undefined && existsSync(file));
const skip =
  python === undefined ? 'there is no Python with scikit-learn: node scripts/setup.mjs makes one' : false;

type Case = { task: 'binary' | 'multiclass' | 'regression'; sent: Record<string, unknown>; ours: Estimates };

const CASES = runs(1000, 240);
const SIZES = [2, 3, 5, 10, 40, 200, 1000];

/** Ties, one class only, perfect and hopeless scores, probabilities of exactly 0 and 1 all come up. */
function binary(r: Random): Case {
  const n = r.pick(SIZES);
  const share = r.pick<number>([0, 0.02, 0.2, 0.5, 0.9, 1]);
  const steps = r.pick([1, 2, 5, 20, 1e9]);
  const signal = r.pick<number>([-1, 0, 0.3, 1, 10]);
  const probable = r.uniform() < 0.7;
  const label = Uint8Array.from({ length: n }, () => Number(r.uniform() < share));
  const score = Float64Array.from(label, (y) => {
    const z = r.normal() + signal * y;
    return probable ? Math.round((1 / (1 + Math.exp(-z))) * steps) / steps : Math.round(z * steps) / steps;
  });
  const cut = r.pick<number>([0.5, -1e9, 1e9, 0.3]);
  const said = Uint8Array.from(score, (s) => Number(s > cut));
  const { metrics } = binaryMetrics(label, { score, probable, said });
  return {
    task: 'binary',
    sent: { label: [...label], score: [...score], said: [...said], probable },
    ours: metrics,
  };
}

function multiclass(r: Random): Case {
  const n = r.pick(SIZES);
  const classes = 3 + r.integer(5);
  const used = r.pick([classes, classes, 2]);
  const steps = r.pick([2, 10, 1e9]);
  const label = Uint32Array.from({ length: n }, () => r.integer(used));
  const probabilities = new Float64Array(n * classes);
  const said = new Uint32Array(n);
  for (let i = 0; i < n; i++) {
    const raw = Array.from({ length: classes }, (_one, c) =>
      Math.round(Math.exp(r.normal() + Number(c === label[i])) * steps),
    );
    if (Math.max(...raw) === 0) raw[0] = 1;
    const sum = raw.reduce((a, b) => a + b);
    raw.forEach((one, c) => (probabilities[i * classes + c] = one / sum));
    said[i] = raw.indexOf(Math.max(...raw));
  }
  const names = Array.from({ length: classes }, (_one, c) => String(c));
  return {
    task: 'multiclass',
    sent: { label: [...label], said: [...said], probabilities: [...probabilities], classes },
    ours: multiclassMetrics(label, { probabilities, said }, names),
  };
}

function regression(r: Random): Case {
  const n = r.pick(SIZES);
  const scale = r.pick([1e-3, 1, 1e4]);
  const flat = r.uniform() < 0.1;
  const label = Float64Array.from({ length: n }, () =>
    flat ? 3 : r.pick<number>([0, 1, -2, r.normal() * scale]),
  );
  const off = r.pick<number>([0, 0.1, 5]);
  const said = label.map((y) => y + off * scale * r.normal());
  return {
    task: 'regression',
    sent: { label: [...label], said: [...said] },
    ours: regressionMetrics(label, said),
  };
}

test(`every metric equals scikit-learn’s on ${CASES} random cases`, { skip, timeout: 600_000 }, async () => {
  const r = random(20261123);
  const cases = Array.from({ length: CASES }, (_one, i) => [binary, multiclass, regression][i % 3]!(r));
  const child = spawn(python!, [path.join(import.meta.dirname, 'scikit-learn.py')], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  child.stdin.end(JSON.stringify(cases.map(({ task, sent }) => ({ task, ...sent }))));
  const theirs = JSON.parse(await text(child.stdout)) as Array<Record<string, number>>;
  assert.equal(theirs.length, cases.length);
  let compared = 0;
  const largest: Record<string, number> = {};
  for (const [i, { task, sent, ours }] of cases.entries()) {
    for (const [name, value] of Object.entries(theirs[i]!)) {
      const found = ours.get(name);
      assert.ok(
        typeof found === 'object',
        `${task}.${name}: ${JSON.stringify(found)} ${JSON.stringify(sent).slice(0, 2000)}`,
      );
      const off = Math.abs(found.value - value) / Math.max(1, Math.abs(value));
      assert.ok(
        off <= 1e-9,
        `${task}.${name}: ${found.value}, scikit-learn says ${value}; ${JSON.stringify(sent).slice(0, 2000)}`,
      );
      largest[name] = Math.max(largest[name] ?? 0, off);
      compared++;
    }
    for (const [name, found] of ours) {
      if (typeof found !== 'object') continue;
      assert.ok(Number.isFinite(found.value), `${name} is no number`);
      if (found.low === undefined || found.high === undefined) continue;
      assert.ok(
        found.low <= found.value + 1e-12 && found.high >= found.value - 1e-12,
        `${task}.${name}: ${found.value} lies outside ${found.low}–${found.high}; ${JSON.stringify(sent).slice(0, 2000)}`,
      );
    }
  }
  assert.ok(compared > 8 * CASES, `only ${compared} figures were compared`);
  console.log(
    `${compared} figures compared; largest difference ${Math.max(...Object.values(largest)).toExponential(1)}`,
  );
});
