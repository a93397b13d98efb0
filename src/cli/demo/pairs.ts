/** The pairs of systems a demonstration can be given on: which parts run, which mapping keeps them in agreement. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PARTS, type PartRow } from '../up/parts.ts';

export interface Pair {
  readonly name: 'sandbox' | 'tryton';
  /** What the ERP is called in the lines people read. */
  readonly erp: string;
  readonly mapping: string;
  /** The configuration file, below the project's folder. */
  readonly config: string;
  readonly parts: readonly PartRow[];
}

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

/** A real Tryton in the place of the sandbox ERP; one that runs already is named by its address. */
const tryton: PartRow = {
  name: 'erp',
  after: [],
  given: 'SANDBOX_ERP_URL',
  plan: async ({ home, port, customers, seed }) => {
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

export const PAIRS: Readonly<Record<Pair['name'], Pair>> = {
  sandbox: { name: 'sandbox', erp: 'sandbox ERP', mapping: 'customer', config: 'tallystick.yaml', parts: PARTS },
  tryton: {
    name: 'tryton',
    erp: 'Tryton',
    mapping: 'party',
    config: 'tallystick.tryton.yaml',
    parts: PARTS.map((part) => (part.name === 'erp' ? tryton : part)),
  },
};
