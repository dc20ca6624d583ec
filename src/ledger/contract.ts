import { Type, type Static } from 'typebox';
import { endpoint, Millis, Page, Strict } from '../platform/http/contract.ts';

const Hash = (description: string) =>
  Type.String({ pattern: '^[0-9a-f]{64}$', description: `${description} SHA-256, hex.` });
const Seq = (description: string) =>
  Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER, description });

export const Edge = Type.Object({
  from: Type.String({ description: '`noun:id`.' }),
  to: Type.String({ description: '`noun:id`.' }),
  relation: Type.String({
    description:
      'The verb from the side of `from`: read, produced, trained-by, derived-from, registered-from.',
  }),
});

export const Entry = Type.Object(
  {
    seq: Seq('Place in the ledger, from 0: the index of its leaf in the Merkle tree.'),
    time: Millis('When the change was made.'),
    action: Type.String({ description: 'What was done, in the past tense: `dataset_version.committed`.' }),
    resource: Type.String({ description: 'What was changed: `noun:id`.' }),
    actor: Type.Object(
      {
        kind: Type.String({ description: 'owner, user, service, token or system.' }),
        id: Type.String({ description: 'Of the person, or of the token.' }),
        name: Type.String({
          description: 'Of a person their id, as the ledger keeps it, also where they used a token.',
        }),
        person: Type.Optional(
          Type.String({
            description: 'What the person or service is called now; absent where they are removed.',
          }),
        ),
        token: Type.Optional(Type.String({ description: 'What the token is called that was used.' })),
      },
      { description: 'Who did it.' },
    ),
    request_id: Type.String(),
    before: Type.Optional(Type.Unknown({ description: 'State before the change, or its digest.' })),
    after: Type.Optional(Type.Unknown({ description: 'State after the change, or its digest.' })),
    reason: Type.Optional(Type.String({ description: 'Why, as its author wrote it.' })),
    edges: Type.Optional(Type.Array(Edge, { description: 'The lineage that the change made.' })),
    leaf: Hash('Leaf hash of the entry.'),
  },
  { description: 'One change: who did what to which thing, when and why.' },
);
export type Entry = Static<typeof Entry>;

export const Checkpoint = Type.Object(
  {
    size: Seq('Entries in the tree.'),
    root: Hash('Root of the tree.'),
    checkpoint: Type.String({
      description:
        'C2SP signed note over log name, size and root. Keep a copy elsewhere: it shows later that nothing was rewritten.',
    }),
    public_key: Type.String({ description: 'Ed25519 public key of the log, PEM.' }),
  },
  { description: 'The signed head of the ledger.' },
);
export type Checkpoint = Static<typeof Checkpoint>;

export const EntryProof = Type.Object({
  entry: Entry,
  text: Type.String({
    description: 'The canonical JSON (RFC 8785) that the leaf hash covers: leaf = SHA-256(0x00 ‖ text).',
  }),
  size: Seq('Entries in the tree that the proof is for.'),
  root: Hash('Root of that tree.'),
  path: Type.Array(Hash('Sibling.'), { description: 'RFC 6962 audit path, from the leaf up.' }),
  checkpoint: Type.String({ description: 'The signed note for this root.' }),
});
export type EntryProof = Static<typeof EntryProof>;

export const Verification = Type.Object({
  ok: Type.Boolean(),
  entries: Seq('Entries read and found right.'),
  edges: Seq('Lineage edges read and found right.'),
  root: Hash('Root computed from them.'),
  checkpoint: Type.String(),
  fault: Type.Optional(
    Type.Object(
      {
        what: Type.Union([
          Type.Literal('entry'),
          Type.Literal('edge'),
          Type.Literal('subtree'),
          Type.Literal('head'),
          Type.Literal('table'),
        ]),
        seq: Type.Optional(Type.Integer({ description: 'The entry, or the entry of the edge.' })),
        n: Type.Optional(Type.Integer({ description: "The edge's place in its entry." })),
        reason: Type.String(),
      },
      { description: 'The first thing that is wrong.' },
    ),
  ),
});
export type Verification = Static<typeof Verification>;

export const LineageGraph = Type.Object(
  {
    root: Type.String(),
    nodes: Type.Array(
      Type.Object({
        id: Type.String({ description: '`noun:id`.' }),
        noun: Type.String(),
        depth: Type.Integer({
          description:
            'Steps from the node asked for: below 0 upstream (what it came from), above 0 downstream.',
        }),
      }),
    ),
    edges: Type.Array(Type.Object({ ...Edge.properties, seq: Seq('The ledger entry that proves it.') })),
    truncated: Type.Boolean({ description: 'There is more, further away or beyond 2,000 nodes.' }),
  },
  { description: 'Where a thing came from and what came from it.' },
);
export type LineageGraph = Static<typeof LineageGraph>;

export const listEntries = endpoint({
  method: 'GET',
  path: '/api/v1/ledger/entries',
  action: 'ledger:read',
  summary: 'List ledger entries of the workspace, newest first',
  query: Strict({
    action: Type.Optional(Type.String({ maxLength: 200 })),
    resource: Type.Optional(Type.String({ maxLength: 1000, description: '`noun:id`.' })),
    actor: Type.Optional(
      Type.String({ maxLength: 200, description: 'Id or name of who did it, with whichever token.' }),
    ),
    since: Type.Optional(Millis('From this time on.')),
    until: Type.Optional(Millis('Before this time.')),
    limit: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 1000,
        description: '100 unless said. A page of large entries holds fewer; its `next` leads on.',
      }),
    ),
    page: Type.Optional(Type.String({ pattern: '^\\d{1,15}$', description: '`next` of the page before.' })),
  }),
  response: Page(Entry),
});

export const getEntry = endpoint({
  method: 'GET',
  path: '/api/v1/ledger/entries/:seq',
  action: 'ledger:read',
  summary: 'Show a ledger entry with its inclusion proof',
  params: Strict({ seq: Seq('Place in the ledger.') }),
  response: EntryProof,
});

export const getCheckpoint = endpoint({
  method: 'GET',
  path: '/api/v1/ledger/checkpoint',
  action: 'ledger:read',
  summary: 'Get the signed head of the ledger',
  response: Checkpoint,
});

export const getConsistency = endpoint({
  method: 'GET',
  path: '/api/v1/ledger/consistency',
  action: 'ledger:read',
  summary: 'Prove that the ledger of an earlier checkpoint is the start of a later one',
  query: Strict({
    first: Seq('Size in the earlier checkpoint.'),
    second: Type.Optional(Seq('Size in the later one; now unless said.')),
  }),
  response: Type.Object({
    first: Seq('Size of the earlier tree.'),
    second: Seq('Size of the later tree.'),
    path: Type.Array(Hash('Node.'), { description: 'RFC 6962 consistency proof.' }),
  }),
});

export const verify = endpoint({
  method: 'GET',
  path: '/api/v1/ledger/verification',
  action: 'ledger:read',
  summary: 'Check the whole ledger',
  description:
    'Recomputes every hash from the tables: a changed, removed, added or reordered entry or edge is found and the first is named. Callers that come meanwhile share one check.',
  response: Verification,
});

export const getLineage = endpoint({
  method: 'GET',
  path: '/api/v1/lineage/:node',
  action: 'ledger:read',
  summary: 'Show where a thing came from and what came from it',
  params: Strict({ node: Type.String({ minLength: 3, maxLength: 1000, description: '`noun:id`.' }) }),
  query: Strict({
    direction: Type.Optional(
      Type.Union([Type.Literal('up'), Type.Literal('down'), Type.Literal('both')], {
        description: 'up: what it came from; down: what came from it; both unless said.',
      }),
    ),
    depth: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 50, description: 'Steps to walk; 10 unless said.' }),
    ),
  }),
  response: LineageGraph,
});
