// In the table reader's process: one column, row by row, for the server to look at.
import { answerer, openViews } from '../../tables/inside.ts';
import { TEXTS } from './questions.ts';

export const textsAnswer = answerer(TEXTS, async (connection, { views, query }, say) => {
  await openViews(connection, views);
  const result = await connection.stream(query);
  let rows = 0;
  // Chunk by chunk (2,048 rows): who hears slowly is waited for, and nothing piles up.
  for await (const chunk of result.yieldRows()) {
    rows += chunk.length;
    await say(JSON.stringify(chunk.map(([text]) => text)));
  }
  return { rows };
});
