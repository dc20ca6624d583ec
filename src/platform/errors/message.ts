/** The message of anything that was thrown, as text that every database can keep. */
export const messageOf = (thrown: unknown): string =>
  (thrown instanceof Error ? thrown.message : String(thrown)).replaceAll('\0', '\ufffd');
