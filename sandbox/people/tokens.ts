/** Values that nobody used before, by the seed. */
import { type Chance, chance } from '../kit/random.ts';

/** A source of values that nobody used before. */
export interface Tokens {
  /** A short word. */
  readonly word: () => string;
  /** A German telephone number, valid, `+4930…`. */
  readonly phone: () => string;
  /** A German tax number that no seeded business has. */
  readonly taxId: () => string;
  readonly luck: Chance;
}

/** A source for this seed. */
export const tokensOf = (seed: number): Tokens => {
  const luck = chance(seed);
  let used = 0;
  const next = (): number => {
    used += 1;
    return used;
  };
  // Numbers of eight digits never meet the seed's, which have seven; tax numbers begin with 0, the seed's never do.
  const spread = (factor: number, size: number): number => (seed * 104_729 + next() * factor) % size;
  return {
    luck,
    word: () => `${seed.toString(36)}x${next().toString(36)}`,
    phone: () => `+4930${10_000_000 + spread(7, 89_999_999)}`,
    taxId: () => `DE0${String(spread(3, 99_999_989)).padStart(8, '0')}`,
  };
};

/** One of them, as often as its weight says. */
export const weighted = <K extends { readonly weight: number }>(kinds: readonly K[], tokens: Tokens): K => {
  let left = tokens.luck.next() * kinds.reduce((sum, kind) => sum + kind.weight, 0);
  const found = kinds.find((kind) => {
    left -= kind.weight;
    return left < 0;
  });
  const kind = found ?? kinds[0];
  if (kind === undefined) throw new Error('there is nothing to edit');
  return kind;
};
