/** Every fault that the sandbox knows, met by the real worker: people are told what is wrong, and nothing is lost or doubled. */
import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { call, docOf, listOf } from '../../sandbox/kit/calls.ts';
import type { Fault } from '../../sandbox/kit/faults.ts';
import { createPeople, type People } from '../../sandbox/people.ts';
import { ERRORS, type ErrorCode } from '../../src/domain/errors.ts';
import type { ConnectionStatus, Status } from '../../src/ledger/queries/status.ts';
import { control } from '../kit/sandbox.ts';
import { AGREEMENT, eventually, startTown, type Town, WITHIN_MS } from './kit.ts';

const CUSTOMERS = 60;
const SEED = 61;
const ROOT = join(import.meta.dirname, '../..');
// Several pages, and an end of patience within seconds.
const PAGE = 20;
const CALL_MS = 2_000;

const SIDES = ['crm', 'erp'] as const;
type Side = (typeof SIDES)[number];
/** What strikes our requests there, and what people are told of it; nothing, where nobody need do anything. */
interface Trouble {
  readonly fault: Omit<Fault, 'actor'>;
  /** Code and sentence: of the connection, or of something that was set aside. */
  readonly told?: readonly [code: ErrorCode, says: RegExp, at?: 'connection' | 'parked'];
  /** It lasts until we have written so often there meanwhile. */
  readonly writes?: number;
}
type Trial = Readonly<Partial<Record<Side, Trouble>>>;

let town: Town;
let people: People;
beforeAll(async () => {
  town = await startTown({
    customers: CUSTOMERS,
    seed: SEED,
    direct: true,
    configure: async (folder) => {
      const file = join(folder, 'tallystick.yaml');
      const text = await readFile(file, 'utf8');
      await writeFile(file, text.replaceAll('    poll_ms: 500', `    call_ms: ${CALL_MS}\n    poll_ms: 500`));
      for (const name of ['sandbox-crm', 'sandbox-erp']) {
        const preset = join(folder, 'connectors', name);
        await cp(join(ROOT, 'connectors', name), preset, { recursive: true });
        const yaml = join(preset, 'connector.yaml');
        await writeFile(yaml, (await readFile(yaml, 'utf8')).replaceAll('page_size: 500', `page_size: ${PAGE}`));
      }
    },
  });
  await town.world.quiet(WITHIN_MS);
  people = createPeople({ crmUrl: town.crm.url, erpUrl: town.erp.url, seed: SEED });
});
afterAll(async () => town?.stop());

const connection = async (name: Side): Promise<ConnectionStatus | undefined> =>
  (await town.world.call<Status>('GET /status', {}, 'operator')).connections.find((each) => each.name === name);

/** The requests after this one that a fault struck, and the last one there is. */
const requests = async (at: Side, after: number) => {
  const reply = await call('GET', `${town[at].control}/control/ledger?kind=requests&after=${after}&limit=5000`);
  const all = listOf(docOf(reply), 'entries');
  return { struck: all.filter(({ fault }) => fault !== null), last: Number(all.at(-1)?.['seq'] ?? after) };
};
const lastRequest = async (at: Side): Promise<number> => {
  for (let after = 0; ; ) {
    const { last } = await requests(at, after);
    if (last === after) return after;
    after = last;
  }
};

/** Is this what people are told now? */
const isTold = async (at: Side, [code, says, where]: NonNullable<Trouble['told']>): Promise<boolean> => {
  if (where === 'parked') return (await town.world.parked(code)).some(({ message }) => says.test(message));
  const now = await connection(at);
  const shown = now?.paused === null ? { ...now.lastError } : { code: now?.paused.code, message: now?.paused.reason };
  // An old error is still shown when the system is well again.
  const standing = now?.paused !== null || now.failures > 0;
  return standing && shown.code === code && says.test(shown.message ?? '');
};

const meet = async (trial: Trial): Promise<void> => {
  for (const at of SIDES) {
    const trouble = trial[at];
    if (trouble === undefined) continue;
    const after = await lastRequest(at);
    await control(town[at].control, 'faults', [{ ...trouble.fault, actor: 'tally' }]);
    await town.world.call('POST /mappings/:name/sync', { params: { name: 'customer' } });
    await eventually(`${trouble.fault.kind} struck`, async () => {
      await people.edit(4);
      const { struck } = await requests(at, after);
      const written = struck.filter(({ path }) => /\/(update|upsert)$/.test(String(path))).length;
      return struck.length > 0 && written >= (trouble.writes ?? 0);
    });
    const { told } = trouble;
    if (told === undefined) continue;
    await eventually(`people are told ${told[0]} of ${at}`, () => isTold(at, told));
    expect(ERRORS[told[0]].fix).not.toBe('');
  }
};

/** The system is well again, and somebody who saw why says so. */
const heal = async (at: Side): Promise<void> => {
  await control(town[at].control, 'faults', []);
  await town.world.call('POST /connections/:name/resume', { params: { name: at } });
};

const answered = (status: number): RegExp => new RegExp(`was answered with status ${status}`);
/** A read says the status, a write the system's own words; which of them meets the refusal first is a matter of chance. */
const refused = (status: number, words: string): RegExp => new RegExp(`${answered(status).source}|${words}`);
const PARKED = 'parked';
const TRIALS: Readonly<Record<string, Trial>> = {
  'a breakdown, and maintenance for a while': {
    crm: { fault: { kind: '503', rate: 1, for_ms: 3_000 }, told: ['TARGET_UNAVAILABLE', answered(503)] },
    erp: { fault: { kind: '500', rate: 1 }, told: ['TARGET_UNAVAILABLE', answered(500)] },
  },
  'a token that is revoked half way, and a password that is no longer right': {
    crm: { fault: { kind: '401', nth: 3 } },
    erp: { fault: { kind: '401', rate: 1 }, told: ['LOGIN_REFUSED', refused(401, 'the token is no longer valid')] },
  },
  'a right that was taken away': {
    crm: {
      fault: { kind: '403', rate: 1 },
      told: ['NO_PERMISSION', refused(403, 'the right to do this was taken away')],
    },
    erp: {
      fault: { kind: '403', rate: 1 },
      told: ['NO_PERMISSION', refused(403, 'the right to do this was taken away')],
    },
  },
  'a limit with a date, and with a negative time': {
    crm: { fault: { kind: '429', rate: 0.5, retry_after: 'date' }, told: ['RATE_LIMITED', answered(429)] },
    erp: { fault: { kind: '429', rate: 0.5, retry_after: '-5' }, told: ['RATE_LIMITED', answered(429)] },
  },
  'a limit without a time, and with ten years': {
    crm: { fault: { kind: '429', rate: 0.5, retry_after: 'none' }, told: ['RATE_LIMITED', answered(429)] },
    erp: { fault: { kind: '429', rate: 0.5, retry_after: '315360000' }, told: ['RATE_LIMITED', answered(429)] },
  },
  'a line that breaks before anything was done, or says nothing': {
    crm: { fault: { kind: 'reset-before', rate: 0.7 }, told: ['UNREACHABLE', /cannot be reached \(ECONNRESET\)/] },
    erp: { fault: { kind: 'hang-before', rate: 0.7 }, told: ['TIMED_OUT', /no answer|not finished within 2000 ms/] },
  },
  'a line that breaks when all was done, or says nothing': {
    crm: { fault: { kind: 'hang-after', rate: 0.7 }, told: ['TIMED_OUT', /no answer|not finished within 2000 ms/] },
    erp: { fault: { kind: 'reset-after', rate: 0.7 }, told: ['UNREACHABLE', /cannot be reached \(ECONNRESET\)/] },
  },
  'a write that is done when nobody waits any more': {
    crm: { fault: { kind: 'late', rate: 0.6, only_writes: true, delay_ms: 500 } },
    erp: { fault: { kind: 'late', rate: 0.6, only_writes: true, delay_ms: 500 } },
  },
  'a gateway that gave up on what was done': {
    crm: { fault: { kind: '504-after', rate: 0.6 }, told: ['TARGET_UNAVAILABLE', answered(504)] },
    erp: { fault: { kind: '504-after', rate: 0.6 }, told: ['TARGET_UNAVAILABLE', answered(504)] },
  },
  'half of a batch': {
    crm: { fault: { kind: '500-half', rate: 0.6, only_writes: true } },
    erp: { fault: { kind: '500-half', rate: 0.6, only_writes: true } },
  },
  'a request that is done twice': {
    crm: { fault: { kind: 'twice', rate: 0.6 } },
    // Where nothing keeps a reference unique a create done twice is two records, whoever asked for it.
    erp: { fault: { kind: 'twice', rate: 0.6, path: '/api/partners/update' } },
  },
  'a web page instead of an answer': {
    crm: {
      fault: { kind: 'html', rate: 0.6 },
      told: ['PROTOCOL_ERROR', /a web page \(text\/html\) where JSON was due/],
    },
    erp: {
      fault: { kind: 'html', rate: 0.6 },
      told: ['PROTOCOL_ERROR', /a web page \(text\/html\) where JSON was due/],
    },
  },
  'a breakdown that says 200': {
    crm: { fault: { kind: 'error-in-200', rate: 0.6 }, told: ['PROTOCOL_ERROR', /was answered with INTERNAL/] },
    erp: { fault: { kind: 'error-in-200', rate: 0.6 }, told: ['PROTOCOL_ERROR', /was answered with INTERNAL/] },
  },
  'an answer without a body, and one that breaks off': {
    crm: { fault: { kind: 'empty-body', rate: 0.6 }, told: ['PROTOCOL_ERROR', /breaks off or is malformed/] },
    erp: { fault: { kind: 'cut-json', rate: 0.6 }, told: ['PROTOCOL_ERROR', /breaks off or is malformed/] },
  },
  'an answer shorter than announced, and one told byte by byte': {
    crm: { fault: { kind: 'cut', rate: 0.7 }, told: ['UNREACHABLE', /cannot be reached \(ECONNRESET\)/] },
    erp: { fault: { kind: 'drip', rate: 0.7 }, told: ['TIMED_OUT', /not finished within 2000 ms/] },
  },
  'an answer that is not packed or spelled as it says': {
    crm: { fault: { kind: 'wrong-packing', rate: 0.6 }, told: ['PROTOCOL_ERROR', /cannot be read \(Z_DATA_ERROR\)/] },
    erp: { fault: { kind: 'wrong-charset', rate: 0.6 }, told: ['PROTOCOL_ERROR', /bytes that are not UTF-8/] },
  },
  'an answer of another type, and one that is far too large': {
    crm: { fault: { kind: 'wrong-type', rate: 0.6 } },
    erp: { fault: { kind: 'oversized', rate: 0.6 }, told: ['REPLY_TOO_LARGE', /larger than 10485760 bytes/] },
  },
  'an answer that takes its time': {
    crm: { fault: { kind: 'slow', rate: 0.5, delay_ms: 700 } },
    erp: { fault: { kind: 'slow', rate: 0.5, delay_ms: 700 } },
  },
  'an empty page in the middle': {
    crm: { fault: { kind: 'page-empty', rate: 0.5 } },
    erp: { fault: { kind: 'page-empty', rate: 0.5 } },
  },
  'an empty page that passes for the last one': {
    crm: { fault: { kind: 'page-ended', rate: 0.5 } },
    erp: { fault: { kind: 'page-ended', rate: 0.5 } },
  },
  'a page that is lost': {
    crm: { fault: { kind: 'page-lost', rate: 0.5 } },
    erp: { fault: { kind: 'page-lost', rate: 0.5 } },
  },
  'rows that come twice': {
    crm: { fault: { kind: 'page-doubled', rate: 1 } },
    erp: { fault: { kind: 'page-doubled', rate: 1 } },
  },
  'a walk that leads back, and one without end': {
    crm: {
      fault: { kind: 'page-back', rate: 1 },
      told: ['PROTOCOL_ERROR', /same page again|lead back|same records as the one before/],
    },
    // After a thousand empty pages people are told so: tests/connectors/malformed.test.ts waits for that.
    erp: { fault: { kind: 'page-endless', rate: 1 } },
  },
  'a copy that lags': {
    crm: { fault: { kind: 'rows-stale', rate: 1, delay_ms: 1_000 }, writes: 15 },
    erp: { fault: { kind: 'rows-stale', rate: 1, delay_ms: 1_000 }, writes: 15 },
  },
  'a clock that is off by ten minutes': {
    crm: { fault: { kind: 'clock-skew', rate: 1 } },
    erp: { fault: { kind: 'clock-skew', rate: 1, skew_ms: -600_000 } },
  },
  'a right to some rows that was lost': {
    erp: {
      fault: { kind: 'rows-hidden', rate: 1, share: 0.2 },
      told: ['BRAKE', /records of erp\/Partner were deleted/],
    },
  },
  'a field more, and a field that is gone': {
    crm: { fault: { kind: 'field-new', rate: 1 } },
    erp: {
      fault: { kind: 'field-gone', rate: 1, field: 'contact.phone' },
      told: ['FIELD_MISSING', /^The ERP no longer shows "contact\.phone"/, PARKED],
    },
  },
  'a field with another name, and one of another type': {
    crm: {
      fault: { kind: 'field-renamed', rate: 1, field: 'email' },
      told: ['FIELD_MISSING', /^The CRM no longer shows "email"/, PARKED],
    },
    erp: {
      fault: { kind: 'field-retyped', rate: 1, field: 'organization_name' },
      told: ['BAD_VALUE', /./, PARKED],
    },
  },
  'records without their ids': {
    erp: {
      fault: { kind: 'field-gone', rate: 1, field: 'number' },
      told: ['UNDECODABLE', /has no id at "number"/, PARKED],
    },
  },
};

describe.each(Object.entries(TRIALS))('%s', (_name, trial) => {
  test('is told to people, and when it is over both systems agree', async () => {
    try {
      await meet(trial);
    } finally {
      for (const at of SIDES) await heal(at);
    }
    // A connection that met trouble looks again after a pause of its own: quiet alone could come before that.
    await town.world.sweep(2 * WITHIN_MS);
    expect(await town.verdict()).toEqual(AGREEMENT);
  });
});
