import { afterEach, expect, test } from 'vitest';
import { basic, call } from '../kit/calls.ts';
import { findingLines } from './verdict.ts';
import { aWorld, closeWorlds } from './world.ts';

afterEach(closeWorlds);

test('something parked without need is unexplained', async () => {
  const { verdict, id, number } = await aWorld();
  for (const code of [
    'CONFLICT',
    'TOO_LONG',
    'LOOKUP_MISS',
    'POSSIBLE_DUPLICATE',
    'NO_IDENTITY',
    'REQUIRED',
    'FLAPPING',
    'INTERNAL',
  ]) {
    const field = code === 'POSSIBLE_DUPLICATE' || code === 'NO_IDENTITY' ? '' : 'payment terms';
    const { unexplained, findings } = await verdict([{ crm: id, erp: number, field, code }]);
    expect([code, unexplained, findings[0]?.reason]).toEqual([code, 1, `parked as ${code} without need`]);
  }
});

test('what must be parked and is not is found, one by one', async () => {
  const { parked, verdict } = await aWorld(60);
  for (const item of parked) {
    const { lost, unexplained } = await verdict(parked.filter((other) => other !== item));
    expect([item, lost + unexplained]).toEqual([item, 1]);
  }
});

test('two different tax ids must be parked, and only while they differ', async () => {
  const { sync, verdict, onCrm, onErp } = await aWorld();
  await onCrm('people', { vat_number: 'DE011111111' });
  await onErp('people', { tax_number: 'DE022222222' });
  const parked = await sync.settle();
  expect(parked).toMatchObject([{ field: 'tax id', code: 'CONFLICT' }]);
  expect(findingLines(await verdict(parked))).toEqual([]);
  await onErp('tally', { tax_number: 'DE011111111' });
  expect(findingLines(await verdict([]))).toEqual([]);
  expect((await verdict(parked)).unexplained).toBe(1);
});

test('duplicates that were linked instead of parked are unexplained', async () => {
  const { parked, verdict, crmWrite } = await aWorld(60);
  const twice = parked.filter((item) => item.code === 'POSSIBLE_DUPLICATE');
  const doubtful = twice.find((item) => item.erp !== undefined);
  const changed = await Promise.all(
    twice.flatMap((item) =>
      item.crm === undefined
        ? []
        : [crmWrite('tally', { id: item.crm, fields: { erp_number: doubtful?.erp ?? null } })],
    ),
  );
  expect(changed.length).toBeGreaterThan(1);
  expect((await verdict()).unexplained).toBeGreaterThan(0);
});

test('a person who settled it explains what no rule does', async () => {
  const { verdict, onCrm, onErp, id } = await aWorld();
  await onCrm('people', { name: 'Vertrieb GmbH' });
  await onErp('people', { organization_name: 'Finanzen GmbH', search_term: 'FINANZEN GMBH' });
  await onCrm('tally', { name: 'Finanzen GmbH' });
  expect((await verdict()).lost).toBe(1);
  expect(findingLines(await verdict([], { decided: [{ crm: id, field: 'name' }] }))).toEqual([]);
});

test('a record that people deleted asks for no counterpart, and may be parked', async () => {
  const { verdict, erpUrl, id, number } = await aWorld();
  await call('DELETE', `${erpUrl}/api/partners/${number}`, { headers: basic('people', 'people-secret') });
  expect(findingLines(await verdict([{ crm: id, field: '', code: 'DELETE_BLOCKED' }]))).toEqual([]);
});
