/** Commands that are shown are copied and run, and names in them are what others wrote. */

/** A text as one word of a POSIX shell. */
export function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

/** The same in double quotes, for SQL, which is full of single ones. */
export function shellQuoted(text: string): string {
  return `"${text.replaceAll(/[\\"$`]/g, '\\$&')}"`;
}

/** A text as Python writes it. */
export const pythonText = (text: string): string => JSON.stringify(text);
