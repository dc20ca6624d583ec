import { InvalidArgumentError } from 'commander';
import { invalid } from '../../../platform/errors/index.ts';

export interface Target {
  model?: string;
  /** As the API takes it: `3`, `latest`, `@champion`. */
  version: string;
}

/** `flights`, `flights@v3`, `flights/3`, `flights@champion`; without the model's name where `same` allows it: `@v4`. */
export function readTarget(text: string, same = false): Target {
  const at = /^([^/@]*)(?:\/v?(\d{1,9}|latest)|@(?:v(\d{1,9})|([^/@]{1,255})))?$/.exec(text);
  if (!at || (at[1] === '' && !same))
    throw invalid(`'${text}' names no model version`, {
      field: 'model',
      hint: 'write flights, flights@v3, flights/3 or flights@champion',
    });
  const [, model, slash, number, alias] = at;
  const version = slash ?? number ?? (alias === undefined || alias === 'latest' ? 'latest' : `@${alias}`);
  return { ...(model === '' || model === undefined ? {} : { model }), version };
}

/** `flights@v4:10`, or `@v4:10` for another version of the same model: a version and its percent. */
export function share(example: string): (text: string) => Target & { percent: number } {
  return (text) => {
    const at = /^(.+?):(\d{1,3}(?:\.\d+)?)%?$/.exec(text);
    const percent = Number(at?.[2]);
    if (!at || !(percent >= 0 && percent <= 100))
      throw new InvalidArgumentError(
        `Write it as ${example}: a version, a colon, and a percent from 0 to 100.`,
      );
    try {
      return { ...readTarget(at[1]!, true), percent };
    } catch {
      throw new InvalidArgumentError(`Write it as ${example}.`);
    }
  };
}

/** The endpoint that a model gets when none is named: its own name, in letters that an address may have. */
export const endpointFor = (model: string): string =>
  model.replaceAll(/[^A-Za-z0-9._-]+/g, '-').replace(/^[^A-Za-z0-9]+/, '') || 'model';
