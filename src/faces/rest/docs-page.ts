import { createHash } from 'node:crypto';
import type { TSchema } from 'typebox';
import type { Endpoint } from '../../platform/http/contract.ts';

/** The API docs: one static page without scripts, generated from the contracts. */
export function docsPage(endpoints: readonly Endpoint[], version: string): string {
  const groups = Map.groupBy(endpoints, ({ path }) => path.split('/')[3] ?? 'server');
  const sections = [...groups].map(
    ([name, members]) =>
      `<section id="${text(name)}"><h2>${text(name)}</h2>${members.map(entry).join('')}</section>`,
  );
  return `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Treadle API</title><style>${STYLE}</style>
<header><h1>Treadle API <small>${text(version)}</small></h1>
<p>JSON over HTTP. On loopback no token is needed; elsewhere send <code>Authorization: Bearer trd_…</code>.
Errors look like <code>{"error": {"kind", "message", "field", "hint", "request_id"}}</code>. Lists come in pages: hand
<code>next</code> back as <code>page</code>. The same in <a href="/openapi.json">OpenAPI 3.1</a>.</p>
<nav aria-label="Nouns">${[...groups.keys()].map((name) => `<a href="#${text(name)}">${text(name)}</a>`).join(' ')}</nav></header>
<main>${sections.join('')}</main></html>`;
}

function entry({
  method,
  path,
  summary,
  description,
  action,
  params,
  query,
  body,
  response,
}: Endpoint): string {
  const parts = [fields('Path', params), fields('Query', query)];
  if (body === 'bytes') parts.push('<p>Body: bytes, streamed.</p>');
  else if (body) parts.push(fields('Body', body));
  if (typeof response === 'string') parts.push(`<p>Answer: ${response}.</p>`);
  else parts.push(fields('Answer', response));
  return `<details><summary><b class="${method}">${method}</b> <code>${text(path)}</code> <span>${text(summary)}</span></summary>
<p>${text(description ?? '')} <small>Needs <code>${text(action)}</code>.</small></p>${parts.join('')}</details>`;
}

function fields(title: string, schema: TSchema): string {
  const { properties, required = [] } = schema as {
    properties?: Record<string, TSchema & { description?: string; type?: string }>;
    required?: string[];
  };
  if (!properties || Object.keys(properties).length === 0) return '';
  const rows = Object.entries(properties).map(
    ([name, property]) =>
      `<tr><td><code>${text(name)}</code>${required.includes(name) ? '' : ' <small>optional</small>'}</td><td>${text(property.type ?? 'see OpenAPI')}</td><td>${text(property.description ?? '')}</td></tr>`,
  );
  return `<table><caption>${title}</caption><tbody>${rows.join('')}</tbody></table>`;
}

const text = (raw: string): string =>
  raw.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

const STYLE = `:root{color-scheme:light dark}body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}
small{opacity:.75}nav a{margin-right:.8rem}details{border-top:1px solid #8884;padding:.5rem 0}summary{cursor:pointer}summary span{opacity:.8;margin-left:.5rem}
code{font:13px ui-monospace,monospace}b{display:inline-block;min-width:4rem;font:600 12px ui-monospace,monospace}
table{border-collapse:collapse;width:100%;margin:.5rem 0}caption{text-align:left;font-weight:600}td{padding:.2rem .8rem .2rem 0;vertical-align:top;border-top:1px solid #8882}`;

/** As the UI's pages have them. The page has no script, and the one style that its policy lets in. */
export const DOCS_HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy': [
    "default-src 'none'",
    `style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; '),
  'x-frame-options': 'DENY',
  'cache-control': 'no-cache',
};
