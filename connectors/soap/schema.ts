/** What a connector.yaml with `engine: soap` may say. Every option is declared here and nowhere else. */
import { z } from 'zod';
import { ErrorRules } from '../engine/errors.ts';
import { LimitSettings, SettingDeclarations } from '../engine/preset.ts';
import {
  Auth,
  ChangesShape,
  Listing,
  Path,
  Reading,
  RecordType,
  readBlock,
  Writing,
  writeBlock,
} from '../rest/schema.ts';

const Template = z.string();

/** A message to an operation of the WSDL. */
export const MessageShape = z.strictObject({
  operation: z.string().describe('The operation’s name in the WSDL'),
  message: z
    .json()
    .default({})
    .describe(
      'What stands inside its element: names as in the WSDL, all texts are templates; what has no value is left out',
    ),
});
export type MessageShape = z.infer<typeof MessageShape>;

const PageSize = z.int().positive().optional().describe('Largest page the system gives; more is never asked for');

const Paging = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('none').describe('Everything comes at once'), page_size: PageSize }),
  z.strictObject({
    kind: z.literal('cursor').describe('The reply names a token for the next page, sent as {cursor}'),
    next: Path.describe('Where the token stands; absent, nil or empty: no more'),
    more: Path.optional().describe('A flag that must be true too, for systems that always give a token'),
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
    page_size: PageSize,
  }),
]);

const listing = {
  request: MessageShape.describe('May use {limit} and what its paging gives: {cursor}, {page}, {offset} or {after}'),
  rows: Path.describe('Where the rows stand in the reply’s element'),
  paging: Paging.describe('How the list goes on'),
};

const SoapReading = Reading.omit({ empty_status: true }).extend({
  request: MessageShape.describe('With {ids} or {keys} for many at once, with {id} or {key} for one by one'),
});
const SoapWriting = Writing.omit({ version_header: true }).extend({
  request: MessageShape.describe('With {items} for a batch; for one by one with {id}, {key}, {version} and {data}'),
});

/** One record type. */
const SoapRecordType = RecordType.extend({
  list: Listing.omit({ empty_status: true })
    .extend(listing)
    .describe('All records, in an order that does not move while they are read'),
  changes: ChangesShape.omit({ empty_status: true })
    .extend(listing)
    .refine(({ paging }) => paging.kind !== 'page', {
      path: ['paging', 'kind'],
      message: 'numbered pages lose rows that move while they are read; use cursor, offset or keyset',
    })
    .describe('The change feed')
    .optional(),
  read: readBlock(SoapReading),
  write: writeBlock(SoapWriting),
});
export type SoapRecordType = z.infer<typeof SoapRecordType>;

/** Where the stored WSDL lies, and which part of it is used. */
export const WsdlSettings = z
  .strictObject({
    file: z
      .string()
      .regex(
        /^wsdl\/[A-Za-z0-9_-][A-Za-z0-9_.-]*$/,
        'name a file in the folder wsdl/ beside connector.yaml, as in wsdl/partners.wsdl',
      )
      .describe('The stored WSDL, in the folder wsdl/ beside connector.yaml; what it imports lies there too'),
    sha256: z
      .string()
      .regex(/^[0-9a-f]{64}$/, 'is not a SHA-256 in lower-case hex')
      .describe('Hash of what was reviewed; other files are refused until somebody has looked and changed it here'),
    from: z
      .string()
      .optional()
      .describe(
        'Where the system gives its WSDL, below the connection’s address; the check compares it with the stored one',
      ),
    service: z.string().optional().describe('The service to use, where the WSDL has several'),
    port: z.string().optional().describe('Its port, where it has several'),
  })
  .describe('The contract: nothing of it is fetched while working');

/** WS-Security: what stands in the envelope to prove who we are. */
export const Security = z
  .strictObject({
    username_token: z
      .strictObject({
        user: Template.describe('User'),
        password: Template.describe('Password'),
        password_type: z
          .enum(['text', 'digest'])
          .default('text')
          .describe('text: the password itself, for https only; digest: a hash of it with nonce and time'),
        nonce: z.boolean().default(true).describe('A nonce also beside a password in text'),
      })
      .optional()
      .describe('UsernameToken: user and password in the envelope'),
    x509: z
      .strictObject({
        key: Template.describe('Our private key, PEM'),
        certificate: Template.describe('Our certificate, PEM'),
        passphrase: Template.optional().describe('Of the key, if it has one'),
      })
      .optional()
      .describe('Body and timestamp are signed (RSA-SHA256, exclusive canonical XML); the certificate is sent along'),
    timestamp: z.boolean().default(true).describe('A timestamp, good for ten minutes'),
    must_understand: z.boolean().default(true).describe('The system must refuse what it cannot check'),
  })
  .describe('WS-Security in the envelope of every request');
export type Security = z.infer<typeof Security>;

const Fault = z
  .strictObject({
    code: z
      .array(Path)
      .default(['subcode', 'code'])
      .describe(
        'Where a fault names its code: the first of these that is there; `detail.<Element>.…` leads into its detail',
      ),
    message: z.array(Path).default(['reason']).describe('Where it says what is wrong, for people'),
    fields: z.array(Path).default([]).describe('Where it names the fields concerned; a text or a list of texts'),
  })
  .prefault({})
  .describe('How faults are read; `code`, `subcode`, `reason`, `actor` and `detail` are the same for SOAP 1.1 and 1.2');

const Refused = z.strictObject({
  at: Path.describe('What stands here decides; a reply without it is not judged'),
  ok: z.array(z.json()).optional().describe('These values mean success, all others a refusal'),
  bad: z.array(z.json()).optional().describe('These values mean a refusal, all others success'),
  code: Path.optional().describe('Where such a reply names its code; without it what stands at `at`'),
  message: Path.optional().describe('Where it says what is wrong, for people'),
  fields: z.array(Path).optional().describe('Where it names the fields concerned'),
});

/** A whole connector.yaml. */
export const SoapPreset = z.strictObject({
  engine: z.literal('soap').describe('SOAP 1.1 or 1.2 by a stored WSDL; document/literal and rpc/literal'),
  system: z.string().describe('The system’s name, for people'),
  settings: SettingDeclarations.prefault({}),
  wsdl: WsdlSettings,
  endpoint: Template.describe('Below the connection’s address, starting with /; the address in the WSDL is not used'),
  auth: Auth.describe('How to prove who we are in HTTP; WS-Security stands under `security`'),
  security: Security.optional(),
  headers: z.record(z.string(), Template).optional().describe('HTTP headers of every request'),
  soap_headers: z
    .array(
      z.strictObject({
        namespace: z.string().describe('Namespace of the header’s element, which the WSDL’s schemas declare'),
        element: z.string().describe('Its name'),
        content: z.json().describe('What stands inside it; all texts are templates over the settings'),
      }),
    )
    .default([])
    .describe('Header blocks of every envelope, such as a session or a token passport'),
  check: z
    .strictObject({
      request: MessageShape.describe('Any cheap operation that needs the credentials'),
      who: Path.optional().describe('Where the reply names the user'),
    })
    .describe('How to see that address and credentials are right'),
  limits: LimitSettings,
  fault: Fault,
  refused: z
    .array(Refused)
    .default([])
    .describe('Ordinary replies that are refusals, such as a return status in a 200'),
  refusal: z
    .strictObject({
      code: Path.optional().describe('Where the outcome of a refused item names its code'),
      message: Path.optional().describe('Where it says what is wrong, for people'),
      fields: z.array(Path).optional().describe('Where it names the fields concerned; a text or a list of texts'),
    })
    .prefault({})
    .describe('How one refused item of a batch looks'),
  retry_after: z
    .string()
    .default('retry-after')
    .describe('The HTTP header that says how long to wait, in seconds or as a date'),
  errors: ErrorRules.describe(
    'Ordered: the first rule that fits decides; the common table follows. `status` is that of HTTP, but of a fault its family: Client or Sender 400, Server or Receiver 500, a refused login 401; a `refused` reply has 422',
  ),
  records: z.record(z.string().regex(/^[A-Za-z][A-Za-z0-9_]*$/), SoapRecordType).describe('Record types by name'),
});
export type SoapPreset = z.infer<typeof SoapPreset>;
