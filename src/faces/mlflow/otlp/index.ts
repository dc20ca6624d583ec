import { promisify } from 'node:util';
import zlib from 'node:zlib';
import type { Readable } from 'node:stream';
import { readJsonAside } from '../../../platform/bodies/index.ts';
import { invalid, TreadleError } from '../../../platform/errors/index.ts';
import { endpoint } from '../../../platform/http/contract.ts';
import { route, type Endpoint, type Input, type Route } from '../../../platform/http/index.ts';
import { linkToRun, logSpans, type Refused } from '../../../traces/index.ts';
import { readJsonRequest } from './json.ts';
import { partialSuccess, readProtobuf } from './protobuf.ts';
import { MalformedError } from './reader.ts';
import type { ReceivedSpans } from './received.ts';

const EXPERIMENT = 'x-mlflow-experiment-id';
const RUN = 'x-mlflow-run-id';
const MIB = 1024 * 1024;
const LARGEST = 64 * MIB;
/** Of a body once it is unpacked. */
const UNPACKED = 128 * MIB;
/** Larger JSON is read in a thread. */
const ASIDE = 512 * 1024;

const exportTraces = endpoint({
  method: 'POST',
  path: '/v1/traces',
  action: 'run:write',
  about: [{ kind: 'experiment', in: 'message', field: 'experiment_id' }],
  summary: 'Take spans of traces: OTLP over HTTP',
  description: `An ExportTraceServiceRequest as protobuf or JSON, plain or in gzip or deflate. The header ${EXPERIMENT} says the experiment; ${RUN} a run that the traces belong to. All spans are kept, or none, but for those of a trace that is full: the answer counts these as rejected_spans, and says why.`,
  body: 'bytes',
  response: 'bytes',
  maxBody: LARGEST,
});

const message = ({ headers }: Pick<Input<Endpoint>, 'headers'>) => ({ experiment_id: headers[EXPERIMENT] });

const take = route(exportTraces, async (ctx, { headers, body }) => {
  const experiment = headers[EXPERIMENT];
  if (experiment === undefined)
    throw new TreadleError('invalid', `the header ${EXPERIMENT} is missing`, {
      field: EXPERIMENT,
      hint: 'send it with the id of the experiment that the traces belong to',
      code: 'unprocessable',
    });
  const type = headers['content-type']?.split(';')[0]?.trim().toLowerCase();
  if (type !== 'application/x-protobuf' && type !== 'application/json')
    throw invalid(
      `Invalid Content-Type: ${headers['content-type'] ?? 'None'}. Expected: application/x-protobuf or application/json`,
      { field: 'content-type', code: 'media-type' },
    );
  const bytes = await unpacked(await whole(body), headers['content-encoding']);
  const { batches, rooted } = await read(bytes, type === 'application/json');
  if (batches.length === 0)
    throw invalid('Invalid OpenTelemetry format - no spans found', {
      field: 'body',
      hint: 'send an ExportTraceServiceRequest with spans in it',
      code: 'media-type',
    });
  const refused = await logSpans(ctx, experiment, batches);
  const run = headers[RUN];
  const full = new Set(refused.map(({ trace }) => trace));
  const kept = rooted.filter((trace) => !full.has(trace));
  if (run !== undefined && kept.length > 0) await link(kept, run);
  return answerOf(refused, type);

  /** The spans are kept already: that a run is not there is no reason to have them sent again. */
  async function link(traces: readonly string[], to: string): Promise<void> {
    try {
      for (let start = 0; start < traces.length; start += 100)
        await linkToRun(ctx, traces.slice(start, start + 100), to);
    } catch (error) {
      if (!(error instanceof TreadleError)) throw error;
      ctx.log.warn('traces could not be linked to a run', { run: to, why: error.message });
    }
  }
});

/** An answer without fields: all were taken. */
function answerOf(refused: readonly Refused[], type: string): { stream: Uint8Array; type: string } {
  if (refused.length === 0) return { stream: new Uint8Array(), type: 'application/x-protobuf' };
  const spans = refused.reduce((sum, one) => sum + one.spans, 0);
  const text = `${refused[0]!.why}; begin another trace, or log less${refused.length > 1 ? `; and ${refused.length - 1} more` : ''}`;
  return type === 'application/json'
    ? {
        stream: Buffer.from(
          JSON.stringify({ partialSuccess: { rejectedSpans: String(spans), errorMessage: text } }),
        ),
        type,
      }
    : { stream: partialSuccess(spans, text), type };
}

async function whole(body: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of body as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks);
}

const gunzip = promisify<Buffer, zlib.ZlibOptions, Buffer>(zlib.gunzip);
const inflate = promisify<Buffer, zlib.ZlibOptions, Buffer>(zlib.inflate);
const inflateRaw = promisify<Buffer, zlib.ZlibOptions, Buffer>(zlib.inflateRaw);

async function unpacked(body: Buffer, encoding: string | undefined): Promise<Buffer> {
  const limit = { maxOutputLength: UNPACKED };
  switch (encoding?.toLowerCase()) {
    case undefined:
    case '':
    case 'identity':
      return body;
    case 'gzip':
      return gunzip(body, limit).catch(notPacked('gzip'));
    case 'deflate':
      // Some send it without the frame that it should have.
      return inflate(body, limit).catch(() => inflateRaw(body, limit).catch(notPacked('deflate')));
    default:
      throw invalid(`Unsupported Content-Encoding: ${encoding ?? ''}`, {
        field: 'content-encoding',
        hint: 'send gzip, deflate or none',
        code: 'media-type',
      });
  }
}

const notPacked =
  (encoding: string) =>
  (error: unknown): never => {
    if (error instanceof RangeError)
      throw new TreadleError(
        'too-large',
        `the body is larger than ${UNPACKED / MIB} MiB once it is unpacked`,
        {
          field: 'body',
          hint: 'send fewer spans at once',
        },
      );
    throw invalid(`Failed to decompress ${encoding} payload`, {
      field: 'body',
      hint: 'compress the body as content-encoding says',
      code: 'media-type',
    });
  };

async function read(bytes: Buffer, json: boolean): Promise<ReceivedSpans> {
  try {
    if (!json) return await readProtobuf(bytes);
    if (bytes.length > ASIDE) return await readJsonRequest(await readJsonAside([bytes]));
    return await readJsonRequest(JSON.parse(bytes.toString('utf8')));
  } catch (error) {
    if (!(error instanceof MalformedError) && !(error instanceof SyntaxError)) throw error;
    throw invalid(`Invalid OpenTelemetry format: ${error.message}`, {
      field: 'body',
      hint: 'send an ExportTraceServiceRequest in the encoding that content-type says',
      code: 'media-type',
    });
  }
}

export const otlpRoutes: Route[] = [{ ...take, message }];
