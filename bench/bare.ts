/** The least that anybody would have to do: list one side, send it to the other in equal batches. No reading back, no ledger, no second try. */
import { basicOf, getJson, loginOf, postJson, type Systems } from './systems.ts';

const PAGE = 500;
const BATCH = 200;

interface Account {
  readonly name: string | null;
  readonly kind: string | null;
  readonly vat_number: string | null;
  readonly phone?: string | null;
  readonly email?: string | null;
  readonly language?: string | null;
  readonly billing?: Readonly<Record<string, string | null>>;
}

const GROUPINGS: Readonly<Record<string, string>> = { Customer: 'Z001', Distributor: 'Z002' };

const partnerOf = (account: Account): unknown => ({
  organization_name: account.name,
  search_term: (account.name ?? '').toUpperCase().slice(0, 20),
  grouping: GROUPINGS[account.kind ?? ''],
  tax_number: account.vat_number,
  language: (account.language ?? 'en').toUpperCase(),
  payment_terms: 'ZB30',
  contact: { phone: account.phone ?? null, email: account.email ?? null },
  addresses: [{ use: 'bill-to', ...account.billing }],
});

/** Result of one bare run. */
export interface BareRun {
  readonly records: number;
  readonly ms: number;
  readonly requests: number;
}

/** Read the CRM page by page, write the ERP with as many requests at once as the product is allowed. */
export const bareLoop = async ({ crm, erp }: Systems, concurrency: number): Promise<BareRun> => {
  const login = await loginOf(crm, 'tally');
  const began = performance.now();
  let requests = 0;
  const accounts: Account[] = [];
  for (let cursor: string | null = ''; cursor !== null; ) {
    const page: { readonly items: readonly Account[]; readonly next_cursor: string | null } = await getJson(
      `${crm.url}/v1/accounts?limit=${PAGE}${cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`}`,
      { headers: login },
    );
    requests += 1;
    accounts.push(...page.items.filter((account) => account.kind !== null && account.kind in GROUPINGS));
    cursor = page.next_cursor;
  }
  const batches = Array.from({ length: Math.ceil(accounts.length / BATCH) }, (_, i) =>
    accounts.slice(i * BATCH, (i + 1) * BATCH),
  );
  let next = 0;
  const lane = async (): Promise<void> => {
    for (let at = next++; at < batches.length; at = next++) {
      const items = (batches[at] ?? []).map((account, i) => ({
        reference: `bare-${at}-${i}`,
        partner: partnerOf(account),
      }));
      await postJson(`${erp.url}/api/partners/create`, { items }, basicOf('tally'));
      requests += 1;
    }
  };
  await Promise.all(Array.from({ length: concurrency }, lane));
  return { records: accounts.length, ms: performance.now() - began, requests };
};
