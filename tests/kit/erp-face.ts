import { expect, test } from 'vitest';
import { startErp } from '../../sandbox/erp/server.ts';
import { type Json, type JsonObject, parseJson } from '../../src/domain/json.ts';
import { type ConformanceWorld, conformance } from './conformance.ts';
import { aCall } from './fake-http.ts';
import { connectTo } from './preset.ts';
import { control, striker } from './sandbox.ts';

const SECRET = 'tally-secret';
const settings = { user: 'tally', password: SECRET };
const WEBHOOKS = { law: 7, reason: 'the sandbox ERP sends no webhooks, so nothing is verified' } as const;

const draft = (name: string): JsonObject => ({
  organization_name: name,
  grouping: 'Z001',
  addresses: [{ use: 'bill-to', city: 'Ulm', country: 'DE' }],
});

/** One way to speak with the sandbox ERP: the preset that does, and where its calls go. */
export interface Face {
  readonly name: string;
  readonly connector: string;
  readonly path: string;
}

/** The ERP with its switches, and the connection that states them. */
const opener =
  ({ connector, path }: Face) =>
  (switches: Record<string, unknown>, capabilities: Json) =>
  async (): Promise<ConformanceWorld> => {
    const erp = await startErp({ customers: 50 });
    await control(erp.controlUrl, 'settings', switches);
    return {
      record: 'Partner',
      connect: (who) =>
        connectTo(connector, erp.url, {
          settings: who === 'impostor' ? { ...settings, password: 'wrong-secret-of-nobody' } : settings,
          capabilities: { Partner: capabilities },
        }),
      draft,
      change: (name) => ({ note: name }),
      refused: { ...draft('x'.repeat(81)) },
      decimal: (name, digits) => ({ ...draft(name), credit_limit: parseJson(digits) }),
      readDecimal: (body) => body['credit_limit'],
      empties: (name) => ({ ...draft(name), credit_limit: null, note: '' }),
      readEmpties: (body) => [body['credit_limit'], body['note']],
      strike: striker(erp.controlUrl, path),
      secrets: [SECRET, Buffer.from(`tally:${SECRET}`).toString('base64'), 'wrong-secret-of-nobody'],
      close: erp.close,
    };
  };

/** The laws, and what both faces of the sandbox ERP have in common. */
export const erpFace = (face: Face): void => {
  const { name, connector: preset } = face;
  const open = opener(face);
  conformance(name, open({}, {}), { skip: [WEBHOOKS] });
  conformance(`${name} with unique references`, open({ reference: 'unique' }, { idempotency: 'unique' }), {
    skip: [WEBHOOKS],
  });
  conformance(
    `${name} without references and without a guard`,
    open({ reference: 'unsearchable', row_version_guard: false }, { idempotency: 'none', guard: 'none' }),
    { skip: [WEBHOOKS, { law: 6, reason: 'its records cannot be read by key, so a cut create stays unknown' }] },
  );

  test('what a connection corrects in the capabilities shows in them', () => {
    const connector = connectTo(preset, 'http://127.0.0.1:9', {
      settings,
      capabilities: { Partner: { idempotency: 'none', guard: 'none' } },
    });
    expect(connector.capabilities['Partner']).toMatchObject({
      idempotency: 'none',
      guard: 'none',
      read: { byKey: false },
    });
  });

  test('several partners with one reference are all found by it', async () => {
    const erp = await startErp({ customers: 5 });
    const connector = connectTo(preset, erp.url, { settings });
    const item = { op: 'create', data: draft('Twice'), idempotencyKey: 'twice' } as const;
    await connector.write('Partner', [item], aCall());
    await connector.write('Partner', [item], aCall());
    const [answer, none] = await connector.read('Partner', { keys: ['twice', 'never'] }, aCall());
    expect(answer).toMatchObject({ found: [{ reference: 'twice' }, { reference: 'twice' }] });
    expect(none).toEqual({ absent: true });
    await connector.close();
    await erp.close();
  });

  test('numbers keep their leading zeros, and a deleted partner is absent', async () => {
    const erp = await startErp({ customers: 5 });
    const connector = connectTo(preset, erp.url, { settings });
    const [made] = await connector.write(
      'Partner',
      [{ op: 'create', data: draft('Zero'), idempotencyKey: 'z' }],
      aCall(),
    );
    const id = made !== undefined && 'id' in made ? made.id : '';
    expect(id).toMatch(/^0000\d{6}$/);
    const remove = { op: 'delete', id, data: {}, idempotencyKey: 'z-d' } as const;
    expect(await connector.write('Partner', [remove], aCall())).toEqual([{ status: 'deleted', id }]);
    expect(await connector.read('Partner', { ids: [id] }, aCall())).toEqual([{ absent: true }]);
    await connector.close();
    await erp.close();
  });

  test('it describes its fields from the file beside it, with the lengths that the ERP keeps', async () => {
    const erp = await startErp({ customers: 5 });
    const connector = connectTo(preset, erp.url, { settings });
    const { fields } = await connector.describe('Partner', aCall());
    const { changes } = await connector.list('Partner', { cursor: '', limit: 1 }, aCall());
    const body: JsonObject = changes[0]?.op === 'upsert' ? changes[0].record.body : {};
    expect([...new Set(fields.map(({ path }) => path.split(/[.[]/)[0]))].sort()).toEqual(Object.keys(body).sort());
    const longest = fields.flatMap(({ path, max, readOnly }) =>
      max === undefined || readOnly === true || path.includes('.') ? [] : [{ path, max }],
    );
    for (const { path, max } of longest.filter(({ path }) =>
      ['organization_name', 'search_term', 'note'].includes(path),
    )) {
      const tooLong = { ...draft('Long'), [path]: 'x'.repeat(max + 1) };
      const outcomes = await connector.write(
        'Partner',
        [{ op: 'create', data: tooLong, idempotencyKey: path }],
        aCall(),
      );
      expect(outcomes).toMatchObject([
        { status: 'failed', error: { class: 'validation', code: 'TOO_LONG', fields: [path] } },
      ]);
    }
    await connector.close();
    await erp.close();
  });
};
