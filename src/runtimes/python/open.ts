import { outwardMessageOf } from '../../platform/errors/index.ts';
import type { Log } from '../../platform/log/index.ts';
import { limitTime, type Processes } from '../../platform/processes/index.ts';
import { ModelFault, type Body, type LoadedModel, type ModelPlace, type ModelSpec } from '../model.ts';
import { tryBatches, untried, type Batching } from '../spec/batches.ts';
import { describeFolder, type Description } from '../spec/describe.ts';
import { emptySample, exampleTensors, readExample } from '../spec/example.ts';
import { supervise } from '../supervise.ts';
import type { Tensor, TensorSpec } from '../tensor.ts';
import type { ToHost } from './frames.ts';
import { startPythonHost, type Early, type PythonHost } from './python-host.ts';

/** What a host is asked before it counts as ready. */
interface Sample {
  tensors?: readonly Tensor[];
  /** Made up by us: its failure says nothing. */
  invented?: boolean;
  json?: unknown;
}

/** A model in Python processes of its own. Resolves when the first one has loaded it and answered its sample. */
export async function openPython(
  place: ModelPlace,
  { processes, log: parent }: { processes: Processes; log: Log },
): Promise<LoadedModel> {
  const log = parent.child({ model: place.key });
  const described = await describeFolder(place.folder);
  const said = described.inputs;
  const inputs = said && said.kind !== 'nested' ? said.specs : [];
  const load: Extract<ToHost, { op: 'load' }> = {
    op: 'load',
    folder: place.folder,
    kind: inputs.length === 0 ? 'none' : said?.kind === 'tensors' ? 'tensors' : 'columns',
    named: said?.named ?? false,
    ...(described.python === undefined ? {} : { recorded: described.python }),
    inputs: inputs.map(({ name, datatype, column }) => ({
      name,
      datatype,
      ...(column === undefined ? {} : { column }),
    })),
  };
  const example = await readExample(place.folder, described.examples);
  const own = exampleTensors(example, inputs);
  const sample: Sample =
    inputs.length === 0
      ? example === undefined
        ? {}
        : { json: example }
      : { tensors: own ?? emptySample(inputs), invented: own === undefined };

  const bear = (): Promise<{ host: PythonHost; learnt: Learnt }> =>
    withinLimit(place.limits.load, async (early) => {
      const heard = (text: string): void => log.debug('a model says', { text: text.slice(0, 2000) });
      const host = await startPythonHost(place, load, { processes, heard }, early);
      try {
        return { host, learnt: await prove(host, sample, log) };
      } catch (error) {
        await host.close();
        throw error;
      }
    });

  const began = performance.now();
  const first = await bear();
  const { learnt } = first;
  const tried = await joinTrial(first.host, { learnt, inputs, own, params: described.params, place });
  // Made-up rows may be too much for a model that takes its own: then another host answers, one question at a time.
  if (tried.lost) await first.host.close();
  const host = tried.lost ? (await bear()).host : first.host;
  const { joined, ...batching } = tried.batching;
  const spec: ModelSpec = {
    platform: 'mlflow_pyfunc',
    inputs,
    outputs: learnt.answers
      ? outputsOf(learnt.answers, sample.tensors ?? [], described)
      : saidOutputs(described),
    params: described.params,
    ...(learnt.returns ? { returns: learnt.returns } : {}),
    batchable: joined,
    batching,
    ...(own ? { sample: own } : {}),
  };
  const loaded = { ms: performance.now() - began, sample_ms: learnt.ms };
  // A model that names its answers is believed: by place, a frame of another order than the signature's would change its values.
  const names = spec.outputs.map(({ name }) => name);
  const rename = (outputs: Tensor[]): Tensor[] =>
    outputs.length === names.length && outputs.every(isUnnamed)
      ? outputs.map((tensor, i) => (tensor.name === names[i] ? tensor : { ...tensor, name: names[i]! }))
      : outputs;

  const supervisor = supervise(host, {
    slots: place.limits.hosts,
    deadline: place.limits.predict,
    start: async () => (await bear()).host,
    warn: (message, fields) => log.warn(message, fields),
  });
  return {
    place,
    spec,
    loaded,
    get ready() {
      return supervisor.ready;
    },
    run: (given, options = {}) => supervisor.ask((one) => one.run(given, options.params)).then(rename),
    ...(inputs.length === 0
      ? {
          runJson: (body: Body, options: { params?: Record<string, unknown> } = {}) =>
            supervisor.ask(
              (one) =>
                one.runJson?.(body, options.params) ?? Promise.reject(new ModelFault('it takes no JSON')),
            ),
        }
      : {}),
    onCrash: supervisor.onCrash,
    close: supervisor.close,
  };
}

/** How long the trial of joined rows may take, ms. It is part of loading, and not what the model is loaded for. */
const TRIAL_MS = 10_000;

/** Whether callers' rows may be joined; `lost`: the trial ended the host. */
async function joinTrial(
  host: PythonHost,
  {
    learnt,
    inputs,
    own,
    params,
    place,
  }: {
    learnt: Learnt;
    inputs: readonly TensorSpec[];
    own: readonly Tensor[] | undefined;
    params: ModelSpec['params'];
    place: ModelPlace;
  },
): Promise<{ batching: Batching; lost?: boolean }> {
  if (inputs.length === 0) return { batching: untried('it has no signature of columns or tensors') };
  if (params.length > 0) return { batching: untried('it takes parameters, which differ from call to call') };
  const fixed = inputs.find(({ shape }) => shape[0] !== -1);
  if (fixed) return { batching: untried(`the first dimension of input '${fixed.name}' is fixed`) };
  if (!own || !learnt.answers)
    return {
      batching: untried(
        'it brought no input example that fits its signature, and rows that are made up prove nothing',
      ),
    };
  const late = setTimeout(
    () => host.kill(`the trial of joined rows did not end within ${TRIAL_MS / 1000} s`),
    TRIAL_MS * 2,
  );
  try {
    return {
      batching: await tryBatches((rows) => host.run(rows), own, inputs, {
        most: place.limits.batch,
        ms: TRIAL_MS,
        nulls: true,
      }),
    };
  } catch (error) {
    return {
      batching: untried(
        `the trial of joined rows ended the model’s process: ${outwardMessageOf(error).slice(0, 300)}`,
      ),
      lost: true,
    };
  } finally {
    clearTimeout(late);
  }
}

interface Learnt {
  ms: number;
  answers?: Tensor[];
  returns?: NonNullable<ModelSpec['returns']>;
}

/** Ready only when the sample passes; one that we made up may fail, since the model never promised to take it. */
async function prove(host: PythonHost, sample: Sample, log: Log): Promise<Learnt> {
  try {
    if (sample.json !== undefined) {
      const body: Body = { media: 'json', bytes: Buffer.from(JSON.stringify(sample.json)) };
      await host.runJson(body);
      const start = performance.now();
      await host.runJson(body);
      return { ms: performance.now() - start };
    }
    if (!sample.tensors) return { ms: 0 };
    await host.run(sample.tensors); // the first call imports and allocates
    const start = performance.now();
    const { outputs, returns } = await host.ask(sample.tensors);
    return { ms: performance.now() - start, answers: outputs, returns };
  } catch (error) {
    if (error instanceof ModelFault && error.retriable) throw error;
    if (!sample.invented)
      throw new ModelFault(`the model does not take its own input example: ${outwardMessageOf(error)}`, {
        cause: error,
      });
    log.warn('a model without an input example could not be warmed', { problem: outwardMessageOf(error) });
    return { ms: 0 };
  }
}

/** Names from the signature where it names as many; kinds from what really came; an open first length where it follows the rows. */
function outputsOf(
  answers: readonly Tensor[],
  sample: readonly Tensor[],
  described: Description,
): TensorSpec[] {
  const said = described.outputs;
  const names =
    said?.named && said.specs.length === answers.length && answers.every(isUnnamed)
      ? said.specs.map(({ name }) => name)
      : undefined;
  const rows = sample[0]?.shape[0];
  return answers.map((tensor, i) => ({
    name: names?.[i] ?? tensor.name,
    datatype: tensor.datatype,
    shape: tensor.shape.map((length, at) => (at === 0 && length === rows ? -1 : length)),
  }));
}

/** An array that came without a name of the model's own. */
const isUnnamed = ({ name }: Tensor, index: number): boolean => name === `output-${index}`;

const saidOutputs = ({ outputs }: Description): readonly TensorSpec[] =>
  outputs && outputs.kind !== 'nested' ? outputs.specs : [];

/** Loading has one limit for all of it, of processor time; what is late is killed, which makes it fail. */
async function withinLimit<T>(ms: number, work: (early: (host: Early) => void) => Promise<T>): Promise<T> {
  let host: Early | undefined;
  const used = (): number | undefined => (host ? host.cpuMs() : 0);
  const done = limitTime({ ms, used }, (limit) =>
    host?.kill(`loading took longer than its limit of ${limit}`),
  );
  try {
    return await work((one) => (host = one));
  } finally {
    done();
  }
}
