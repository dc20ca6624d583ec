import { arrowsAt, MOST_NODES, nounOf, walk, type MetArrow } from '../ledger/index.ts';
import type { Ctx } from '../platform/ctx/index.ts';
import type { FactsOf, Noun, Rooms } from './rooms.ts';

/** Deep enough for a model trained on what a model made, a few times over. */
const DEPTH = 26;

/** Which way a story goes. */
export interface Plan {
  /** Roles and relations that lead on from a noun. */
  follow(noun: string): ReadonlySet<string>;
  /**
   * Nouns of which only the nearest are asked for facts: the story has one model and one run, and what these stand on may be
   * thousands of runs, of which the ledger's arrows say enough.
   */
  nearest: ReadonlySet<Noun>;
}

export interface Thread {
  /** In the order in which they were reached, the nearest first. */
  nodes: readonly string[];
  /** What rooms said, by ref; what is not there any more has none. */
  facts: { readonly [N in Noun]: ReadonlyMap<string, FactsOf[N]> };
  /** Every arrow of the ledger up from a node, followed or not. */
  arrows: readonly MetArrow[];
  truncated: boolean;
}

/**
 * The one walker: from a thing to what it came from, over what the rooms' own rows say and what the ledger says. A whole front is
 * asked at once, each room and the ledger beside the others, so that the answer takes as many turns as the story is deep.
 */
export async function follow(ctx: Ctx, root: string, rooms: Rooms, plan: Plan): Promise<Thread> {
  const facts: { [N in Noun]: Map<string, FactsOf[N]> } = {
    prediction: new Map(),
    revision: new Map(),
    endpoint: new Map(),
    model_version: new Map(),
    run: new Map(),
    step: new Map(),
    evaluation: new Map(),
    dataset_version: new Map(),
  };
  const nearer = new Set<Noun>();
  const met: MetArrow[] = [];

  async function told<N extends Noun>(noun: N, refs: readonly string[]): Promise<Way[]> {
    if (nearer.has(noun)) return [];
    if (plan.nearest.has(noun)) nearer.add(noun);
    const [answers, links] = await Promise.all([
      rooms.tellers[noun](ctx, refs),
      rooms.links[noun]?.(ctx, refs),
    ]);
    return refs.flatMap((near) => {
      const answer = answers.get(near);
      if (answer) facts[noun].set(near, answer.facts);
      return [...(answer?.from ?? []), ...(links?.get(near) ?? [])].map(({ role, ref: end }) => ({
        near,
        role,
        end,
      }));
    });
  }

  const { depths, truncated } = await walk(
    root,
    async (front) => {
      const byNoun = [...Map.groupBy(front, nounOf)];
      const [arrows, ...ways] = await Promise.all([
        arrowsAt(ctx, front, 'up'),
        ...byNoun.map(([noun, refs]) => (isTold(noun) ? told(noun, refs) : [])),
      ]);
      met.push(...arrows);
      // What rooms say comes first: of two nodes at the same distance theirs is the one that is meant.
      return [
        ...ways.flat(),
        ...arrows.map(({ near, relation: role, end }): Way => ({ near, role, end })),
      ].filter(({ near, role }) => plan.follow(nounOf(near)).has(role));
    },
    { depth: DEPTH, most: MOST_NODES },
  );
  return { nodes: [...depths.keys()], facts, arrows: met, truncated };

  function isTold(noun: string): noun is Noun {
    return Object.hasOwn(facts, noun);
  }
}

interface Way {
  near: string;
  role: string;
  end: string;
}
