/** What a caller must do about a failure. `retry` try again later, `park` set the record aside for a person, `pause` stop using the connection, `abort` the request itself is wrong. */
export type Recovery = 'retry' | 'park' | 'pause' | 'abort';

/** The classes into which every connector sorts what went wrong, by its error table and never by message text alone. */
export const ERROR_CLASSES = [
  'transient',
  'rate-limited',
  'auth',
  'permission',
  'conflict',
  'duplicate',
  'not-found',
  'validation',
  'permanent',
  'cursor-expired',
  'too-large',
  'unsupported',
] as const;
export type ErrorClass = (typeof ERROR_CLASSES)[number];

/** Every code that the product can show, what recovers it and what a person can do. The only place where a code is made. */
export const ERRORS = {
  // ── the other system, or the way to it ──
  UNREACHABLE: { recovery: 'retry', fix: 'Check that the system is up and its address is right; we keep trying.' },
  TARGET_UNAVAILABLE: { recovery: 'retry', fix: 'Nothing to do; the system answers with an error and we keep trying.' },
  TIMED_OUT: { recovery: 'retry', fix: 'Nothing to do unless it repeats; then raise the connection’s time limit.' },
  RATE_LIMITED: { recovery: 'retry', fix: 'Nothing to do; we wait as long as the system asks.' },
  LOGIN_REFUSED: { recovery: 'pause', fix: 'Renew the credentials, then resume the connection.' },
  NO_PERMISSION: {
    recovery: 'park',
    fix: 'Give the integration user the right named here, then resume the connection, or retry the record.',
  },
  PROTOCOL_ERROR: {
    recovery: 'retry',
    fix: 'The reply is not what the connection file describes; check address and file.',
  },
  REPLY_TOO_LARGE: { recovery: 'retry', fix: 'Raise the connection’s reply limit or lower its page size.' },
  CURSOR_EXPIRED: { recovery: 'retry', fix: 'Nothing to do; a full pass replaces the lost cursor.' },
  EGRESS_DENIED: { recovery: 'pause', fix: 'Allow the host for this connection, or correct its address.' },
  REDIRECT_REFUSED: { recovery: 'pause', fix: 'Enter the address that the system redirects to, if you trust it.' },
  UNSUPPORTED: { recovery: 'park', fix: 'The system cannot do this; change the mapping or the connection.' },
  // ── one record at the target ──
  TARGET_REFUSED: { recovery: 'park', fix: 'Correct what the system complains about, then retry the record.' },
  TARGET_DUPLICATE: { recovery: 'park', fix: 'The system already has such a record; link the two, then retry.' },
  RECORD_TOO_LARGE: { recovery: 'park', fix: 'Shorten the record or raise the connection’s limit, then retry.' },
  STALE: { recovery: 'retry', fix: 'Nothing to do; somebody edited the record meanwhile and it is planned again.' },
  AMBIGUOUS: {
    recovery: 'park',
    fix: 'Look in the target whether the record was created, then link it or say create.',
  },
  UNDECODABLE: { recovery: 'park', fix: 'Correct the record at its source; it is read again when it changes.' },
  // ── one field ──
  CONFLICT: { recovery: 'park', fix: 'Choose the side whose value shall stand.' },
  LOOKUP_MISS: { recovery: 'park', fix: 'Add the value to the lookup table, then retry the record.' },
  TOO_LONG: { recovery: 'park', fix: 'Shorten the value at its source, or say `too_long: cut` on a one-way field.' },
  REQUIRED: { recovery: 'park', fix: 'Fill in the field at its source, or give it a default.' },
  BAD_VALUE: { recovery: 'park', fix: 'Correct the value at its source.' },
  PRECISION: { recovery: 'park', fix: 'Round the value at its source, or raise the field’s scale.' },
  LINK_REFUSED: {
    recovery: 'park',
    fix: 'Put an https address there, on a host that the field’s `hosts` names; or add the host to `hosts`, if you trust it.',
  },
  INVALID_TEXT: { recovery: 'park', fix: 'Remove the character named here from the value at its source.' },
  LINE_KEY: { recovery: 'park', fix: 'Give every element of the list named here a key of its own at its source.' },
  LINE_MISSING: {
    recovery: 'park',
    fix: 'Choose the side that is right: the one that has it, or the one that has it no longer.',
  },
  FIELD_MISSING: {
    recovery: 'park',
    fix: 'Let the system show the field again (a right, a renamed field), or correct its path in the mapping, then retry.',
  },
  FLAPPING: {
    recovery: 'park',
    fix: 'Find what keeps changing the value back, then choose the side whose value shall stand.',
  },
  // ── one record ──
  NO_IDENTITY: { recovery: 'park', fix: 'Fill in the fields that identify the record, or link it by hand.' },
  POSSIBLE_DUPLICATE: { recovery: 'park', fix: 'Say which records belong together, or that this one is new.' },
  DUPLICATE_AT_TARGET: { recovery: 'park', fix: 'The target has our record twice; remove one of them there.' },
  OUTSIDE_INCLUDE: { recovery: 'park', fix: 'The matching record lies outside `include`; change it or the filter.' },
  MERGE_DECISION: {
    recovery: 'park',
    fix: 'Merge the two records named here in their own system, or delete one there, then retry.',
  },
  RULE_FAILED: { recovery: 'park', fix: 'Correct the record as the rule says; it is tried again when it changes.' },
  DELETE_BLOCKED: { recovery: 'park', fix: 'Restore the record, or delete it on the other side by hand.' },
  DELETED_AND_CHANGED: { recovery: 'park', fix: 'One side deleted what the other changed; decide which stands.' },
  LINK_MISSING: {
    recovery: 'park',
    fix: 'Settle the record named here, or refer to another; it is tried again once that one is linked.',
  },
  REFERENCE_LOOP: { recovery: 'park', fix: 'Break the loop at any of its records; it is tried again by itself.' },
  ORDER_GATE: {
    recovery: 'park',
    fix: 'Correct the order as the sentence says; it is looked at again when it, or what it refers to, changes.',
  },
  APPROVAL_REFUSED: {
    recovery: 'park',
    fix: 'Change the order, and its approvers are asked anew; or cancel it in the CRM.',
  },
  ORDER_STATE: {
    recovery: 'park',
    fix: 'The two sides stand at values that do not go together; correct one of them, or allow the pair in `states`.',
  },
  TOTALS_DIFFER: {
    recovery: 'park',
    fix: 'Correct the total or its lines at the side named here; nothing crosses from there before they agree.',
  },
  NO_SUCCESSOR: {
    recovery: 'park',
    fix: 'Give the record an owner who is here, or name one under `on_leave` of the mapping of people.',
  },
  // ── waiting, with nobody to blame ──
  APPROVAL: {
    recovery: 'retry',
    fix: 'Approve or refuse it (`tally order approve`), or in the system named in the mapping; the CRM shows who is asked.',
  },
  WAITING_FOR_FIRST_PASS: {
    recovery: 'retry',
    fix: 'Nothing to do; both sides are read completely once before anything is written.',
  },
  WAITING_FOR_FEED: {
    recovery: 'retry',
    fix: 'Nothing to do; the other side is read once more before a record is created there.',
  },
  WAITING_FOR_PARENT: {
    recovery: 'retry',
    fix: 'Nothing to do; the record that this one refers to is linked first.',
  },
  NOT_YET_EFFECTIVE: {
    recovery: 'retry',
    fix: 'Nothing to do; it crosses on its day. Change the day at its source to have it sooner or later.',
  },
  KEY_RESERVED: { recovery: 'retry', fix: 'Nothing to do; another create with the same key is under way.' },
  IN_DOUBT: {
    recovery: 'retry',
    fix: 'Nothing to do; the target is asked what became of a write whose answer was lost.',
  },
  CONNECTION_PAUSED: { recovery: 'retry', fix: 'Resume the connection when its cause is mended.' },
  BRAKE: {
    recovery: 'pause',
    fix: 'Many records were deleted or blanked at once; confirm that this is meant, then resume.',
  },
  // ── the request, the files, ourselves ──
  NOT_FOUND: { recovery: 'abort', fix: 'Check the id.' },
  DECISION_OUTDATED: { recovery: 'abort', fix: 'The values changed meanwhile; look at the new ones and decide again.' },
  ALREADY_DECIDED: {
    recovery: 'abort',
    fix: 'Somebody decided this before, or nobody is asked any more; look at the order.',
  },
  BAD_REQUEST: { recovery: 'abort', fix: 'Correct the request as described.' },
  UNKNOWN_FIELD: { recovery: 'abort', fix: 'Remove the field named here.' },
  UNAUTHENTICATED: { recovery: 'abort', fix: 'Send an API key as `Authorization: Bearer …`.' },
  KEY_IN_URL: {
    recovery: 'abort',
    fix: 'Send the key in the Authorization header and replace it: it may have been logged.',
  },
  FORBIDDEN: { recovery: 'abort', fix: 'Use a key whose role may do this.' },
  METHOD_NOT_ALLOWED: { recovery: 'abort', fix: 'Use one of the methods named in the Allow header.' },
  CURSOR_INVALID: {
    recovery: 'abort',
    fix: 'Begin again without a cursor; one holds only for the key and the question it was made for.',
  },
  TOO_MANY_REQUESTS: { recovery: 'retry', fix: 'Wait as long as Retry-After says, then send again.' },
  API_DOWN: { recovery: 'retry', fix: 'Start it with `tally up`, or correct TALLY_API_URL.' },
  BODY_TOO_LARGE: { recovery: 'abort', fix: 'Send less at once.' },
  CONTENT_TYPE_REFUSED: { recovery: 'abort', fix: 'Send the body as the content type named here.' },
  SIGNATURE_MISSING: {
    recovery: 'abort',
    fix: 'Have the system sign its webhooks; the headers are in its connector.yaml.',
  },
  SIGNATURE_INVALID: {
    recovery: 'abort',
    fix: 'Set the secret that the system signs with, and let nothing between change the body.',
  },
  TIMESTAMP_OUT_OF_RANGE: {
    recovery: 'abort',
    fix: 'Set the clock of the sender or of this machine; both times are in the log.',
  },
  WEBHOOK_ID_INVALID: { recovery: 'abort', fix: 'Send an id of plain characters without a dot, at most 256.' },
  CONFIG_INVALID: { recovery: 'abort', fix: 'Correct the file at the place named.' },
  CONFIG_OUTDATED: {
    recovery: 'abort',
    fix: 'Somebody stored another configuration meanwhile; take it over into your files and plan again.',
  },
  JOURNAL_BROKEN: {
    recovery: 'abort',
    fix: 'Somebody wrote to the database past the product. Keep it as it is, find out who, and compare with a backup.',
  },
  LEDGER_DOWN: { recovery: 'retry', fix: 'Start PostgreSQL or correct DATABASE_URL.' },
  ENGINE_DOWN: {
    recovery: 'retry',
    fix: 'Start the Temporal server, or correct TEMPORAL_ADDRESS or `tls` in temporal.yaml.',
  },
  START_FAILED: { recovery: 'abort', fix: 'Read the log named here, mend what it says, then start again.' },
  HOME_IN_USE: { recovery: 'abort', fix: 'End the group that runs there, or set TALLY_HOME to another folder.' },
  PORT_TAKEN: { recovery: 'abort', fix: 'End what uses the port, or have another one chosen.' },
  FENCED: { recovery: 'abort', fix: 'Nothing to do; a newer attempt has taken over.' },
  INTERNAL: { recovery: 'retry', fix: 'This is a fault of ours; please report it with the correlation id.' },
} as const satisfies Record<string, { recovery: Recovery; fix: string }>;

export type ErrorCode = keyof typeof ERRORS;

/** Facts that go with an error: where it happened and how long to wait. Never a record's contents, never a secret. */
export interface Facts {
  readonly connection?: string;
  readonly record?: string;
  readonly field?: string;
  readonly file?: string;
  readonly line?: number;
  readonly column?: number;
  readonly status?: number;
  readonly retryAfterMs?: number;
  /** True when no byte of the request can have reached the system. */
  readonly unsent?: boolean;
  readonly class?: ErrorClass;
  /** More than one problem: each as one sentence with its place. */
  readonly problems?: readonly string[];
  /** For a refused decision: the values that stand now. */
  readonly current?: unknown;
}

/** The only error we throw on purpose. */
export class SyncError extends Error {
  override readonly name = 'SyncError';
  readonly code: ErrorCode;
  readonly facts: Facts;
  constructor(code: ErrorCode, message: string, facts: Facts = {}, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.facts = facts;
  }
  get recovery(): Recovery {
    return ERRORS[this.code].recovery;
  }
  get fix(): string {
    return ERRORS[this.code].fix;
  }
}

/** The one table from a connector's error class to our code. */
export const CODE_OF_CLASS = {
  transient: 'TARGET_UNAVAILABLE',
  'rate-limited': 'RATE_LIMITED',
  auth: 'LOGIN_REFUSED',
  permission: 'NO_PERMISSION',
  conflict: 'STALE',
  duplicate: 'TARGET_DUPLICATE',
  'not-found': 'NOT_FOUND',
  validation: 'TARGET_REFUSED',
  permanent: 'TARGET_REFUSED',
  'cursor-expired': 'CURSOR_EXPIRED',
  'too-large': 'RECORD_TOO_LARGE',
  unsupported: 'UNSUPPORTED',
} as const satisfies Record<ErrorClass, ErrorCode>;
