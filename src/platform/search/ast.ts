/** What a filter text means, with every name resolved and every value typed. Stores compile it to SQL. */
export type Filter = Junction | Negation | Comparison | NullTest;

export interface Junction {
  kind: 'and' | 'or';
  parts: Filter[];
}

export interface Negation {
  kind: 'not';
  part: Filter;
}

export type Comparator = '=' | '!=' | '<' | '<=' | '>' | '>=' | 'like' | 'ilike' | 'rlike' | 'in' | 'not in';

export interface Comparison {
  kind: 'compare';
  left: Left;
  op: Comparator;
  /** A number when the left side is a number, and only then but where it is mixed; a list exactly for `in` and `not in`. */
  value: string | number | readonly string[];
}

export interface NullTest {
  kind: 'null';
  left: Left;
  /** True for IS NOT NULL. */
  negated: boolean;
}

/** A named thing: `{entity: 'metric', key: 'loss'}`, `{entity: 'attribute', key: 'start_time'}`. */
export interface Left {
  entity: string;
  key: string;
  type: 'text' | 'number';
}

export interface Order {
  left: Left;
  descending: boolean;
}

export interface Kind {
  type: 'text' | 'number';
  /** May be compared with IN and NOT IN. */
  list?: boolean;
  /** May be tested with IS NULL and IS NOT NULL. */
  nullable?: boolean;
  /** May be matched with a regular expression: RLIKE. */
  regex?: boolean;
  /** Its values are texts and numbers: what it is compared with says which. */
  mixed?: boolean;
  /** Nothing but these. */
  only?: readonly Comparator[];
  /** A number that may be quoted, and compared with IN, as MLflow's clients do with ids: `experiment_id = '3'`. */
  quotable?: boolean;
  /** May stand in an order. Default yes. */
  sortable?: boolean;
}

/** The names that one noun's filters and orders may use. */
export interface Vocabulary {
  /** For messages: `run`. */
  noun: string;
  /** Names with free keys, by every spelling: `metric` and `metrics`. */
  entities: Readonly<Record<string, Kind & { entity: string; keys?: readonly string[] }>>;
  /** Fixed names, by every spelling: `start_time` and `created`. */
  attributes: Readonly<Record<string, Kind & { key: string }>>;
  /** Words that may stand before an attribute: `attributes`, `attr`, `run`. */
  attributePrefixes: readonly string[];
}
