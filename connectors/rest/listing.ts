/** How a preset says that a list or a change feed goes: its options, and nothing else. */
import { z } from 'zod';
import { Path, RequestShape } from './shapes.ts';
import { TIME_FORMATS } from './time.ts';

const PageSize = z.int().positive().optional().describe('Largest page the system gives; more is never asked for');

/** How a list goes on. */
export const Paging = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('none').describe('Everything comes at once'), page_size: PageSize }),
  z.strictObject({
    kind: z.literal('cursor').describe('The reply names a token for the next page, sent as {cursor}'),
    next: Path.describe('Where the token stands; absent, null or empty: no more'),
    more: Path.optional().describe('A flag that must be true too, for systems that always give a token'),
    page_size: PageSize,
  }),
  z.strictObject({
    kind: z.literal('link').describe('The reply names the address of the next page'),
    next: Path.optional().describe('Where the address stands in the body; without it the Link header is read'),
    page_size: PageSize,
  }),
  z.strictObject({
    kind: z
      .literal('page')
      .describe('Pages are numbered, sent as {page}; not for changes, where rows move between pages'),
    first: z.int().min(0).default(1).describe('Number of the first page'),
    page_size: PageSize,
  }),
  z.strictObject({ kind: z.literal('offset').describe('Rows are counted, sent as {offset}'), page_size: PageSize }),
  z.strictObject({
    kind: z.literal('keyset').describe('The last row’s id is sent as {after}; for changes its time too, as {since}'),
    first: z.string().optional().describe('What {after} is on the first page; without it, it has no value there'),
    order: z
      .enum(['time', 'id'])
      .optional()
      .describe(
        'How changes come: by time and id, as without it, or by id alone; then {since} stays where the walk began',
      ),
    more: Path.optional().describe(
      'Where a page shorter than asked for says that more follows, for systems that give less than that at a time',
    ),
    page_size: PageSize,
  }),
]);
export type Paging = z.infer<typeof Paging>;

/** A list of records. */
export const Listing = z.strictObject({
  request: RequestShape.describe('May use {limit} and what its paging gives: {cursor}, {page}, {offset} or {after}'),
  rows: Path.optional().describe('Where the rows stand in the reply; without it the reply itself is the list'),
  paging: Paging.describe('How the list goes on'),
  empty_status: z
    .array(z.int())
    .default([])
    .describe('Statuses that mean an empty list, where a system says 404 for it'),
  without_rows: z
    .enum(['broken', 'empty'])
    .default('broken')
    .describe(
      'What a reply means that has nothing where its rows should stand; empty: the system leaves an empty list out',
    ),
});
export type Listing = z.infer<typeof Listing>;

/** A change feed, before its parts are judged together. */
export const ChangesShape = Listing.extend({
  strategy: z.literal('timestamp').describe('Rows changed at or after {since}, in the order of their change'),
  format: z.enum(TIME_FORMATS).default('iso').describe('How {since} is written'),
  grain_ms: z.int().positive().describe('Smallest step of the change time, ms; {since} is rounded down to it'),
  overlap_ms: z
    .int()
    .min(0)
    .describe('How far back each poll reads again, ms: the longest transaction that may commit late'),
  clock: z
    .enum(['rows', 'header'])
    .default('rows')
    .describe(
      'header: the Date header shows the clock that stamps rows, so a quiet feed moves on with it; rows: it stays at the last row',
    ),
  from: z.iso.datetime().default('1970-01-01T00:00:00Z').describe('Where the first reading begins'),
});
export const Changes = ChangesShape.refine(({ paging }) => paging.kind !== 'page', {
  path: ['paging', 'kind'],
  message: 'numbered pages lose rows that move while they are read; use cursor, link, offset or keyset',
}).describe('The change feed');
export type Changes = z.infer<typeof Changes>;
