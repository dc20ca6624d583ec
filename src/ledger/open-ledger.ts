import type { Ctx } from '../platform/ctx/index.ts';
import { createAppender, type Appender } from './append.ts';
import type { Checkpoint } from './contract.ts';
import { openKey, type LedgerKey } from './key.ts';
import { EMPTY_ROOT } from './merkle.ts';
import { selectHead } from './store.ts';
import { verifyLedger, type Verification } from './verify.ts';

/** The open ledger: what a ctx appends to, and what needs its key. */
export interface LedgerRoom extends Appender {
  /** Checks everything; callers that come while a check runs share it. */
  verify(ctx: Ctx): Promise<Verification>;
  checkpoint(ctx: Ctx): Promise<Checkpoint>;
}

/** `keyFile` is read, or made at first start (mode 0600). Servers that share a database share the key. */
export function openLedger({ keyFile }: { keyFile: string }): LedgerRoom {
  const key: LedgerKey = openKey(keyFile);
  let running: Promise<Verification> | undefined;
  return {
    ...createAppender(key),
    verify(ctx) {
      running ??= verifyLedger(ctx, key).finally(() => (running = undefined));
      return running;
    },
    async checkpoint(ctx) {
      const head = await selectHead(ctx);
      const { size, root, checkpoint } = head ?? {
        size: 0,
        root: EMPTY_ROOT.toString('hex'),
        checkpoint: key.sign(0, EMPTY_ROOT),
      };
      return { size, root, checkpoint, public_key: key.publicKey };
    },
  };
}
