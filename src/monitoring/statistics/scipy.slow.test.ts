import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import test from 'node:test';
import {
  betaLower,
  binomialLower,
  binomialTerm,
  chiSquareTail,
  gammaTails,
  logGamma,
  normalTail,
  poissonTerm,
  shiftedChiSquareTail,
} from '../../platform/mathematics/index.ts';
import { random, type Random } from '../../../test/random.ts';
import { runs } from '../../../test/property.ts';
import { andersonDarling } from './anderson-darling.ts';
import { cramerVonMises } from './cramer-von-mises.ts';
import { energy, normedWasserstein, wasserstein } from './distances.ts';
import {
  chebyshev,
  hellinger,
  jensenShannonDistance,
  kullbackLeibler,
  psi,
  totalVariation,
} from './divergences.ts';
import { chiSquare, cramersV, gTest, tolerantChiSquare } from './homogeneity.ts';
import { kolmogorovSmirnov } from './kolmogorov-smirnov.ts';
import { kolmogorovTail } from './kolmogorov.ts';
import { binomial } from './proportions.ts';
import { mannWhitney } from './rank-tests.ts';
import { sampleOf } from './sample.ts';
import { benjaminiHochberg } from './several-tests.ts';

const python = [
  process.env['TREADLE_PYTHON'],
  path.resolve(import.meta.dirname, '../../../.venv/bin/python'),
].find((file) => file !== undefined && existsSync(file));
const skip = python === undefined ? 'there is no Python with SciPy: node scripts/setup.mjs makes one' : false;

type Figures = Record<string, number | null | (number | null)[]>;
interface Case {
  sent: Record<string, unknown> & { kind: string };
  ours: Figures;
}

const two = (x: number[], y: number[], asymptotic = false): Case => {
  const [a, b] = [sampleOf(x), sampleOf(y)];
  const ks = kolmogorovSmirnov(a, b);
  const cvm = cramerVonMises(a, b, { lastTerm: 1e-7 });
  const ad = andersonDarling(a, b);
  const mwu = mannWhitney(a, b);
  return {
    // JSON has no infinities: texts stand for all numbers.
    sent: { kind: 'samples', x: x.map(String).map(spelt), y: y.map(String).map(spelt), asymptotic },
    ours: {
      ks: ks.statistic,
      ks_p: ks.p,
      ks_asymptotic_p: asymptotic ? kolmogorovSmirnov(a, b, { method: 'asymptotic' }).p : null,
      wasserstein: wasserstein(a, b).value,
      energy: energy(a, b).value,
      normed: normedWasserstein(a, b).value,
      cvm: cvm.statistic,
      cvm_p: cvm.p,
      ad: ad.statistic,
      ad_p: ad.p,
      mwu: mwu.statistic,
      'mwu_p_two-sided': mwu.p,
      mwu_p_less: mannWhitney(a, b, { alternative: 'less' }).p,
      mwu_p_greater: mannWhitney(a, b, { alternative: 'greater' }).p,
    },
  };
};
const spelt = (value: string): string => value.replace('Infinity', 'inf');

const SIZES = [1, 2, 3, 5, 8, 9, 19, 20, 21, 40, 150, 600, 2500];

/** Ties, shifts, widths, scales, heavy tails and integers all come up. */
function samples(r: Random): Case {
  const kind = r.pick(['normal', 'integer', 'lognormal', 'huge', 'tiny', 'constant', 'uniform']);
  const draw = (shift: number, width: number): number => {
    const z = r.normal() * width + shift;
    switch (kind) {
      case 'integer':
        return Math.round(z * 3);
      case 'lognormal':
        return Math.exp(2 * z);
      case 'huge':
        return z * 1e150;
      case 'tiny':
        return z * 1e-150;
      case 'constant':
        return 7 + Number(r.uniform() < 0.1);
      case 'uniform':
        return r.uniform() + shift / 10;
      default:
        return z;
    }
  };
  const [shift, width] = [r.pick<number>([0, 0, 0.1, 0.5, 3]), r.pick<number>([1, 1, 1.3, 0.5])];
  const x = Array.from({ length: r.pick(SIZES) }, () => draw(0, 1));
  const y = Array.from({ length: r.pick(SIZES) }, () => draw(shift, width));
  if (kind === 'integer' && r.uniform() < 0.2) x.push(-0, Infinity, -Infinity);
  return two(x, y, r.uniform() < 0.5);
}

function counts(r: Random): Case {
  const bins = r.pick([1, 2, 3, 10, 20, 256]);
  const scale = r.pick([3, 50, 1e4, 1e7]);
  const draw = (): number[] => Array.from({ length: bins }, () => Math.floor(r.uniform() ** 3 * scale));
  const [a, b] = [draw(), draw()];
  // Bins that are empty on both sides take no part with us, and SciPy's test refuses them.
  for (let i = 0; i < bins; i++) if (a[i] === 0 && b[i] === 0) a[i] = 1;
  if (a.every((one) => one < 1)) a[0] = 1;
  if (b.every((one) => one < 1)) b[0] = 1;
  const tolerance = r.pick([0, 0.01, 0.1, 0.5]);
  const [chi, g] = [chiSquare(a, b, { least: 0 }), gTest(a, b, { least: 0 })];
  return {
    sent: { kind: 'counts', a, b, tolerance },
    ours: {
      psi: psi(a, b).value,
      kl: kullbackLeibler(a, b).value,
      jsd: jensenShannonDistance(a, b).value,
      jsd2: jensenShannonDistance(a, b, { base: 2 }).value,
      hellinger: hellinger(a, b).value,
      tv: totalVariation(a, b).value,
      linf: chebyshev(a, b).value,
      chi: chi.statistic,
      chi_p: chi.p,
      g: g.statistic,
      g_p: g.p,
      v: cramersV(a, b),
      tolerant_p: tolerantChiSquare(a, b, { tolerance, least: 0 }).p,
    },
  };
}

function tries(r: Random): Case {
  const n = r.pick([1, 2, 10, 97, 5000, 1_000_000]);
  const chance = r.pick([0, 1e-5, 0.01, 0.3, 0.5, 0.97, 1]);
  const hits = Math.min(n, Math.max(0, Math.round(n * chance + r.normal() * Math.sqrt(n * 0.2))));
  const p = (alternative: 'two-sided' | 'less' | 'greater'): number | null =>
    binomial({ hits, tries: n }, chance, { alternative }).p;
  return {
    sent: { kind: 'binomial', hits, tries: n, chance },
    ours: { 'two-sided': p('two-sided'), less: p('less'), greater: p('greater') },
  };
}

function several(r: Random): Case {
  const all = Array.from({ length: 2 + r.integer(4) }, () =>
    Array.from({ length: 3 + r.integer(60) }, () => Math.round(r.normal() * 10)),
  );
  const found = andersonDarling(...all.map(sampleOf));
  return { sent: { kind: 'several', samples: all }, ours: { ad: found.statistic, ad_p: found.p } };
}

function alarms(r: Random): Case {
  const p = Array.from({ length: r.integer(50) }, () => r.uniform() ** 4);
  return { sent: { kind: 'several_tests', p }, ours: { bh: benjaminiHochberg(p) } };
}

const KNOWN: Record<string, { ours: (...args: number[]) => number; args: (r: Random) => number[] }> = {
  logGamma: { ours: logGamma, args: (r) => [10 ** (20 * r.uniform() - 8)] },
  gammaLower: { ours: (a, x) => gammaTails(a!, x!).lower, args: gammaArgs },
  gammaUpper: { ours: (a, x) => gammaTails(a!, x!).upper, args: gammaArgs },
  betaLower: { ours: betaLower, args: (r) => [large(r), large(r), r.uniform() ** r.pick([0.1, 1, 8])] },
  normalTail: { ours: normalTail, args: (r) => [r.normal() * r.pick([1, 10])] },
  chiSquareTail: { ours: chiSquareTail, args: (r) => [large(r), 1 + r.integer(500)] },
  shiftedChiSquareTail: {
    ours: shiftedChiSquareTail,
    args: (r) => [r.uniform() * 1000, 1 + r.integer(300), r.uniform() * 400],
  },
  binomialLower: { ours: binomialLower, args: binomialArgs },
  binomialTerm: { ours: binomialTerm, args: binomialArgs },
  poissonTerm: { ours: poissonTerm, args: (r) => [r.integer(300), large(r)] },
  kolmogorovTail: {
    ours: kolmogorovTail,
    args: (r) => {
      const n = r.pick([1, 2, 3, 9, 50, 139, 140, 141, 1000, 20_000, 99_999, 100_001, 3_000_000]);
      return [n, (0.2 + r.uniform() * 2.5) / Math.sqrt(n)];
    },
  },
};
function large(r: Random): number {
  return 10 ** (r.uniform() * 5 - 1);
}
function gammaArgs(r: Random): number[] {
  const a = large(r);
  return [a, a * (r.uniform() * 2)];
}
function binomialArgs(r: Random): number[] {
  const n = 1 + r.integer(r.pick([5, 100, 100_000]));
  return [r.integer(n + 1), n, r.uniform() ** r.pick([1, 5])];
}
function functions(r: Random): Case {
  const name = r.pick(Object.keys(KNOWN));
  const args = KNOWN[name]!.args(r);
  // SciPy takes the value first where the others take the parameters.
  const swapped = name === 'kolmogorovTail' ? args.toReversed() : args;
  return { sent: { kind: 'functions', name, args: swapped }, ours: { value: KNOWN[name]!.ours(...args) } };
}

const range = (length: number): number[] => Array.from({ length }, (_one, i) => i);
const ODD: Case[] = [
  two([1], [1]),
  two([1], [2]),
  two([1, 1, 1], [1, 1]),
  two([5e-324, -5e-324, 0, -0], [0, 0]),
  two([-Infinity, 1, 2], [1, 2, Infinity]),
  two(range(8), range(10_000)),
  two(range(10_000), range(9_999), true),
  two(range(10_000), range(10_000), true),
  two(range(10_001), [3, 4, 5], true),
  two(
    range(30_000).map((i) => i / 30_000),
    range(20_000).map((i) => (i / 20_000) ** 1.02),
    true,
  ),
  two(
    range(20),
    range(20).map((i) => i + 0.5),
  ),
  two(
    range(20).map((i) => i % 3),
    range(19).map((i) => i % 4),
  ),
  two([1e300, 2e300], [3e300, 4e300, 5e300]),
];

test('figures equal those of SciPy on random and odd cases', { skip, timeout: 600_000 }, async () => {
  const r = random(20261129);
  const kinds = [samples, samples, samples, counts, counts, tries, several, alarms, functions, functions];
  const cases = [
    ...ODD,
    ...Array.from({ length: runs(1000, 250) }, (_one, i) => kinds[i % kinds.length]!(r)),
  ];
  const child = spawn(python!, [path.join(import.meta.dirname, 'scipy-figures.py')], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  child.stdin.end(JSON.stringify(cases.map(({ sent }) => sent)));
  const said = (await text(child.stdout)).replaceAll(/-?\bInfinity\b|\bNaN\b/g, 'null');
  const { version, answers } = JSON.parse(said) as { version: string; answers: Figures[] };
  assert.equal(answers.length, cases.length);
  const largest = { statistics: 0, p: 0 };
  let compared = 0;
  for (const [i, { sent, ours }] of cases.entries())
    for (const [name, value] of Object.entries(answers[i]!)) {
      const chance =
        name.endsWith('_p') ||
        name.includes('_p_') ||
        ['binomial', 'several_tests'].includes(sent.kind) ||
        sent['name'] === 'kolmogorovTail';
      for (const [at, theirs] of [value].flat().entries()) {
        const our = [ours[name] ?? null].flat()[at] ?? null;
        const place = `${sent.kind}.${name}: ${our}, SciPy says ${theirs}; ${JSON.stringify(sent).slice(0, 1500)}`;
        if (theirs === null) continue;
        assert.ok(our !== null, place);
        const off = Math.abs(our - theirs) / Math.max(1, Math.abs(theirs));
        assert.ok(off <= (chance ? 1e-6 : 1e-9), place);
        const key = chance ? 'p' : 'statistics';
        largest[key] = Math.max(largest[key], off);
        compared++;
      }
    }
  assert.ok(compared > 5 * cases.length, `only ${compared} figures were compared`);
  console.log(
    `${compared} figures of ${cases.length} cases compared with SciPy ${version}; largest difference of statistics ${largest.statistics.toExponential(1)}, of p ${largest.p.toExponential(1)}`,
  );
});
