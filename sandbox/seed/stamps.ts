/** Change times of seeded records come in blocks of hundreds with one and the same time, as after an import. */
const START = Date.parse('2025-01-06T08:00:00Z');
const BLOCK = 250;
const STEP_MS = 600_000;

/** When the record at this place of its table was last changed, ms. `shift` keeps the two systems' blocks apart. */
export const seededAt = (place: number, shift: number): number => START + Math.floor(place / BLOCK) * STEP_MS + shift;

/** The moment of records that were changed on both sides at once. */
export const TIED_AT = START - STEP_MS;
