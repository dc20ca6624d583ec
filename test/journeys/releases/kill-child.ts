import { startServer } from '../../../src/serve.ts';
import { createLog } from '../../../src/platform/log/index.ts';
import type { Parts } from '../../../src/platform/ctx/create.ts';
import type { Tx } from '../../../src/platform/ctx/index.ts';
import type { DomainEvent } from '../../../src/platform/events/index.ts';

/** A server that kills itself at the next transition of a release: just before it commits, or just after. */
export interface KillOrder {
  data: string;
  port: number;
  /** `never` lives on. */
  at: 'before' | 'after' | 'never';
  /** At this fact of whatever kind rather than at a transition; 1 is the first since the start. */
  fact?: number;
}

if (import.meta.main) {
  const { data, port, at, fact } = JSON.parse(process.argv[2]!) as KillOrder;
  const die = (): void => void process.kill(process.pid, 'SIGKILL');
  let facts = 0;
  // From the first moment on: what a killed server left is gone on with while this one starts.
  const prepare = (parts: Parts): void => {
    const { outbox } = parts;
    parts.outbox = {
      async emit(tx: Tx, event: DomainEvent) {
        await outbox.emit(tx, event);
        facts++;
        const here =
          fact === undefined
            ? event.type.startsWith('release.') && event.type !== 'release.updated'
            : facts === fact;
        if (at === 'never' || !here) return;
        if (at === 'before') die();
        else tx.afterCommit(die);
      },
    };
  };
  await startServer(
    // Callers ask on the server's own port: the one beside it may be somebody's.
    { host: '127.0.0.1', port, inferencePort: 0, data, db: undefined, allowHosts: [], log: 'error' },
    createLog('error'),
    prepare,
  );
  process.stdout.write('ready\n');
}
