import { countDatasets } from '../../data/index.ts';
import { countModels } from '../../models/index.ts';
import { countBlobs } from '../../platform/blobs/index.ts';
import type { Ctx } from '../../platform/ctx/index.ts';
import { countJobs } from '../../platform/jobs/index.ts';
import { countByStatus } from '../../tracking/index.ts';

/** One metric: a value for each set of labels, which all have the same names. */
interface Family {
  name: string;
  help: string;
  samples: Array<{ labels: Record<string, string>; value: number }>;
}
export type Counted = Family[];

/** What the caller's workspace holds; blobs are shared by all, and only their sums are told. */
export async function countEverything(ctx: Ctx): Promise<Counted> {
  const [runs, models, datasets, jobs, blobs] = await Promise.all([
    countByStatus(ctx),
    countModels(ctx),
    countDatasets(ctx),
    countJobs(ctx),
    countBlobs(ctx),
  ]);
  const { workspace } = ctx;
  const one = (name: string, help: string, value: number, labels = {}): Family => ({
    name,
    help,
    samples: [{ labels, value }],
  });
  return [
    {
      name: 'treadle_runs',
      help: 'Active runs, by status.',
      samples: runs.map(({ status, count }) => ({ labels: { workspace, status }, value: count })),
    },
    one('treadle_models', 'Registered models.', models.models, { workspace }),
    one('treadle_model_versions', 'Model versions.', models.versions, { workspace }),
    one('treadle_datasets', 'Datasets.', datasets.datasets, { workspace }),
    one('treadle_dataset_versions', 'Dataset versions.', datasets.versions, { workspace }),
    {
      name: 'treadle_jobs',
      help: 'Background jobs, by state.',
      samples: jobs.map(({ state, count }) => ({ labels: { workspace, state }, value: count })),
    },
    one('treadle_blobs', 'Stored blobs.', blobs.blobs),
    one('treadle_blob_bytes', 'Bytes of all blobs, as handed in.', blobs.bytes),
    one('treadle_blob_stored_bytes', 'Bytes of all blobs, as stored.', blobs.stored),
  ];
}
