import type { Policy } from '../../../src/governance/contract.ts';

/** Whether a policy guards an alias of a model; `*` stands for any letters, and large and small ones are the same. Pure. */
export const guardsAlias = (
  policies: readonly Pick<Policy, 'terms'>[],
  { model, alias }: { model: string; alias: string },
): boolean =>
  policies.some(({ terms }) =>
    terms.covers.some(
      (cover) => 'alias' in cover && fits(cover.alias, alias) && fits(cover.model ?? '*', model),
    ),
  );

const fits = (pattern: string, name: string): boolean =>
  new RegExp(
    `^${pattern
      .split('*')
      .map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`))
      .join('.*')}$`,
    'is',
  ).test(name);
