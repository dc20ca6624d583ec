/** Fewer moments or entities are no series and no groups. */
export const FEWEST_MOMENTS = 10;
export const FEWEST_GROUPS = 5;
/** A text without a telling name: so many values, with so few rows each, are things rather than categories. */
export const FEWEST_WORDS = 30;
export const MOST_ROWS_EACH = 100;

const TELLING =
  /(^|_)(id|ids|uid|uuid|guid|user|customer|client|patient|subject|person|member|account|household|family|group|session|visit|device|machine|sensor|station|site|store|shop|item|sku|entity|company|driver|player|team|school|student|author|speaker|plot|batch|lot|well)(_?id)?(_|$)/;
const snake = (name: string): string =>
  name
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1_$2')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '_');

/** Whether a column is called as what names entities. */
export const tellsEntity = (name: string): boolean => TELLING.test(snake(name));

/** Numbers called so are moments, where they hardly repeat. */
const MOMENT =
  /(^|_)(t|ts|time|times|timestamp|datetime|date|day|week|month|hour|minute|epoch|unix|step|tick|period|seq|sequence)(_|$)/;
export const tellsMoment = (name: string): boolean => MOMENT.test(snake(name));
