import type { Unjudged } from './contract.ts';
import { toJunit } from './junit.ts';
import { plain } from './words.ts';

/** The three reports of a check that came to no execution, or whose end nobody heard. */
export function unjudged(
  summary: string,
  reasons: string[],
): { report: Unjudged; markdown: string; junit: string } {
  const report: Unjudged = { verdict: 'undecided', exit_code: 2, summary, reasons };
  return {
    report,
    markdown: `## ? undecided: ${plain(summary)}\n${reasons.map((one) => `\n- ${plain(one)}`).join('')}\n`,
    junit: toJunit({ ...report, pipeline: 'treadle', steps: [], rules: [] }),
  };
}
