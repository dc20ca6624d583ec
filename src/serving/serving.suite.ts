import assert from 'node:assert/strict';
import test, { describe } from 'node:test';
import { createToken, createWorkspace } from '../access/index.ts';
import { listEntries } from '../ledger/index.ts';
import type { EventTables } from '../platform/events/schema.ts';
import { commitVersion } from '../data/index.ts';
import { createRun, logBatch, logVersionRead } from '../tracking/index.ts';
import { apiOf } from '../../test/journeys/serving/api.ts';
import type { TestServer } from '../../test/harness.ts';
import { workspacesOf, type Workspace } from '../../test/workspaces.ts';
import { constantOnnx, linearOnnx, registerOnnx } from '../../test/onnx-model.ts';
import type { PredictionLineage } from '../governance/contract.ts';
import type { Endpoint, EndpointDetail, Revision } from './contract.ts';
import { versionUses } from './version-uses.ts';

type Refusal = { error: { kind: string; message: string; field?: string; hint?: string } };

/** What an answer of 4xx says. */
async function refused(
  server: Workspace,
  method: string,
  path: string,
  body?: object,
): Promise<Refusal['error'] & { status: number }> {
  const answer = await fetch(server.url + path, {
    method,
    headers: { ...server.headers, ...(body ? { 'content-type': 'application/json' } : {}) },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  const { error } = (await answer.json()) as Refusal;
  return { status: answer.status, ...error };
}

const actions = async (server: Workspace): Promise<string[]> =>
  (await listEntries(server.ctx, { limit: 1000 })).items
    .filter(({ resource }) => /^(endpoint|revision):/.test(resource))
    .map(({ action }) => action)
    .toReversed();

const events = async (server: Workspace): Promise<string[]> => {
  const rows = await server.ctx.db
    .$extendTables<EventTables>()
    .selectFrom('event')
    .select('type')
    .where('workspace', '=', server.ctx.workspace)
    .orderBy('seq')
    .execute();
  return rows.map(({ type }) => type).filter((type) => /^(endpoint|revision)\./.test(type));
};

/** The room on one database, with the real processes of the data plane. Not `whole`: what no database decides is left out. */
export function servingSuite(on: string, open: () => Promise<TestServer>, { whole = true } = {}): void {
  describe(on, () => {
    const fresh = workspacesOf(open);

    test(`${on}: deploy, switch, roll back, and the story of each answer`, async () => {
      const server = await fresh();
      const api = apiOf(server.url, server.headers);
      for (let version = 1; version <= 3; version++)
        await registerOnnx(server.ctx, 'const', constantOnnx(version));

      const nothing = await refused(server, 'POST', '/v2/models/const/infer', {});
      assert.equal(nothing.status, 503);
      assert.match(nothing.hint ?? '', /treadle deploy/);

      const first = await api.deploy('const', '1', { note: 'the first' });
      assert.equal(first.state, 'live');
      assert.equal(first.revision, 1);
      assert.equal(first.note, 'the first');
      assert.equal(first.variants[0]?.runtime, 'onnx');
      const { endpoint, spec, previous } = await api.get<EndpointDetail>('/api/v1/endpoints/const');
      assert.equal(endpoint.current?.revision, 1);
      assert.equal(previous, undefined);
      assert.deepEqual(spec?.inputs, [{ name: 'x', datatype: 'FP32', shape: [-1, 2] }]);
      assert.deepEqual(spec?.sample, [{ name: 'x', datatype: 'FP32', shape: [1, 2], data: [1, 2] }]);

      // On the main port and on the planes' own, the same answer.
      for (const base of [server.url, endpoint.address]) {
        const answer = await api.ask('const', base);
        assert.deepEqual([answer.status, answer.value, answer.revision, answer.version], [200, 1, 1, '1']);
      }
      const asked = await api.ask('const');
      const second = await api.deploy('const', 'v2');
      assert.equal((await api.ask('const')).value, 2);
      const back = await api.rollback('const', { note: 'worse' });
      assert.deepEqual([back.cause, back.restores, back.revision, back.state], ['rollback', 1, 3, 'live']);
      const again = await api.ask('const');
      assert.deepEqual([again.value, again.revision], [1, 3]);
      // Further back than what is kept loaded.
      await api.deploy('const', 'latest');
      await api.deploy('const', '2', { sticky: false, strict: true });
      const far = await api.rollback('const', { to: 1 });
      assert.deepEqual([far.restores, far.state], [1, 'live']);
      assert.equal((await api.ask('const')).value, 1);

      const { items } = await api.get<{ items: Revision[] }>('/api/v1/endpoints/const/revisions');
      assert.deepEqual(
        items.map(({ revision, state, cause, strict, sticky }) => [revision, state, cause, strict, sticky]),
        [
          [6, 'live', 'rollback', false, true],
          [5, 'superseded', 'deploy', true, false],
          [4, 'superseded', 'deploy', false, true],
          [3, 'superseded', 'rollback', false, true],
          [2, 'superseded', 'deploy', false, true],
          [1, 'superseded', 'deploy', false, true],
        ],
      );
      assert.ok(second.live_at !== undefined && items[4]?.ended_at !== undefined);

      const story = await api.get<PredictionLineage>(`/api/v1/predictions/${asked.prediction}/lineage`);
      assert.equal(story.revision.revision, 1);
      assert.equal(story.variant.version, 1);
      assert.equal(story.model_version.ref, 'model_version:const/1');
      assert.equal(story.run?.status, 'running');
      const arrows = story.edges.map(({ from, relation, to }) => `${from} ${relation} ${to}`);
      assert.ok(arrows.includes(`${first.ref} serves model_version:const/1`), arrows.join('\n'));
      assert.ok(arrows.includes(`${first.ref} part-of ${endpoint.ref}`));
      assert.ok(story.gaps.some((gap) => gap.startsWith('evaluation')));
      // A letter changed, and it is no id of ours.
      const forged = asked.prediction.slice(0, -1) + (asked.prediction.endsWith('0') ? '1' : '0');
      const unknown = await refused(server, 'GET', `/api/v1/predictions/${forged}/lineage`);
      assert.deepEqual([unknown.status, unknown.field], [400, 'prediction']);

      assert.deepEqual(await actions(server), [
        'endpoint.created',
        'revision.requested',
        'revision.started', // 1
        'revision.requested',
        'revision.started', // 2
        'revision.requested',
        'revision.rolled_back', // 3
        'revision.requested',
        'revision.started', // 4
        'revision.requested',
        'revision.started', // 5
        'revision.requested',
        'revision.rolled_back', // 6
      ]);
      assert.deepEqual(await events(server), [
        'endpoint.created',
        'revision.requested',
        'revision.started',
        'revision.requested',
        'revision.started',
        'revision.requested',
        'revision.rolled_back',
        'revision.requested',
        'revision.started',
        'revision.requested',
        'revision.started',
        'revision.requested',
        'revision.rolled_back',
      ]);

      // The endpoint goes, its story stays.
      const gone = await fetch(`${server.url}/api/v1/endpoints/const`, {
        method: 'DELETE',
        headers: server.headers,
      });
      assert.equal(gone.status, 200);
      assert.equal((await api.ask('const')).status, 404);
      assert.equal((await refused(server, 'GET', '/api/v1/endpoints/const')).status, 404);
      const after = await api.get<PredictionLineage>(`/api/v1/predictions/${asked.prediction}/lineage`);
      assert.ok(after.gaps.includes('endpoint: it was taken away since'));
      const anew = await api.deploy('const', '3');
      assert.equal(anew.revision, 7);
      assert.equal((await api.ask('const')).value, 3);
      assert.deepEqual(server.errors, []);
    });

    if (whole)
      test(`${on}: what cannot be deployed is refused, and leaves nothing`, async () => {
        const server = await fresh();
        await registerOnnx(server.ctx, 'const', constantOnnx(1));
        const path = '/api/v1/endpoints/const/revisions';
        const wrong: Array<[string, object, number, string]> = [
          [path, { model: 'none', version: '1' }, 404, 'model'],
          [path, { model: 'const', version: '7' }, 404, 'version'],
          [path, { model: 'const', version: '@champion' }, 404, 'version'],
          [path, { model: 'const', version: 'three' }, 400, 'version'],
          [
            path,
            { model: 'const', version: '1', canary: { version: '1', percent: 10 } },
            400,
            'canary.version',
          ],
          [
            path,
            { model: 'const', version: '1', canary: { version: '9', percent: 10 } },
            404,
            'canary.version',
          ],
          [
            path,
            { model: 'const', version: '1', canary: { version: '1', percent: 101 } },
            400,
            'canary.percent',
          ],
          [path, { model: 'const', version: '1', shadow: { version: '1' } }, 400, 'shadow.percent'],
          [path, { model: 'const', version: '1', runtime: 'java' }, 400, 'runtime'],
          ['/api/v1/endpoints/a%20b/revisions', { model: 'const', version: '1' }, 400, 'endpoint'],
          ['/api/v1/endpoints/const/rollback', {}, 404, 'endpoint'],
        ];
        for (const [at, body, status, field] of wrong) {
          const error = await refused(server, 'POST', at, body);
          assert.deepEqual([error.status, error.field], [status, field], JSON.stringify({ body, error }));
        }
        assert.deepEqual(await actions(server), []);
        assert.deepEqual(await events(server), []);
        assert.deepEqual(
          (await apiOf(server.url, server.headers).get<{ items: Endpoint[] }>('/api/v1/endpoints')).items,
          [],
        );
      });

    test(`${on}: what answers, or is gone back to, is not deleted but by force`, async () => {
      const server = await fresh();
      const api = apiOf(server.url, server.headers);
      for (let version = 1; version <= 3; version++)
        await registerOnnx(server.ctx, 'const', constantOnnx(version));
      const all: string[] = [];
      const uses = async (): Promise<string[]> => {
        const versions = new Set([1, 2, 3].map((version) => `model_version:const/${version}`));
        return (await versionUses(server.ctx, { model_ref: 'model:const', versions })).map(
          ({ version_ref, says }) => `${version_ref.at(-1)} ${says}`,
        );
      };
      assert.deepEqual(await uses(), []);
      await api.deploy('const', '1');
      await api.deploy('const', '2');
      await api.deploy('shadowed', '1', { shadow: { version: '2', percent: 100 } });
      all.push(
        "1 is what a rollback goes back to at endpoint 'const' (revision 1)",
        "1 answers at endpoint 'shadowed' (revision 1)",
        "2 answers at endpoint 'const' (revision 2)",
        "2 answers at endpoint 'shadowed' (revision 1)",
      );
      assert.deepEqual((await uses()).toSorted(), all.toSorted());

      for (const [path, field] of [
        ['/api/v1/models/const/versions/2', 'version'],
        ['/api/v1/models/const/versions/1?force=false', 'version'],
        ['/api/v1/models/const', 'model'],
      ] as const) {
        const no = await refused(server, 'DELETE', path);
        assert.deepEqual([no.status, no.field], [409, field]);
        assert.match(no.message, /is in use: .*endpoint 'const'/);
        assert.match(no.hint ?? '', /--force/);
      }
      // MLflow's clients ask in their own words, and hear theirs.
      for (const [path, body] of [
        ['model-versions', { name: 'const', version: '2' }],
        ['registered-models', { name: 'const' }],
      ] as const) {
        const answer = await fetch(`${server.url}/api/2.0/mlflow/${path}/delete`, {
          method: 'DELETE',
          headers: { ...server.headers, 'content-type': 'application/json' },
          body: JSON.stringify(body),
        });
        const said = (await answer.json()) as { error_code: string; message: string };
        assert.deepEqual([answer.status, said.error_code], [409, 'RESOURCE_CONFLICT']);
        assert.match(said.message, /is in use: .*endpoint 'const'.*--force/);
      }
      const remove = (path: string): Promise<Response> =>
        fetch(`${server.url}/api/v1/models/const${path}`, { method: 'DELETE', headers: server.headers });
      assert.equal((await remove('/versions/3')).status, 200);
      assert.equal((await remove('/versions/2?force=true')).status, 200);
      // What is loaded goes on answering, and cannot be asked for anew.
      assert.equal((await api.ask('const')).value, 2);
      const gone = { model: 'const', version: '2' };
      assert.equal((await refused(server, 'POST', '/api/v1/endpoints/other/revisions', gone)).status, 404);
      await fetch(`${server.url}/api/v1/endpoints/const`, { method: 'DELETE', headers: server.headers });
      await fetch(`${server.url}/api/v1/endpoints/shadowed`, { method: 'DELETE', headers: server.headers });
      assert.deepEqual(await uses(), []);
      assert.equal((await remove('')).status, 200);
      assert.deepEqual(server.errors, []);
    });

    if (whole)
      test(`${on}: a deployment replaces only what it means to`, async () => {
        const server = await fresh();
        const api = apiOf(server.url, server.headers);
        await registerOnnx(server.ctx, 'const', constantOnnx(1));
        await registerOnnx(server.ctx, 'const', constantOnnx(2));
        await registerOnnx(server.ctx, 'twin', constantOnnx(3));
        await registerOnnx(server.ctx, 'wide', linearOnnx([0, 0, 0], 7), {
          MLmodel: `flavors:
  onnx: {data: model.onnx}
signature:
  inputs: '[{"name": "rows", "type": "tensor", "tensor-spec": {"dtype": "float32", "shape": [-1, 3]}}]'
`,
          'input_example.json': JSON.stringify({ inputs: [[1, 2, 3]] }),
        });
        const path = '/api/v1/endpoints/const/revisions';
        const early = await refused(server, 'POST', path, { model: 'const', version: '1', expects: 1 });
        assert.deepEqual([early.status, early.field], [409, 'expects']);
        const first = await api.deploy('const', '1', { expects: 0 });
        assert.deepEqual([first.state, first.warnings], ['live', undefined]);
        await api.deploy('const', '2', { expects: 1 });
        const late = await refused(server, 'POST', path, { model: 'const', version: '1', expects: 1 });
        assert.deepEqual([late.status, late.field], [409, 'expects']);
        assert.match(late.message, /expected to replace revision 1, and revision 2 answers/);

        const other = await refused(server, 'POST', path, { model: 'wide', version: '1' });
        assert.deepEqual([other.status, other.field], [409, 'replace']);
        assert.match(
          other.message ?? '',
          /^endpoint 'const' serves another model, const v2, and wide v1 takes other inputs: 'rows' \(tensor\(float32\)\[-1,3\]\) is new; 'x' \(.*\) is no longer read$/,
        );
        assert.match(other.hint ?? '', /--replace const/);
        const wrong = await refused(server, 'POST', path, { model: 'wide', version: '1', replace: 'twin' });
        assert.equal(wrong.status, 409);
        const beside = { version: '1', model: 'wide', percent: 10 };
        const canary = await refused(server, 'POST', path, { model: 'const', version: '2', canary: beside });
        assert.deepEqual(
          [canary.status, canary.field],
          [409, 'replace'],
          'a tenth of the callers are callers',
        );
        assert.deepEqual(
          (await actions(server)).filter((action) => action === 'revision.requested').length,
          2,
        );
        assert.equal((await api.ask('const')).value, 2);

        // With the same inputs nobody notices, and with the other model's name it is meant.
        const same = await api.deploy('const', '1', { model: 'twin' });
        assert.deepEqual([same.state, same.warnings], ['live', undefined]);
        const meant = await api.deploy('const', '1', { model: 'wide', replace: 'twin' });
        assert.equal(meant.state, 'live', String(meant.problem));
        assert.match(meant.warnings?.[0] ?? '', /^wide v1 takes other inputs than twin v1/);
        const [entry] = (await listEntries(server.ctx, { resource: meant.ref, limit: 10 })).items.filter(
          ({ action }) => action === 'revision.requested',
        );
        assert.deepEqual((entry!.after as { warnings?: string[] }).warnings, meant.warnings);
        assert.deepEqual(server.errors, []);
      });

    test(`${on}: a version that does not load fails with its reason; of two at once the later wins`, async () => {
      const server = await fresh();
      const api = apiOf(server.url, server.headers);
      await registerOnnx(server.ctx, 'const', constantOnnx(1));
      await registerOnnx(server.ctx, 'const', Buffer.from('this is no ONNX file'));
      await registerOnnx(server.ctx, 'const', constantOnnx(3));
      await api.deploy('const', '1');
      const broken = await api.deploy('const', '2');
      assert.equal(broken.state, 'failed');
      assert.match(broken.problem ?? '', /^const v2: /);
      assert.equal((await api.ask('const')).value, 1);
      const { endpoint } = await api.get<EndpointDetail>('/api/v1/endpoints/const');
      assert.deepEqual([endpoint.current?.revision, endpoint.latest?.revision], [1, 2]);
      const never = await refused(server, 'POST', '/api/v1/endpoints/const/rollback', { to: 2 });
      assert.deepEqual([never.status, never.field], [400, 'to']);
      assert.match(never.message, /never answered/);
      const none = await refused(server, 'POST', '/api/v1/endpoints/const/rollback', {});
      assert.equal(none.status, 409);

      const [one, two] = await Promise.all([
        api.deploy('const', '3'),
        api.deploy('const', '3', { strict: true }),
      ]);
      const [earlier, later] = one.revision < two.revision ? [one, two] : [two, one];
      assert.deepEqual([earlier.state, later.state], ['failed', 'live']);
      assert.match(earlier.problem ?? '', new RegExp(`revision ${later.revision} was asked for`));
      assert.equal((await api.ask('const')).revision, later.revision);
      assert.deepEqual(server.errors, []);
    });

    test(`${on}: an answer's story names run, code and data, in one call`, async () => {
      const server = await fresh();
      const { ctx } = server;
      const api = apiOf(server.url, server.headers);
      const commit = 'a'.repeat(40);
      const { hash, size } = await ctx.blobs.put(Buffer.from('x,y\n1,2\n'));
      const { version: data } = await commitVersion(ctx, {
        dataset: 'rows',
        files: [{ path: 'rows.csv', hash, size }],
      });
      const run = await createRun(ctx, {
        experiment: '0',
        name: 'training',
        tags: [
          ['mlflow.source.git.commit', commit],
          ['mlflow.source.git.repoURL', 'https://example.org/flights.git'],
          ['mlflow.source.name', 'train.py'],
        ],
      });
      await logBatch(ctx, run, {
        params: [['depth', '6']],
        metrics: [{ key: 'auc', value: 0.75, time: 1, step: 0 }],
      });
      await logVersionRead(ctx, run, {
        name: 'rows',
        version: { id: data.id, ref: 'rows@v1' },
        digest: data.hash,
      });
      const version = await registerOnnx(ctx, 'const', constantOnnx(1), {}, run);
      // Who judged it, on which rows, beside which other model: none of that is what it was made of.
      await ctx.write((tx) =>
        tx.record({
          action: 'evaluation.ended',
          resource: 'evaluation:e',
          edges: [
            { from: `run:${run}`, to: 'execution:x', relation: 'part-of' },
            { from: 'execution:x', to: 'evaluation:e', relation: 'judged-by' },
            { from: 'evaluation:e', to: 'dataset_version:gate', relation: 'read' },
            { from: 'evaluation:e', to: 'model_version:other/1', relation: 'compared-with' },
          ],
        }),
      );
      await api.deploy('const', '1');
      const { prediction } = await api.ask('const');
      const story = await api.get<PredictionLineage>(`/api/v1/predictions/${prediction}/lineage`);
      assert.deepEqual(story.code, {
        commit,
        repository: 'https://example.org/flights.git',
        command: 'train.py',
      });
      assert.equal(story.run?.id, run);
      assert.deepEqual([story.run.params, story.run.metrics], [{ depth: '6' }, { auc: 0.75 }]);
      assert.deepEqual(story.datasets, [
        {
          ref: `dataset_version:${data.id}`,
          name: 'rows',
          version: 'v1',
          hash: data.hash,
          read_by: `run:${run}`,
        },
      ]);
      assert.equal(story.model_version.digest, version.facts?.digest);
      assert.deepEqual(story.gaps, ['evaluation: this version was never judged here']);
      assert.ok(story.edges.every(({ from }) => !from.startsWith('evaluation:')));
      // Each arrow is in the ledger where it says.
      for (const { from, to, relation, seq } of story.edges) {
        const entry = await api.get<{ entry: { edges?: object[] } }>(`/api/v1/ledger/entries/${seq}`);
        assert.ok(
          entry.entry.edges?.some(
            (edge) =>
              JSON.stringify(edge) === JSON.stringify({ from, relation, to }) ||
              JSON.stringify(edge) === JSON.stringify({ from, to, relation }),
          ),
          `${from} ${relation} ${to} is not in entry ${seq}`,
        );
      }
      assert.deepEqual(server.errors, []);
    });

    if (whole)
      test(`${on}: canary by key, and the wall between workspaces`, async () => {
        const server = await fresh();
        const api = apiOf(server.url, server.headers);
        await registerOnnx(server.ctx, 'const', constantOnnx(1));
        await registerOnnx(server.ctx, 'const', constantOnnx(2));
        await api.deploy('const', '1', { canary: { version: '2', percent: 50 } });
        const seen = new Map<string, Set<string>>();
        const counts = new Map<string, number>();
        for (let n = 0; n < 80; n++) {
          const key = `user-${n % 40}`;
          const answer = await fetch(`${server.url}/v2/models/const/infer`, {
            method: 'POST',
            headers: { ...server.headers, 'content-type': 'application/json', 'x-treadle-key': key },
            body: JSON.stringify({ inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 2], data: [1, 2] }] }),
          });
          const { model_version } = (await answer.json()) as { model_version: string };
          seen.set(key, (seen.get(key) ?? new Set()).add(model_version));
          counts.set(model_version, (counts.get(model_version) ?? 0) + 1);
        }
        assert.ok(
          [...seen.values()].every((versions) => versions.size === 1),
          'a key met two versions',
        );
        assert.deepEqual([...counts.keys()].toSorted(), ['1', '2']);

        await createWorkspace(server.ctx, 'other');
        const { secret } = await createToken(server.ctx.as({ workspace: 'other' }), {
          name: 'viewer',
          role: 'viewer',
        });
        const stranger = apiOf(server.url, { authorization: `Bearer ${secret}` });
        assert.deepEqual((await stranger.get<{ items: Endpoint[] }>('/api/v1/endpoints')).items, []);
        assert.equal((await stranger.ask('const')).status, 404);
        const mine = await api.ask('const');
        const story = await fetch(`${server.url}/api/v1/predictions/${mine.prediction}/lineage`, {
          headers: { authorization: `Bearer ${secret}` },
        });
        assert.equal(story.status, 404);
        assert.deepEqual(server.errors, []);
      });
  });
}
