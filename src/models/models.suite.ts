import assert from 'node:assert/strict';
import test, { describe } from 'node:test';
import type { TestServer } from '../../test/harness.ts';
import { workspacesOf, type Workspace } from '../../test/workspaces.ts';
import { parseFilter, parseOrder } from '../platform/search/index.ts';
import {
  createRun,
  deleteRun,
  ensureDefaultExperiment,
  logBatch,
  logInputs,
  purgeDeleted,
  putArtifact,
  restoreRun,
} from '../tracking/index.ts';
import { listEntries } from '../ledger/index.ts';
import type { LedgerTables } from '../ledger/schema.ts';
import * as models from './index.ts';

const MLMODEL = `
artifact_path: model
flavors:
  python_function: {loader_module: mlflow.sklearn, model_path: model.pkl, python_version: 3.11.2}
  sklearn: {pickled_model: model.pkl, serialization_format: cloudpickle, sklearn_version: 1.8.0}
mlflow_version: 3.18.0
model_id: m-0
saved_input_example_info: {artifact_path: input_example.json, type: dataframe}
signature:
  inputs: '[{"type": "double", "name": "distance", "required": true}, {"type": "tensor", "tensor-spec":
    {"dtype": "float32", "shape": [-1, 4]}}]'
  outputs: '[{"type": "array", "items": {"type": "long"}, "required": true}]'
  params: '[{"name": "threshold", "type": "double", "default": 0.5}]'
`;

/** What the ledger holds since `since`, as `action resource`. */
async function said(server: Workspace, since = 0): Promise<string[]> {
  const rows = await server.ctx.db
    .$extendTables<LedgerTables>()
    .selectFrom('ledger_entry')
    .select(['action', 'resource'])
    .where('seq', '>', since)
    .orderBy('seq')
    .execute();
  return rows.map(({ action, resource }) => `${action} ${resource}`);
}

async function last(server: Workspace): Promise<number> {
  const row = await server.ctx.db
    .$extendTables<LedgerTables>()
    .selectFrom('ledger_entry')
    .select('seq')
    .orderBy('seq', 'desc')
    .executeTakeFirst();
  return row?.seq ?? 0;
}

/** A run with a ready logged model in it. */
async function logModel(
  server: Workspace,
  files: Record<string, string> = {
    MLmodel: MLMODEL,
    'model.pkl': 'not looked at',
    'requirements.txt': 'scikit-learn==1.8.0\n# a remark\n--index-url x\n',
  },
) {
  const { ctx } = server;
  const run = { id: await createRun(ctx, { experiment: '0' }) };
  const logged = await models.createLoggedModel(ctx, {
    experiment: '0',
    name: 'clf',
    run: run.id,
    params: { depth: '6' },
  });
  for (const [path, text] of Object.entries(files))
    await putArtifact(ctx, `0/models/${logged.id}/artifacts/${path}`, { source: Buffer.from(text) });
  return { run, logged: await models.finalizeLoggedModel(ctx, logged.id, 'ready') };
}

/** The room on one database. */
export function modelsSuite(on: string, open: () => Promise<TestServer>): void {
  describe(on, () => {
    const fresh = workspacesOf(open);
    test(`${on}: a version tells of its files, run, data and lineage`, async () => {
      const server = await fresh();
      const { ctx } = server;
      const { run, logged } = await logModel(server);
      assert.equal(logged.status, 'ready');
      assert.deepEqual(logged.facts?.signature, {
        inputs: [{ name: 'distance', type: 'double', required: true }, { type: 'tensor(float32)[-1,4]' }],
        outputs: [{ type: 'array<long>', required: true }],
        params: [{ name: 'threshold', type: 'double', default: 0.5 }],
      });
      assert.deepEqual(logged.facts?.requirements, ['scikit-learn==1.8.0']);
      assert.equal(logged.facts?.input_example, 'input_example.json');
      assert.equal(logged.facts?.files, 3);

      await logBatch(ctx, run.id, {
        metrics: [{ key: 'auc', value: 0.7, time: 1, step: 0 }],
        params: [['depth', '6']],
      });
      await logInputs(
        ctx,
        run.id,
        { datasets: [{ name: 'flights', digest: 'abc', sourceType: 'local', source: '{}' }] },
        async () => ({ id: 'v-1', ref: 'flights@v1' }),
      );
      const before = await last(server);
      await models.createModel(ctx, { name: 'flights' });
      const version = await models.createVersion(ctx, { model: 'flights', source: `models:/${logged.id}` });
      assert.equal(version.version, 1);
      assert.equal(version.run_id, run.id);
      assert.equal(version.logged_model_id, logged.id);
      await models.setAlias(ctx, { model: 'flights', alias: 'champion', version: 1, reason: 'first' }, []);
      // Setting what is set already changes nothing, and says nothing.
      await models.setAlias(ctx, { model: 'flights', alias: 'champion', version: 1 }, []);
      assert.deepEqual(await said(server, before), [
        'model.created model:flights',
        'model_version.created model_version:flights/1',
        'model.alias_set model:flights',
      ]);

      const detail = await models.versionDetail(ctx, 'flights', '@champion');
      assert.deepEqual(detail.version.aliases, ['champion']);
      assert.equal(detail.files_changed, false);
      assert.deepEqual(detail.run?.metrics, { auc: 0.7 });
      assert.deepEqual(detail.run?.datasets[0]?.version_ref, 'flights@v1');
      assert.deepEqual(
        new Set(detail.lineage.map(({ from, relation, to }) => `${from} ${relation} ${to}`)),
        new Set([
          `model_version:flights/1 registered-from logged_model:${logged.id}`,
          `logged_model:${logged.id} trained-by run:${run.id}`,
          `run:${run.id} read dataset_version:v-1`,
        ]),
      );
      await putArtifact(ctx, `0/models/${logged.id}/artifacts/model.pkl`, {
        source: Buffer.from('other bytes'),
      });
      assert.equal((await models.versionDetail(ctx, 'flights', '1')).files_changed, true);
      assert.deepEqual(server.errors, []);
    });

    test(`${on}: numbers are never given twice, and a name used again gets a fresh ref`, async () => {
      const server = await fresh();
      const { ctx } = server;
      const outside = { model: 'm', source: 's3://bucket/key' };
      await models.createModel(ctx, { name: 'm', tags: { team: 'ops' } });
      for (let i = 0; i < 3; i++) await models.createVersion(ctx, outside);
      await models.setAlias(ctx, { model: 'm', alias: 'champion', version: 3 }, []);
      await models.deleteVersion(ctx, 'm', 3, { reason: 'wrong data' }, [], []);
      assert.equal((await models.createVersion(ctx, outside)).version, 4);
      const model = await models.getModel(ctx, 'm');
      assert.equal(model.versions, 3);
      assert.deepEqual(model.aliases, []); // it went with its version
      await assert.rejects(models.getVersion(ctx, 'm', '3'), /no version 3/);
      await assert.rejects(models.setAlias(ctx, { model: 'm', alias: 'a', version: 3 }, []), /no version 3/);

      await models.updateModel(ctx, 'm', { name: 'renamed' }, []);
      assert.equal((await models.getVersion(ctx, 'renamed', '4')).ref, 'model_version:m/4');
      assert.deepEqual(
        [
          await models.nameToday(ctx, 'm'),
          await models.nameToday(ctx, 'renamed'),
          await models.nameToday(ctx, 'x'),
        ],
        ['renamed', 'renamed', 'x'],
      );
      await models.createModel(ctx, { name: 'm' });
      assert.deepEqual(
        [
          await models.nameToday(ctx, 'm'),
          (await models.tellModelVersions(ctx, ['model_version:m/4'])).get('model_version:m/4')?.facts.model,
        ],
        ['m', 'renamed'],
        'a name that is taken again is its new owner’s; the ledger’s is not',
      );
      assert.equal((await models.getModel(ctx, 'm')).ref, 'model:m:2');
      assert.equal((await models.createVersion(ctx, outside)).ref, 'model_version:m:2/1');
      assert.deepEqual(await models.deleteModel(ctx, 'm', {}, [], []), { deleted_versions: 1 });
      await assert.rejects(models.getModel(ctx, 'm'), /no registered model 'm'/);
      await models.createModel(ctx, { name: 'm' });
      assert.equal((await models.getModel(ctx, 'm')).ref, 'model:m:3');
      assert.deepEqual((await models.getModel(ctx, 'm')).tags, {});
      await assert.rejects(models.createModel(ctx, { name: 'renamed' }), /exists already/);
      await assert.rejects(models.updateModel(ctx, 'm', { name: 'renamed' }, []), /exists already/);
    });

    test(`${on}: a deleted run stays for as long as a version names it, or comes from a logged model of it`, async () => {
      const server = await fresh();
      const { ctx } = server;
      const { run, logged } = await logModel(server);
      const [named, alone] = [
        await createRun(ctx, { experiment: '0' }),
        await createRun(ctx, { experiment: '0' }),
      ];
      await models.createModel(ctx, { name: 'm' });
      await models.createVersion(ctx, { model: 'm', source: `models:/${logged.id}`, run_id: named });
      for (const id of [run.id, named, alone]) await deleteRun(ctx, id);
      const purge = async (dryRun = false) => {
        const before = ctx.clock.now() + 1;
        return purgeDeleted(ctx, before, await models.neededByModels(ctx, before), dryRun);
      };
      assert.deepEqual(await purge(true), { runs: 1, experiments: 0, kept: 2 });
      assert.deepEqual(await purge(), { runs: 1, experiments: 0, kept: 2 });
      assert.equal((await models.versionDetail(ctx, 'm', '1')).run?.id, named);
      await restoreRun(ctx, run.id);
      await deleteRun(ctx, run.id);
      await models.deleteVersion(ctx, 'm', 1, {}, [], []);
      assert.deepEqual(await purge(), { runs: 2, experiments: 0, kept: 0 });
    });

    test(`${on}: what a room above needs is deleted only by force, and the ledger says what it was needed for`, async () => {
      const server = await fresh();
      const { ctx } = server;
      await models.createModel(ctx, { name: 'm' });
      for (let i = 0; i < 9; i++) await models.createVersion(ctx, { model: 'm', source: 's3://bucket/key' });
      const asked: string[] = [];
      /** Needs every version but the first. */
      const user: models.VersionUser = async (_ctx, { model_ref, versions }) => {
        asked.push(`${model_ref} ${versions.size}`);
        return [...versions]
          .filter((ref) => ref !== 'model_version:m/1')
          .map((version_ref) => ({ version_ref, says: "answers at endpoint 'e'" }));
      };
      const before = await last(server);
      await assert.rejects(models.deleteVersion(ctx, 'm', 2, {}, [user], []), {
        kind: 'conflict',
        code: 'version-in-use',
        field: 'version',
        message: "'m/2' is in use: v2 answers at endpoint 'e'",
        hint: /treadle models rm m\/2 --force \(force=true\)/,
      });
      await assert.rejects(models.deleteModel(ctx, 'm', { force: false }, [user, user], []), {
        kind: 'conflict',
        field: 'model',
        message: /^'m' is in use: v2 answers at endpoint 'e'; .*; and 11 more$/,
        hint: /treadle models rm m --force --all/,
      });
      assert.equal((await models.getModel(ctx, 'm')).versions, 9);
      assert.deepEqual(await said(server, before), []);
      await models.deleteVersion(ctx, 'm', 1, {}, [user], []);
      await models.deleteVersion(ctx, 'm', 2, { force: true }, [user], []);
      await models.deleteModel(ctx, 'm', { force: true }, [user], []);
      assert.deepEqual(asked, ['model:m 1', 'model:m 9', 'model:m 9', 'model:m 1', 'model:m 1', 'model:m 7']);
      const { items } = await listEntries(ctx, { limit: 3 });
      assert.deepEqual(
        items.map(({ before: was }) => (was as { uses?: string[] }).uses?.length),
        [7, 1, undefined],
      );
      await assert.rejects(
        ctx.write((tx) => models.holdVersion(tx, 'm', 1)),
        /no registered model 'm'/,
      );
      assert.deepEqual(server.errors, []);
    });

    test(`${on}: a refused change leaves no row, no entry and no event`, async () => {
      const server = await fresh();
      const { ctx } = server;
      await models.createModel(ctx, { name: 'm' });
      await ensureDefaultExperiment(ctx);
      const before = await last(server);
      const manyTags = Object.fromEntries(Array.from({ length: 10_000 }, (_, i) => [`t${i}`, '']));
      const nothing: Array<[() => Promise<unknown>, RegExp]> = [
        [() => models.createModel(ctx, { name: 'm' }), /exists already/],
        [() => models.createModel(ctx, { name: 'a/b' }), /may not hold/],
        [() => models.createModel(ctx, { name: 'x', tags: { 'a/../b': '1' } }), /Invalid tag name/],
        [() => models.createModel(ctx, { name: 'x', description: 'a\u0000b' }), /NUL/],
        [() => models.createModel(ctx, { name: 'x', tags: manyTags }), /at most 1000 tags/],
        [
          () => models.createLoggedModel(ctx, { experiment: '0', name: 'x', tags: manyTags }),
          /at most 1000 tags/,
        ],
        [() => models.createVersion(ctx, { model: 'none', source: 's3://b/k' }), /no registered model/],
        [
          () => models.createVersion(ctx, { model: 'm', source: 'runs:/abc/../model' }),
          /Invalid model version source/,
        ],
        [
          () => models.createVersion(ctx, { model: 'm', source: `models:/m-${'0'.repeat(32)}` }),
          /Invalid model version source/,
        ],
        [
          () => models.createVersion(ctx, { model: 'm', source: 'models:/m/1' }),
          /Invalid model version source/,
        ],
        [() => models.setAlias(ctx, { model: 'm', alias: 'champion', version: 1 }, []), /no version 1/],
        [() => models.setAlias(ctx, { model: 'm', alias: 'v7', version: 1 }, []), /reserved/],
        [() => models.setAlias(ctx, { model: 'm', alias: 'Latest', version: 1 }, []), /reserved/],
        [() => models.setAlias(ctx, { model: 'm', alias: 'сhampion', version: 1 }, []), /'с' is Cyrillic/],
        [() => models.setModelTag(ctx, 'none', 'k', 'v'), /no registered model/],
        [() => models.deleteModelTag(ctx, 'm', 'k'), /no tag/],
        [() => models.deleteAlias(ctx, { model: 'm', alias: 'k' }, []), /no alias/],
        [
          () => models.updateVersion(ctx, 'm', 1, { stage: 'None', archiveOthers: true }, []),
          /cannot archive/,
        ],
        [() => models.createLoggedModel(ctx, { experiment: '77' }), /experiment/i],
        [() => models.createLoggedModel(ctx, { experiment: '0', name: 'a.b' }), /may not hold/],
        [() => models.createLoggedModel(ctx, { experiment: '0', run: 'n'.repeat(65) }), /source_run_id/],
      ];
      for (const [attempt, message] of nothing) await assert.rejects(attempt, message);
      assert.deepEqual(await said(server, before), []);
      assert.deepEqual(
        (await models.searchModels(ctx, { limit: 10 })).items.map(({ name }) => name),
        ['m'],
      );
    });

    test(`${on}: the wall: another workspace sees, names and changes nothing`, async () => {
      const server = await fresh();
      const { ctx } = server;
      const { logged, run } = await logModel(server);
      await models.createModel(ctx, { name: 'secret', tags: { canary: 'yes' } });
      await models.createVersion(ctx, { model: 'secret', source: `models:/${logged.id}` });
      const other = ctx.as({ workspace: 'other' });
      assert.deepEqual(await models.searchModels(other, { limit: 10 }), { items: [] });
      assert.deepEqual(await models.searchVersions(other, { limit: 10 }), { items: [] });
      assert.deepEqual(await models.searchLoggedModels(other, { limit: 10 }), { items: [] });
      await models.createModel(other, { name: 'mine' });
      for (const source of [
        `models:/${logged.id}`,
        'models:/secret/1',
        `mlflow-artifacts:/0/models/${logged.id}/artifacts`,
      ]) {
        await assert.rejects(
          models.createVersion(other, { model: 'mine', source }),
          /Invalid model version source/,
        );
      }
      // Like any run that is not known here: its id is text, and nothing of it is looked up.
      const foreign = await models.createVersion(other, { model: 'mine', source: `runs:/${run.id}/model` });
      assert.deepEqual([foreign.run_id, foreign.facts], [run.id, undefined]);
      const { run: seen, lineage, version } = await models.versionDetail(other, 'mine', '1');
      assert.deepEqual([seen, lineage, version.source], [undefined, [], `runs:/${run.id}/model`]);
      for (const attempt of [
        () => models.getModel(other, 'secret'),
        () => models.deleteModel(other, 'secret', {}, [], []),
        () => models.getLoggedModel(other, logged.id),
        () => models.finalizeLoggedModel(other, logged.id, 'failed'),
        () => models.setLoggedModelTags(other, logged.id, { a: 'b' }),
        () => models.listLoggedModelFolder(other, logged.id, ''),
        () =>
          ctx
            .as({ workspace: 'other' })
            .write((tx) =>
              models.logModelMetrics(tx, [
                { model_id: logged.id, key: 'k', value: 1, timestamp: 1, step: 0, run_id: run.id },
              ]),
            ),
      ]) {
        await assert.rejects(attempt);
      }
      // The same name is free there.
      await models.createModel(other, { name: 'secret' });
      assert.equal((await models.getModel(ctx, 'secret')).tags['canary'], 'yes');
    });

    test(`${on}: stages move, archive and are found; a copy keeps what it was made from`, async () => {
      const server = await fresh();
      const { ctx } = server;
      const { logged } = await logModel(server);
      await models.createModel(ctx, { name: 'm' });
      for (let i = 0; i < 3; i++)
        await models.createVersion(ctx, { model: 'm', source: `models:/${logged.id}` });
      await models.updateVersion(ctx, 'm', 1, { stage: 'Production' }, []);
      await models.updateVersion(ctx, 'm', 2, { stage: 'Production', archiveOthers: true }, []);
      const stages = (await models.searchVersions(ctx, { limit: 10 })).items.map(({ version, stage }) => [
        version,
        stage,
      ]);
      assert.deepEqual(
        new Map(stages as Array<[number, string]>),
        new Map([
          [1, 'Archived'],
          [2, 'Production'],
          [3, 'None'],
        ]),
      );
      assert.equal((await models.getVersion(ctx, 'm', 'production')).version, 2);
      assert.equal((await models.getVersion(ctx, 'm', 'latest')).version, 3);
      await models.createModel(ctx, { name: 'copy' });
      const copy = await models.createVersion(ctx, { model: 'copy', source: 'models:/m/Production' });
      assert.equal(copy.source, 'models:/m/2');
      assert.equal(copy.logged_model_id, logged.id);
      assert.deepEqual(copy.facts, logged.facts);
      const { lineage } = await models.versionDetail(ctx, 'copy', '1');
      assert.ok(
        lineage.some(
          ({ from, relation, to }) =>
            from === 'model_version:copy/1' && relation === 'derived-from' && to === 'model_version:m/2',
        ),
      );
    });

    test(`${on}: two versions are compared: facts, metrics, files`, async () => {
      const server = await fresh();
      const { ctx } = server;
      const a = await logModel(server);
      const b = await logModel(server, { MLmodel: MLMODEL, 'model.pkl': 'other', 'extra.txt': 'x' });
      await logBatch(ctx, a.run.id, { metrics: [{ key: 'auc', value: 0.6, time: 1, step: 0 }] });
      await logBatch(ctx, b.run.id, { metrics: [{ key: 'auc', value: 0.7, time: 1, step: 0 }] });
      await models.createVersion(ctx, { model: 'm', source: `models:/${a.logged.id}`, makeModel: true });
      await models.createVersion(ctx, {
        model: 'm',
        source: `models:/${b.logged.id}`,
        tags: { owner: 'ann' },
      });
      await models.createVersion(ctx, { model: 'm', source: `models:/${a.logged.id}` });
      const compared = await models.compareVersions(ctx, 'm', '1', '2');
      assert.equal(compared.same_files, false);
      assert.deepEqual(compared.files, {
        added: ['extra.txt'],
        removed: ['requirements.txt'],
        changed: ['model.pkl'],
      });
      const fields = new Map(
        compared.differences.map(({ field, a: left, b: right }) => [field, [left, right]]),
      );
      assert.deepEqual(fields.get('metrics.auc'), [0.6, 0.7]);
      assert.deepEqual(fields.get('tags.owner'), [undefined, 'ann']);
      assert.equal(fields.has('signature'), false);
      const same = await models.compareVersions(ctx, 'm', '1', '3');
      assert.equal(same.same_files, true);
      assert.deepEqual(same.differences, []);
    });

    test(`${on}: params of a logged model are facts; tags are not; delete and restore`, async () => {
      const server = await fresh();
      const { ctx } = server;
      const { logged } = await logModel(server);
      await models.logModelParams(ctx, logged.id, { depth: '6', rate: '0.1' });
      await assert.rejects(
        models.logModelParams(ctx, logged.id, { depth: '7', fresh: '1' }),
        /Changing param values/,
      );
      assert.deepEqual((await models.getLoggedModel(ctx, logged.id)).params, { depth: '6', rate: '0.1' });
      await models.setLoggedModelTags(ctx, logged.id, { a: '1', b: '2' });
      await models.setLoggedModelTags(ctx, logged.id, { a: '3' });
      await models.deleteLoggedModelTag(ctx, logged.id, 'b');
      await assert.rejects(models.deleteLoggedModelTag(ctx, logged.id, 'b'), /no tag 'b'/);
      assert.deepEqual((await models.getLoggedModel(ctx, logged.id)).tags, { a: '3' });
      await models.deleteLoggedModel(ctx, logged.id);
      await assert.rejects(models.getLoggedModel(ctx, logged.id), /no logged model/);
      assert.equal((await models.getLoggedModel(ctx, logged.id, true)).id, logged.id);
      await models.restoreLoggedModel(ctx, logged.id);
      assert.equal((await models.getLoggedModel(ctx, logged.id)).deleted_at, undefined);
    });

    test(`${on}: searches agree with a plain reading of the filter, over pages of every size`, async () => {
      const server = await fresh();
      const { ctx } = server;
      const random = generator(7);
      for (let i = 0; i < 12; i++) {
        const name = `model-${String.fromCharCode(97 + random(3))}${i}`;
        await models.createModel(ctx, {
          name,
          tags: random(2) === 0 ? { team: ['ops', 'lab'][random(2)]! } : {},
        });
        for (let v = random(4); v > 0; v--) {
          const tags: Record<string, string> = random(2) === 0 ? { grade: String(random(3)) } : {};
          await models.createVersion(ctx, { model: name, source: `s3://bucket/${random(3)}`, tags });
        }
      }
      const all = (await models.searchVersions(ctx, { limit: 1000 })).items;
      const filters: Array<[string, (one: models.ModelVersion) => boolean]> = [
        ["name LIKE 'model-a%'", ({ model }) => model.startsWith('model-a')],
        ["tags.grade = '1'", ({ tags }) => tags['grade'] === '1'],
        ["tags.grade != '1'", ({ tags }) => tags['grade'] !== undefined && tags['grade'] !== '1'],
        [
          "version_number > 1 AND source_path = 's3://bucket/2'",
          ({ version, source }) => version > 1 && source === 's3://bucket/2',
        ],
        [
          "version_number = 1 OR (tags.grade = '2' AND name ILIKE 'MODEL-B%')",
          ({ version, tags, model }) =>
            version === 1 || (tags['grade'] === '2' && model.startsWith('model-b')),
        ],
      ];
      const orders: Array<[string[], (a: models.ModelVersion, b: models.ModelVersion) => number]> = [
        [['name DESC', 'version_number ASC'], (a, b) => compare(b.model, a.model) || a.version - b.version],
        [
          ['version_number DESC', 'version_number ASC'],
          (a, b) => b.version - a.version || compare(a.model, b.model),
        ],
      ];
      for (const [text, matches] of filters) {
        for (const [order, by] of orders) {
          const expected = all.filter(matches).toSorted(by);
          for (const limit of [1, 3, 1000]) {
            const found: models.ModelVersion[] = [];
            let page: string | undefined;
            do {
              const some = await models.searchVersions(ctx, {
                filter: parseFilter(text, models.versionVocabulary),
                order: order.map((one) => parseOrder(one, models.versionVocabulary)),
                limit,
                page,
              });
              found.push(...some.items);
              page = some.next;
            } while (page !== undefined);
            assert.deepEqual(
              found.map(({ ref }) => ref),
              expected.map(({ ref }) => ref),
              `${text} by ${order.join()} in pages of ${limit}`,
            );
          }
        }
      }
      await assert.rejects(
        models.searchVersions(ctx, { limit: 5, page: (await models.searchModels(ctx, { limit: 1 })).next }),
        /belongs to another search/,
      );
    });

    test(`${on}: logged models by their metrics, nulls last, on datasets`, async () => {
      const server = await fresh();
      const { ctx } = server;
      const run = await createRun(ctx, { experiment: '0' });
      const ids: string[] = [];
      for (const [name, values] of [
        ['a', [3, 1]],
        ['b', [2]],
        ['c', []],
        ['d', ['NaN']],
        ['e', [5]],
      ] as const) {
        const { id } = await models.createLoggedModel(ctx, { experiment: '0', name, run });
        ids.push(id);
        await ctx.write((tx) =>
          models.logModelMetrics(
            tx,
            values.map((value, i) => ({
              model_id: id,
              run_id: run,
              key: 'auc',
              value,
              timestamp: 10 + i,
              step: 0,
              ...(name === 'e' ? { dataset_name: 'flights', dataset_digest: 'x' } : {}),
            })),
          ),
        );
      }
      const names = async (
        search: Partial<Parameters<typeof models.searchLoggedModels>[1]>,
      ): Promise<string> => {
        const found: string[] = [];
        let page: string | undefined;
        do {
          const some = await models.searchLoggedModels(ctx, { limit: 2, page, ...search });
          found.push(...some.items.map(({ name }) => name));
          page = some.next;
        } while (page !== undefined);
        return found.join('');
      };
      const everywhere = Array.from({ length: 40_000 }, (_, i) => i);
      assert.equal(await names({ experiments: everywhere }), await names({}));
      await assert.rejects(
        names({ datasets: Array.from({ length: 101 }, (_, i) => ({ name: `d${i}` })) }),
        /at most 100 datasets/,
      );
      const auc = { entity: 'metric', key: 'auc', type: 'number' as const };
      assert.equal(await names({ order: [{ left: auc, descending: true }] }), 'ebadc'); // d's NaN counts as 0; c has none
      assert.equal(await names({ order: [{ left: auc, descending: false }] }), 'dabec');
      assert.equal(await names({}), 'edcba');
      assert.equal(
        await names({
          filter: parseFilter('metrics.auc > 1.5', models.loggedModelVocabulary),
          order: [{ left: { entity: 'attribute', key: 'name', type: 'text' }, descending: false }],
        }),
        'abe',
      );
      assert.equal(await names({ datasets: [{ name: 'flights' }] }), 'e');
      assert.equal(await names({ datasets: [{ name: 'flights', digest: 'y' }] }), '');
      // The same points again are no new points.
      await ctx.write((tx) =>
        models.logModelMetrics(tx, [
          { model_id: ids[1]!, run_id: run, key: 'auc', value: 2, timestamp: 10, step: 0 },
        ]),
      );
      assert.equal((await models.getLoggedModel(ctx, ids[1]!)).metrics.length, 1);
      await assert.rejects(
        ctx.write((tx) =>
          models.logModelMetrics(tx, [
            { model_id: 'm-none', run_id: run, key: 'k', value: 1, timestamp: 1, step: 0 },
          ]),
        ),
        /no logged model/,
      );
    });

    test(`${on}: prompts stay out of the way unless asked for`, async () => {
      const server = await fresh();
      const { ctx } = server;
      const prompt = { 'mlflow.prompt.is_prompt': 'true' };
      await models.createModel(ctx, { name: 'greeting', tags: prompt });
      await models.createVersion(ctx, { model: 'greeting', source: 'dummy-source', tags: prompt });
      await models.createModel(ctx, { name: 'flights' });
      await models.createVersion(ctx, { model: 'flights', source: 's3://b/k' });
      const found = async (text?: string) => [
        (
          await models.searchModels(ctx, { limit: 10, filter: parseFilter(text, models.modelVocabulary) })
        ).items.map(({ name }) => name),
        (
          await models.searchVersions(ctx, { limit: 10, filter: parseFilter(text, models.versionVocabulary) })
        ).items.map(({ model }) => model),
      ];
      assert.deepEqual(await found(), [['flights'], ['flights']]);
      assert.deepEqual(await found("tags.`mlflow.prompt.is_prompt` = 'true'"), [['greeting'], ['greeting']]);
      assert.deepEqual(await found("tags.`mlflow.prompt.is_prompt` != 'true'"), [['flights'], ['flights']]);
      // The tag says what a model is, never what is checked.
      await assert.rejects(
        models.createVersion(ctx, { model: 'greeting', source: 'file:///etc/passwd', tags: prompt }),
        /Invalid model version source/,
      );
    });

    test(`${on}: versions made at once get numbers of their own`, async () => {
      const server = await fresh();
      const { ctx } = server;
      await models.createModel(ctx, { name: 'm' });
      const made = await Promise.all(
        Array.from({ length: 40 }, () => models.createVersion(ctx, { model: 'm', source: 's3://b/k' })),
      );
      assert.deepEqual(
        made.map(({ version }) => version).toSorted((a, b) => a - b),
        Array.from({ length: 40 }, (_one, i) => i + 1),
      );
    });
  });
}

/** Whole numbers below `n`, the same ones every time. */
function generator(seed: number): (n: number) => number {
  let state = seed;
  return (n) => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return Math.floor((state / 2_147_483_648) * n);
  };
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
