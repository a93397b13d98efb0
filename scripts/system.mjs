/** `npm run test:system`: the long tests, each a command that ends with exit code 0 or not. Name some to run only those. */
import { run } from './child.mjs';
import { conclude } from './results.mjs';
import { Obstacle, report } from './say.mjs';

/** Each entry: a name, and what Node 24 is given. */
const ENTRIES = [
  { name: 'demo', command: ['src/cli/demo.ts', '--once'] },
  { name: 'demo-tryton', command: ['src/cli/demo.ts', '--once', '--erp', 'tryton'] },
  { name: 'torture', command: ['tests/torture/main.ts', '--kills', '10', '--seed', '1'] },
  { name: 'torture-faults', command: ['tests/torture/main.ts', '--kills', '0', '--all-faults', '--seed', '2'] },
  {
    name: 'torture-tryton',
    command: ['tests/torture/main.ts', '--kills', '3', '--seed', '1', '--erp', 'tryton', '--customers', '1000'],
  },
  {
    name: 'torture-soap',
    command: ['tests/torture/main.ts', '--kills', '3', '--faults', '--seed', '1', '--erp', 'soap'],
  },
  { name: 'simulation', command: ['tests/simulation/main.ts', '--seeds', '300', '--shrink'] },
  {
    name: 'simulation-hard',
    command: ['tests/simulation/main.ts', '--hard', '--from', '201', '--seeds', '100', '--shrink'],
  },
  { name: 'mutations', command: ['tests/simulation/main.ts', '--mutations'] },
];

const main = async () => {
  const chosen = process.argv.slice(2);
  const names = ENTRIES.map(({ name }) => name);
  const unknown = chosen.find((name) => !names.includes(name));
  if (unknown !== undefined) throw new Obstacle(`There is no system test "${unknown}"; there are ${names.join(', ')}.`);
  const results = [];
  for (const entry of ENTRIES.filter(({ name }) => chosen.length === 0 || chosen.includes(name))) {
    process.stdout.write(`\n${entry.name}\n`);
    const started = Date.now();
    const code = await run(entry.command);
    results.push({
      name: entry.name,
      passed: code === 0 ? 1 : 0,
      failed: code === 0 ? 0 : 1,
      ms: Date.now() - started,
    });
  }
  return conclude(results);
};

process.exitCode = await main().catch(report);
