/** A file that is no table, or not as it says: the message names the file, and the line where it can. */
export class UnreadableTable extends Error {
  override readonly name = 'UnreadableTable';
  readonly hint: string | undefined;

  constructor(message: string, hint?: string) {
    super(message);
    this.hint = hint;
  }
}
