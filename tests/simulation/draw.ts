/** What may happen, as data: drawn from a seed, written down, performed again. */
import { SIDES, type Side } from '../../src/domain/record.ts';
import type { Random } from './random.ts';
import { type Kind, type Share, SYNCS, type Weights } from './weights.ts';
import type { Fate } from './wire.ts';

/** One action. `n` picks among what there is at the time. */
export interface Action {
  readonly do: Kind;
  readonly who?: string;
  readonly side?: Side;
  readonly n?: number;
  readonly field?: string;
  readonly fate?: Fate;
  readonly ms?: number;
  readonly share?: Share;
  /** At the worst moment: an edit of a record while it is being written, and seen at once; a frozen worker wakes just before the release. */
  readonly held?: true;
}

const TIMES = [20, 200, 1_000, 3_000, 12_000] as const;
const LAGS = [0, 500, 2_000, 8_000] as const;

/** What happens next, by the weights of this run. */
export const draw = (random: Random, weights: Weights): Action => {
  const kind = random.weighted(weights.kinds);
  const n = random.below(60);
  const side = random.pick(SIDES);
  const who = random.weighted(weights.actors);
  const fate = random.weighted(weights.fates);
  const at = (part: number): Pick<Action, 'held'> => (part > 0 && random.chance(part) ? { held: true } : {});
  const fated = fate === 'ok' ? {} : { fate };
  switch (kind) {
    case 'step':
      return { do: kind, who, n, ...fated };
    case 'zombie':
      return { do: kind, n, ...fated };
    case 'run':
      return { do: kind, who: random.pick(weights.runners), n: 2 + random.below(12), ...fated };
    case 'edit': {
      const field = random.pick(weights.edited);
      return { do: kind, side, n, field, ...at(weights.held) };
    }
    case 'belate':
      return { do: kind, n, field: random.pick(weights.edited) };
    case 'create':
      return { do: kind, side, n, share: random.pick(weights.shares) };
    case 'kill':
    case 'lost':
    case 'detach':
    case 'forget':
      return { do: kind, who, n };
    case 'freeze':
      return { do: kind, who: random.pick(SYNCS), ...fated, ...at(weights.late) };
    case 'crash':
      return { do: kind, who, n: 1 + random.below(3) };
    case 'delete':
    case 'restore':
    case 'arrive':
    case 'decide':
    case 'retry':
      return { do: kind, side, n };
    case 'lag':
      return { do: kind, side, n, field: random.pick(weights.edited), ms: random.pick(LAGS) };
    case 'time':
      return { do: kind, ms: random.pick(TIMES) };
    case 'lookup':
    case 'sweep':
    case 'rest':
      return { do: kind };
    default:
      return kind satisfies never;
  }
};
