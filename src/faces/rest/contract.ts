import { Type, type Static } from 'typebox';
import { endpoint } from '../../platform/http/contract.ts';

export const health = endpoint({
  method: 'GET',
  path: '/health',
  action: 'public',
  summary: 'Say that the process lives; /ready says whether it can work',
  response: 'text',
});

export const ready = endpoint({
  method: 'GET',
  path: '/ready',
  action: 'public',
  summary: 'Say whether database, disk and ledger take a write; 503 and why when one does not',
  response: 'text',
});

const Level = Type.Union(
  [Type.Literal('bwrap'), Type.Literal('uid'), Type.Literal('userns'), Type.Literal('none')],
  {
    description:
      'bwrap: bubblewrap; uid: users of their own; userns: a user namespace; none: the user of the server.',
  },
);

export const Isolation = Type.Object({
  level: Level,
  wanted: Type.String({ description: 'The setting: a level, or auto.' }),
  says: Type.String({ description: 'What the level keeps apart, in one sentence.' }),
  levels: Type.Array(
    Type.Object({
      level: Level,
      holds: Type.Boolean({ description: 'Whether it works on this machine, found by trying.' }),
      says: Type.String({ description: 'What it keeps apart, or why it does not hold.' }),
    }),
    { description: 'All of them, best first.' },
  ),
});
export type Isolation = Static<typeof Isolation>;

export const getIsolation = endpoint({
  method: 'GET',
  path: '/api/v1/isolation',
  action: 'workspace:read',
  summary: 'Say how the code of steps and models is kept apart from the server here',
  response: Isolation,
});

export const openApiDocument = endpoint({
  method: 'GET',
  path: '/openapi.json',
  action: 'public',
  summary: 'The native API as OpenAPI 3.1',
  response: Type.Unknown(),
});

export const docs = endpoint({
  method: 'GET',
  path: '/docs',
  action: 'public',
  summary: 'The API on one page, to read',
  response: 'text',
});
