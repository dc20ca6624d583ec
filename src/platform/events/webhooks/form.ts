import type { Tx } from '../../ctx/index.ts';
import { missing } from '../../errors/index.ts';
import type { DeliveredEvent } from '../event.ts';

/** Webhooks in the words of another protocol than ours: what it calls an event, what it says of it, how it signs. */
export interface WebhookForm {
  /** Its names of events: what `types` of a webhook of this form are taken from. */
  readonly types: readonly string[];
  /** What it says of an event, in the transaction that hears of it; undefined where it has no word for it. */
  tell(tx: Tx, event: DeliveredEvent): Promise<Told | undefined>;
  /** What it sends to try a webhook. */
  example(type: string, workspace: string, time: number): string;
  /** Headers of one delivery; `time` in ms. `secret` is empty where the receiver asked for no signature. */
  headers(secret: string, id: string, time: number, body: string): Record<string, string>;
}

export interface Told {
  /** Its name of the event. */
  type: string;
  body: string;
}

/** By the name that a webhook's row keeps. */
export type WebhookForms = Readonly<Record<string, WebhookForm>>;

export function requireForm(forms: WebhookForms, name: string): WebhookForm {
  const form = forms[name];
  if (!form) throw missing(`this server does not know webhooks of the form '${name}'`, { field: 'form' });
  return form;
}
