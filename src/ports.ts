import { setTimeout as sleep } from 'node:timers/promises';
import * as models from './models/index.ts';
import type { Deployer, Gatekeeper, LiveRevision, ModelRegistrar } from './pipelines/index.ts';
import type { Ctx } from './platform/ctx/index.ts';
import type { Serving } from './serving/index.ts';
import * as tracking from './tracking/index.ts';
import { checkRules, type Validation } from './validation/index.ts';

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

export const createDeployer = (serving: Pick<Serving, 'find' | 'deploy'>): Deployer => ({
  async live(ctx, { endpoint, model, version, signal }): Promise<LiveRevision | undefined> {
    const began = performance.now();
    for (;;) {
      const found = await serving.find(ctx, endpoint);
      const newest = found?.latest;
      if (!found || !newest) return undefined;
      const whole = (one: typeof newest): boolean =>
        one.variants.length === 1 && one.variants[0]?.model === model && one.variants[0].version === version;
      if (newest.state === 'preparing' && whole(newest)) {
        await sleep(LOOK, undefined, { signal });
        continue;
      }
      const { current } = found;
      if (!current || !whole(current)) return undefined;
      // Right after a start of the server it is live on paper, and being loaded.
      if (!found.ready && performance.now() - began < PATIENCE) {
        await sleep(LOOK, undefined, { signal });
        continue;
      }
      return { endpoint, revision: current.revision, ref: current.ref, address: found.address };
    }
  },
  async deploy(ctx, { endpoint, model, version, sticky, note, signal }, say) {
    const made = await serving.deploy(
      ctx,
      { endpoint, model, version: String(version), note, ...(sticky === undefined ? {} : { sticky }) },
      say,
      signal,
    );
    const found = await serving.find(ctx, endpoint);
    return { endpoint, revision: made.revision, ref: made.ref, address: found?.address ?? '' };
  },
});
