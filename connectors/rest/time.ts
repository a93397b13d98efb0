/** Times as systems write them, to instants and back. */
import { ExactNumber, type Json } from '../../src/domain/json.ts';

/** How a system wants to be told a time. */
export const TIME_FORMATS = ['iso', 'iso_seconds', 'local', 'local_t', 'epoch_ms', 'epoch_s'] as const;
/** One of them. */
export type TimeFormat = (typeof TIME_FORMATS)[number];

/** An instant: milliseconds for comparing, and its text in UTC with every digit that the system gave. */
export interface Instant {
  readonly ms: number;
  readonly text: string;
}

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const formatters = new Map<string, Intl.DateTimeFormat>();
const formatterOf = (zone: string): Intl.DateTimeFormat => {
  const known = formatters.get(zone);
  if (known !== undefined) return known;
  const made = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  formatters.set(zone, made);
  return made;
};

/** True when the zone's name is known here. */
export const isZone = (zone: string): boolean => {
  if (zone === 'UTC') return true;
  try {
    formatterOf(zone);
    return true;
  } catch {
    return false;
  }
};

/** How far the zone's clocks are ahead of UTC at an instant, ms. */
const offsetAt = (zone: string, ms: number): number => {
  if (zone === 'UTC') return 0;
  const part: Record<string, number> = {};
  for (const { type, value } of formatterOf(zone).formatToParts(ms)) part[type] = Number(value);
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = part;
  return Date.UTC(year, month - 1, day, hour, minute, second) - Math.floor(ms / 1000) * 1000;
};

/** The instant at which the zone's clocks show this; the earlier one where they show it twice. */
const fromLocal = (zone: string, wall: number): number => {
  if (zone === 'UTC') return wall;
  const candidates = [wall - offsetAt(zone, wall - DAY), wall - offsetAt(zone, wall + DAY)];
  const fitting = candidates.filter((ms) => ms + offsetAt(zone, ms) === wall);
  return Math.min(...(fitting.length > 0 ? fitting : candidates));
};

/** The years that a calendar has and a ledger takes: 1 to 9999. */
const EARLIEST_MS = Date.parse('0001-01-01T00:00:00Z');
const LATEST_MS = Date.parse('9999-12-31T23:59:59.999Z');

/** Undefined for what no ledger could keep. Without a text it is written anew. */
const instant = (ms: number, text?: string): Instant | undefined =>
  ms >= EARLIEST_MS && ms <= LATEST_MS ? { ms, text: text ?? new Date(ms).toISOString() } : undefined;

/** A day that no calendar has, the 30th of February, is not moved to one that it has. */
const isDay = (date: string): boolean => {
  const ms = Date.parse(`${date}T00:00:00Z`);
  return !Number.isNaN(ms) && new Date(ms).toISOString().startsWith(date);
};

const USUAL = /^\d{4}-\d{2}-\d{2}T(?:[01]\d|2[0-3]):\d{2}:\d{2}(?:\.\d{1,9})?Z$/;
const SHAPE = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:[.,]\d{1,12})?)?))?\s?(Z|z|[+-]\d{2}:?\d{2})?$/;

/** As OData 2 writes it: milliseconds, and perhaps how far the writer's clock was ahead, which moves nothing. */
const TICKS = /^\/Date\((-?\d{1,15})(?:[+-]\d{4})?\)\/$/;

const fromText = (text: string, zone: string): Instant | undefined => {
  // The usual case first: what Date itself writes is taken as it is.
  if (USUAL.test(text) && isDay(text.slice(0, 10))) {
    const ms = Date.parse(text);
    return Number.isNaN(ms) ? undefined : instant(ms, text);
  }
  const ticks = TICKS.exec(text)?.[1];
  if (ticks !== undefined) return instant(Number(ticks));
  const [, date, time = '00:00:00', stated] = SHAPE.exec(text) ?? [];
  if (date === undefined || !isDay(date)) return undefined;
  const wall = Date.parse(`${date}T${time.replace(',', '.')}Z`);
  if (Number.isNaN(wall)) return undefined;
  const offset =
    stated === undefined
      ? undefined
      : Date.parse(`1970-01-01T00:00:00${stated.toUpperCase().replace(/^([+-]\d{2})(\d{2})$/, '$1:$2')}`);
  const ms = offset === undefined ? fromLocal(zone, wall) : wall + offset;
  return Number.isNaN(ms) ? undefined : instant(ms);
};

/** A row's time, or undefined when it has none that can be read. Numbers are seconds, or milliseconds from 1e11 on. */
export const instantOf = (value: Json | undefined, zone: string): Instant | undefined => {
  if (typeof value === 'string') return fromText(value, zone);
  const number = value instanceof ExactNumber ? Number(value.text) : value;
  if (typeof number !== 'number') return undefined;
  const ms = Math.floor(Math.abs(number) < 1e11 ? number * 1000 : number);
  return Number.isFinite(ms) ? instant(ms) : undefined;
};

/**
 * The lower bound of a window in the system's own writing. Where clocks are about to be set back, local times repeat
 * and sort before the present ones: the bound is lowered by as much.
 */
export const writtenTime = (ms: number, format: TimeFormat, zone: string): string => {
  if (format === 'epoch_ms') return String(ms);
  if (format === 'epoch_s') return String(Math.floor(ms / 1000));
  if (format === 'iso') return new Date(ms).toISOString();
  if (format === 'iso_seconds') return `${new Date(ms).toISOString().slice(0, 19)}Z`;
  const offset = Math.min(offsetAt(zone, ms), offsetAt(zone, ms + 3 * HOUR), offsetAt(zone, ms - 3 * HOUR));
  const wall = new Date(ms + offset).toISOString().slice(0, 19);
  return format === 'local' ? wall.replace('T', ' ') : wall;
};
