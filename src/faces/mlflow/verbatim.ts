/** A value that an answer has as it is: its nulls and empty lists are not left out, and it is written in one piece. */
export class Verbatim {
  readonly #value: unknown;

  constructor(value: unknown) {
    this.#value = value;
  }

  toJSON(): unknown {
    return this.#value;
  }
}
