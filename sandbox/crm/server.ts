import { randomBytes } from 'node:crypto';
import { faultPlan } from '../kit/faults.ts';
import { type Doc, isDoc, parse, text } from '../kit/json.ts';
import { createLens } from '../kit/lens.ts';
import { type Running, run, type StartOptions } from '../kit/run.ts';
import { openStore } from '../kit/store.ts';
import { KINDS } from './kinds.ts';
import { productSeeds } from './products-seed.ts';
import { createRecords } from './records.ts';
import { crmSeeds } from './seed.ts';
import { createService } from './service.ts';
import { userSeeds } from './users.ts';
import { createWebhooks } from './webhooks.ts';

const RECORDS = [...KINDS.keys()];
const DEFAULTS: Doc = { latency_ms: 0, token_ttl_s: 300, clock_skew_ms: 0 };
const NEGATIVE = new Set(['clock_skew_ms']);

/** Start the CRM in this process. A new data folder is filled from the seed, an old one is taken as it is. */
export const startCrm = async (options: StartOptions = {}): Promise<Running> => {
  const { customers = 2000, employees = 0, products = 0, seed = 1 } = options;
  const store = openStore(options.data, 'crm', RECORDS, function* () {
    yield* crmSeeds(seed, customers);
    yield* userSeeds(seed, employees);
    yield* productSeeds(seed, products);
  });
  const key = store.setting('token key') ?? randomBytes(32).toString('base64url');
  store.keep('token key', key);
  const kept = parse(store.setting('settings') ?? '{}');
  let settings: Doc = { ...DEFAULTS, ...(isDoc(kept) ? kept : {}) };
  const change = (wanted: Doc): string | undefined => {
    for (const [name, value] of Object.entries(wanted)) {
      if (!Object.hasOwn(DEFAULTS, name)) return `there is no setting ${name}`;
      if (typeof value !== 'number' || (value < 0 && !NEGATIVE.has(name))) return `${name} is a number of at least 0`;
    }
    settings = { ...settings, ...wanted };
    store.keep('settings', text(settings));
    return undefined;
  };
  const number = (name: string): number => Number(settings[name]);
  const skewMs = (): number => number('clock_skew_ms');
  const lens = createLens(store, { stamp: 'modified_at', ref: 'external_id' }, skewMs);
  const records = new Map<string, ReturnType<typeof createRecords>>();
  const of = (record: string) => {
    const made = records.get(record) ?? createRecords(lens.store, record);
    records.set(record, made);
    return made;
  };
  const faults = faultPlan(seed);
  const webhooks = createWebhooks(store, faults);
  const told = webhooks.watching(lens.store);
  const running = await run(
    {
      store: told,
      service: createService(told, key, () => number('token_ttl_s'), webhooks),
      faults,
      lens,
      skewMs,
      latencyMs: () => number('latency_ms'),
      records: RECORDS,
      settings: () => settings,
      change,
      quietEdit: (record, id, fields) => of(record).quiet(id, fields),
    },
    options,
  );
  return {
    ...running,
    close: async () => {
      await webhooks.close();
      await running.close();
    },
  };
};
