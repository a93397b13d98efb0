import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DefaultLogger, Runtime, Worker } from '@temporalio/worker';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { workflowBundle } from '../../src/worker/bundle.ts';
import { NUDGE } from '../../workflows/messages.ts';
import { historyOf, type Turn } from './history.ts';

let folder: string;
let codePath: string;

beforeAll(async () => {
  Runtime.install({
    logger: new DefaultLogger('ERROR', () => undefined),
    telemetryOptions: { logging: { filter: 'OFF' } },
  });
  folder = await mkdtemp(join(tmpdir(), 'tally-replay-'));
  codePath = await workflowBundle(folder);
}, 120_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

const replayed = (history: object): Promise<void> =>
  Worker.runReplayHistory({ workflowBundle: { codePath } }, history, 'replayed');

const customer = { mapping: 'customer' };
const turning = { mapping: 'customer', turns: true };
const account = { slot: 'crm/Account', connection: 'crm' };
const order = { mapping: 'order', record: 'O1' };
const NOTHING = { segment: null, records: 0, sources: [], nextDue: null, more: false };
const claimed = (sources: readonly string[]) => ({ segment: 'S1', records: 3, sources, nextDue: null, more: false });

/** A round that finds work, up to where the plan names its targets. */
const planned = (targets: readonly string[]): Turn[] => [
  { commands: [{ step: 'claim' }], after: [{ done: 1, result: claimed([]) }] },
  { commands: [{ step: 'plan' }], after: [{ done: 2, result: { targets } }] },
];

const PATHS: readonly (readonly [string, string, object, readonly Turn[]])[] = [
  [
    'a mapping with nothing due looks again after a while',
    'sync',
    customer,
    [
      { commands: [{ step: 'claim' }], after: [{ done: 1, result: NOTHING }] },
      { commands: [{ timer: 5_000 }], after: [{ fired: 1 }] },
      { commands: [{ step: 'claim' }] },
    ],
  ],
  [
    'a nudge ends the wait at once',
    'sync',
    customer,
    [
      { commands: [{ step: 'claim' }], after: [{ done: 1, result: NOTHING }] },
      { commands: [{ timer: 5_000 }], after: [{ signal: NUDGE }] },
      { commands: [{ cancel: 1 }, { step: 'claim' }] },
    ],
  ],
  [
    'a nudge during a round makes the next wait none',
    'sync',
    customer,
    [
      { commands: [{ step: 'claim' }], after: [{ signal: NUDGE }, { done: 1, result: NOTHING }] },
      { commands: [{ step: 'claim' }], after: [{ done: 2, result: NOTHING }] },
      { commands: [{ timer: 5_000 }] },
    ],
  ],
  [
    'work is observed, planned, written to both sides at once and released',
    'sync',
    customer,
    [
      { commands: [{ step: 'claim' }], after: [{ done: 1, result: claimed(['crm', 'erp']) }] },
      {
        commands: [
          { step: 'observe', on: 'crm' },
          { step: 'observe', on: 'erp' },
        ],
        after: [
          { done: 3, result: { records: 1 } },
          { done: 2, result: { records: 2 } },
        ],
      },
      { commands: [{ step: 'plan' }], after: [{ done: 4, result: { targets: ['crm', 'erp'] } }] },
      {
        commands: [
          { step: 'writeSegment', on: 'crm' },
          { step: 'writeSegment', on: 'erp' },
        ],
        after: [{ done: 5, result: {} }],
      },
      { commands: [], after: [{ done: 6, result: {} }] },
      { commands: [{ step: 'release' }], after: [{ done: 7 }] },
      { commands: [{ step: 'claim' }] },
    ],
  ],
  [
    'while there is more than one segment holds, a second lane works beside the first',
    'sync',
    customer,
    [
      { commands: [{ step: 'claim' }], after: [{ done: 1, result: { ...claimed([]), more: true } }] },
      { commands: [{ step: 'claim' }, { step: 'plan' }], after: [{ done: 2, result: claimed([]) }] },
      { commands: [{ step: 'plan' }], after: [{ done: 3, result: { targets: ['erp'] } }] },
      {
        commands: [{ step: 'writeSegment', on: 'erp' }],
        after: [{ done: 4, result: { targets: ['erp'] } }],
      },
      { commands: [{ step: 'writeSegment', on: 'erp' }], after: [{ done: 5, result: {} }] },
      { commands: [{ step: 'release' }], after: [{ done: 7 }] },
      { commands: [{ step: 'claim' }], after: [{ done: 6, result: {} }] },
      { commands: [{ step: 'release' }], after: [{ done: 9 }] },
      { commands: [{ step: 'claim' }], after: [{ done: 10, result: NOTHING }] },
      { commands: [], after: [{ done: 8, result: NOTHING }] },
      { commands: [{ timer: 5_000 }] },
    ],
  ],
  [
    'what makes the second lane fail leaves the first one working',
    'sync',
    customer,
    [
      { commands: [{ step: 'claim' }], after: [{ done: 1, result: { ...claimed([]), more: true } }] },
      { commands: [{ step: 'claim' }, { step: 'plan' }], after: [{ failed: 2, code: 'CONFIG_INVALID' }] },
      { commands: [], after: [{ done: 3, result: { targets: [] } }] },
      { commands: [{ step: 'release' }], after: [{ done: 4 }] },
      { commands: [{ step: 'claim' }] },
    ],
  ],
  [
    'what cannot be read is given back and the rest is planned',
    'sync',
    customer,
    [
      { commands: [{ step: 'claim' }], after: [{ done: 1, result: claimed(['erp']) }] },
      { commands: [{ step: 'observe', on: 'erp' }], after: [{ failed: 2, code: 'UNREACHABLE' }] },
      { commands: [{ step: 'giveBack' }], after: [{ done: 3 }] },
      { commands: [{ step: 'plan' }], after: [{ done: 4, result: { targets: [] } }] },
      { commands: [{ step: 'release' }] },
    ],
  ],
  [
    'a system that refuses us gives its writes back while the other side goes on',
    'sync',
    customer,
    [
      ...planned(['crm', 'erp']),
      {
        commands: [
          { step: 'writeSegment', on: 'crm' },
          { step: 'writeSegment', on: 'erp' },
        ],
        after: [{ failed: 3, code: 'LOGIN_REFUSED' }],
      },
      { commands: [{ step: 'giveBack' }], after: [{ done: 5 }] },
      { commands: [], after: [{ done: 4, result: {} }] },
      { commands: [{ step: 'release' }] },
    ],
  ],
  [
    'a connection that no worker serves gives its writes back',
    'sync',
    customer,
    [
      ...planned(['erp']),
      { commands: [{ step: 'writeSegment', on: 'erp' }], after: [{ silent: 3 }] },
      { commands: [{ step: 'giveBack' }], after: [{ done: 4 }] },
      { commands: [{ step: 'release' }] },
    ],
  ],
  [
    'a ledger step that fails for good is tried again after a while',
    'sync',
    customer,
    [
      { commands: [{ step: 'claim' }], after: [{ failed: 1, code: 'CONFIG_INVALID' }] },
      { commands: [{ timer: 5_000 }], after: [{ fired: 1 }] },
      { commands: [{ step: 'claim' }] },
    ],
  ],
  [
    'a change is claimed and planned in one step, written, and released with the next one',
    'sync',
    turning,
    [
      { commands: [{ step: 'turn' }], after: [{ done: 1, result: { ...claimed([]), targets: ['erp'] } }] },
      { commands: [{ step: 'writeSegment', on: 'erp' }], after: [{ done: 2, result: {} }] },
      { commands: [{ step: 'turn' }], after: [{ done: 3, result: { ...claimed(['crm']) } }] },
      { commands: [{ step: 'observe', on: 'crm' }], after: [{ done: 4, result: { records: 1 } }] },
      { commands: [{ step: 'plan' }], after: [{ done: 5, result: { targets: ['crm'] } }] },
      { commands: [{ step: 'writeSegment', on: 'crm' }], after: [{ done: 6, result: {} }] },
      { commands: [{ step: 'turn' }], after: [{ done: 7, result: NOTHING }] },
      { commands: [{ timer: 5_000 }], after: [{ fired: 1 }] },
      { commands: [{ step: 'turn' }] },
    ],
  ],
  [
    'a load is planned in a step of its own, while its second lane claims',
    'sync',
    turning,
    [
      { commands: [{ step: 'turn' }], after: [{ done: 1, result: { ...claimed([]), more: true } }] },
      { commands: [{ step: 'turn' }, { step: 'plan' }], after: [{ done: 2, result: claimed([]) }] },
      { commands: [{ step: 'plan' }], after: [{ done: 3, result: { targets: [] } }] },
      { commands: [{ step: 'turn' }], after: [{ done: 4, result: { targets: [] } }] },
      { commands: [{ step: 'turn' }], after: [{ done: 6, result: NOTHING }] },
      { commands: [], after: [{ done: 5, result: NOTHING }] },
      { commands: [{ timer: 5_000 }] },
    ],
  ],
  [
    'a step from one round to the next that fails for good is tried again after a while',
    'sync',
    turning,
    [
      { commands: [{ step: 'turn' }], after: [{ failed: 1, code: 'CONFIG_INVALID' }] },
      { commands: [{ timer: 5_000 }], after: [{ fired: 1 }] },
      { commands: [{ step: 'turn' }] },
    ],
  ],
  [
    'an order that waits for people wakes when their time is over, and ends with its order',
    'order',
    order,
    [
      { commands: [{ step: 'order' }], after: [{ done: 1, result: { ended: false, waitMs: 3_600_000 } }] },
      { commands: [{ timer: 3_600_000 }], after: [{ fired: 1 }] },
      { commands: [{ step: 'order' }], after: [{ done: 2, result: { ended: true, waitMs: 0 } }] },
      { commands: [{ end: undefined }] },
    ],
  ],
  [
    'a word about an order wakes it at once, and a ledger that is down is tried again',
    'order',
    order,
    [
      { commands: [{ step: 'order' }], after: [{ failed: 1, code: 'CONFIG_INVALID' }] },
      { commands: [{ timer: 5_000 }], after: [{ signal: NUDGE }] },
      { commands: [{ cancel: 1 }, { step: 'order' }], after: [{ done: 2, result: { ended: true, waitMs: 0 } }] },
      { commands: [{ end: undefined }] },
    ],
  ],
  [
    'capture reads on while there is more and then waits for the next poll',
    'capture',
    account,
    [
      {
        commands: [{ step: 'capture', on: 'crm' }],
        after: [{ done: 1, result: { stored: 500, changed: 500, waitMs: 0 } }],
      },
      {
        commands: [{ step: 'capture', on: 'crm' }],
        after: [{ done: 2, result: { stored: 7, changed: 7, waitMs: 500 } }],
      },
      { commands: [{ timer: 500 }], after: [{ fired: 1 }] },
      { commands: [{ step: 'capture', on: 'crm' }] },
    ],
  ],
  [
    'capture goes on after a system was away',
    'capture',
    account,
    [
      { commands: [{ step: 'capture', on: 'crm' }], after: [{ failed: 1, code: 'UNREACHABLE' }] },
      { commands: [{ timer: 5_000 }], after: [{ signal: NUDGE }] },
      { commands: [{ cancel: 1 }, { step: 'capture', on: 'crm' }] },
    ],
  ],
  [
    'a probe answers with what the system said',
    'probe',
    { connection: 'erp' },
    [
      {
        commands: [{ step: 'probe', on: 'erp' }],
        after: [{ done: 1, result: { ok: true, who: 'tally', warnings: [] } }],
      },
      { commands: [{ end: { ok: true, who: 'tally', warnings: [] } }] },
    ],
  ],
  [
    'what views ask is answered round after round, then for a while nobody asks, and it ends',
    'look',
    { connection: 'erp' },
    [
      { commands: [{ step: 'answer', on: 'erp' }], after: [{ done: 1, result: { answered: 500, more: true } }] },
      {
        commands: [{ step: 'answer', on: 'erp' }],
        after: [{ signal: NUDGE }, { done: 2, result: { answered: 1, more: false } }],
      },
      { commands: [{ step: 'answer', on: 'erp' }], after: [{ done: 3, result: { answered: 1, more: false } }] },
      { commands: [{ timer: 10_000 }], after: [{ fired: 1 }] },
      { commands: [{ end: undefined }] },
    ],
  ],
  [
    'a system that cannot be asked leaves the next question to be tried anew',
    'look',
    { connection: 'erp' },
    [
      { commands: [{ step: 'answer', on: 'erp' }], after: [{ failed: 1, code: 'UNREACHABLE' }] },
      { commands: [{ timer: 10_000 }], after: [{ signal: NUDGE }] },
      { commands: [{ cancel: 1 }, { step: 'answer', on: 'erp' }] },
    ],
  ],
];

test.each(PATHS)('%s', async (_title, workflow, input, turns) => {
  await expect(replayed(historyOf(workflow, input, turns))).resolves.toBeUndefined();
});

test('after many rounds a workflow begins a new history', async () => {
  const rounds = Array.from({ length: 200 }, (_, i): Turn => {
    const again = { done: i + 1, result: { stored: 1, changed: 1, waitMs: 0 } };
    return { commands: [{ step: 'capture', on: 'crm' }], after: [again] };
  });
  await expect(
    replayed(historyOf('capture', account, [...rounds, { commands: [{ again: account }] }])),
  ).resolves.toBeUndefined();
});

test('a workflow that would do things in another order is noticed', async () => {
  const swapped = historyOf('sync', customer, [
    { commands: [{ step: 'claim' }], after: [{ done: 1, result: claimed([]) }] },
    { commands: [{ step: 'release' }], after: [{ done: 2 }] },
    { commands: [{ step: 'plan' }] },
  ]);
  await expect(replayed(swapped)).rejects.toThrow(/[Nn]ondeterminism/);
});

test('what is done in the last round of a history is released before a new one begins', async () => {
  const rounds = Array.from({ length: 200 }, (_, i): Turn => {
    const result = { ...claimed([]), targets: [] };
    return { commands: [{ step: 'turn' }], after: [{ done: i + 1, result }] };
  });
  const end: Turn[] = [{ commands: [{ step: 'release' }], after: [{ done: 201 }] }, { commands: [{ again: turning }] }];
  await expect(replayed(historyOf('sync', turning, [...rounds, ...end]))).resolves.toBeUndefined();
});

test('every history recorded from the real engine still replays', async () => {
  const recorded = join(import.meta.dirname, 'recorded');
  const files = (await readdir(recorded)).filter((name) => name.endsWith('.json'));
  expect(files.length).toBeGreaterThan(0);
  for (const file of files)
    await expect(replayed(JSON.parse(await readFile(join(recorded, file), 'utf8'))), file).resolves.toBeUndefined();
});
