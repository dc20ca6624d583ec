import { Type } from 'typebox';
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

export const verifyStore = endpoint({
  method: 'GET',
  path: '/api/v1/store/verify',
  action: 'server:admin',
  summary: 'Read every stored byte, and name what is damaged or gone',
  description:
    'Server-sent events: `damaged` for each blob whose bytes are not its own (hash, size, pack, reason, used_by), `progress` along the way (blobs and bytes read, and of how many), and `done` at the end (blobs, bytes, damaged).',
  response: 'events',
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
