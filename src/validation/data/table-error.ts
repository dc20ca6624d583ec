import { UnreadableTable } from '../../tables/index.ts';
import type { TableFault } from './protocol.ts';

/** A fault with a name, on its way out of the table reader's process. */
export class TableError extends Error {
  override readonly name = 'TableError';
  readonly fault: TableFault;

  constructor(fault: TableFault) {
    super(fault.message);
    this.fault = fault;
  }

  get code(): TableFault['code'] {
    return this.fault.code;
  }

  static from(error: unknown): TableError {
    if (error instanceof TableError) return error;
    const message = (error instanceof Error ? error.message : String(error)).slice(0, 2000);
    const hint = error instanceof UnreadableTable ? error.hint : undefined;
    return new TableError({
      code: /^Out of Memory/i.test(message) ? 'memory' : 'unreadable',
      message,
      ...(hint === undefined ? {} : { hint }),
    });
  }
}
