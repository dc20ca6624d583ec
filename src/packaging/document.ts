import { Type, type Static } from 'typebox';
import { Check, Errors } from 'typebox/value';
import { invalid } from '../platform/errors/index.ts';

/** The files that a package adds to those of the model. */
export const DOCUMENT = 'treadle/package.json';
export const SAMPLES = 'treadle/samples.json';
export const LINEAGE = 'treadle/lineage.json';
export const LOCK = 'treadle/environment.lock';
export const LICENSE = 'LICENSE';
/** Under it lie the files of the model version. */
export const MODEL = 'model';

const JsonTensor = Type.Object({
  name: Type.String(),
  datatype: Type.String(),
  shape: Type.Array(Type.Integer({ minimum: 0 })),
  data: Type.Array(Type.Unknown(), { description: 'Row-major; as in the Open Inference Protocol.' }),
});
export type JsonTensor = Static<typeof JsonTensor>;

export const Sample = Type.Object(
  {
    inputs: Type.Array(JsonTensor),
    outputs: Type.Array(JsonTensor, { description: 'What the model answered when it was packaged.' }),
  },
  { description: 'A request with its answer.' },
);
export type Sample = Static<typeof Sample>;

const Field = Type.Object({
  name: Type.String(),
  datatype: Type.String(),
  shape: Type.Array(Type.Integer({ minimum: -1 })),
});

export const PackageDocument = Type.Object(
  {
    format: Type.Literal('treadle-package-1'),
    model: Type.String({ minLength: 1, maxLength: 256 }),
    version: Type.Integer({ minimum: 1 }),
    /** Over the paths and bytes of all its files, as the registry says it. */
    digest: Type.Optional(Type.String()),
    created_at: Type.Integer({ minimum: 0, description: 'When the version was registered, ms since 1970.' }),
    runtime: Type.Object(
      {
        kind: Type.Union([Type.Literal('onnx'), Type.Literal('python')]),
        file: Type.Optional(Type.String({ description: 'The ONNX file among those of the model.' })),
        python: Type.Optional(Type.String({ description: 'Version of Python: 3.12.' })),
      },
      { description: 'What loads it.' },
    ),
    signature: Type.Object({ inputs: Type.Array(Field), outputs: Type.Array(Field) }),
    samples: Type.Integer({ minimum: 0, description: 'Requests in treadle/samples.json.' }),
    license: Type.Optional(Type.String({ description: 'SPDX expression.' })),
  },
  { description: 'What a package is.' },
);
export type PackageDocument = Static<typeof PackageDocument>;

export const readDocument = (bytes: Buffer): PackageDocument => {
  const value = parse(bytes, DOCUMENT);
  if (Check(PackageDocument, value)) return value;
  const [first] = Errors(PackageDocument, value);
  throw invalid(
    `${DOCUMENT} is not one that this version reads: ${first?.instancePath ?? ''} ${first?.message ?? ''}`.trim(),
    { field: 'package', hint: 'package the model again with this version of Treadle' },
  );
};

export function readSamples(bytes: Buffer): Sample[] {
  const value = parse(bytes, SAMPLES);
  if (Check(Type.Array(Sample), value)) return value;
  throw invalid(`${SAMPLES} is no list of requests with answers`, { field: 'package' });
}

export function parse(bytes: Buffer, file: string): unknown {
  try {
    return JSON.parse(bytes.toString('utf8')) as unknown;
  } catch {
    throw invalid(`${file} of the package is not JSON`, { field: 'package' });
  }
}
