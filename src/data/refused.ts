import { invalid, tooLarge, type TreadleError } from '../platform/errors/index.ts';
import type { Fault } from '../tables/index.ts';

/** Why a table was not read, or a query not answered, as one of our errors. */
export function refused({ code, message, hint }: Fault): TreadleError {
  switch (code) {
    case 'memory':
      return tooLarge('the query needs more than 1 GiB of memory', {
        field: 'query',
        hint: 'ask for fewer rows or columns, or aggregate first',
        code: 'out-of-memory',
      });
    case 'timeout':
      return tooLarge(message, {
        field: 'query',
        hint: 'ask for fewer rows or columns',
        code: 'timeout',
      });
    case 'unreadable':
      return invalid(message, {
        field: 'path',
        hint: hint ?? 'the file is not what its name says, or it is damaged',
        code: 'unreadable',
      });
    default:
      return invalid(message, {
        field: 'query',
        hint: /at or near "@"/.test(message)
          ? "put the ref in quotes: from 'flights@v3'"
          : "tables are refs in quotes, 'flights@v3'; for the language see https://duckdb.org/docs/stable/sql/introduction",
      });
  }
}
