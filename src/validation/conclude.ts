import type { Evaluation, Proof, Verdict } from './contract.ts';
import type { Assessment } from './scoring/protocol.ts';

const WEIGHT: Readonly<Record<Verdict, number>> = { fail: 0, inconclusive: 1, pass: 2 };

/** The verdict of the whole is the worst of all; the reasons say why it is no pass, the weightiest first. */
export function conclude(
  { rules }: Pick<Assessment, 'rules'>,
  proof: Pick<Proof, 'verdict' | 'summary'>,
): { verdict: Verdict; reasons: Evaluation['reasons'] } {
  const parts = [
    { verdict: proof.verdict, reason: proof.summary },
    ...rules.map(({ verdict, reason }) => ({ verdict, reason })),
  ].toSorted((a, b) => WEIGHT[a.verdict] - WEIGHT[b.verdict]);
  return {
    verdict: parts[0]!.verdict,
    // Several rules may fail for one cause, in the same words.
    reasons: [...new Set(parts.filter(({ verdict }) => verdict !== 'pass').map(({ reason }) => reason))],
  };
}
