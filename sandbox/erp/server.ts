import { faultPlan } from '../kit/faults.ts';
import { type Doc, isDoc, parse, text } from '../kit/json.ts';
import { createLens } from '../kit/lens.ts';
import { type Running, run, type StartOptions } from '../kit/run.ts';
import { openStore } from '../kit/store.ts';
import { businessDay } from './business-day.ts';
import { employeeSeeds } from './employees.ts';
import { KINDS } from './kinds.ts';
import { createPartners, type ReferenceRule } from './partners.ts';
import { targetSeeds } from './plans.ts';
import { productSeeds } from './products-seed.ts';
import { erpSeeds } from './seed.ts';
import { createService, USERS } from './service.ts';
import { withSoap } from './soap.ts';

const RECORDS = KINDS.map(({ record }) => record);
const DEFAULTS: Doc = { latency_ms: 0, clock_skew_ms: 0, reference: 'searchable', row_version_guard: true };
const REFERENCES: readonly unknown[] = ['searchable', 'unique', 'unsearchable'] satisfies ReferenceRule[];

const unacceptable = (name: string, value: unknown): string | undefined => {
  if (name === 'latency_ms')
    return typeof value === 'number' && value >= 0 ? undefined : 'latency_ms is a number of at least 0';
  if (name === 'clock_skew_ms') return typeof value === 'number' ? undefined : 'clock_skew_ms is a number';
  if (name === 'reference')
    return REFERENCES.includes(value) ? undefined : `reference is one of ${REFERENCES.join(', ')}`;
  if (name === 'row_version_guard')
    return typeof value === 'boolean' ? undefined : 'row_version_guard is true or false';
  return `there is no setting ${name}`;
};

/** Start the ERP in this process. A new data folder is filled from the seed, an old one is taken as it is. */
export const startErp = async (options: StartOptions = {}): Promise<Running> => {
  const { customers = 2000, employees = 0, products = 0, targets = 0, seed = 1 } = options;
  const store = openStore(options.data, 'erp', RECORDS, function* () {
    yield* erpSeeds(seed, customers);
    yield* employeeSeeds(seed, employees);
    yield* productSeeds(seed, products);
    yield* targetSeeds(seed, Math.min(targets, employees));
  });
  const kept = parse(store.setting('settings') ?? '{}');
  let settings: Doc = { ...DEFAULTS, ...(isDoc(kept) ? kept : {}) };
  const rule = (): ReferenceRule => settings['reference'] as ReferenceRule;
  const skewMs = (): number => Number(settings['clock_skew_ms']);
  const lens = createLens(store, { stamp: 'changed_at', ref: 'reference' }, skewMs);
  const rules = { reference: rule, guard: () => settings['row_version_guard'] === true };
  const all = Object.fromEntries(KINDS.map((kind) => [kind.record, createPartners(lens.store, rules, kind)]));
  const change = (wanted: Doc): string | undefined => {
    const problems = Object.entries(wanted).map(([name, value]) => unacceptable(name, value));
    const problem = problems.find((sentence) => sentence !== undefined);
    if (problem !== undefined) return problem;
    settings = { ...settings, ...wanted };
    store.keep('settings', text(settings));
    return undefined;
  };
  return run(
    {
      store,
      service: await withSoap(createService(lens.store, all, rule), USERS),
      faults: faultPlan(seed + 1),
      lens,
      skewMs,
      latencyMs: () => Number(settings['latency_ms']),
      records: RECORDS,
      settings: () => settings,
      change,
      quietEdit: (record, number, values) => all[record]?.quiet(number, values),
      day: ({ seed: by = seed, finish }) => ({
        ...businessDay(store, all, { seed: Number(by), finish: finish === true }),
      }),
    },
    options,
  );
};
