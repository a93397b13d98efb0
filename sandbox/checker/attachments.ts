/** Judges what lies beside orders: each attachment is named at both sides alike, and no link to elsewhere has crossed. */
import { listOf } from '../kit/calls.ts';
import type { Doc } from '../kit/json.ts';
import { rowDifferences } from './order-judge.ts';
import type { Paper } from './order-rules.ts';
import { readSystem } from './read.ts';
import { plain } from './readers.ts';
import type { Finding, ParkedItem } from './words.ts';

/** Both systems' orders, the hosts on which attachments may lie, and what is said to be set aside. */
export interface AttachmentCase {
  readonly orders: readonly Doc[];
  readonly salesOrders: readonly Doc[];
  readonly hosts: readonly string[];
  readonly parked: readonly ParkedItem[];
}

const alike = (name: string, crm: string, erp: string) => ({ name, crm, erp, read: plain });
const ROWS: Paper['rows'] = {
  ...{ crm: 'attachments', erp: 'attachments', key: ['attachment_id', 'document'] },
  fields: [
    alike('name', 'name', 'file_name'),
    alike('media type', 'media_type', 'mime_type'),
    alike('size', 'size', 'bytes'),
    alike('hash', 'sha256', 'checksum'),
    alike('link', 'link', 'url'),
  ],
};
const LINK = { crm: ['attachment_id', 'link'], erp: ['document', 'url'] } as const;
const REFUSED = 'LINK_REFUSED';

const mayCross = (link: string, hosts: readonly string[]): boolean => {
  const url = URL.canParse(link) ? new URL(link) : undefined;
  return url?.protocol === 'https:' && url.username === '' && hosts.includes(url.hostname);
};

/** What is not as it must be. Nobody may be writing meanwhile. */
export const judgeAttachments = ({ orders, salesOrders, hosts, parked }: AttachmentCase): readonly Finding[] =>
  orders.flatMap((crm): readonly Finding[] => {
    const erp = salesOrders.find(
      ({ number, external_order: of }) => of === crm['id'] || (number !== '' && number === crm['erp_number']),
    );
    if (erp === undefined) return []; // whether it must be there is judged with the orders
    const ids = { crm: String(crm['id']), erp: String(erp['number']) };
    const linksOf = (side: 'crm' | 'erp', doc: Doc): ReadonlyMap<string, string> => {
      const [key, link] = LINK[side];
      return new Map(listOf(doc, 'attachments').map((row) => [String(row[key]), String(row[link] ?? '')]));
    };
    const [left, right] = [linksOf('crm', crm), linksOf('erp', erp)];
    const bad = [...new Set([...left.keys(), ...right.keys()])].filter((key) =>
      [left, right].some((links) => links.has(key) && !mayCross(links.get(key) ?? '', hosts)),
    );
    const crossed = bad
      .filter((key) => left.get(key) === right.get(key))
      .map((key): Finding => {
        const values = { link: left.get(key) ?? null };
        return {
          kind: 'unexplained',
          ...ids,
          field: `attachments[${key}].link`,
          values,
          reason: 'a link to elsewhere',
        };
      });
    const untold = bad
      .filter(
        (key) => !parked.some((item) => item.code === REFUSED && item.field.includes(`[${key}]`) && of(item, ids)),
      )
      .map((key): Finding => {
        return { kind: 'lost', ...ids, field: `attachments[${key}].link`, values: {}, reason: 'nobody is told of it' };
      });
    const differing = rowDifferences({ rows: ROWS, name: 'attachment' }, crm, erp)
      .filter(({ field }) => !bad.some((key) => field.includes(`[${key}]`)))
      .map((finding) => ({ ...finding, ...ids }));
    return [...crossed, ...untold, ...differing];
  });

const of = (item: ParkedItem, { crm, erp }: { readonly crm: string; readonly erp: string }): boolean =>
  item.crm === crm || item.erp === erp;

/** Reads both systems through their control addresses and judges them. */
export const checkAttachments = async ({
  crmControl,
  erpControl,
  ...given
}: Pick<AttachmentCase, 'hosts' | 'parked'> & {
  readonly crmControl: string;
  readonly erpControl: string;
}): Promise<readonly Finding[]> => {
  const { state: orders } = await readSystem(crmControl, 'order');
  const { state: salesOrders } = await readSystem(erpControl, 'sales_order');
  return judgeAttachments({ orders, salesOrders, ...given });
};
