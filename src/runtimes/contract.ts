import { Type, type Static } from 'typebox';
import { endpoint, Millis, named, Strict } from '../platform/http/contract.ts';

export const ConversionState = Type.Union(
  [
    Type.Literal('none'),
    Type.Literal('offered'),
    Type.Literal('queued'),
    Type.Literal('running'),
    Type.Literal('kept'),
    Type.Literal('refused'),
    Type.Literal('failed'),
  ],
  {
    description:
      'none: nothing to convert; offered: it could be, and nobody asked; kept: its answers agree, and endpoints use it; refused: it could be made, but its answers differ; failed: it could not be made.',
  },
);
export type ConversionState = Static<typeof ConversionState>;

export const Conversion = Type.Object(
  {
    model: Type.String(),
    version: Type.Integer({ minimum: 1 }),
    version_ref: Type.String({ description: 'Its name in the ledger: `model_version:flights/3`.' }),
    state: ConversionState,
    reason: Type.Optional(
      Type.String({ description: 'Why there is nothing to convert, or why it was not kept.' }),
    ),
    largest_difference: Type.Optional(
      Type.Number({
        description: 'Largest difference of an answer, relative above 1; the bar is `tolerance`.',
      }),
    ),
    tolerance: Type.Number({ description: 'The largest difference that is kept.' }),
    rows: Type.Optional(Type.Integer({ description: 'Rows that the model was asked, of all kinds.' })),
    probes: Type.Optional(
      Type.Record(
        Type.String(),
        Type.Object({
          rows: Type.Integer({ description: 'Rows asked.' }),
          refused: Type.Integer({
            description: 'Of them refused by the model itself; the ONNX form must refuse them, too.',
          }),
        }),
        {
          description:
            'Kinds of rows that both forms were asked: the `example`, random rows `around` it, values on and beside a `threshold`, `training` rows that the model keeps, `missing`, `infinite`, `extreme` and `large` numbers, each known `category`, `unseen text`, `empty text`, `other text`, and optional inputs `left out`. A kind that the inputs cannot express is not there.',
        },
      ),
    ),
    size: Type.Optional(Type.Integer({ description: 'Bytes of the ONNX file.' })),
    tools: Type.Optional(
      Type.Record(Type.String(), Type.String(), {
        description: 'What it was made with, and in which precision.',
      }),
    ),
    created_at: Type.Optional(Millis('When it was asked for.')),
    created_by: Type.Optional(Type.String()),
    ended_at: Type.Optional(Millis('When it was kept, refused or failed.')),
  },
  {
    description:
      'The ONNX form of a scikit-learn model: much quicker, and kept only when it answers the same.',
  },
);
export type Conversion = Static<typeof Conversion>;

const OneVersion = Strict({
  model: Type.String({ minLength: 1, maxLength: 256, description: 'Name of a registered model.' }),
  version: Type.String({ maxLength: 260, description: 'A number, `latest`, or `@alias`.' }),
});

export const getConversion = endpoint({
  method: 'GET',
  path: '/api/v1/models/:model/versions/:version/conversion',
  action: 'model:read',
  about: [named('model')],
  summary: 'Say whether a version has an ONNX form, and how far its answers agree',
  params: OneVersion,
  response: Conversion,
});

export const convertVersion = endpoint({
  method: 'POST',
  path: '/api/v1/models/:model/versions/:version/conversion',
  action: 'model:write',
  about: [named('model')],
  summary: 'Convert a scikit-learn version to ONNX, again if it was tried before',
  description: 'Answers at once; the work is a job. Endpoints that are live stay as they are.',
  params: OneVersion,
  response: Conversion,
});

export const getConversionFile = endpoint({
  method: 'GET',
  path: '/api/v1/models/:model/versions/:version/conversion/file',
  action: 'model:read',
  about: [named('model')],
  summary: 'Download the ONNX form of a version, where one was kept',
  params: OneVersion,
  response: 'bytes',
});
