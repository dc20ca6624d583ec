import { Type, type Static, type TObject, type TProperties, type TSchema } from 'typebox';

/** Imported by every room's `contract.ts`, and so by the UI: nothing of Node in here. */

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/**
 * What the caller needs: `noun:read` (viewer), `noun:write` (editor), `noun:approve` (approver), `noun:admin` (admin), `noun:own` (a
 * person who signed in, for what is theirs alone), or `public`.
 */
export type Action = `${string}:${'read' | 'write' | 'approve' | 'admin' | 'own'}` | 'public';

/**
 * What a route is about, so that a grant on that thing opens it, too: every one that is named must be open to the caller. `field`: where
 * its name stands, the very value that the handler uses; dots lead into objects, `{}` to the names of their fields, and the empty text is the whole. `verb`: what the
 * caller needs of that thing, where it is not what the route itself needs. `any`: the caller needs it of some thing of the kind.
 * `listed`: where none is named, the handler shows to each what they may see. A route that says nothing is opened by roles alone.
 */
export type About =
  | {
      kind: string;
      in: 'params' | 'query' | 'body' | 'message';
      field: string;
      verb?: 'read' | 'write';
      /** Where it is not said, the others decide. */
      optional?: true;
    }
  | { kind: string; any: true }
  | { kind: string; listed: true };

/** About what the address names: `/models/:model`. */
export const named = (kind: string): About => ({ kind, in: 'params', field: kind });

/** A list of things of a kind, of which each sees theirs. */
export const listed = (kind: string): About => ({ kind, listed: true });

/** An endpoint as data. A route cannot exist without one, so none can exist without its rule. */
export interface Endpoint<
  P extends TSchema = TSchema,
  Q extends TSchema = TSchema,
  B extends TSchema = TSchema,
  R extends TSchema = TSchema,
> {
  method: Method;
  /** `/api/v1/datasets/:dataset`; `*` at the end takes the rest of the path. */
  path: string;
  action: Action;
  about?: readonly About[] | undefined;
  /** One line, imperative: the title in the API docs. */
  summary: string;
  description?: string;
  params: P;
  query: Q;
  /** `bytes`: the body arrives as a stream, whatever its media type. */
  body: B | 'bytes' | undefined;
  /** The body, JSON as the schema says, comes to the handler unread: it is so large that only a thread may read it. */
  unread?: true | undefined;
  /** No quota of requests counts it: what people need to see that one is used up, and to change it. */
  unmetered?: true | undefined;
  /** `bytes`: a download; `events`: server-sent events; `text`: plain text or HTML. */
  response: R | 'bytes' | 'events' | 'text';
  /** Largest body, bytes. Default 1 MiB; streamed bodies have none unless set. */
  maxBody?: number;
}

type None = TObject<{}>;
const none: None = Type.Object({}, { additionalProperties: false });

/** Declares an endpoint; types of params, query, body and response follow from the schemas. */
export function endpoint<
  R extends TSchema | 'bytes' | 'events' | 'text',
  P extends TObject = None,
  Q extends TObject = None,
  B extends TSchema | 'bytes' | undefined = undefined,
  U extends true | undefined = undefined,
>(definition: {
  method: Method;
  path: string;
  action: Action;
  about?: readonly About[] | undefined;
  unmetered?: true | undefined;
  summary: string;
  description?: string;
  params?: P;
  query?: Q;
  body?: B;
  unread?: U;
  response: R;
  maxBody?: number;
}): {
  method: Method;
  path: string;
  action: Action;
  about?: readonly About[] | undefined;
  unmetered?: true | undefined;
  summary: string;
  description?: string;
  params: P;
  query: Q;
  body: B;
  unread: U;
  response: R;
  maxBody?: number;
} {
  // An endpoint without params or query takes the empty object, which is what P and Q default to.
  const { params = none as unknown as P, query = none as unknown as Q, ...rest } = definition;
  return { ...rest, params, query, body: definition.body as B, unread: definition.unread as U };
}

/** An object that refuses fields it does not know. */
export const Strict = <T extends TProperties>(properties: T, options: object = {}) =>
  Type.Object(properties, { additionalProperties: false, ...options });

/** Values by names: one whose name has not the form of `key` is refused, and not let through unread. */
export const Dictionary = <K extends TSchema, V extends TSchema>(key: K, value: V, options: object = {}) =>
  Type.Record(key, value, { additionalProperties: false, ...options });

/** The frame of every list: items and, when there are more, the token for the next page. */
export const Page = <T extends TSchema>(item: T) =>
  Type.Object({
    items: Type.Array(item),
    next: Type.Optional(
      Type.String({ description: 'Hand it back as `page` to get the next page; absent on the last.' }),
    ),
  });

export const Millis = (description: string) =>
  Type.Integer({ minimum: 0, description: `${description} Milliseconds since 1970, UTC.` });

/** What every error of the native API looks like. */
export const ErrorBody = Type.Object({
  error: Type.Object({
    kind: Type.String({
      description:
        'invalid, unauthenticated, forbidden, missing, conflict, too-large, limited, unavailable or internal.',
    }),
    message: Type.String({ description: 'What was wrong.' }),
    field: Type.Optional(Type.String({ description: 'The field of the request that is wrong.' })),
    hint: Type.Optional(Type.String({ description: 'What to do next.' })),
    code: Type.Optional(Type.String()),
    request_id: Type.String({ description: 'Names this request in the server log.' }),
  }),
});
export type ErrorBody = Static<typeof ErrorBody>;
