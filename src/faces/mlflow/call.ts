import { Type } from 'typebox';
import { createTurns } from '../../platform/aside/index.ts';
import { invalid } from '../../platform/errors/index.ts';
import type { Ctx } from '../../platform/ctx/index.ts';
import { endpoint, type About, type Action, type Method } from '../../platform/http/contract.ts';
import { route, type Endpoint, type Input, type Route } from '../../platform/http/index.ts';
import { fieldOf, type Reader } from './message.ts';
import { Verbatim } from './verbatim.ts';

const Anything = Type.Object({}, { additionalProperties: true });
const MIB = 1024 * 1024;

export interface Call<T> {
  method: Method;
  /** Which API version the client asks for it under. */
  version: '2.0' | '3.0';
  /** After the version: `/mlflow/runs/create`; `:names` join the request's fields. */
  path: string;
  action: Action;
  /** What it is about: fields of the request, as `request` reads them. */
  about?: readonly About[];
  summary: string;
  request: Reader<T>;
  /** Fields under an older name, taken when the newer is absent. */
  older?: Readonly<Record<string, string>>;
  /** Its client looks for lists that are empty, too. */
  whole?: boolean;
  /** Largest body in bytes; 32 MiB unless said. */
  maxBody?: number;
  /** Its answer is sent without unset and empty fields. `host` is how the caller addresses this server. */
  answer(ctx: Ctx, request: T, host: string | undefined): Promise<object | void>;
}

type Parts = Pick<Input<Endpoint>, 'params' | 'query'> & { body: unknown };

/** One declaration, two addresses: `/api/…` for clients and `/ajax-api/…` for pages. */
export function call<T>(declared: Call<T>): Route[] {
  return ['api', 'ajax-api'].map((twin) => {
    const { method, version, path, action, about, summary, maxBody = 32 * MIB } = declared;
    const asked = endpoint({
      method,
      path: `/${twin}/${version}${path}`,
      action,
      about,
      summary,
      params: Anything,
      query: Anything,
      // MLflow's own server reads the body of a GET as well.
      body: Type.Unknown(),
      response: Type.Unknown(),
      maxBody,
    });
    const readAnew = ({ params, query, body }: Parts): T => {
      const fields: Record<string, unknown> = {
        ...(query as object),
        ...bodyFields(body),
        ...(params as object),
      };
      for (const [older, newer] of Object.entries(declared.older ?? {})) {
        const now = fieldOf(fields, newer);
        if (now === undefined || now === '') fields[newer] = fieldOf(fields, older);
      }
      return declared.request(fields, '');
    };
    /** What the rule was asked about is what the call then answers: a batch of 32 MiB is not read twice. */
    const known = new WeakMap<Parts, { message: T }>();
    const read = (input: Parts): T => {
      const found = known.get(input) ?? { message: readAnew(input) };
      known.set(input, found);
      return found.message;
    };
    const made = route(asked, async (ctx, input) => {
      const said = (await declared.answer(ctx, read(input), input.headers['host'])) ?? {};
      return declared.whole === true ? said : sparse(said);
    });
    return { ...made, message: read };
  });
}

/** Some clients encode the JSON body twice; both readings are the same message. */
function bodyFields(body: unknown): object {
  let value = body;
  if (typeof value === 'string') {
    try {
      value = JSON.parse(value) as unknown;
    } catch {
      throw invalid('the body is a JSON string that does not hold JSON itself', {
        field: 'body',
        hint: 'send a JSON object',
      });
    }
  }
  if (value === undefined || value === null || value === '') return {};
  if (typeof value !== 'object' || Array.isArray(value))
    throw invalid('the body must be a JSON object', { field: 'body', hint: 'send {"field": value}' });
  return value;
}

/** `withoutEmpty` of an answer; a long list of it with turns in between. */
async function sparse(answer: object): Promise<object> {
  const turns = createTurns();
  const kept: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(answer) as Array<[string, unknown]>) {
    if (!Array.isArray(value)) {
      Object.assign(kept, withoutEmpty({ [key]: value }));
      continue;
    }
    const list: unknown[] = [];
    for (const item of value as unknown[]) {
      list.push(withoutEmpty(item));
      const due = turns();
      if (due) await due;
    }
    if (list.length > 0) kept[key] = list;
  }
  return kept;
}

/** What protobuf's JSON leaves out: unset fields and empty lists. Empty text and 0 stay. */
function withoutEmpty(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutEmpty);
  if (typeof value !== 'object' || value === null || value instanceof Verbatim) return value;
  const kept = Object.entries(value).filter(
    ([, one]) => one !== undefined && one !== null && !(Array.isArray(one) && one.length === 0),
  );
  return Object.fromEntries(kept.map(([key, one]) => [key, withoutEmpty(one)]));
}
