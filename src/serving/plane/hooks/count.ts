import { TreadleError } from '../../../platform/errors/index.ts';
import { difference, shown } from '../compare.ts';
import { Counters } from '../counters.ts';
import type { TableVariant, VariantStats } from '../protocol.ts';
import type { Target } from '../table.ts';
import type { Answered, Hook } from './hook.ts';

/** How long counters of a revision that no longer answers are kept: questions and copies of it may still be under way, ms. */
const RETIRED_FOR = 600_000;

/** What came of each question, by variant of a revision. */
export class Counting implements Hook {
  /** By serial and role. */
  readonly counted = new Map<string, Counters>();

  of(endpoint: string, serial: number, { role, key }: TableVariant): Counters {
    const name = `${serial}/${role}`;
    let found = this.counted.get(name);
    if (!found) this.counted.set(name, (found = new Counters(endpoint, serial, role, key)));
    found.retired = undefined;
    return found;
  }

  /** Before a new table takes up its own again. */
  retire(now: number): void {
    for (const counters of this.counted.values()) counters.retired ??= now;
  }

  /** What happened since the last report, of all that anything happened to. */
  report(now: number): VariantStats[] {
    const variants: VariantStats[] = [];
    for (const [name, counters] of this.counted) {
      const stats = counters.report();
      if (stats) variants.push(stats);
      if (counters.retired !== undefined && counters.waiting === 0 && now - counters.retired > RETIRED_FOR)
        this.counted.delete(name);
    }
    return variants;
  }

  asked({ counters }: Target): void {
    counters.waiting++;
  }

  diverted(from: Target, to: Target): void {
    from.counters.errors++;
    from.counters.waiting--;
    to.counters.waiting++;
  }

  called({ counters }: Target): void {
    counters.batches++;
  }

  failed({ counters, role }: Target, error: Error, waited: boolean): void {
    if (waited) counters.waiting--;
    if (!(error instanceof TreadleError) || error.code === 'not-ready') counters.errors++;
    else if (error.kind !== 'limited' && error.kind !== 'unavailable') counters.bad++;
    // Nobody asked a shadow, so nobody was refused: the copy was let go.
    else if (role === 'shadow') counters.dropped++;
    else counters.refused++;
  }

  answered({ target: { counters }, rows, ms, queued, at, outputs, copyOf }: Answered): void {
    counters.waiting--;
    counters.answered({ rows, ms, queued, at });
    if (!copyOf || !outputs) return;
    counters.compared(difference(copyOf.outputs, outputs), () => ({
      prediction: copyOf.prediction,
      at: Date.now(),
      champion: shown(copyOf.outputs),
      shadow: shown(outputs),
    }));
  }
}
