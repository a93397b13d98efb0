/** `npm run test:system`: the long tests, each a command that ends with exit code 0 or not. Name some to run only those. */
import { run } from './child.mjs';
import { conclude } from './results.mjs';
import { Obstacle, report } from './say.mjs';

/**
 * Each entry: a name, and what Node 24 is given. Those with `beside` go one after the other beside the rest: nothing is
 * killed in them, so they have no few seconds to be back in, where the others mostly wait for the parts that they have killed.
 */
const ENTRIES = [
  { name: 'torture', command: ['tests/torture/main.ts', '--kills', '10', '--seed', '1'] },
  {
    name: 'torture-orders',
    command: [
      ...['tests/torture/main.ts', '--only', 'orders', '--kills', '10', '--faults', '--seed', '1'],
      // Seven mappings share two cores with the parts that start again: it was 19 s on a machine that was busy with other things.
      // Twenty more are led to each step.
      ...['--orders', '40', '--rate', '1', '--customers', '60', '--within', '30000'],
    ],
  },
  {
    name: 'torture-goods',
    command: [
      ...['tests/torture/main.ts', '--only', 'goods', '--kills', '2', '--faults', '--seed', '1'],
      ...['--customers', '6', '--products', '12', '--within', '60000'],
    ],
  },
  {
    name: 'torture-staff',
    command: [
      ...['tests/torture/main.ts', '--only', 'staff', '--kills', '2', '--faults', '--seed', '1'],
      ...['--customers', '12', '--employees', '20', '--within', '60000'],
    ],
  },
  {
    name: 'torture-quotes',
    command: [
      ...['tests/torture/main.ts', '--only', 'quotes', '--kills', '1', '--faults', '--seed', '1'],
      ...['--customers', '6', '--within', '60000'],
    ],
  },
  {
    name: 'torture-tryton',
    command: ['tests/torture/main.ts', '--kills', '10', '--seed', '1', '--erp', 'tryton', '--customers', '2000'],
  },
  {
    name: 'torture-soap',
    command: ['tests/torture/main.ts', '--kills', '3', '--faults', '--seed', '1', '--erp', 'soap'],
  },
  { name: 'simulation', beside: true, command: ['tests/simulation/main.ts', '--seeds', '300', '--shrink'] },
  {
    name: 'simulation-hard',
    beside: true,
    command: ['tests/simulation/main.ts', '--hard', '--from', '201', '--seeds', '100', '--shrink'],
  },
  { name: 'mutations', beside: true, command: ['tests/simulation/main.ts', '--mutations'] },
  { name: 'demo', beside: true, command: ['src/cli/demo.ts', '--once'] },
  { name: 'demo-tryton', beside: true, command: ['src/cli/demo.ts', '--once', '--erp', 'tryton'] },
  {
    name: 'torture-faults',
    beside: true,
    command: ['tests/torture/main.ts', '--kills', '0', '--all-faults', '--seed', '2'],
  },
  { name: 'order-tryton', beside: true, command: ['tests/orders/tryton.ts'] },
];

const inTurn = async (entries, beside) => {
  const results = [];
  for (const { name, command } of entries) {
    process.stdout.write(`\n${name}${beside ? ', beside the rest' : ''}\n`);
    const started = Date.now();
    const code = await run(command, { beside });
    const ms = Date.now() - started;
    if (beside) process.stdout.write(`${name} ${code === 0 ? 'has passed' : 'has failed'}\n`);
    results.push({ name, passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1, ms });
  }
  return results;
};

const main = async () => {
  const chosen = process.argv.slice(2);
  const names = ENTRIES.map(({ name }) => name);
  const unknown = chosen.find((name) => !names.includes(name));
  if (unknown !== undefined) throw new Obstacle(`There is no system test "${unknown}"; there are ${names.join(', ')}.`);
  const wanted = ENTRIES.filter(({ name }) => chosen.length === 0 || chosen.includes(name));
  const lanes = [wanted.filter(({ beside }) => beside !== true), wanted.filter(({ beside }) => beside === true)];
  const alone = lanes.some((lane) => lane.length === 0);
  const results = await Promise.all(lanes.map((lane, nth) => inTurn(lane, nth === 1 && !alone)));
  return conclude(results.flat());
};

process.exitCode = await main().catch(report);
