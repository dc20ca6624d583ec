import { setTimeout as sleep } from 'node:timers/promises';
import * as models from './models/index.ts';
import type { Deployer, Gatekeeper, LiveRevision, ModelRegistrar, Standing } from './pipelines/index.ts';
import type { Ctx } from './platform/ctx/index.ts';
import type { Serving } from './serving/index.ts';
import * as tracking from './tracking/index.ts';
import { CHAMPION_ITSELF, checkRules, NO_CHAMPION, type Validation } from './validation/index.ts';

/** What the pipelines' room is handed of its neighbours and of the rooms above it: adapters, wired in `serve.ts`. */

export const modelRegistrar: ModelRegistrar = {
  async register(ctx, { name, run, source, description, tags }) {
    // An execution that a crash cut short right after this comes here again with the same files.
    const known = (await versionsOf(ctx, run)).find((one) => one.source === source && one.model === name);
    if (known) return { name, version: String(known.version) };
    const made = await models.createVersion(ctx, {
      model: name,
      source,
      run_id: run,
      description,
      tags,
      makeModel: true,
    });
    return { name, version: String(made.version) };
  },
  async versionsOf(ctx, run) {
    return (await versionsOf(ctx, run)).map(({ model, version }) => ({ name: model, version }));
  },
  async champion(ctx, name) {
    const { aliases } = await models.getModel(ctx, name);
    return aliases.find(({ alias }) => alias === 'champion')?.version;
  },
  async promote(ctx, { name, version, reason }) {
    await models.setAlias(ctx, { model: name, alias: 'champion', version, reason });
  },
  async tag(ctx, { name, version, tags }) {
    for (const [key, value] of Object.entries(tags))
      await models.setVersionTag(ctx, name, version, key, value);
  },
};

async function versionsOf(ctx: Ctx, run: string): Promise<models.ModelVersion[]> {
  const { items } = await models.searchVersions(ctx, {
    filter: tracking.parseFilter(`run_id = '${run}'`, models.versionVocabulary),
    limit: 100,
    facts: false,
  });
  return items;
}

export const createGatekeeper = (validation: Pick<Validation, 'judge'>): Gatekeeper => ({
  check: checkRules,
  words: { none: NO_CHAMPION, itself: CHAMPION_ITSELF },
  async judge(ctx, question, say) {
    const { id, verdict, reasons, rules, proof, problem } = await validation.judge(ctx, question, say);
    return {
      evaluation: id,
      ...(verdict === undefined ? {} : { verdict }),
      reasons,
      rules: rules.map(({ rule, verdict: one, reason, always }) => ({
        rule,
        verdict: one,
        reason,
        ...(always ? { always } : {}),
      })),
      ...(proof
        ? { proof: { verdict: proof.verdict, summary: proof.summary, warnings: proof.warnings ?? [] } }
        : {}),
      ...(problem === undefined ? {} : { problem }),
    };
  },
});

/** How often a revision that is not ready yet is looked at, ms, and how long one that was live may take to be loaded again. */
const LOOK = 200;
const PATIENCE = 60_000;

export const createDeployer = (serving: Pick<Serving, 'find' | 'deploy' | 'takenAway'>): Deployer => ({
  async stands(ctx, { endpoint, model, version }): Promise<Standing> {
    const { ref } = await models.getVersion(ctx, model, String(version));
    const current = (await serving.find(ctx, endpoint))?.current;
    const taken = await serving.takenAway(ctx, endpoint, ref);
    return {
      revision: current?.revision ?? 0,
      answers: current?.variants.some((one) => one.role === 'champion' && one.version_ref === ref) === true,
      taken: taken && {
        revision: taken.revision,
        cause: taken.cause,
        by: taken.created_by,
        note: taken.note,
      },
    };
  },
  async live(ctx, { endpoint, model, version, signal }): Promise<LiveRevision | undefined> {
    const began = performance.now();
    for (;;) {
      const found = await serving.find(ctx, endpoint);
      const newest = found?.latest;
      if (!found || !newest) return undefined;
      // A canary or a shadow beside it is somebody's own, and stays.
      const answers = ({ variants }: typeof newest): boolean =>
        variants.some((one) => one.role === 'champion' && one.model === model && one.version === version);
      if (newest.state === 'preparing' && answers(newest)) {
        await sleep(LOOK, undefined, { signal });
        continue;
      }
      const { current } = found;
      if (!current || !answers(current)) return undefined;
      // Right after a start of the server it is live on paper, and being loaded.
      if (!found.ready && performance.now() - began < PATIENCE) {
        await sleep(LOOK, undefined, { signal });
        continue;
      }
      const { revision, ref, warnings = [] } = current;
      return { endpoint, revision, ref, address: found.address, warnings };
    }
  },
  async deploy(ctx, { version, signal, ...wish }, say) {
    const { endpoint } = wish;
    const made = await serving.deploy(ctx, { ...wish, version: String(version) }, say, signal);
    const found = await serving.find(ctx, endpoint);
    const { revision, ref, warnings = [] } = made;
    return { endpoint, revision, ref, address: found?.address ?? '', warnings };
  },
});
