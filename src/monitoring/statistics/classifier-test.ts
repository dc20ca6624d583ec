import { normalTail } from '../../platform/mathematics/index.ts';
import { eachValue, type Sample, type SampleTest } from './sample.ts';

/**
 * Two-sample test by a classifier: `reference` and `current` are its scores of rows that it was not fitted on, higher where it takes a row for a current
 * one. The statistic is its area under the curve: ½ where it cannot tell them apart. Where nothing changed its variance is (n + m + 1) / 12nm; p is the chance of
 * one as large. A fixed limit on the area alarms by the number of rows instead.
 */
export function classifierTest(reference: Sample, current: Sample): SampleTest {
  const [n, m] = [reference.sorted.length, current.sorted.length];
  const found = { name: 'classifier', method: 'normal', n, m };
  if (n === 0 || m === 0) return { ...found, statistic: null, p: null };
  let [below, right] = [0, 0];
  eachValue(reference.sorted, current.sorted, (_score, inReference, inCurrent) => {
    right += inCurrent * (below + inReference / 2);
    below += inReference;
  });
  const statistic = right / (n * m);
  return { ...found, statistic, p: normalTail((statistic - 0.5) / Math.sqrt((n + m + 1) / (12 * n * m))) };
}
