import type { PredictionIds } from '../prediction-id.ts';
import type { RequestRecord, Role } from './protocol.ts';

const ROLES: readonly Role[] = ['champion', 'canary', 'shadow'];

/**
 * The last answers, in memory that never grows: numbers in typed arrays, so that writing one allocates nothing, and no answer ever
 * waits for it.
 */
export class Records {
  private readonly at: Float64Array;
  private readonly serial: Uint32Array;
  private readonly counter: Uint16Array;
  private readonly role: Uint8Array;
  private readonly rows: Uint32Array;
  private readonly ms: Float32Array;
  private readonly ids: PredictionIds;
  private written = 0;
  private readonly capacity: number;

  constructor(ids: PredictionIds, capacity = 65_536) {
    this.ids = ids;
    this.capacity = capacity;
    this.at = new Float64Array(capacity);
    this.serial = new Uint32Array(capacity);
    this.counter = new Uint16Array(capacity);
    this.role = new Uint8Array(capacity);
    this.rows = new Uint32Array(capacity);
    this.ms = new Float32Array(capacity);
  }

  /** `at` and `counter` are of the answer's id. */
  add(serial: number, role: Role, rows: number, ms: number, at: number, counter: number): void {
    const place = this.written++ % this.capacity;
    this.at[place] = at;
    this.counter[place] = counter;
    this.serial[place] = serial;
    this.role[place] = role === 'champion' ? 0 : role === 'canary' ? 1 : 2;
    this.rows[place] = rows;
    this.ms[place] = ms;
  }

  /** Newest first, of these revisions. */
  latest(serials: ReadonlySet<number>, limit: number): RequestRecord[] {
    const found: RequestRecord[] = [];
    const oldest = Math.max(0, this.written - this.capacity);
    for (let index = this.written - 1; index >= oldest && found.length < limit; index--) {
      const place = index % this.capacity;
      const serial = this.serial[place]!;
      if (!serials.has(serial)) continue;
      const role = ROLES[this.role[place]!]!;
      const at = this.at[place]!;
      found.push({
        prediction: this.ids.again(serial, role, { at, counter: this.counter[place]! }),
        at,
        serial,
        role,
        rows: this.rows[place]!,
        ms: Math.round(this.ms[place]! * 1000) / 1000,
      });
    }
    return found;
  }
}
