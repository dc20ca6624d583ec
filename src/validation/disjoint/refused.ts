import { invalid, tooLarge, type TreadleError } from '../../platform/errors/index.ts';
import type { Fault } from '../../tables/index.ts';

/** Why tables were not compared, as one of our errors. */
export function refused({ code, message, hint, field }: Fault): TreadleError {
  if (code === 'memory')
    return tooLarge('the comparison needs more memory than it may have, and the disk gave no more', {
      field: 'data',
      hint: 'take fewer columns or rows, or declare a key',
      code: 'out-of-memory',
    });
  if (code === 'timeout') return tooLarge(message, { field: 'data', hint: 'take fewer rows', code });
  return invalid(message, {
    field: field ?? 'data',
    hint: hint ?? 'the file is not what its name says, or it is damaged',
    code,
  });
}
