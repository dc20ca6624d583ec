/** The nouns and endpoints of models, by noun in `contract/`. */
export * from './contract/logged-models.ts';
export * from './contract/nouns.ts';
export * from './contract/registry.ts';
