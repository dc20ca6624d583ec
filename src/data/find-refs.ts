/** A place in a query that may name a dataset version. */
export interface Mention {
  text: string;
  /** Right behind FROM or JOIN: a name that cannot be resolved there is a mistake, elsewhere it may be any text. */
  table: boolean;
}

const TOKEN =
  /--[^\n]*|\/\*[\s\S]*?(?:\*\/|$)|\$([A-Za-z_]*)\$[\s\S]*?(?:\$\1\$|$)|'((?:[^']|'')*)'|"((?:[^"]|"")*)"|([A-Za-z_][\w.]*)|([^\s])/g;

/** The quoted texts and table names of a query, without its comments and dollar-quoted texts. */
export function findMentions(query: string): Mention[] {
  const mentions = new Map<string, Mention>();
  let afterFrom = false;
  for (const [, , single, double, word, sign] of query.matchAll(TOKEN)) {
    const text = single?.replaceAll("''", "'") ?? double?.replaceAll('""', '"') ?? word;
    if (text === undefined && sign === undefined) continue; // a comment
    if (text !== undefined && (word === undefined || afterFrom)) {
      const known = mentions.get(text);
      mentions.set(text, { text, table: afterFrom || known?.table === true });
    }
    afterFrom = word !== undefined && /^(from|join|summarize|describe)$/i.test(word);
  }
  return [...mentions.values()];
}
