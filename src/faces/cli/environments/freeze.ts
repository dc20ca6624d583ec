import { invalid } from '../../../platform/errors/index.ts';
import type { Freeze } from '../../../promotions/contract.ts';

/** `2026-12-20/2027-01-03 holidays`: from, to, and why. */
export function freezeOf(text: string): Freeze {
  const [, from = '', to = '', why = ''] = /^(\S+?)\/(\S+)\s+(.+)$/.exec(text.trim()) ?? [];
  const [begins, ends] = [Date.parse(from), Date.parse(to)];
  if (Number.isNaN(begins) || Number.isNaN(ends))
    throw invalid(`'${text}' is no freeze`, {
      field: 'freeze',
      hint: "write it as '2026-12-20/2027-01-03 holidays': from, to, and why",
    });
  return { from: begins, to: ends, why };
}
