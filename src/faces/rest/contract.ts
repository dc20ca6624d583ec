import { Type } from 'typebox';
import { endpoint } from '../../platform/http/contract.ts';

export const health = endpoint({
  method: 'GET',
  path: '/health',
  action: 'public',
  summary: 'Say that the server is ready',
  response: 'text',
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
