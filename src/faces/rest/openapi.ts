import type { TSchema } from 'typebox';
import { ErrorBody, type Endpoint } from '../../platform/http/contract.ts';

/** The native API as OpenAPI 3.1, generated from the contracts: the only statement of it. */
export function openApi(endpoints: readonly Endpoint[], version: string): object {
  const paths: Record<string, Record<string, object>> = {};
  for (const endpoint of endpoints) {
    const path = endpoint.path.replaceAll(/:([a-z_]+)/gi, '{$1}').replace('*', '{path}');
    (paths[path] ??= {})[endpoint.method.toLowerCase()] = operation(endpoint, path);
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Treadle',
      version,
      description: 'The native REST API. MLflow clients use their own protocol under /api/2.0 and /api/3.0.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    security: [{ token: [] }, {}],
    paths,
    components: {
      schemas: { Error: plain(ErrorBody) },
      securitySchemes: {
        token: {
          type: 'http',
          scheme: 'bearer',
          description: 'A Treadle token; on loopback none is needed.',
        },
      },
    },
  };
}

function operation(endpoint: Endpoint, path: string): object {
  return {
    operationId: `${endpoint.method.toLowerCase()}_${path.replaceAll(/[^a-z0-9]+/gi, '_').replace(/^_|_$/g, '')}`,
    summary: endpoint.summary,
    ...(endpoint.description === undefined ? {} : { description: endpoint.description }),
    tags: [path.split('/')[3] ?? 'server'],
    'x-action': endpoint.action,
    ...(endpoint.action === 'public' ? { security: [] } : {}),
    parameters: [...parameters(endpoint.params, 'path', path), ...parameters(endpoint.query, 'query', path)],
    ...(endpoint.body === undefined
      ? {}
      : { requestBody: { required: true, content: content(endpoint.body) } }),
    responses: {
      200: { description: 'Done.', content: content(endpoint.response) },
      default: {
        description: 'What was wrong and what to do.',
        content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } },
      },
    },
  };
}

function content(schema: Endpoint['response'] | 'bytes'): object {
  if (schema === 'bytes')
    return { 'application/octet-stream': { schema: { type: 'string', format: 'binary' } } };
  if (schema === 'events') return { 'text/event-stream': { schema: { type: 'string' } } };
  if (schema === 'text') return { 'text/plain': { schema: { type: 'string' } } };
  return { 'application/json': { schema: plain(schema) } };
}

function parameters(schema: TSchema, where: 'path' | 'query', path: string): object[] {
  const { properties = {}, required = [] } = schema as {
    properties?: Record<string, TSchema & { description?: string }>;
    required?: string[];
  };
  return Object.entries(properties)
    .map(([name, property]) => ({
      name: name === '*' ? 'path' : name,
      in: where,
      required: where === 'path' || required.includes(name),
      ...(property.description === undefined ? {} : { description: property.description }),
      schema: plain(property),
    }))
    .filter((parameter) => where === 'query' || path.includes(`{${parameter.name}}`));
}

/** The schema as plain JSON, without TypeBox's own marks. */
const plain = (schema: TSchema): unknown => JSON.parse(JSON.stringify(schema));
