import { existsSync } from 'node:fs';
import path from 'node:path';
import { conflict } from '../platform/errors/index.ts';
import type { Log } from '../platform/log/index.ts';
import type { Processes } from '../platform/processes/index.ts';
import { openModel, type ModelPlace, type TensorSpec } from '../runtimes/index.ts';
import { canonicalJson } from './canonical-json.ts';
import {
  DOCUMENT,
  LICENSE,
  LINEAGE,
  LOCK,
  MODEL,
  SAMPLES,
  type PackageDocument,
  type Sample,
} from './document.ts';
import { writeLayout, type PackageFile } from './layout.ts';
import type { Locked } from './place-folder.ts';
import { takeSamples } from './samples.ts';

/** A model version on this machine, with what is known of it. */
export interface PackageSource {
  model: string;
  version: number;
  created_at: number;
  created_by: string;
  digest?: string;
  description?: string;
  /** Git commit of the code that trained it. */
  commit?: string;
  repository?: string;
  /** How it is loaded here. */
  place: ModelPlace;
  /** Its files, by path in the model. */
  files: ReadonlyArray<{ path: string; file: string }>;
  lineage: object;
  /** Of a Python model: exact packages, and the version of Python. */
  environment?: Locked;
  /** SPDX expression, and the text of the licence. */
  license?: string;
  licenseText?: Buffer;
}

export interface Built {
  folder: string;
  digest: string;
  bytes: number;
  files: number;
  samples: number;
}

/** Writes a package. The model is loaded and asked its sample by the runtime that serves it, so what cannot be served is not packaged. */
export async function buildPackage(
  source: PackageSource,
  folder: string,
  { processes, log, say }: { processes: Processes; log: Log; say: (text: string) => void },
): Promise<Built> {
  const target = path.resolve(folder);
  if (existsSync(target))
    throw conflict(`${folder} is there already`, {
      field: 'output',
      hint: 'name another folder with -o, or remove it',
    });
  say('loading the model and asking it its sample');
  const model = await openModel(source.place, { processes, log });
  const { inputs, outputs } = model.spec;
  let samples: Sample[];
  try {
    samples = await takeSamples(model);
  } finally {
    await model.close();
  }
  const { place, environment, license } = source;
  const document: PackageDocument = {
    format: 'treadle-package-1',
    model: source.model,
    version: source.version,
    ...(source.digest === undefined ? {} : { digest: source.digest }),
    created_at: source.created_at,
    runtime: {
      kind: place.runtime,
      ...(place.file === undefined ? {} : { file: place.file }),
      ...(environment ? { python: environment.python } : {}),
    },
    signature: { inputs: inputs.map(field), outputs: outputs.map(field) },
    samples: samples.length,
    ...(license === undefined ? {} : { license }),
  };
  const files: PackageFile[] = [
    ...source.files.map(({ path: name, file }) => ({ path: `${MODEL}/${name}`, from: { file } })),
    { path: DOCUMENT, kind: 'weight.config', from: { bytes: canonicalJson(document) } },
    { path: SAMPLES, kind: 'doc', from: { bytes: canonicalJson(samples) } },
    { path: LINEAGE, kind: 'doc', from: { bytes: canonicalJson(source.lineage) } },
    ...(environment
      ? [{ path: LOCK, kind: 'code' as const, from: { bytes: Buffer.from(environment.lock) } }]
      : []),
    ...(source.licenseText
      ? [{ path: LICENSE, kind: 'doc' as const, from: { bytes: source.licenseText } }]
      : []),
  ];
  say('writing the package');
  const { digest, size } = await writeLayout(target, files, {
    name: `v${source.version}`,
    config: configOf(source),
    annotations: {
      'org.opencontainers.image.title': source.model,
      'org.opencontainers.image.version': `v${source.version}`,
      'org.opencontainers.image.created': time(source.created_at),
      ...(license === undefined ? {} : { 'org.opencontainers.image.licenses': license }),
    },
  });
  return { folder: target, digest, bytes: size, files: files.length, samples: samples.length };
}

/** The words of the CNCF model specification. */
const configOf = (source: PackageSource): object => ({
  descriptor: {
    createdAt: time(source.created_at),
    authors: [source.created_by],
    name: source.model,
    version: `v${source.version}`,
    ...(source.description === undefined ? {} : { description: source.description }),
    ...(source.commit === undefined ? {} : { revision: source.commit }),
    ...(source.repository === undefined ? {} : { sourceURL: source.repository }),
    ...(source.license === undefined ? {} : { licenses: [source.license] }),
  },
  config: { format: source.place.runtime === 'onnx' ? 'onnx' : 'mlflow' },
});

const field = ({ name, datatype, shape }: TensorSpec): PackageDocument['signature']['inputs'][number] => ({
  name,
  datatype,
  shape: [...shape],
});

const time = (ms: number): string => new Date(ms).toISOString();
