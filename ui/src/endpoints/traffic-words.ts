import type { Revision, Variant } from '../../../src/serving/contract.ts';
import { formatNumber } from '../kit/format.ts';

/** What answers, in words. Pure. */

export const answering = (variants: readonly Variant[]): Variant[] =>
  variants.filter(({ role }) => role !== 'shadow');
export const shadows = (variants: readonly Variant[]): Variant[] =>
  variants.filter(({ role }) => role === 'shadow');

export const percentWords = (percent: number): string => `${formatNumber(percent, 3)} %`;

/** The newest evaluation when it was deployed: its id, without the noun that the ledger puts before it. */
export const evaluationOf = ({ evaluation }: Pick<Variant, 'evaluation'>): string | undefined =>
  evaluation?.replace(/^evaluation:/, '');

/** `flight-delay v3`. */
export const variantName = ({ model, version }: Pick<Variant, 'model' | 'version'>): string =>
  `${model} v${version}`;

/** `v2 answers`, `v2 answers 90 %, v3 answers 10 %, copies go to v4`; the model is named where there are several. */
export function trafficWords(variants: readonly Variant[]): string {
  const several = new Set(variants.map(({ model }) => model)).size > 1;
  const name = (variant: Variant) => (several ? variantName(variant) : `v${variant.version}`);
  const live = answering(variants);
  const words = live.map((variant) =>
    live.length === 1
      ? `${name(variant)} answers`
      : `${name(variant)} answers ${percentWords(variant.percent)}`,
  );
  const copies = shadows(variants).map(
    (variant) =>
      `copies of ${variant.percent >= 100 ? 'all' : percentWords(variant.percent)} go to ${name(variant)}`,
  );
  return [...words, ...copies].join(', ');
}

/** Why a revision was made, in a word or two. */
export function causeWords({ cause, restores }: Pick<Revision, 'cause' | 'restores'>): string {
  const what = cause === 'automatic-rollback' ? 'automatic rollback' : cause;
  return restores === undefined ? what : `${what} to revision ${restores}`;
}

export interface DeployChoice {
  /** all: it takes over; canary: it answers a share; shadow: it is only asked copies. */
  way: 'all' | 'canary' | 'shadow';
  model: string;
  version: string;
  percent: number;
  runtime: '' | 'onnx' | 'python';
  sticky: boolean;
  note: string;
  /** The other model that the endpoint is meant to be taken from. */
  replace?: string | undefined;
}

/** What to send: for a canary or a shadow the primary of now stays, and is said again; and what the sender saw answering. */
export function deployBody(choice: DeployChoice, current: Revision | undefined, seen: boolean) {
  const { way, percent, note } = choice;
  const target = {
    model: choice.model,
    version: choice.version,
    ...(choice.runtime === '' ? {} : { runtime: choice.runtime }),
  };
  const primary = current?.variants.find(({ role }) => role === 'champion');
  const said = {
    ...(note.trim() === '' ? {} : { note: note.trim() }),
    // Whoever deploys means to replace what the dialog shows, and nothing that came meanwhile.
    ...(seen ? { expects: current?.revision ?? 0 } : {}),
    ...(choice.replace === undefined ? {} : { replace: choice.replace }),
  };
  if (way === 'all' || !primary) return { ...target, ...said };
  const stays = { model: primary.model, version: String(primary.version), runtime: primary.runtime };
  return way === 'canary'
    ? { ...stays, canary: { ...target, percent }, sticky: choice.sticky, ...said }
    : { ...stays, shadow: { ...target, percent }, ...said };
}

/** The variants as they will stand, for the picture in the dialog; a version that is not a number is drawn as 0. */
export function deployed(choice: DeployChoice, current: Revision | undefined): Variant[] {
  const make = (role: Variant['role'], percent: number): Variant => ({
    role,
    model: choice.model,
    version: Number(choice.version.replace(/^v/, '')) || 0,
    version_ref: '',
    percent,
    runtime: choice.runtime === '' ? 'onnx' : choice.runtime,
  });
  const primary = current?.variants.find(({ role }) => role === 'champion');
  if (choice.way === 'all' || !primary) return [make('champion', 100)];
  return choice.way === 'canary'
    ? [{ ...primary, percent: 100 - choice.percent }, make('canary', choice.percent)]
    : [{ ...primary, percent: 100 }, make('shadow', choice.percent)];
}
