/** Two small systems in agreement, and hands to disturb them: for the checker's own tests. */
import { startCrm } from '../crm/server.ts';
import { startErp } from '../erp/server.ts';
import { basic, bearer, call, docOf, listOf } from '../kit/calls.ts';
import type { Doc } from '../kit/json.ts';
import { check } from './check.ts';
import { tinySync } from './tiny-sync.ts';
import type { ParkedItem, Verdict } from './words.ts';

const ends: (() => Promise<void>)[] = [];
/** Close every world of the test. */
export const closeWorlds = async (): Promise<void> => {
  await Promise.all(ends.splice(0).map((end) => end()));
};

type Who = 'people' | 'tally';

/** Two small systems, brought into agreement once. */
export const aWorld = async (customers = 24, seed = 5) => {
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
    /** What the CRM does to the integration's requests from now on. */
    spoil: (faults: readonly Doc[]) => call('POST', `${crm.controlUrl}/control/faults`, { body: faults }),
    id,
    number,
    crmWrite,
    erpWrite,
    onCrm: (who: Who, fields: Doc) => crmWrite(who, { id, fields }),
    onErp: (who: Who, values: Doc) => erpWrite(who, 'update', { number, partner: values }),
  };
};
