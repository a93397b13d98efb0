/** What a zone's clocks show at a moment, and the moment a column without a zone stands for. */
const clocks = new Map<string, Intl.DateTimeFormat>();

const clockOf = (zone: string): Intl.DateTimeFormat => {
  const known = clocks.get(zone);
  if (known !== undefined) return known;
  // Swedish writes dates as ISO 8601 does.
  const made = new Intl.DateTimeFormat('sv-SE', {
    ...{ timeZone: zone, hourCycle: 'h23', year: 'numeric', month: '2-digit', day: '2-digit' },
    ...{ hour: '2-digit', minute: '2-digit', second: '2-digit' },
  });
  clocks.set(zone, made);
  return made;
};

/** `2026-10-25T02:30:00`: to the second; fractions are the same in every zone. */
export const wallAt = (ms: number, zone: string): string =>
  zone === 'UTC' ? new Date(ms).toISOString().slice(0, 19) : clockOf(zone).format(ms).replace(' ', 'T');
