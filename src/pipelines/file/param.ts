import { coreValue } from '../../platform/yaml/index.ts';
import type { Value } from './schema.ts';

/** A number as it was spelled, where its value as a double would be spelled otherwise: `1.0`, `9007199254740993`, `0x10`. */
export interface Spelled {
  number: string;
}

/**
 * A parameter. Steps get it as text, and so it is kept as it was written; only what computes with it takes it for a number. Both the
 * text and the type are in a step's key.
 */
export type ParamValue = Value | Spelled;

/** What stands in a command, in the environment, and in the record. */
export const paramText = (value: ParamValue): string =>
  typeof value === 'object' ? value.number : String(value);

/** What the API shows: a number whose digits no double keeps is shown as text. */
export const paramShown = (value: ParamValue): Value => (typeof value === 'object' ? value.number : value);

/** What stands in the JSON file of a step: all digits, in JSON's own spelling. */
export function paramJson(value: ParamValue): string {
  if (typeof value !== 'object') return JSON.stringify(value);
  const text = value.number.replace(/^\+/, '');
  if (/^0[xo]/.test(text)) return BigInt(text).toString();
  return text.replace(/^(-?)\./, '$10.').replace(/\.(?=$|[eE])/, '.0');
}

export const numberParam = (value: number, text: string): number | Spelled =>
  String(value) === text ? value : { number: text };

/** A number that somebody wrote as text, by the same rules as in the file; undefined when it is none. */
export function readNumber(written: string): number | Spelled | undefined {
  const text = written.trim();
  const value = coreValue(text);
  if (typeof value !== 'number' || !Number.isFinite(value) || /^[-+]?0\d/.test(text)) return undefined;
  return numberParam(value, text);
}
