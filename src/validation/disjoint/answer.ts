import { answerer, withShownNames } from '../../tables/inside.ts';
import { DISJOINT } from '../data/protocol.ts';
import { compare } from './compare.ts';

/** The comparison as a table reader answers it: files are called by the names that people know. */
export const disjointAnswer = answerer(DISJOINT, async (connection, request, say) => {
  const files = [...request.gate, ...request.against.flat()];
  const answer = await compare(connection, request, (text) => void say(text));
  for (const source of answer.against) {
    if (source.problem !== undefined) source.problem = withShownNames(source.problem, files);
    for (const table of source.tables)
      if (table.reason !== undefined) table.reason = withShownNames(table.reason, files);
  }
  return answer;
});
