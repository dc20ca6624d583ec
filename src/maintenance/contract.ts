import { Type, type Static } from 'typebox';
import { endpoint, Millis, Page, Strict } from '../platform/http/contract.ts';

const DAY = 24 * 60 * 60 * 1000;

export const verifyStore = endpoint({
  method: 'GET',
  path: '/api/v1/store/verify',
  action: 'server:admin',
  summary: 'Read every stored byte, and name what is damaged or gone',
  description:
    'Server-sent events: `progress` along the way (blobs and bytes read, and of how many), `damaged` for each blob whose bytes are not its own (hash, size, pack, reason, used_by: every noun that names it), and `done` at the end (blobs, bytes, damaged).',
  response: 'events',
});

export const CollectRequest = Strict({
  dry_run: Type.Optional(Type.Boolean({ description: 'Remove nothing, only say what would go.' })),
  grace_ms: Type.Optional(
    Type.Integer({
      minimum: 60 * 60 * 1000,
      maximum: 3650 * DAY,
      description:
        'What was deleted, sent or asked for within this many milliseconds stays. A day unless said; an hour at least, since what is under way has not said yet what it needs.',
    }),
  ),
  compact: Type.Optional(
    Type.Boolean({
      description:
        'Rewrite every pack that holds a byte which nobody needs, not only those with a fifth of them.',
    }),
  ),
});
export type CollectRequest = Static<typeof CollectRequest>;

export const collectStore = endpoint({
  method: 'POST',
  path: '/api/v1/store/gc',
  action: 'server:admin',
  summary: 'Give back the space of what nobody needs any more',
  description:
    'Server-sent events: `progress` (stage, blobs, bytes) and `done` at the end: what is used, what was removed, what is kept for its age, and the bytes that the disk got back; or `failed` (kind, message, hint, code).',
  body: CollectRequest,
  response: 'events',
});

const Space = Type.Object({
  noun: Type.String({ description: 'Kind of noun: dataset versions, runs, logged models, executions.' }),
  blobs: Type.Integer(),
  bytes: Type.Integer({ description: 'As handed in.' }),
  stored: Type.Integer({ description: 'On disk.' }),
});

export const StoreSpace = Type.Object({
  nouns: Type.Array(Space, { description: 'Blobs that several kinds share count with each of them.' }),
  all: Type.Object({ blobs: Type.Integer(), bytes: Type.Integer(), stored: Type.Integer() }),
  pinned: Type.Object(
    { blobs: Type.Integer(), stored: Type.Integer() },
    { description: 'Named by nobody, and pinned: gc keeps it until it is unpinned.' },
  ),
  orphaned: Type.Object(
    { blobs: Type.Integer(), stored: Type.Integer() },
    { description: 'Named by nobody, and not pinned: gc removes it once its grace period is over.' },
  ),
  missing: Type.Array(Type.Object({ hash: Type.String(), noun: Type.String() }), {
    description: 'Named, and not stored; the first hundred.',
  }),
  broken: Type.Array(Type.Object({ hash: Type.String(), by: Type.String(), reason: Type.String() }), {
    description: 'Lists of files that cannot be read; what they name may be counted as orphaned.',
  }),
});
export type StoreSpace = Static<typeof StoreSpace>;

export const storeSpace = endpoint({
  method: 'GET',
  path: '/api/v1/store/space',
  action: 'server:admin',
  summary: 'Say what takes the space, by kind of noun',
  response: StoreSpace,
});

const Hash = Type.String({ pattern: '^[0-9a-f]{64}$', description: 'BLAKE3 of the content.' });

const PinnedAs = Type.String({
  minLength: 1,
  maxLength: 300,
  description:
    'What the blobs are the content of, as people write it: `flights@v3`. Names of each workspace are its own.',
});

export const Pin = Type.Object(
  {
    of: Type.Optional(PinnedAs),
    hash: Type.Optional(Type.String({ description: 'Of a blob that was pinned by its hash.' })),
    workspace: Type.Optional(Type.String({ description: 'Whose name `of` is.' })),
    blobs: Type.Integer({ description: 'How many are pinned so.' }),
    bytes: Type.Integer({ description: 'Of their content, together.' }),
    reason: Type.String({ description: 'Why.' }),
    created_at: Millis('When it was pinned.'),
    created_by: Type.String({ description: 'Who pinned it.' }),
  },
  { description: 'What gc keeps whoever deletes it: all that was pinned under one name, or one blob.' },
);
export type Pin = Static<typeof Pin>;

export const listPins = endpoint({
  method: 'GET',
  path: '/api/v1/store/pins',
  action: 'server:admin',
  summary: 'List what gc keeps whoever needs it, the newest first',
  query: Strict({
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000, description: '100 unless said.' })),
    page: Type.Optional(Type.String({ maxLength: 200, description: 'The `next` of the page before.' })),
  }),
  response: Page(Pin),
});

export const PinRequest = Strict({
  hashes: Type.Array(Hash, { minItems: 1, maxItems: 5000 }),
  of: Type.Optional(PinnedAs),
  reason: Type.String({
    minLength: 1,
    maxLength: 500,
    description: 'Why; who reads the pins later wants to know.',
  }),
});
export type PinRequest = Static<typeof PinRequest>;

export const pinBlobs = endpoint({
  method: 'POST',
  path: '/api/v1/store/pins',
  action: 'server:admin',
  summary: 'Keep blobs from gc until they are unpinned',
  description:
    'All of them or, when one is not stored, none. A pin keeps the bytes; what was pinned before under the same name keeps its reason.',
  body: PinRequest,
  response: Type.Object({ pinned: Type.Integer({ description: 'How many were not pinned so before.' }) }),
});

export const unpin = endpoint({
  method: 'DELETE',
  path: '/api/v1/store/pins',
  action: 'server:admin',
  summary: 'Leave all that was pinned under a name to gc again, also when what it names is gone',
  query: Strict({ of: PinnedAs }),
  response: Type.Object({ blobs: Type.Integer() }),
});

export const unpinBlob = endpoint({
  method: 'DELETE',
  path: '/api/v1/store/pins/:hash',
  action: 'server:admin',
  summary: 'Leave a blob that was pinned by its hash to gc again',
  params: Strict({ hash: Hash }),
  response: Type.Object({ hash: Hash }),
});
