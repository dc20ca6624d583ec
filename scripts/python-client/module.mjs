// A room's contract as a Python module: its nouns as types, its endpoints as methods of one class.
import { block, camel, docstringOf, snake } from './text.mjs';
import { itemOfPage, KEYWORDS, keyOf, Types } from './types.mjs';

const isEndpoint = (value) => typeof value?.method === 'string' && typeof value.path === 'string';
const isSchema = (value) => typeof value === 'object' && !isEndpoint(value) && '~kind' in value;

/** @returns the text of the module, and its nouns for the rooms above. */
export function moduleOf({ module, says, className }, contract, below, head) {
  const exported = Object.fromEntries(Object.entries(contract).filter(([, value]) => isSchema(value)));
  const endpoints = Object.entries(contract).filter(([, value]) => isEndpoint(value));
  const types = new Types(exported, below);
  // Also nouns that no endpoint names itself, such as what an event carries.
  for (const [name, schema] of Object.entries(exported))
    if (schema.anyOf || schema.allOf || schema.properties) types.of(schema, name);
  const transport = new Set(['Transport']);
  const methods = endpoints.map(([name, endpoint]) => method(name, endpoint, types, transport));

  const typing = [...types.typing].sort().join(', ');
  const lines = [
    head,
    ...docstringOf([says], ''),
    '',
    ...(typing ? [`from typing import ${typing}`, ''] : []),
    ...(types.optional ? ['from .._typing import NotRequired'] : []),
    `from ..transport import ${[...transport].sort().join(', ')}`,
    ...[...types.imports].map(([from, names]) => `from .${from} import ${[...names].sort().join(', ')}`),
  ];
  const parts = [
    ...types.classes,
    block([
      `class ${className}:`,
      ...docstringOf([says], '    '),
      '',
      '    def __init__(self, transport: Transport) -> None:',
      '        self._transport = transport',
      '',
      methods.join('\n\n'),
    ]),
  ];
  const nouns = [...types.names()].map(([key, name]) => [key, { module, name }]);
  return { text: `${lines.join('\n')}\n\n\n${parts.join('\n\n\n')}\n`, nouns, endpoints: endpoints.length };
}

function method(name, endpoint, types, transport) {
  const own = camel(name);
  const path = fields(endpoint.params, own, types);
  const query = fields(endpoint.query, own, types);
  const body = typeof endpoint.body === 'object' ? fields(endpoint.body, own, types) : [];
  const named = [...query, ...body].sort((a, b) => Number(b.required) - Number(a.required));
  const all = [...path, ...named];
  if (new Set(all.map(({ arg }) => arg)).size !== all.length)
    throw new Error(`${name}: two of its fields have one name`);

  const args = ['self', ...path.map(({ arg, type }) => `${arg}: ${type}`)];
  if (endpoint.body === 'bytes') {
    transport.add('Body');
    args.push('body: Body');
  }
  if (named.length > 0) args.push('*', ...named.map((field) => declared(field, transport)));

  const given = (list) => {
    transport.add('given');
    const values = list.map(({ field, arg }) => `'${field}': ${arg}`);
    const nulls = list.filter(({ nullable }) => nullable).map(({ field }) => `'${field}'`);
    const last = nulls.length > 0 ? `, nulls=(${nulls.join(', ')},)` : '';
    const line = `given({${values.join(', ')}}${last})`;
    const indent = ' '.repeat(12);
    return line.length < 80
      ? line
      : block(['given({', ...values.map((value) => `${indent}    ${value},`), `${indent}}${last})`]);
  };
  const call = [`'${endpoint.method}'`, address(endpoint.path, path, transport)];
  if (query.length > 0) call.push(`query=${given(query)}`);
  if (body.length > 0) call.push(`json=${given(body)}`);
  else if (typeof endpoint.body === 'object') call.push('json={}');
  if (endpoint.body === 'bytes') call.push('body=body');
  // The server answers only after that time: nobody may have hung up by then.
  if (named.some(({ field }) => field === 'wait_s')) call.push('wait=wait_s');

  const { type, verb } = answer(endpoint, own, types, transport);
  return block([
    `    def ${snake(name)}(`,
    ...args.map((arg) => `        ${arg},`),
    `    ) -> ${type}:`,
    ...docstringOf(told(endpoint, all), '        '),
    `        return self._transport.${verb}(`,
    ...call.map((part) => `            ${part},`),
    '        )',
  ]);
}

function fields({ properties = {}, required = [] }, own, types) {
  return Object.entries(properties).map(([field, schema]) => {
    const word = field === '*' ? 'path' : field;
    return {
      field,
      arg: KEYWORDS.has(word) ? `${word}_` : word,
      type: types.of(schema, own + camel(word)),
      required: required.includes(field),
      nullable: schema.anyOf?.some((option) => option.type === 'null') ?? false,
      doc: schema.description,
    };
  });
}

/** None leaves a field out, except where null is an answer of its own. */
function declared({ arg, type, required, nullable }, transport) {
  if (required) return `${arg}: ${type}`;
  if (!nullable) return `${arg}: ${type} | None = None`;
  transport.add('UNSET').add('Unset');
  return `${arg}: ${type} | Unset = UNSET`;
}

function address(path, params, transport) {
  const filled = path.replaceAll(/:(\w+)|\*$/g, (found, name) => {
    const { arg } = params.find(({ field }) => field === (name ?? '*'));
    const by = found === '*' ? 'rest' : 'segment';
    transport.add(by);
    return `{${by}('${arg}', ${arg})}`;
  });
  return filled.includes('{') ? `f"${filled}"` : `'${filled}'`;
}

function answer({ response }, own, types, transport) {
  if (response === 'text') return { type: 'str', verb: 'text' };
  if (response === 'bytes') {
    transport.add('Download');
    return { type: 'Download', verb: 'download' };
  }
  if (response === 'events') {
    transport.add('Events');
    return { type: 'Events', verb: 'events' };
  }
  const item = itemOfPage(response);
  if (item !== undefined) {
    transport.add('Page');
    return { type: `Page[${types.of(item, `${own}Item`)}]`, verb: 'page' };
  }
  if (response.type === 'object' && keyOf(response.properties ?? {}) === '{}')
    return { type: 'None', verb: 'nothing' };
  return { type: types.of(response, `${own}Answer`), verb: 'json' };
}

function told({ method: verb, path, action, summary, description }, all) {
  const args = all.filter(({ doc }) => doc);
  return [
    `${summary}.`,
    '',
    ...(description ? [description, ''] : []),
    `${verb} ${path}${action === 'public' ? '' : `; needs ${action}`}.`,
    ...(args.length > 0 ? ['', 'Args:', ...args.map(({ arg, doc }) => `    ${arg}: ${doc}`)] : []),
  ];
}
