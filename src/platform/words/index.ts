// How times and shares are said to people.

/** The last that JavaScript can print, ms; times of databases go further. */
const LAST_DATE = 8.64e15;

/** In UTC: to the minute where it is a whole one, else to the second. */
export const moment = (time: number): string =>
  `${new Date(Math.min(time, LAST_DATE))
    .toISOString()
    .slice(0, time % 60_000 === 0 ? -8 : -5)
    .replace('T', ' ')} UTC`;

/** A share from 0 to 1, to three digits. */
export const percent = (share: number): string => `${Number((100 * share).toPrecision(3))} %`;
