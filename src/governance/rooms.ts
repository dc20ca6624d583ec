import { tellVersions, type DatasetVersionFacts } from '../data/index.ts';
import type { Linker, Teller } from '../ledger/index.ts';
import { tellModelVersions, type ModelVersionFacts } from '../models/index.ts';
import { stepsOfRuns, tellSteps, type StepFacts } from '../pipelines/index.ts';
import type { EndpointFacts, PredictionFacts, RevisionFacts, ServingTellers } from '../serving/index.ts';
import { tellRuns, type RunFacts } from '../tracking/index.ts';
import { newestOfVersions, tellEvaluations, type EvaluationFacts } from '../validation/index.ts';

/** The nouns that rooms tell of, and what they say. A noun that is not here is a name with the ledger's arrows, and walked through. */
export interface FactsOf {
  prediction: PredictionFacts;
  revision: RevisionFacts;
  endpoint: EndpointFacts;
  model_version: ModelVersionFacts;
  run: RunFacts;
  step: StepFacts;
  evaluation: EvaluationFacts;
  dataset_version: DatasetVersionFacts;
}
export type Noun = keyof FactsOf;

export interface Rooms {
  tellers: { readonly [N in Noun]: Teller<FactsOf[N]> };
  /** By the noun that they lead away from. */
  links: Readonly<Partial<Record<Noun, Linker>>>;
}

export const roomsOf = (serving: ServingTellers): Rooms => ({
  tellers: {
    prediction: serving.predictions,
    revision: serving.revisions,
    endpoint: serving.endpoints,
    model_version: tellModelVersions,
    run: tellRuns,
    step: tellSteps,
    evaluation: tellEvaluations,
    dataset_version: tellVersions,
  },
  links: { model_version: newestOfVersions, run: stepsOfRuns },
});
