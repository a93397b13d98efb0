/** Days of the calendar, and when one begins where people live. */

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const clocks = new Map<string, Intl.DateTimeFormat>();

const clockOf = (zone: string): Intl.DateTimeFormat => {
  const known = clocks.get(zone);
  if (known !== undefined) return known;
  const made = new Intl.DateTimeFormat('en-US', {
    ...{ timeZone: zone, hourCycle: 'h23', year: 'numeric', month: 'numeric', day: 'numeric' },
    ...{ hour: 'numeric', minute: 'numeric', second: 'numeric' },
  });
  clocks.set(zone, made);
  return made;
};

/** What the zone's clocks show at an instant, as if it were UTC, ms. */
const shownAt = (zone: string, ms: number): number => {
  const part: Record<string, number> = {};
  for (const { type, value } of clockOf(zone).formatToParts(ms)) part[type] = Number(value);
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = part;
  return Date.UTC(year, month - 1, day, hour, minute, second);
};

/** The last day that calendars here write: systems mean "without end" by it. */
export const NO_END = '9999-12-31';
// What stands in a column of days that nobody filled in: the first day of some calendars, the zero day of others.
const EMPTY: ReadonlySet<string> = new Set(['0001-01-01', '0000-00-00']);

/** Does a text say no day at all? */
export const isNoDay = (text: string): boolean => text === '' || EMPTY.has(text.slice(0, 10));

const real = (day: string): string | undefined => {
  const at = new Date(`${day}T00:00:00Z`);
  return !Number.isNaN(at.getTime()) && at.toISOString().startsWith(day) ? day : undefined;
};

/** A day as text (YYYY-MM-DD), or undefined for what no calendar has. An instant with its offset is the day that it falls on in the zone. */
export const dayIn = (text: string, zone: string): string | undefined => {
  const [, day, instant] = /^(\d{4}-\d{2}-\d{2})(?:$|[T ].*?(Z|[+-]\d{2}:?\d{2})?$)/.exec(text) ?? [];
  // Without end is without end wherever one lives.
  if (day === undefined || instant === undefined || day === NO_END) return day === undefined ? undefined : real(day);
  const ms = Date.parse(text.replace(' ', 'T'));
  return Number.isNaN(ms) || real(day) === undefined
    ? undefined
    : new Date(shownAt(zone, ms)).toISOString().slice(0, 10);
};

/** The day after a day; none after the last. */
export const dayAfter = (day: string): string | undefined =>
  day >= NO_END ? undefined : new Date(Date.parse(`${day}T00:00:00Z`) + DAY).toISOString().slice(0, 10);

/** The first instant of a day in a zone, ms. Where clocks skip midnight that is the moment after the gap. */
export const startOfDay = (day: string, zone: string): number => {
  const wall = Date.parse(`${day}T00:00:00Z`);
  const offset = (ms: number): number => shownAt(zone, ms) - ms;
  const candidates = [wall - offset(wall - DAY), wall - offset(wall + DAY)];
  const fitting = candidates.filter((ms) => shownAt(zone, ms) === wall);
  return fitting.length > 0 ? Math.min(...fitting) : Math.max(...candidates);
};

/** True for the name of a time zone that is known here. */
export const isZone = (zone: string): boolean => {
  try {
    clockOf(zone);
    return /^[A-Z]/.test(zone);
  } catch {
    return false;
  }
};
