/** What a connector.yaml may say of its system's webhooks. Every option is declared here and nowhere else. */
import { z } from 'zod';
import { parsePath } from '../../src/mapping/path.ts';
import { templateProblem } from './template.ts';

const Path = z.string().refine((text) => parsePath(text) !== undefined, {
  message: 'is not a path; write names with dots, as in data.id',
});
const Header = z.string().regex(/^[A-Za-z0-9-]+$/, 'is not the name of a header');

// Where the records stand is the same for every scheme.
const COMMON = {
  secrets: z
    .string()
    .describe(
      'The secrets that sign, as "{settings.webhook_secret}": one, or several apart by blanks while they change',
    ),
  events: Path.optional().describe(
    'Where the list of events stands; without it the body is one event, or a list of them',
  ),
  type: Path.describe('Where an event says what it is about'),
  records: z
    .record(z.string(), z.array(z.string()).min(1))
    .describe('For each record type the values of `type` that are about it'),
  id: Path.describe('Where an event has the id of the record, as reading it by id takes it'),
};

/** How messages prove where they come from, and where they name records. */
export const Webhook = z
  .discriminatedUnion('scheme', [
    z.strictObject({
      scheme: z
        .literal('standard-webhooks')
        .describe('Standard Webhooks 1.0.0: webhook-id, webhook-timestamp, webhook-signature; secrets whsec_…'),
      ...COMMON,
    }),
    z.strictObject({
      scheme: z.literal('hmac').describe('An HMAC in a header of the system’s own'),
      ...COMMON,
      signature: z
        .strictObject({
          header: Header.describe('The header with the signature'),
          algorithm: z.enum(['sha256', 'sha512', 'sha1']).default('sha256').describe('The hash'),
          encoding: z.enum(['hex', 'base64']).default('hex').describe('How the signature is written'),
          prefix: z.string().default('').describe('What stands before it, as in sha256='),
        })
        .describe('Where and how messages are signed'),
      signs: z
        .string()
        .default('{body}')
        .describe(
          'What is signed: {body} with {method}, {timestamp}, {message} and settings around it as the system does',
        ),
      timestamp: z
        .strictObject({
          header: Header.describe('The header with the time of sending'),
          unit: z.enum(['seconds', 'milliseconds']).default('seconds').describe('What it counts'),
        })
        .optional()
        .describe('A message is refused 5 minutes before and after its time; without it an old one is believed again'),
      message: Header.optional().describe('The header with the id of the message, by which a repeated one is known'),
    }),
  ])
  .describe('Webhooks: a hint which record to read again. What else a message says is never used');
export type Webhook = z.infer<typeof Webhook>;

/** The part of a preset that webhooks need, whatever its engine. */
export interface WithWebhook {
  readonly webhook?: Webhook | undefined;
  readonly records: Readonly<Record<string, { readonly read: { readonly by_id?: unknown } }>>;
}

/** What is wrong with a webhook that its schema accepts, each with its place and what to do. */
export const webhookProblems = ({ webhook, records }: WithWebhook, settings: readonly string[]): readonly string[] => {
  if (webhook === undefined) return [];
  const problems: string[] = [];
  const check = (text: string, names: readonly string[], place: string): void => {
    const problem = templateProblem(text, names);
    if (problem !== undefined) problems.push(`"webhook.${place}": ${problem}`);
  };
  check(webhook.secrets, settings, 'secrets');
  for (const name of Object.keys(webhook.records)) {
    const type = Object.hasOwn(records, name) ? records[name] : undefined;
    if (type === undefined)
      problems.push(`"webhook.records.${name}": is no record of this file; use one of its records`);
    else if (type.read.by_id === undefined)
      problems.push(`"webhook.records.${name}": needs \`read.by_id\` there, because a hint is read by its id`);
  }
  if (webhook.scheme === 'hmac') checkSigned(webhook, settings, check, problems);
  return problems;
};

const checkSigned = (
  { signs, timestamp, message }: Extract<Webhook, { readonly scheme: 'hmac' }>,
  settings: readonly string[],
  check: (text: string, names: readonly string[], place: string) => void,
  problems: string[],
): void => {
  check(signs, ['body', 'method', 'timestamp', 'message', ...settings], 'signs');
  if (!signs.includes('{body}')) problems.push('"webhook.signs": must have {body}, or anybody may send what he likes');
  if (signs.includes('{timestamp}') !== (timestamp !== undefined))
    problems.push(
      '"webhook.timestamp": a time that is not signed proves nothing; name its header and sign {timestamp}',
    );
  if (signs.includes('{message}') && message === undefined)
    problems.push('"webhook.message": is missing; {message} is signed');
};
