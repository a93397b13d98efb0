/** What a preset may say of how to prove who we are. */
import { z } from 'zod';

const Template = z.string();

/** Ways to prove who we are in HTTP. */
export const Auth = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('none').describe('No credentials') }),
  z.strictObject({
    kind: z.literal('basic'),
    user: Template.describe('User'),
    password: Template.describe('Password'),
  }),
  z.strictObject({ kind: z.literal('bearer'), token: Template.describe('A fixed token') }),
  z.strictObject({
    kind: z.literal('api_key'),
    header: z
      .string()
      .regex(/^[A-Za-z0-9-]+$/)
      .describe('The header that carries the key'),
    key: Template.describe('The key'),
  }),
  z.strictObject({
    kind: z.literal('oauth2_client_credentials'),
    token_path: Template.describe('Token address: a path, or an absolute address of a host under `allow`'),
    client_id: Template.describe('Client id'),
    client_secret: Template.describe('Client secret'),
    scope: Template.optional().describe('Scope to ask for'),
    send: z.enum(['form', 'basic']).default('form').describe('Where id and secret travel'),
  }),
]);
export type Auth = z.infer<typeof Auth>;
