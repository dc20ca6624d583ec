import type { Fault } from './question.ts';
import { UnreadableTable } from './unreadable.ts';

/** What is wrong with a table or a question to it, as it crosses from the reader to whoever asked. */
export class TableFault extends Error {
  override readonly name = 'TableFault';
  readonly fault: Fault;

  constructor(fault: Fault) {
    super(fault.message);
    this.fault = fault;
  }

  get code(): string {
    return this.fault.code;
  }

  /** `otherwise`: the code of an error that nobody foresaw. */
  static from(error: unknown, otherwise = 'unreadable'): TableFault {
    if (error instanceof TableFault) return error;
    const message = (error instanceof Error ? error.message : String(error)).slice(0, 2000);
    if (/^Out of Memory/i.test(message)) return new TableFault({ code: 'memory', message });
    if (!(error instanceof UnreadableTable)) return new TableFault({ code: otherwise, message });
    const { hint } = error;
    return new TableFault({ code: 'unreadable', message, ...(hint === undefined ? {} : { hint }) });
  }
}
