import type { Ctx, LineageEdge, Tx } from '../platform/ctx/index.ts';
import { TreadleError } from '../platform/errors/index.ts';
import type { DeployResult, GateResult } from './contract.ts';
import type { Engine } from './run/engine.ts';
import { endParentRun, type EndState } from './run/tracker.ts';
import type { Wish } from './run/wish.ts';
import { selectExecution, selectJudged, selectSteps, updateExecution, type ExecutionRow } from './store.ts';

/**
 * An execution whose file asks for more than a version ends here as far as this room goes: its steps are done, the version is
 * registered, `execution.registered` is said. Its row stays open for the room of releases, which tells it what becomes of the
 * version and closes it, so that whoever waits for the execution hears the whole of it.
 */
interface HandedOver {
  id: string;
  pipeline: string;
  number: number;
  created_by: string;
  /** The person who asked for it, where it was one. */
  created_user?: string;
  model: { name: string; version: number };
  wish: Wish;
  /** Who cancelled it meanwhile. */
  cancel_by: string | null;
}

export interface HandOver {
  /** Undefined: it is not open any more, or never asked for a release. */
  find(ctx: Ctx, execution: string): Promise<HandedOver | undefined>;
  /** The newest executions that heard a verdict on the same question. */
  judged(
    ctx: Ctx,
    key: string,
    limit: number,
  ): Promise<Array<{ id: string; number: number; gate: GateResult }>>;
  /** What is known of it so far. */
  note(tx: Tx, execution: string, known: Known): Promise<void>;
  /** Closes it; once. */
  end(
    tx: Tx,
    execution: string,
    end: { state: EndState; reason: string | null; edges: LineageEdge[] },
  ): Promise<void>;
}

interface Known {
  gate?: GateResult;
  /** Digest of the question, of a verdict that may be used again. */
  gate_key?: string;
  deployment?: DeployResult;
}

export function createHandOver({ hub }: Pick<Engine, 'hub'>): HandOver {
  return {
    async find(ctx, id) {
      // Deleted since, or ended: nobody waits for it.
      const row = await selectExecution(ctx, id).catch((error: unknown) => {
        if (error instanceof TreadleError && error.kind === 'missing') return undefined;
        throw error;
      });
      if (!row || !isOpen(row)) return undefined;
      // Both columns were written by this room.
      const model = JSON.parse(row.model_version!) as { name: string; version: string };
      return {
        id,
        pipeline: row.pipeline,
        number: row.number,
        created_by: row.created_by,
        ...(row.created_user === null ? {} : { created_user: row.created_user }),
        model: { name: model.name, version: Number(model.version) },
        wish: JSON.parse(row.wish!) as Wish,
        cancel_by: row.cancel_by,
      };
    },
    async judged(ctx, key, limit) {
      return (await selectJudged(ctx, key, limit)).flatMap(({ id, number, gate }) =>
        gate === null ? [] : [{ id, number, gate: JSON.parse(gate) as GateResult }],
      );
    },
    async note(tx, id, { gate, gate_key, deployment }) {
      const change = {
        ...(gate ? { gate: JSON.stringify(gate) } : {}),
        ...(gate_key === undefined ? {} : { gate_key }),
        ...(deployment ? { deployment: JSON.stringify(deployment) } : {}),
      };
      if (Object.keys(change).length === 0) return;
      await updateExecution(tx, id, change);
      await tx.emit({ type: 'execution.updated', subject: `execution:${id}` });
      tx.afterCommit(() => hub.changed(id));
    },
    async end(tx, id, { state, reason, edges }) {
      const row = await selectExecution(tx, id);
      if (!isOpen(row)) return;
      const { pipeline, number } = row;
      const at = tx.clock.now();
      const model = JSON.parse(row.model_version!) as { name: string; version: string };
      await updateExecution(tx, id, { state, reason, ended_at: at });
      if (row.run_id !== null) await endParentRun(tx, row.run_id, state, at);
      const steps = await selectSteps(tx, id);
      await tx.record({
        action: `execution.${state}`,
        resource: `execution:${id}`,
        after: {
          pipeline,
          number,
          steps: Object.fromEntries(steps.map(({ name, state: end }) => [name, end])),
          model,
        },
        ...(reason === null ? {} : { reason }),
        edges,
      });
      await tx.emit({
        type: `execution.${state}`,
        subject: `execution:${id}`,
        data: { pipeline, number, model },
      });
      tx.afterCommit(() => hub.changed(id));
    },
  };
}

const isOpen = ({ state, wish }: ExecutionRow): boolean => state === 'running' && wish !== null;
