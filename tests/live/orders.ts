/** Orders of a town as its two systems have them, and what people do with them in the CRM. */
import { expect } from 'vitest';
import { basic, bearer, call, docOf, listOf } from '../../sandbox/kit/calls.ts';
import type { Doc } from '../../sandbox/kit/json.ts';
import type { Town } from './kit.ts';

/** All records of a kind, by a system's control address. */
export const recordsOf = async (control: string, record: string): Promise<readonly Doc[]> =>
  listOf(docOf(await call('GET', `${control}/control/state?record=${record}&limit=5000`)), 'records');

/** What somebody does in the CRM, and what it answers. */
export const inCrm = async (town: Town, method: string, path: string, body: Doc): Promise<Doc> =>
  docOf(
    await call(method, `${town.crm.url}/v1/${path}`, {
      headers: await bearer(town.crm.url, 'people', 'people-secret'),
      body,
    }),
  );

/** What the ERP's people enter there, as it then stands. */
export const inErp = async (town: Town, record: string, values: Doc): Promise<Doc> => {
  const reply = await call('POST', `${town.erp.url}/api/${record}s/create`, {
    headers: basic('people', 'people-secret'),
    body: { items: [{ reference: null, [record]: values }] },
  });
  const [result] = listOf(docOf(reply), 'results');
  expect(result).toMatchObject({ ok: true });
  return result?.[record] as Doc;
};

/** The order with this id of the CRM, as the CRM shows it. */
export const orderInCrm = async (town: Town, id: unknown): Promise<Doc> =>
  (await recordsOf(town.crm.control, 'order')).find((order) => order['id'] === id) ?? {};

/** Every order of the ERP that was made for one of the CRM. */
export const ordersInErp = async (town: Town, of: unknown): Promise<readonly Doc[]> =>
  (await recordsOf(town.erp.control, 'sales_order')).filter((order) => order['external_order'] === of);

/** An account that is linked and may be delivered to. */
export const linkedAccount = async (town: Town): Promise<Doc> =>
  (await recordsOf(town.crm.control, 'account')).find(
    (each) => typeof each['erp_number'] === 'string' && each['on_hold'] !== true,
  ) ?? {};

/** The day by the clock of those whose figures these are. */
export const today = (): string => new Intl.DateTimeFormat('sv-SE', { timeZone: 'Europe/Berlin' }).format();
