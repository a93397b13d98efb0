import { chance } from './random.ts';

const OF_REQUESTS = ['500', '429', 'reset-before', 'reset-after', 'slow'] as const;
const OF_WEBHOOKS = [
  'webhook-dropped',
  'webhook-doubled',
  'webhook-delayed',
  'webhook-reordered',
  'webhook-forged',
] as const;

/** A fault on demand: by chance (`rate`) or at the n-th matching request or webhook after it was set (`nth`, once). */
export interface Fault {
  readonly kind: (typeof OF_REQUESTS)[number] | (typeof OF_WEBHOOKS)[number];
  readonly rate?: number;
  readonly nth?: number;
  /** Only requests whose path begins so. */
  readonly path?: string;
  readonly only_writes?: boolean;
  readonly retry_after_s?: number;
  readonly delay_ms?: number;
}

/** Decides, request by request and webhook by webhook, which faults strike. */
export interface FaultPlan {
  readonly list: () => readonly Fault[];
  readonly replace: (faults: readonly Fault[]) => void;
  readonly strike: (path: string, write: boolean) => readonly Fault[];
  readonly strikeWebhook: () => readonly Fault[];
}

const KINDS = new Set<unknown>([...OF_REQUESTS, ...OF_WEBHOOKS]);
const isOfWebhooks = ({ kind }: Fault): boolean => OF_WEBHOOKS.some((each) => each === kind);

/** Is this a list of faults as the control address takes it? */
export const areFaults = (value: unknown): value is readonly Fault[] =>
  Array.isArray(value) &&
  value.every((item: unknown) => {
    if (typeof item !== 'object' || item === null) return false;
    const { kind, rate, nth } = item as { kind?: unknown; rate?: unknown; nth?: unknown };
    return KINDS.has(kind) && (typeof rate === 'number' || typeof nth === 'number');
  });

/** A plan whose chances come from the seed. */
export const faultPlan = (seed: number): FaultPlan => {
  const luck = chance(seed);
  let faults: readonly Fault[] = [];
  let seen: number[] = [];
  const counted = (fault: Fault, index: number): boolean => {
    const count = (seen[index] ?? 0) + 1;
    seen[index] = count;
    if (fault.nth !== undefined) return count === fault.nth;
    return luck.often(fault.rate ?? 0);
  };
  const hits = (fault: Fault, index: number, path: string, write: boolean): boolean => {
    if (isOfWebhooks(fault)) return false;
    if (fault.only_writes === true && !write) return false;
    if (fault.path !== undefined && !path.startsWith(fault.path)) return false;
    return counted(fault, index);
  };
  return {
    list: () => faults,
    replace: (next) => {
      faults = next;
      seen = next.map(() => 0);
    },
    strike: (path, write) => faults.filter((fault, index) => hits(fault, index, path, write)),
    strikeWebhook: () => faults.filter((fault, index) => isOfWebhooks(fault) && counted(fault, index)),
  };
};
