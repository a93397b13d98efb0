/** Seeded chance: the same seed gives the same run. */
export interface Chance {
  /** 0 ≤ x < 1. */
  next(): number;
  /** A whole number from 0 to n − 1. */
  below(n: number): number;
  pick<const A extends readonly [unknown, ...unknown[]]>(from: A): A[number];
  /** True with the given probability. */
  often(probability: number): boolean;
}

/** Spread a number over 32 bits, so that neighbouring seeds have nothing in common. */
export const mix = (a: number, b = 0): number => {
  let h = Math.imul(a ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(b + 0x7f4a7c15, 0xc2b2ae35);
  h = Math.imul(h ^ (h >>> 15), 0x2c1b3c6d);
  h = Math.imul(h ^ (h >>> 12), 0x297a2d39);
  return (h ^ (h >>> 15)) >>> 0;
};

/** A source of chance for this seed. */
export const chance = (seed: number): Chance => {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  const below = (n: number): number => Math.floor(next() * n);
  return {
    next,
    below,
    pick: (from) => from[below(from.length)] ?? from[0],
    often: (probability) => next() < probability,
  };
};
