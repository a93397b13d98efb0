import { afterEach, expect, test } from 'vitest';
import { startCrm } from '../crm/server.ts';
import { startErp } from '../erp/server.ts';
import { basic, bearer, call, docOf, listOf } from '../kit/calls.ts';
import { type Doc, isDoc } from '../kit/json.ts';
import { check } from './check.ts';
import { tinySync } from './tiny-sync.ts';
import { findingLines, verdictLine } from './verdict.ts';
import type { ParkedItem, Verdict } from './words.ts';

const ends: (() => Promise<void>)[] = [];
afterEach(async () => {
  await Promise.all(ends.splice(0).map((end) => end()));
});

type Who = 'people' | 'tally';

/** Two small systems, brought into agreement once. */
const aWorld = async (customers = 24, seed = 5) => {
  const [crm, erp] = await Promise.all([startCrm({ customers, seed }), startErp({ customers, seed })]);
  ends.push(crm.close, erp.close);
  const sync = await tinySync(crm, erp);
  const parked = await sync.settle();
  const tokens = {
    people: await bearer(crm.url, 'people', 'people-secret'),
    tally: await bearer(crm.url, 'tally', 'tally-secret'),
  };
  const crmWrite = async (who: Who, item: Doc): Promise<Doc> =>
    listOf(
      docOf(
        await call('POST', `${crm.url}/v1/accounts/batch/upsert`, {
          headers: tokens[who],
          body: { items: [{ key: 'k', ...item }] },
        }),
      ),
      'results',
    )[0] ?? {};
  const erpWrite = async (who: Who, verb: 'create' | 'update', item: Doc): Promise<Doc> =>
    listOf(
      docOf(
        await call('POST', `${erp.url}/api/partners/${verb}`, {
          headers: basic(who, `${who}-secret`),
          body: { items: [item] },
        }),
      ),
      'results',
    )[0] ?? {};
  const verdict = (items: readonly ParkedItem[] = parked, more: object = {}): Promise<Verdict> =>
    check({ crmControl: crm.controlUrl, erpControl: erp.controlUrl, parked: items, ...more });
  const accounts = listOf(docOf(await call('GET', `${crm.controlUrl}/control/state?record=account`)), 'records');
  const partners = listOf(docOf(await call('GET', `${erp.controlUrl}/control/state?record=partner`)), 'records');
  const linked = accounts.filter(
    (account) => typeof account['erp_number'] === 'string' && typeof account['phone'] === 'string',
  );
  const account = linked[0];
  const partner = partners.find((one) => one['number'] === account?.['erp_number']);
  if (account === undefined || partner === undefined) throw new Error('the seed has no linked account with a phone');
  const id = String(account['id']);
  const number = String(partner['number']);
  return {
    sync,
    parked,
    verdict,
    account,
    erpUrl: erp.url,
    id,
    number,
    crmWrite,
    erpWrite,
    onCrm: (who: Who, fields: Doc) => crmWrite(who, { id, fields }),
    onErp: (who: Who, values: Doc) => erpWrite(who, 'update', { number, partner: values }),
  };
};
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

test('a record the integration deleted is lost', async () => {
  const { verdict, erpUrl, number } = await aWorld();
  await call('DELETE', `${erpUrl}/api/partners/${number}`, { headers: basic('tally', 'tally-secret') });
  expect((await verdict()).findings.map((finding) => finding.reason)).toContain('deleted by the integration');
});

test('a record that people deleted asks for no counterpart, and may be parked', async () => {
  const { verdict, erpUrl, id, number } = await aWorld();
  await call('DELETE', `${erpUrl}/api/partners/${number}`, { headers: basic('people', 'people-secret') });
  expect(findingLines(await verdict([{ crm: id, field: '', code: 'DELETE_BLOCKED' }]))).toEqual([]);
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
