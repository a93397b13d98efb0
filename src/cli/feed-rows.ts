/** A change as a row of a table: the columns of every format. */
import type { z } from 'zod';
import { type Json, stringifyJson } from '../domain/json.ts';
import type { Feed } from '../server/replies-feed.ts';

/** One change as the API tells it. */
export type Told = z.infer<typeof Feed>['changes'][number];

/** A row; text is never undefined, null means there is none. */
export interface FeedRow {
  readonly number: number;
  /** ISO, in UTC. */
  readonly at: string | null;
  readonly mapping: string;
  readonly entity: string;
  readonly operation: string;
  readonly link: string;
  readonly crm_id: string | null;
  readonly erp_id: string | null;
  /** A JSON list of names. */
  readonly fields: string;
  /** A JSON object by field; decimals are text, so that none is rounded. */
  readonly values: string | null;
}

/** The columns, in order. */
export const COLUMNS = [
  'number',
  'at',
  'mapping',
  'entity',
  'operation',
  'link',
  'crm_id',
  'erp_id',
  'fields',
  'values',
] as const satisfies readonly (keyof FeedRow)[];

export const rowOf = ({ crm, erp, fields, values, ...same }: Told): FeedRow => ({
  ...same,
  crm_id: crm,
  erp_id: erp,
  fields: stringifyJson(fields),
  values: values === null ? null : stringifyJson(values as Json),
});
