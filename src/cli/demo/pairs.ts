/** The pairs of systems a demonstration can be given on: which parts run, which mapping keeps them in agreement. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cacheFolder, prepare, USERS } from '../../../sandbox/tryton/parts.ts';
import { makeTwins } from '../../../sandbox/tryton/twins.ts';
import { PARTS, type PartRow } from '../up/parts.ts';

export interface Pair {
  readonly name: 'sandbox' | 'soap' | 'tryton';
  /** What the ERP is called in the lines people read. */
  readonly erp: string;
  readonly mapping: string;
  /** Mappings that are carried out beside it. */
  readonly beside?: readonly string[];
  /** The configuration file, below the project's folder. */
  readonly config: string;
  readonly parts: readonly PartRow[];
  /** What must stand in the systems before the worker looks at them. */
  readonly furnish?: (
    env: Readonly<Record<string, string>>,
    how: { readonly customers: number; readonly seed: number },
  ) => Promise<void>;
}

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

/** A real Tryton in the place of the sandbox ERP; one that runs already is named by its address. */
const tryton: PartRow = {
  name: 'erp',
  after: [],
  given: 'SANDBOX_ERP_URL',
  plan: async ({ home, port, say, customers, seed }) => {
    // The first time Python, Tryton and its data are brought here: that may take longer than a part may take to start.
    await prepare({ cache: cacheFolder(), say: (text) => say.note(text) }, { customers, seed, trade: false });
    const own = await port('erp');
    const flags = { data: join(home, 'sandbox', 'tryton'), port: own, customers, seed };
    return {
      env: { SANDBOX_ERP_URL: `http://127.0.0.1:${own}` },
      launch: async (env) => {
        mkdirSync(join(home, 'sandbox'), { recursive: true });
        const args = Object.entries(flags).flatMap(([flag, value]) => [`--${flag}`, String(value)]);
        return { file: join(ROOT, 'sandbox', 'tryton', 'main.ts'), args, env };
      },
    };
  },
};

/** Of the sandbox's parts, those that Tryton's pair runs otherwise: an empty CRM, and nobody looks before both systems are furnished. */
const forTryton = (part: PartRow): PartRow => {
  if (part.name === 'erp') return tryton;
  if (part.name === 'crm') return { ...part, plan: (place) => part.plan({ ...place, customers: 0 }) };
  return part.after.includes('ledger') ? { ...part, after: [...part.after, 'crm', 'erp'] } : part;
};

/** How a person signs in to the demonstration's Tryton. */
export const trytonAs = (env: Readonly<Record<string, string>>, user: keyof typeof USERS) => ({
  url: env['SANDBOX_ERP_URL'] ?? '',
  database: 'tryton',
  user,
  password: USERS[user],
});

/** The two sandbox systems with all that they share: the people at their customers, and what is sold to them. */
export const withAll = (pair: Pair): Pair => ({
  ...pair,
  beside: ['contact', 'order', 'delivery', 'invoice', 'payment'],
  config: 'tallystick.orders.yaml',
});

export const PAIRS: Readonly<Record<Pair['name'], Pair>> = {
  sandbox: { name: 'sandbox', erp: 'sandbox ERP', mapping: 'customer', config: 'tallystick.yaml', parts: PARTS },
  soap: {
    name: 'soap',
    erp: 'sandbox ERP by SOAP',
    mapping: 'customer',
    config: 'tallystick.soap.yaml',
    parts: PARTS,
  },
  tryton: {
    name: 'tryton',
    erp: 'Tryton',
    mapping: 'party',
    config: 'tallystick.tryton.yaml',
    parts: PARTS.map(forTryton),
    furnish: async (env, how) => {
      await makeTwins({ crmUrl: env['SANDBOX_CRM_URL'] ?? '', tryton: trytonAs(env, 'people'), ...how });
    },
  },
};
