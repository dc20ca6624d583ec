import { listExperiments, searchRuns } from '../../../src/tracking/contract.ts';
import { call } from '../api/client.ts';
import type { Found } from '../rooms.ts';

/** Experiments and runs whose name holds the text; with no text, the newest. */
export async function findExperiments(text: string, signal: AbortSignal): Promise<Found[]> {
  const like = text.replaceAll("'", "''");
  const [experiments, runs] = await Promise.all([
    call(
      listExperiments,
      { query: { limit: 5, ...(text === '' ? {} : { filter: `name ILIKE '%${like}%'` }) } },
      { signal },
    ),
    call(
      searchRuns,
      {
        body: {
          experiments: [],
          limit: 6,
          columns: [],
          ...(text === '' ? {} : { filter: `run_name ILIKE '%${like}%'` }),
        },
      },
      { signal },
    ),
  ]);
  return [
    ...experiments.items.map((experiment) => ({
      id: `experiment:${experiment.id}`,
      label: experiment.name,
      detail: `${experiment.runs} runs`,
      icon: 'experiment' as const,
      to: `/experiments/${encodeURIComponent(experiment.id)}`,
    })),
    ...runs.items.map((run) => ({
      id: `run:${run.id}`,
      label: run.name,
      detail: run.status,
      icon: 'run' as const,
      to: `/runs/${encodeURIComponent(run.id)}`,
    })),
  ];
}
