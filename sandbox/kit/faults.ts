/** Which faults there are, and the plan that decides which of them strike a request or a webhook. */
import { chance } from './random.ts';

/** Nothing is done. */
export const BEFORE = ['401', '403', '429', '500', '503', 'reset-before', 'hang-before', 'late'] as const;
/** Everything, or half of it, is done and kept; the answer is lost, late or another. */
export const AFTER = ['reset-after', 'hang-after', '504-after', '500-half', 'twice'] as const;
/** An answer of success that arrives spoiled. */
export const SPOILING = [
  'html',
  'error-in-200',
  'empty-body',
  'cut',
  'cut-json',
  'wrong-type',
  'wrong-packing',
  'wrong-charset',
  'oversized',
  'drip',
] as const;
/** Pages of lists and feeds. */
export const OF_PAGES = ['page-empty', 'page-ended', 'page-lost', 'page-doubled', 'page-back', 'page-endless'] as const;
/** Rows, wherever they stand in an answer. */
export const OF_ROWS = [
  'rows-hidden',
  'rows-stale',
  'field-gone',
  'field-new',
  'field-renamed',
  'field-retyped',
] as const;
const OF_REQUESTS = [...BEFORE, ...AFTER, ...SPOILING, ...OF_PAGES, ...OF_ROWS, 'slow', 'clock-skew'] as const;
const OF_WEBHOOKS = [
  'webhook-dropped',
  'webhook-doubled',
  'webhook-delayed',
  'webhook-reordered',
  'webhook-forged',
  'webhook-changed',
  'webhook-replayed',
  'webhook-stale',
] as const;

/** A fault on demand: by chance (`rate`) or at the n-th matching request or webhook after it was set (`nth`, once). */
export interface Fault {
  readonly kind: (typeof OF_REQUESTS)[number] | (typeof OF_WEBHOOKS)[number];
  readonly rate?: number;
  readonly nth?: number;
  /** Only requests whose path begins so. */
  readonly path?: string;
  readonly only_writes?: boolean;
  readonly only_reads?: boolean;
  /** Only requests of this credential; without a token nobody is known. */
  readonly actor?: string;
  /** Only so long after it was set. */
  readonly for_ms?: number;
  readonly retry_after_s?: number;
  /** `Retry-After` word for word; `none` for no such header. */
  readonly retry_after?: string;
  readonly delay_ms?: number;
  /** How far the clock is off: `clock-skew`. */
  readonly skew_ms?: number;
  /** Which part of the rows is meant, always the same ones: `rows-hidden`. */
  readonly share?: number;
  /** The field meant, dotted: the faults of fields. */
  readonly field?: string;
  readonly bytes?: number;
}

/** What the plan must know of a request. */
export interface Struck {
  readonly path: string;
  readonly write: boolean;
  readonly actor: string | undefined;
}

/** Decides, request by request and webhook by webhook, which faults strike. */
export interface FaultPlan {
  readonly list: () => readonly Fault[];
  readonly replace: (faults: readonly Fault[]) => void;
  readonly strike: (request: Struck) => readonly Fault[];
  readonly strikeWebhook: () => readonly Fault[];
}

const KINDS = new Set<unknown>([...OF_REQUESTS, ...OF_WEBHOOKS]);
const NEED_A_FIELD = new Set<unknown>(['field-gone', 'field-renamed', 'field-retyped']);
const isOfWebhooks = ({ kind }: Fault): boolean => OF_WEBHOOKS.some((each) => each === kind);

/** Is this a list of faults as the control address takes it? */
export const areFaults = (value: unknown): value is readonly Fault[] =>
  Array.isArray(value) &&
  value.every((item: unknown) => {
    if (typeof item !== 'object' || item === null) return false;
    const { kind, rate, nth, field } = item as { [name in 'kind' | 'rate' | 'nth' | 'field']?: unknown };
    if (NEED_A_FIELD.has(kind) && typeof field !== 'string') return false;
    return KINDS.has(kind) && (typeof rate === 'number' || typeof nth === 'number');
  });

/** The first of these kinds among those that struck. */
export const struckBy = (struck: readonly Fault[], ...kinds: readonly Fault['kind'][]): Fault | undefined =>
  struck.find(({ kind }) => kinds.includes(kind));

/** A plan whose chances come from the seed. */
export const faultPlan = (seed: number, now: () => number = () => performance.now()): FaultPlan => {
  const luck = chance(seed);
  let faults: readonly Fault[] = [];
  let seen: number[] = [];
  let since = 0;
  const counted = (fault: Fault, index: number): boolean => {
    const count = (seen[index] ?? 0) + 1;
    seen[index] = count;
    if (fault.nth !== undefined) return count === fault.nth;
    return luck.often(fault.rate ?? 0);
  };
  const matches = (fault: Fault, { path, write, actor }: Struck): boolean =>
    !isOfWebhooks(fault) &&
    !(fault.only_writes === true && !write) &&
    !(fault.only_reads === true && write) &&
    (fault.path === undefined || path.startsWith(fault.path)) &&
    (fault.actor === undefined || fault.actor === actor) &&
    (fault.for_ms === undefined || now() - since < fault.for_ms);
  return {
    list: () => faults,
    replace: (next) => {
      faults = next;
      seen = next.map(() => 0);
      since = now();
    },
    strike: (request) => faults.filter((fault, index) => matches(fault, request) && counted(fault, index)),
    strikeWebhook: () => faults.filter((fault, index) => isOfWebhooks(fault) && counted(fault, index)),
  };
};
