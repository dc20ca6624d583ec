import { Cron } from 'croner';
import { invalid, messageOf } from '../errors/index.ts';

/** A cron expression of five fields in a time zone, checked. */
export interface Timetable {
  readonly cron: string;
  readonly timeZone: string;
}

const FIELD = /^[0-9A-Za-z*,/-]+$/;

/** What cannot be read says which field of the request it was. */
export function readTimetable(
  cron: string,
  timeZone: string,
  fields: { cron: string; timeZone: string } = { cron: 'cron', timeZone: 'time_zone' },
): Timetable {
  const parts = cron.trim().split(/\s+/);
  const hint =
    "five fields: minute, hour, day of month (L: the last), month, day of week, such as '0 3 * * 1-5'";
  if (parts.length !== 5)
    throw invalid(`'${cron}' has ${parts.length} fields, and a schedule has five`, {
      field: fields.cron,
      hint,
    });
  const odd = parts.find((part) => !FIELD.test(part) || /\dW/i.test(part));
  if (odd !== undefined)
    throw invalid(`'${odd}' in '${cron}' means different things in different programs, and nothing here`, {
      field: fields.cron,
      hint,
    });
  try {
    new Intl.DateTimeFormat('en', { timeZone });
  } catch {
    throw invalid(`'${timeZone}' is not a time zone`, {
      field: fields.timeZone,
      hint: 'use an IANA name such as Europe/Berlin, or UTC',
    });
  }
  const table = { cron: parts.join(' '), timeZone };
  try {
    cronOfTable(table);
  } catch (error) {
    throw invalid(`'${cron}' is no schedule: ${messageOf(error).replace(/^CronPattern: /, '')}`, {
      field: fields.cron,
      hint,
    });
  }
  return table;
}

/** As croner reads it; as if the zone had no summer time where `flat`. */
export const cronOfTable = ({ cron, timeZone }: Timetable, flat = false): Cron =>
  new Cron(cron, { ...(flat ? { utcOffset: 0 } : { timezone: timeZone }), paused: true });
