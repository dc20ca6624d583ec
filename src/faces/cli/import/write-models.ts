import {
  createModel,
  deleteLoggedModel,
  deleteVersion,
  getLoggedModel,
  getModel,
  listVersions,
  setAlias,
  setModelTag,
  updateVersion,
  STAGES,
  type Stage,
} from '../../../models/contract.ts';
import { messageOf, TreadleError } from '../../../platform/errors/index.ts';
import { fault, remark, tell } from './account.ts';
import { hashed } from './hashed.ts';
import type { ArtifactFact, Fact, LoggedModelFact, ModelFact, Pairs, VersionFact } from './facts.ts';
import type { Writing } from './write-run.ts';

type Links = Extract<Fact, { kind: 'model-links' }>;
type Alias = Extract<Fact, { kind: 'alias' }>;

export interface Registry {
  loggedModel(fact: LoggedModelFact): Promise<void>;
  links(fact: Links): Promise<void>;
  model(fact: ModelFact): Promise<void>;
  version(fact: VersionFact): Promise<void>;
  alias(fact: Alias): Promise<void>;
}

/** What was brought before, by foreign ids. */
interface Places {
  run(foreign: string): string | undefined;
  experiment(foreign: string): Promise<string>;
  from: string;
}

const ID = 'treadle.import.id';
const FROM = 'treadle.import.from';
const isStage = (text: string): text is Stage => (STAGES as readonly string[]).includes(text);

export function createRegistry(writing: Writing, places: Places): Registry {
  const { client, target, account } = writing;
  const loggedModels = new Map<string, string>();
  const versions = new Map<string, number>();

  /** The hash of each file as it was sent, by path. */
  const sendFiles = async (fact: LoggedModelFact, location: string): Promise<Map<string, string>> => {
    const hashes = new Map<string, string>();
    for await (const file of fact.files) {
      if (file.kind === 'unreadable') {
        remark(account.left, file.why, `model ${fact.id}: ${file.where}`);
        continue;
      }
      tell(account, 'files', { found: 1 });
      try {
        hashes.set(file.path, await sendFile(location, file));
        tell(account, 'files', { brought: 1 });
      } catch (error) {
        if (error instanceof TreadleError && error.kind !== 'invalid' && error.kind !== 'missing')
          throw error;
        remark(
          account.left,
          'a file that could not be read or was refused',
          `model ${fact.id}, ${file.path}: ${messageOf(error).slice(0, 160)}`,
        );
      }
    }
    return hashes;
  };

  const sendFile = async (location: string, file: ArtifactFact): Promise<string> => {
    const { stream, digest } = hashed(await file.open(), (bytes) => {
      account.bytes += bytes;
      writing.onProgress(0, bytes);
    });
    await target.upload(location, file.path, stream, file.type);
    return digest();
  };

  const compareFiles = async (
    id: string,
    foreign: string,
    sent: ReadonlyMap<string, string>,
  ): Promise<void> => {
    const { files } = await client.call(getLoggedModel, { params: { id } });
    const here = new Map(files.map(({ path, digest }) => [path, digest]));
    for (const [path, hash] of sent) {
      // The server lists the first thousand.
      if (files.length === 1000 && !here.has(path)) continue;
      account.checked.files++;
      if (here.get(path) !== hash)
        fault(account, `logged model ${foreign} (here ${id}): file ${path} is not as it was there`);
    }
  };

  return {
    async loggedModel(fact) {
      tell(account, 'logged models', { found: 1 });
      const experiment = await places.experiment(fact.experiment);
      const before = await target.findLoggedModel(experiment, fact.id);
      if (before !== undefined) {
        const { logged_model } = await client.call(getLoggedModel, { params: { id: before } });
        loggedModels.set(fact.id, before);
        if (logged_model.status !== 'pending' || fact.status === 'pending')
          return tell(account, 'logged models', { here: 1 });
        // It was broken off among its files.
        return finish(before, logged_model.location, fact);
      }
      const run = fact.run === undefined ? undefined : places.run(fact.run);
      const made = await target.createLoggedModel({
        experiment,
        name: fact.name,
        type: fact.type,
        run,
        params: fact.params,
        tags: [
          ...fact.tags,
          [FROM, places.from],
          [ID, fact.id],
          ...(fact.run !== undefined && run === undefined ? [['treadle.import.run', fact.run] as const] : []),
        ],
      });
      loggedModels.set(fact.id, made.id);
      await finish(made.id, made.location, fact);
    },

    async links({ run: foreign, inputs, outputs }) {
      const run = places.run(foreign);
      if (run === undefined) return;
      const here = (model: string): string[] => {
        const found = loggedModels.get(model);
        if (found === undefined)
          remark(
            account.left,
            'a link of a run to a logged model that is not in the source',
            `run ${foreign}: ${model}`,
          );
        return found === undefined ? [] : [found];
      };
      await target.linkModels(
        run,
        inputs.flatMap(here),
        outputs.flatMap(({ model, step }) => here(model).map((id) => ({ model: id, step }))),
      );
    },

    async model({ name, description, tags }) {
      tell(account, 'models', { found: 1 });
      const all = Object.fromEntries([...tags, [FROM, places.from], [ID, name]]);
      const before = await orMissing(client.call(getModel, { params: { model: name } }));
      if (before) {
        tell(account, 'models', { here: 1 });
        for (const [key, value] of Object.entries(all))
          if (before.tags[key] === undefined)
            await client.call(setModelTag, { params: { model: name, key }, body: { value } });
        return;
      }
      await client.call(createModel, { body: { name, tags: all, ...(description ? { description } : {}) } });
      tell(account, 'models', { brought: 1 });
    },

    async version(fact) {
      const { model, version } = fact;
      tell(account, 'versions', { found: 1 });
      const foreign = `${model}/${version}`;
      const { items } = await client.call(listVersions, {
        params: { model },
        query: { tag: `${ID}=${foreign}` },
      });
      const before = items.find((one) => one.version >= version);
      // Broken off before a number that the source has not was deleted.
      for (const { version: lower } of items) if (lower < version) await deleteGap(model, lower);
      if (before) {
        tell(account, 'versions', { here: 1 });
        versions.set(foreign, before.version);
        return;
      }
      try {
        const number = await numbered(fact, foreign);
        versions.set(foreign, number);
        tell(account, 'versions', { brought: 1 });
        if (number !== version)
          remark(
            account.differently,
            'a version that has another number, because the model had versions here before',
            `${foreign} is ${model}/${number}`,
          );
        if (fact.stage !== undefined && fact.stage !== 'None' && isStage(fact.stage))
          await client.call(updateVersion, {
            params: { model, version: String(number) },
            body: { stage: fact.stage },
          });
      } catch (error) {
        if (error instanceof TreadleError && error.kind === 'unavailable') throw error;
        remark(
          account.left,
          'a version of a model that the server refused',
          `${foreign}: ${messageOf(error).slice(0, 200)}`,
        );
      }
    },

    async alias({ model, alias, version }) {
      tell(account, 'aliases', { found: 1 });
      const number = versions.get(`${model}/${version}`);
      try {
        if (number === undefined) throw new Error(`version ${version} was not brought`);
        const { aliases } = await client.call(getModel, { params: { model } });
        const here = aliases.find((one) => one.alias === alias);
        if (here) {
          // Whoever moved it since meant to.
          if (here.version !== number)
            remark(
              account.left,
              'an alias that points at another version here',
              `${model}@${alias} is ${here.version} here, and was ${version} there`,
            );
          return tell(account, 'aliases', { here: 1 });
        }
        await client.call(setAlias, {
          params: { model, alias },
          body: { version: number, reason: `imported from ${places.from}` },
        });
        tell(account, 'aliases', { brought: 1 });
      } catch (error) {
        if (error instanceof TreadleError && error.kind === 'unavailable') throw error;
        remark(account.left, 'an alias', `${model}@${alias}: ${messageOf(error).slice(0, 160)}`);
      }
    },
  };

  async function finish(id: string, location: string, fact: LoggedModelFact): Promise<void> {
    const sent = await sendFiles(fact, location);
    for (const { run, ...point } of fact.metrics) {
      const here = places.run(run);
      if (here === undefined)
        remark(
          account.left,
          'a measure of a logged model by a run that is not in the source',
          `model ${fact.id}: ${point.key}`,
        );
      else await target.logModelMetric(here, id, point);
    }
    // Whoever comes again goes on with one that is still pending.
    await target.finishLoggedModel(id, fact.status);
    await compareFiles(id, fact.id, sent);
    if (fact.deleted === true)
      await client.call(deleteLoggedModel, {
        params: { id },
        query: { reason: `deleted in ${places.from}` },
      });
    tell(account, 'logged models', { brought: 1 });
  }

  /**
   * Makes a version with the number that it had: `models:/name/7` stands in people's code. Numbers are given in their order, and what is
   * deleted keeps its own, so that the gaps of the source come to be here as they came to be there.
   */
  async function numbered(fact: VersionFact, foreign: string): Promise<number> {
    for (;;) {
      const number = await makeVersion(fact, foreign);
      if (number >= fact.version) return number;
      await deleteGap(fact.model, number);
    }
  }

  async function deleteGap(model: string, number: number): Promise<void> {
    await client.call(deleteVersion, {
      params: { model, version: String(number) },
      query: { reason: `${places.from} has no version ${number}` },
    });
  }

  function makeVersion(fact: VersionFact, foreign: string): Promise<number> {
    const { source, loggedModel } = fact;
    const run = fact.run === undefined ? undefined : (places.run(fact.run) ?? fact.run);
    const tags: Pairs = [...fact.tags, [FROM, places.from], [ID, foreign]];
    return target.createVersion({
      model: fact.model,
      source: sourceOf(source),
      run: 'run' in source ? undefined : run,
      loggedModel: loggedModel === undefined ? undefined : loggedModels.get(loggedModel),
      description: fact.description,
      tags,
    });
  }

  function sourceOf(source: VersionFact['source']): string {
    const below = (path: string): string => (path === '' ? '' : `/${path}`);
    if ('elsewhere' in source) return source.elsewhere;
    if ('run' in source) return `runs:/${places.run(source.run) ?? source.run}${below(source.path)}`;
    return `models:/${loggedModels.get(source.loggedModel) ?? source.loggedModel}${below(source.path)}`;
  }
}

async function orMissing<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof TreadleError && error.kind === 'missing') return undefined;
    throw error;
  }
}
