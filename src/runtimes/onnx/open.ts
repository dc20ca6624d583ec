import { setImmediate } from 'node:timers/promises';
import { outwardMessageOf, TreadleError } from '../../platform/errors/index.ts';
import type { Log } from '../../platform/log/index.ts';
import type { Processes } from '../../platform/processes/index.ts';
import { ModelFault, type LoadedModel, type ModelPlace } from '../model.ts';
import { emptySample } from '../spec/example.ts';
import { supervise } from '../supervise.ts';
import type { Tensor } from '../tensor.ts';
import { fileOf, runnerOf, type Findings } from './load.ts';
import { knownFindings, tryOnnx } from './probe.ts';
import type { Session } from './session.ts';
import { refusal, startWorker } from './worker-host.ts';

/** A call that is shorter costs less than the way to another thread and back. */
const INLINE_MS = 0.3;
/** Making the second session stalls the thread that answers: only where that is hardly noticed. */
const INLINE_CREATE_MS = 15;
/** A batch that would hold the thread longer than this goes to the worker all the same. */
const LONG_MS = 10;

/**
 * Answered by whichever thread is quicker: a quick file opens here, any other in a worker thread. One that was never tried is
 * tried in a process of its own first.
 */
export async function openOnnx(
  place: ModelPlace,
  { processes, log }: { processes: Processes; log: Log },
): Promise<LoadedModel> {
  const began = performance.now();
  const findings = (await knownFindings(place)) ?? (await tryOnnx(place, processes));
  const { spec, doubt, sample_ms } = findings;
  if (doubt !== undefined)
    log.warn('a model without an input example could not be warmed', { model: place.key, problem: doubt });
  if (isQuick(findings, place)) return openInline(place, findings, began);
  const { host, ms } = await startWorker(place, findings);
  const supervisor = supervise(host, {
    slots: place.limits.hosts,
    deadline: place.limits.predict,
    start: async () => (await startWorker(place, findings)).host,
    warn: (message, fields) => log.warn(message, { model: place.key, ...fields }),
  });
  return {
    place,
    spec,
    loaded: { ms, sample_ms },
    get ready() {
      return supervisor.ready;
    },
    run: (inputs) => supervisor.ask((one) => one.run(inputs)),
    onCrash: supervisor.onCrash,
    close: supervisor.close,
  };
}

const isQuick = ({ row_ms, create_ms }: Findings, { limits }: ModelPlace): boolean =>
  row_ms < INLINE_MS && create_ms <= INLINE_CREATE_MS && limits.threads <= 1;

async function openInline(place: ModelPlace, findings: Findings, began: number): Promise<LoadedModel> {
  const { spec, doubt, sample_ms } = findings;
  const { openSession } = await import('./session.ts');
  let session: Session;
  try {
    session = openSession(fileOf(place), place.limits.threads);
  } catch (error) {
    throw new ModelFault(outwardMessageOf(error), { cause: error });
  }
  const run = runnerOf(session, spec, findings.binding, findings.guard);
  // The first call allocates.
  if (doubt === undefined && sample_ms < LONG_MS) run(spec.sample ?? emptySample(spec.inputs));
  // Rows of one call that keep the thread for LONG_MS.
  const long = Math.max(1, Math.floor(LONG_MS / Math.max(findings.per_row_ms, 1e-4)));
  let aside: ReturnType<typeof startWorker> | undefined;
  let closed = false;
  return {
    place,
    spec,
    loaded: { ms: performance.now() - began, sample_ms },
    get ready() {
      return !closed;
    },
    run(inputs) {
      try {
        if (closed) throw new ModelFault('the model was closed', { retriable: true });
        if (rowsOf(inputs) > long) {
          aside ??= startWorker(place, findings);
          return aside.then(
            ({ host }) => host.run(inputs),
            (error: unknown) => {
              aside = undefined;
              throw error;
            },
          );
        }
        return Promise.resolve(run(inputs));
      } catch (error) {
        return Promise.reject(
          error instanceof TreadleError || error instanceof ModelFault
            ? error
            : refusal(outwardMessageOf(error)),
        );
      }
    },
    onCrash: () => () => undefined, // it runs here: it ends only with all of us
    async close() {
      if (closed) return;
      closed = true;
      await setImmediate(); // what waits in this turn of the loop goes first
      session.close();
      await aside?.then(({ host }) => host.close()).catch(() => undefined);
    },
  };
}

function rowsOf(inputs: ReadonlyArray<Tensor | undefined>): number {
  for (const tensor of inputs) if (tensor) return tensor.shape[0] ?? 1;
  return 1;
}
