import { invalid, unavailable } from '../../platform/errors/index.ts';
import type { Outbound, OutboundRequest } from '../../platform/outbound/index.ts';
import type { Notice } from '../notice.ts';

/** What goes out at once: steps of one group, oldest first. */
export interface Message {
  /** The same whenever it is tried again. */
  id: string;
  /** Now, ms. */
  at: number;
  workspace: string;
  group: string;
  notices: readonly Notice[];
  /** Where this server is found; empty where that is not known. */
  base: string;
}

export interface Sending {
  outbound: Outbound;
  signal: AbortSignal;
}

/** Longest that a receiver may take, ms. */
export const PATIENCE = 15_000;

/** Asked once more these may be answered otherwise; any other 4xx says that the message, or the key, is wrong. */
const MAYBE_LATER = new Set([408, 409, 421, 425, 429]);

/** Posts JSON. What is worth another attempt is `unavailable`, what is not is `invalid`. */
export async function post(
  { outbound, signal }: Sending,
  { url, body, headers = {} }: { url: string; body: string; headers?: OutboundRequest['headers'] },
  final: (status: number) => boolean = (status) => status >= 400 && status < 500 && !MAYBE_LATER.has(status),
): Promise<void> {
  const { status, body: said } = await outbound.send({
    method: 'POST',
    url,
    headers: { 'content-type': 'application/json', ...headers },
    body,
    maxBytes: 64 * 1024,
    timeout: PATIENCE,
    signal,
  });
  if (status >= 200 && status < 300) return;
  const words = `the receiver answered ${status}${wordsOf(said)}`;
  throw final(status) ? invalid(words) : unavailable(words);
}

/** What a receiver says of a refusal is short and of our own message; a page of HTML is neither. */
function wordsOf(body: Buffer): string {
  const text = body.toString('utf8').replaceAll(/\s+/g, ' ').trim();
  return text === '' || text.startsWith('<') ? '' : `: ${text.slice(0, 200)}`;
}

export const linkOf = ({ base }: Pick<Message, 'base'>, { path }: Pick<Notice, 'path'>): string | undefined =>
  base === '' ? undefined : `${base}${path}`;

export const iso = (ms: number): string => new Date(ms).toISOString();

/** Said to people: `firing (page): performance of flights, 2 h`. */
export const headOf = ({ event, severity, title }: Notice): string =>
  `${event}${event === 'firing' ? ` (${severity})` : ''}: ${title}`;

/** What is known besides, a line each. */
export function factsOf(notice: Notice): Array<[string, string]> {
  const { model, version, owner, runbook, by, note } = notice;
  return [
    ...(model === undefined
      ? []
      : [['model', version === undefined ? model : `${model} v${version}`] as [string, string]]),
    ...notice.facts,
    ...(by === undefined && note === undefined
      ? []
      : [[notice.event, [by, note].filter((one) => one !== undefined).join(': ')] as [string, string]]),
    ...(owner === undefined ? [] : [['owner', owner] as [string, string]]),
    ...(runbook === undefined ? [] : [['runbook', runbook] as [string, string]]),
  ];
}
