/** What is wrong with a rule, and where. `at` counts characters from 0. */
export class RuleFault extends Error {
  override readonly name = 'RuleFault';
  readonly at: number;
  readonly hint: string | undefined;
  constructor(message: string, at: number, hint?: string) {
    super(message);
    this.at = at;
    this.hint = hint;
  }
}
