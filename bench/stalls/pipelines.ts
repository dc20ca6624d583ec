import { jsonBody } from './ask.ts';
import { contentOf, frames, hashOf } from './data.ts';
import { expect, json, range, type Stalls } from './stalls.ts';

const FILE = `name: bench
env: system
steps:
  only: { run: "true" }
`;

/** Code of projects, their files, rules of gates. */
export async function pipelineRows({ sized, measure, post, get }: Stalls): Promise<void> {
  const asked = sized(50_000);
  const hashes = [...range(0, asked, hashOf)];
  const missing = async () => expect(await post('/api/v1/code/missing', jsonBody({}, 'hashes', hashes)));
  await measure('POST /code/missing', `${asked} hashes, none here`, missing);
  const upload = sized(100_000);
  await measure('POST /code/blobs', `${upload} small files in one request`, async () =>
    expect(await post('/api/v1/code/blobs', frames(0, upload), 'application/octet-stream')),
  );
  await measure('POST /code/missing', `${asked} hashes, all here`, missing);
  const body = jsonBody(
    { file: FILE },
    'code',
    range(0, asked, (i) => ({
      path: `src/${i % 100}/${i}.py`,
      hash: hashes[i],
      size: contentOf(i).length,
    })),
  );
  await measure('POST /executions/plan', `${asked} files of code`, async () =>
    expect(await post('/api/v1/executions/plan', body)),
  );
  await measure('POST /executions', `${asked} files of code, and its run`, async () => {
    const made = expect(await post('/api/v1/executions', body));
    const { id } = JSON.parse(made.text) as { id: string };
    for (let state = 'queued'; /queued|running/.test(state);) {
      await new Promise((resolve) => setTimeout(resolve, 200));
      ({ state } = JSON.parse(expect(await get(`/api/v1/executions/${id}`)).text) as { state: string });
    }
    return made;
  });
  await measure('POST /pipelines/check', 'a file of 1 MiB', () =>
    post(
      '/api/v1/pipelines/check',
      json({ file: `name: bench\nparams:\n${'  p: 1\n'.repeat(150_000)}`, code: [] }),
    ),
  );
  await measure('POST /evaluations/check-rules', '100 rules of 1,000 characters', async () =>
    expect(
      await post(
        '/api/v1/evaluations/check-rules',
        json({ rules: Array.from({ length: 100 }, () => `auc >= ${'('.repeat(900)}`) }),
      ),
    ),
  );
}
