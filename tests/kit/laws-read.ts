/** The laws of connectors about reading, errors, secrets and values. */
import { expect, test } from 'vitest';
import type { WriteItem } from '../../connectors/sdk/seam.ts';
import type { SyncError } from '../../src/domain/errors.ts';
import { parseJson } from '../../src/domain/json.ts';
import { bodyIn, call, idIn, idsOf, type Trial, thrownBy } from './trial.ts';

/** Laws of reading, of errors and of values, by number. */
export const readLaws = (at: Trial) => ({
  3: () => {
    test('law 3: no row is lost when far more rows than a page share one time, and a replay gives them again', async () => {
      const { actions } = at();
      const start = (await actions.walk('', 500)).end;
      const items = Array.from({ length: 60 }, (_, index) => actions.create(`3-${index}`));
      const made = (await actions.write(items)).map(idIn);
      const walked = await actions.walk(start, 7);
      expect(made.filter((id) => !walked.ids.has(id))).toEqual([]);
      for (const { from, ids } of walked.pages.filter((_page, index) => index % 10 === 0)) {
        const again = await actions.walk(from, 50);
        expect(ids.filter((id) => !again.ids.has(id))).toEqual([]);
      }
    });
  },
  4: () => {
    test('law 4: a page’s cursor leads past no row that was not given, one row at a time', async () => {
      const { actions } = at();
      const start = (await actions.walk('', 500)).end;
      const made = (await actions.write(['4-a', '4-b', '4-c'].map((key) => actions.create(key)))).map(idIn);
      const one = await actions.walk(start, 1);
      expect(made.filter((id) => !one.ids.has(id))).toEqual([]);
      const quiet = await actions.walk(one.end, 500);
      expect(quiet.end).not.toBe('');
      const late = idIn(await actions.one(actions.create('4-late')));
      expect((await actions.walk(quiet.end, 50)).ids).toContain(late);
    });

    test('law 4: a full pass shows every record once and ends', async () => {
      const { world, actions } = at();
      const all: string[] = [];
      for (let cursor = '', more = true; more; ) {
        const page = await actions.connector.list(world.record, { cursor, limit: 37 }, call);
        all.push(...idsOf(page.changes));
        ({ next: cursor, more } = page);
      }
      expect(new Set(all).size).toBe(all.length);
      const fed = (await actions.walk('', 500)).ids;
      expect(all.filter((id) => !fed.has(id))).toEqual([]);
      expect(fed.size).toBeGreaterThanOrEqual(all.length);
    });

    test('reading by id answers each question in its place', async () => {
      const { actions } = at();
      const ids = (await actions.write([actions.create('r-a'), actions.create('r-b')])).map(idIn);
      const [first, none, second] = await actions.readIds([ids[0] ?? '', '0000999999', ids[1] ?? '']);
      expect(first).toMatchObject({ found: [{ id: ids[0] }] });
      expect(none).toEqual({ absent: true });
      expect(second).toMatchObject({ found: [{ id: ids[1] }] });
    });
  },
  5: () => {
    test('law 5: wrong credentials pause the connection, whatever is asked', async () => {
      const { world } = at();
      const impostor = world.connect('impostor');
      const asks = [() => impostor.check(call), () => impostor.changes(world.record, { cursor: '', limit: 5 }, call)];
      for (const ask of asks) {
        expect(await thrownBy(ask())).toMatchObject({ code: 'LOGIN_REFUSED', recovery: 'pause' });
      }
      const item: WriteItem = { op: 'create', data: world.draft('5-x'), idempotencyKey: '5-x' };
      const [outcome] = await impostor.write(world.record, [item], call);
      expect(outcome).toMatchObject({ status: 'failed', error: { class: 'auth', scope: 'connection' } });
      await impostor.close();
    });

    test('law 5: asked to wait, the answer says how long, and a write was surely not done', async () => {
      const { world, actions } = at();
      await world.strike('too many', 'write');
      const outcome = await actions.one(actions.create('5-wait'));
      expect(outcome).toMatchObject({
        status: 'failed',
        error: { class: 'rate-limited', scope: 'connection', retryAfterMs: 7000 },
      });
      await world.strike('too many', 'read');
      const failure = await thrownBy(actions.connector.list(world.record, { cursor: '', limit: 5 }, call));
      expect(failure).toMatchObject({ code: 'RATE_LIMITED', facts: { retryAfterMs: 7000 } });
    });

    test('law 5: a system that breaks down is tried again later, and nobody knows what it did of a write', async () => {
      const { world, actions } = at();
      await world.strike('broken', 'read');
      const failure = await thrownBy(actions.connector.list(world.record, { cursor: '', limit: 5 }, call));
      expect(failure).toMatchObject({ code: 'TARGET_UNAVAILABLE', recovery: 'retry' });
      await world.strike('broken', 'write');
      expect(await actions.one(actions.create('5-broken'))).toMatchObject({ status: 'unknown' });
    });
  },
  8: () => {
    test('law 8: no secret is in anything that comes out', async () => {
      const { world, actions } = at();
      const out: unknown[] = [];
      const impostor = world.connect('impostor');
      out.push(await thrownBy(impostor.check(call)));
      out.push(
        await impostor.write(world.record, [{ op: 'create', data: world.draft('8'), idempotencyKey: '8' }], call),
      );
      await impostor.close();
      for (const fate of ['cut before', 'too many', 'broken'] as const) {
        await world.strike(fate, 'write');
        out.push(await actions.one(actions.create(`8-${fate}`)));
      }
      await world.strike('broken', 'read');
      out.push(await thrownBy(actions.connector.list(world.record, { cursor: '', limit: 5 }, call)));
      out.push(await actions.connector.check(call), await actions.connector.describe(world.record, call));
      const shown = JSON.stringify(out, (_key, value: unknown) =>
        value instanceof Error
          ? {
              ...value,
              message: value.message,
              stack: value.stack,
              cause: value.cause,
              facts: (value as SyncError).facts,
            }
          : value,
      );
      expect(shown.length).toBeGreaterThan(500);
      expect(world.secrets.filter((secret) => shown.includes(secret))).toEqual([]);
    });
  },
  9: () => {
    test.each(['1234567890123456.50', '0.10', '10000000000000001'])(
      'law 9: the decimal %s comes back with its digits',
      async (digits) => {
        const { world, actions } = at();
        const outcome = await actions.one(actions.create(`9-${digits}`, world.decimal(`9-${digits}`, digits)));
        expect(parseJson(digits)).toEqual(world.readDecimal(bodyIn((await actions.readIds([idIn(outcome)]))[0])));
        expect('record' in outcome ? String(world.readDecimal(outcome.record?.body ?? {})) : '').toBe(digits);
      },
    );

    test('law 9: null and empty text stay apart', async () => {
      const { world, actions } = at();
      const id = idIn(await actions.one(actions.create('9-empty', world.empties('9-empty'))));
      expect(world.readEmpties(bodyIn((await actions.readIds([id]))[0]))).toEqual([null, '']);
    });
  },
});
