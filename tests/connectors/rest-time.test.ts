import { describe, expect, test } from 'vitest';
import { instantOf, writtenTime } from '../../connectors/rest/time.ts';
import { parseJson } from '../../src/domain/json.ts';

describe('times as systems write them', () => {
  test.each([
    ['"2026-01-31T12:00:00Z"', 'UTC', '2026-01-31T12:00:00Z'],
    ['"2026-01-31T12:00:00.123456Z"', 'UTC', '2026-01-31T12:00:00.123456Z'],
    ['"2026-01-31 12:00:00"', 'UTC', '2026-01-31T12:00:00.000Z'],
    ['"2026-01-31T12:00:00"', 'Europe/Berlin', '2026-01-31T11:00:00.000Z'],
    ['"2026-07-31 12:00:00.5"', 'Europe/Berlin', '2026-07-31T10:00:00.500Z'],
    ['"2026-01-31T12:00:00+05:30"', 'UTC', '2026-01-31T06:30:00.000Z'],
    ['"2026-01-31T12:00:00-0800"', 'UTC', '2026-01-31T20:00:00.000Z'],
    ['"2026-01-31"', 'Asia/Shanghai', '2026-01-30T16:00:00.000Z'],
    ['"/Date(1769860800123)/"', 'Europe/Berlin', '2026-01-31T12:00:00.123Z'],
    ['"/Date(1769860800000+0100)/"', 'UTC', '2026-01-31T12:00:00.000Z'],
    ['1769860800', 'UTC', '2026-01-31T12:00:00.000Z'],
    ['1769860800000', 'UTC', '2026-01-31T12:00:00.000Z'],
    ['1769860800.50', 'UTC', '2026-01-31T12:00:00.500Z'],
  ])('%s in %s is %s', (json, zone, text) => {
    expect(instantOf(parseJson(json), zone)?.text).toBe(text);
  });

  test('where clocks are set back, the earlier of two instants is taken, so that no row is passed over', () => {
    expect(instantOf('2026-10-25 02:30:00', 'Europe/Berlin')?.text).toBe('2026-10-25T00:30:00.000Z');
  });

  test.each([
    null,
    true,
    '',
    'soon',
    '2026-13-45T99:00:00Z',
    '31.01.2026',
    '/Date()/',
    { at: 1 },
    ['2026-01-31T12:00:00Z'],
    1e300,
  ])('%j is no time', (value) => {
    expect(instantOf(value, 'UTC')).toBeUndefined();
  });
});

describe('the lower bound of a window', () => {
  const noon = Date.parse('2026-01-31T12:00:00.250Z');
  test.each([
    ['iso', 'UTC', '2026-01-31T12:00:00.250Z'],
    ['iso_seconds', 'UTC', '2026-01-31T12:00:00Z'],
    ['local', 'Europe/Berlin', '2026-01-31 13:00:00'],
    ['local_t', 'America/New_York', '2026-01-31T07:00:00'],
    ['epoch_ms', 'UTC', '1769860800250'],
    ['epoch_s', 'UTC', '1769860800'],
  ] as const)('as %s in %s', (format, zone, text) => {
    expect(writtenTime(noon, format, zone)).toBe(text);
  });

  test('is never later than any local time that rows will still be stamped with, around the hour that comes twice', () => {
    const setBack = Date.parse('2026-10-25T01:00:00Z');
    for (let minute = -240; minute <= 240; minute += 10) {
      const since = setBack + minute * 60_000;
      const bound = writtenTime(since, 'local', 'Europe/Berlin');
      for (let later = 0; later <= 300; later += 10) {
        const row = new Date(since + later * 60_000).toLocaleString('sv-SE', { timeZone: 'Europe/Berlin' });
        expect(bound <= row, `${bound} must not be after ${row}`).toBe(true);
      }
    }
  });
});
