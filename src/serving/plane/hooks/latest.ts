import type { PredictionIds } from '../../prediction-id.ts';
import type { RequestRecord } from '../protocol.ts';
import { Records } from '../records.ts';
import type { Answered, Hook } from './hook.ts';

/** The last answers, in memory, for whoever looks at an endpoint. */
export class Latest implements Hook {
  readonly records: Records;

  constructor(ids: PredictionIds, capacity?: number) {
    this.records = new Records(ids, capacity);
  }

  answered({ target: { serial, role }, rows, ms, at, counter }: Answered): void {
    this.records.add(serial, role, rows, ms, at, counter);
  }

  of(serials: ReadonlySet<number>, limit: number): RequestRecord[] {
    return this.records.latest(serials, limit);
  }
}
