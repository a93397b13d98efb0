import { afterEach, expect, test } from 'vitest';
import { basic, call } from '../kit/calls.ts';
import { type Doc, isDoc } from '../kit/json.ts';
import { findingLines, verdictLine } from './verdict.ts';
import type { Verdict } from './words.ts';
import { aWorld, closeWorlds } from './world.ts';

afterEach(closeWorlds);

const NEW_ACCOUNT = {
  name: 'Neu & Söhne',
  kind: 'Customer',
  vat_number: 'DE012345678',
  billing: { country: 'DE', postal_code: '01067' },
};
const NEW_PARTNER = {
  organization_name: 'Neu & Söhne',
  grouping: 'Z001',
  tax_number: 'DE012345678',
  addresses: [{ use: 'bill-to', country: 'DE', postal_code: '01067' }],
};
const kinds = ({ lost, doubled, unexplained }: Verdict) => ({ lost, doubled, unexplained });

test('a seed full of trouble that was synchronised is in agreement, every parked record rightly', async () => {
  const { verdict } = await aWorld(60);
  expect(verdictLine(await verdict())).toBe(
    'agreement: 60 customers, 0 lost, 0 doubled, 0 unexplained (14 parked, each rightly)',
  );
});

test('edits on both sides that arrive are in agreement', async () => {
  const { sync, verdict, onCrm, onErp } = await aWorld();
  await onCrm('people', { name: 'Neuer Name GmbH', note: 'called' });
  await onErp('people', { contact: { phone: '+49 30 5550001' }, credit_limit: 7000, blocked: 'X' });
  await sync.settle();
  await onCrm('people', { phone: null });
  await onErp('people', { search_term: 'MEINS' });
  await sync.settle();
  expect(findingLines(await verdict())).toEqual([]);
});

test('an edit that was not carried over is lost', async () => {
  const { verdict, onCrm } = await aWorld();
  await onCrm('people', { email: 'unseen@example.com' });
  expect(await verdict()).toMatchObject({
    lost: 1,
    findings: [{ kind: 'lost', field: 'email', values: { crm: 'unseen@example.com' } }],
  });
});

test.each(['504-after', 'cut-json'])(
  'of a write whose answer was spoiled by %s nobody knows: an edit over it may be taken for a conflict',
  async (kind) => {
    const conflict = async (faults: readonly Doc[]): Promise<readonly string[]> => {
      const { sync, verdict, parked, onCrm, onErp, spoil, id, number } = await aWorld();
      await onErp('people', { contact: { phone: '+49 30 5550001' } });
      await spoil(faults);
      await onCrm('tally', { phone: '+49305550001' }).catch(() => undefined);
      await spoil([]);
      await onCrm('people', { phone: '+49305550002' });
      await sync.settle();
      return findingLines(await verdict([...parked, { crm: id, erp: number, field: 'phone', code: 'CONFLICT' }]));
    };
    expect(await conflict([{ kind, rate: 1, actor: 'tally' }])).toEqual([]);
    expect(await conflict([])).not.toEqual([]);
  },
);

test('an edit that was put back is lost, although both sides agree in the end', async () => {
  const { verdict, onCrm, account } = await aWorld();
  await onCrm('people', { phone: '+49305550001' });
  await onCrm('tally', { phone: account['phone'] ?? null });
  const { lost, findings } = await verdict();
  expect(lost).toBe(1);
  expect(findings[0]).toMatchObject({ field: 'phone', values: { edit: '49305550001' } });
});

test('of two edits the one beaten against its rule is lost', async () => {
  const { verdict, onCrm, onErp } = await aWorld();
  await onCrm('people', { name: 'Vertrieb GmbH' });
  await onErp('people', { organization_name: 'Finanzen GmbH', search_term: 'FINANZEN GMBH' });
  await onCrm('tally', { name: 'Finanzen GmbH' });
  expect(await verdict()).toMatchObject({
    lost: 1,
    findings: [{ kind: 'lost', field: 'name', values: { edit: 'Vertrieb GmbH' } }],
  });
});

test('of two edits the one beaten by its rule is not lost', async () => {
  const { verdict, onCrm, onErp } = await aWorld();
  await onErp('people', { organization_name: 'Finanzen GmbH' });
  await onCrm('people', { name: 'Vertrieb GmbH' });
  await onErp('tally', { organization_name: 'Vertrieb GmbH', search_term: 'VERTRIEB GMBH' });
  expect(findingLines(await verdict())).toEqual([]);
});

test('a customer without a counterpart is lost', async () => {
  const { verdict, crmWrite } = await aWorld();
  await crmWrite('people', { fields: NEW_ACCOUNT });
  expect(kinds(await verdict())).toEqual({ lost: 1, doubled: 0, unexplained: 0 });
});

test('a field outside the mapping that the integration touched is lost', async () => {
  const { verdict, onCrm } = await aWorld();
  await onCrm('tally', { website: 'https://overwritten.example' });
  expect(await verdict()).toMatchObject({ lost: 1, findings: [{ field: 'website' }] });
});

test('an address part outside the mapping is outside too', async () => {
  const { verdict, onErp } = await aWorld();
  await onErp('tally', { addresses: [{ use: 'returns', street: 'Rückweg 1' }] });
  expect(await verdict()).toMatchObject({ lost: 1, findings: [{ field: 'addresses[use=returns].street' }] });
});

test.each([
  ['a second reference', 'ref-other', 'created although'],
  ['the same reference', undefined, 'one reference'],
])('a business created twice under %s is doubled', async (_how, reference, reason) => {
  const { sync, verdict, crmWrite, erpWrite } = await aWorld();
  const made = await crmWrite('people', { fields: NEW_ACCOUNT });
  await sync.settle();
  const id = isDoc(made['record'] ?? null) ? (made['record'] as Doc)['id'] : '';
  await erpWrite('tally', 'create', { reference: reference ?? `ref-${id}`, partner: NEW_PARTNER });
  const { doubled, findings } = await verdict();
  expect(doubled).toBeGreaterThanOrEqual(1);
  expect(findings.map((finding) => finding.reason).join()).toContain(reason);
});

test('a record that the integration created from nothing is unexplained', async () => {
  const { verdict, erpWrite } = await aWorld();
  await erpWrite('tally', 'create', { reference: 'ref-x', partner: NEW_PARTNER });
  expect(kinds(await verdict())).toEqual({ lost: 0, doubled: 0, unexplained: 1 });
});

test('a value that nobody ever entered is unexplained, although both sides have it', async () => {
  const { verdict, onCrm, onErp } = await aWorld();
  await onCrm('tally', { billing: { city: 'Atlantis' } });
  await onErp('tally', { addresses: [{ use: 'bill-to', city: 'Atlantis' }] });
  expect(await verdict()).toMatchObject({
    unexplained: 1,
    findings: [{ field: 'city', values: { became: 'Atlantis' } }],
  });
});

test('an older value that lands after a newer one is unexplained', async () => {
  const { sync, verdict, onCrm, onErp } = await aWorld();
  for (const name of ['Erste GmbH', 'Zweite GmbH']) {
    await onCrm('people', { name });
    await sync.settle();
  }
  await onErp('tally', { organization_name: 'Erste GmbH' });
  await onErp('tally', { organization_name: 'Zweite GmbH' });
  expect(await verdict()).toMatchObject({
    unexplained: 1,
    findings: [{ reason: expect.stringContaining('older value') }],
  });
});

test('a record the integration deleted is lost', async () => {
  const { verdict, erpUrl, number } = await aWorld();
  await call('DELETE', `${erpUrl}/api/partners/${number}`, { headers: basic('tally', 'tally-secret') });
  expect((await verdict()).findings.map((finding) => finding.reason)).toContain('deleted by the integration');
});

test('another number of customers than expected is told', async () => {
  const { verdict } = await aWorld();
  expect(await verdict([], { expectCustomers: 25 })).toMatchObject({ customers: 24, lost: 1 });
  expect(verdictLine(await verdict([], { expectCustomers: 25 }))).toMatch(/^no agreement: 24 customers, 1 lost/);
});

test('an account that shows another number than its partner’s is unexplained', async () => {
  const { verdict, onCrm } = await aWorld();
  await onCrm('tally', { erp_number: null });
  expect(await verdict()).toMatchObject({ unexplained: 1, findings: [{ field: 'erp_number' }] });
});
