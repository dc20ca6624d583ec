import assert from 'node:assert/strict';
import test from 'node:test';
import { andersonDarling } from './anderson-darling.ts';
import { cramerVonMises } from './cramer-von-mises.ts';
import { energy, normedWasserstein, wasserstein } from './distances.ts';
import { kolmogorovSmirnov } from './kolmogorov-smirnov.ts';
import { mannWhitney } from './rank-tests.ts';
import { sampleOf } from './sample.ts';

/** Two samples that any language makes alike, and what SciPy 1.17.1 says of them. */
const residue = (i: number): number => ((i * 7919) % 10007) / 10007;
const x = sampleOf(Array.from({ length: 2000 }, (_one, i) => residue(i + 1)));
const y = sampleOf(Array.from({ length: 1200 }, (_one, i) => residue(i + 3001) ** 1.25));

/** To the digits that are written down. */
const near = (found: number | null, wanted: number, relative = 1e-11): void =>
  assert.ok(
    found !== null && Math.abs(found - wanted) <= relative * Math.abs(wanted),
    `${found}, not ${wanted}`,
  );

test('figures of raw values equal SciPy’s', () => {
  const ks = kolmogorovSmirnov(x, y);
  near(ks.statistic, 0.08233333333333333);
  near(ks.p, 7.2408886e-5, 1e-8);
  assert.equal(ks.method, 'exact');
  near(kolmogorovSmirnov(x, y, { method: 'asymptotic' }).p, 7.1746843e-5, 1e-8);
  near(wasserstein(x, y).value, 0.0548008615649);
  near(normedWasserstein(x, y).value, 0.189866341988);
  near(energy(x, y).value, 0.08453227919734911);
  const cvm = cramerVonMises(x, y);
  near(cvm.statistic, 2.67941864583);
  near(cvm.p, 3.87916181e-7, 1e-6);
  const ad = andersonDarling(x, y);
  near(ad.statistic, 18.075738608);
  assert.deepEqual([ad.p, ad.bound], [0.001, 'at most']);
  const mwu = mannWhitney(x, y);
  assert.equal(mwu.statistic, 1331503);
  near(mwu.p, 2.02224873e-7, 1e-8);
});
