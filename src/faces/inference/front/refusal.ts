import { failureOf } from '../shared/failure.ts';

/** A refusal of the front itself, before a protocol is known: the words that clients of all protocols look for. */
export function refusalOf(error: unknown): {
  status: number;
  body: string;
  headers: Record<string, string>;
} {
  const { status, message, headers } = failureOf(error);
  return {
    status,
    body: JSON.stringify({ error: message, message }),
    headers: { ...headers, ...(status === 401 ? { 'WWW-Authenticate': 'Bearer' } : {}) },
  };
}
