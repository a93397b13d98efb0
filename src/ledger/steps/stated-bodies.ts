import type { IntentBody } from './intents.ts';

interface Numbered {
  readonly link: string;
  readonly slot: string;
  readonly no: number;
}
type Kept = Numbered & { readonly body: IntentBody };

/**
 * What this process stated and nobody has sent yet: mostly the one that plans a segment sends it a moment later, and need
 * not read its own words again. Kept only once they are committed: by then number and body are the ledger's too, and
 * stay so until the intent ends.
 */
export interface StatedBodies {
  keep(committed: readonly Kept[]): void;
  of(intent: Numbered): IntentBody | undefined;
  forget(intents: readonly Numbered[]): void;
}

// Both lanes' segments, and some that another process may have taken over meanwhile.
const MOST = 4_000;

const nameOf = ({ link, slot, no }: Numbered): string => `${link} ${no} ${slot}`;

export const createStatedBodies = (): StatedBodies => {
  const bodies = new Map<string, IntentBody>();
  return {
    keep: (committed) => {
      for (const one of committed) bodies.set(nameOf(one), one.body);
      // A map hands out its oldest first.
      for (const name of bodies.keys()) {
        if (bodies.size <= MOST) return;
        bodies.delete(name);
      }
    },
    of: (intent) => bodies.get(nameOf(intent)),
    forget: (intents) => {
      for (const intent of intents) bodies.delete(nameOf(intent));
    },
  };
};
