/** The steps of the pipeline that stand in the ledger. Each may be repeated; each is one transaction unless it says otherwise. */
import type { Capabilities, Change, Outcome, ReadAnswer, WriteItem } from '../../connectors/sdk/seam.ts';
import type { ErrorCode } from '../domain/errors.ts';

/** A slot's capture position, and what it wants next. */
export interface CapturePosition {
  readonly slot: string;
  readonly connection: string;
  readonly record: string;
  readonly feedCursor: string;
  /** A full pass is under way: its cursor. Absent: none wanted now. */
  readonly pass?: { readonly cursor: string };
  /** Paused, or closed by the breaker until this time (ISO). */
  readonly closed?: string;
  /** Webhooks named records that were not read since, or somebody called for one that was: only asking for hints ends the call. */
  readonly hinted?: true;
  /** How long ago the feed was last read to its end, ms; absent while a walk is under way, or before the first. */
  readonly fedMsAgo?: number;
}

/** A webhook said that this record may have changed. `seq` tells it from a later hint of the same record. */
export interface Hint {
  readonly id: string;
  readonly seq: string;
}
/** What reading the records of hints showed. */
export interface Hinted {
  readonly slot: string;
  /** Ledger time before the request began. */
  readonly from: string;
  readonly deletes: Capabilities['changes']['deletes'];
  readonly read: readonly { readonly hint: Hint; readonly answer: ReadAnswer }[];
}

/** Mappings that now have something due and whose nudge flag this caller flipped: it alone signals them. */
export interface Captured {
  readonly stored: number;
  readonly changed: number;
  readonly nudge: readonly string[];
}

export interface CapturePort {
  position(slot: string): Promise<CapturePosition>;
  /** Begin a full pass if one is wanted or due. `feeds`: the slot has a change feed, whose first reading from the beginning is the first pass. False: none is wanted now, or one is under way. */
  beginPass(slot: string, feeds: boolean): Promise<boolean>;
  /** Ledger time: taken before a request begins, given back with what it showed. */
  now(): Promise<string>;
  /** Store a page and its cursor in one transaction. `kind` says which cursor moves; `done` that the pass or feed has no more now. */
  storePage(page: {
    readonly slot: string;
    readonly kind: 'feed' | 'pass';
    readonly changes: readonly Change[];
    readonly next: string;
    readonly done: boolean;
    readonly from: string;
    readonly gap?: boolean;
  }): Promise<Captured>;
  /** The oldest hints of a slot. Hints that come from here on wake the capture again. */
  hints(slot: string, limit: number): Promise<readonly Hint[]>;
  /** Store what was read of hinted records and end their hints. `missing`: known to us, and not there. */
  storeHinted(hinted: Hinted): Promise<Omit<Captured, 'stored'> & { readonly missing: number }>;
}

/** One round's work. `segment` null: nothing is due; look again at `nextDue` (ISO) or when nudged. */
export interface Claimed {
  readonly segment: string | null;
  readonly records: number;
  /** Somebody changed one of them: it is not a load alone. */
  readonly changes: boolean;
  /** Connections where records must be read afresh before planning. */
  readonly sources: readonly string[];
  readonly nextDue: string | null;
  /** As much as a segment may hold: there is probably more. */
  readonly more: boolean;
}

/** Who asks for a round's work. */
export interface ClaimRequest {
  readonly mapping: string;
  /** The segment's id, made by the workflow, so that a repeated claim answers with the same segment. */
  readonly fresh: string;
  /** The lane that claims: its unfinished segment comes first. */
  readonly workflow: string;
  /** Lanes that do not run now: what they left unfinished is taken over. */
  readonly adopts?: readonly string[];
}

/** What must be read at one connection before a segment is planned. */
export interface Reading {
  readonly slot: string;
  readonly record: string;
  readonly ids: readonly string[];
  /** Idempotency keys of creates in doubt, looked up by key. */
  readonly keys: readonly string[];
  /** For suspects: a record that is known to be there, read in the same call. */
  readonly control: string | null;
}
export interface ReadResult {
  readonly slot: string;
  readonly from: string;
  readonly ids: readonly { readonly id: string; readonly answer: import('../../connectors/sdk/seam.ts').ReadAnswer }[];
  readonly keys: readonly {
    readonly key: string;
    readonly answer: import('../../connectors/sdk/seam.ts').ReadAnswer;
  }[];
  readonly controlPresent: boolean | null;
}

/** Up to 200 stated intents of one slot, marked sending. */
export interface Sending {
  readonly segment: string;
  readonly slot: string;
  readonly record: string;
  readonly items: readonly (WriteItem & { readonly link: string; readonly no: number; readonly sends: number })[];
}

/** A document with a life: its mapping and its id in the CRM. */
export interface OrderName {
  readonly mapping: string;
  readonly record: string;
}

/** A look at a document's row: when to look again, and whom to tell. */
export interface OrderLook {
  readonly ended: boolean;
  readonly waitMs: number;
  readonly nudge: readonly string[];
}

/** Somebody asks, through a view, for a record of a connection. */
export interface Question {
  readonly view: string;
  readonly id: string;
  readonly record: string;
}

export interface ViewsPort {
  /** The oldest open questions to a connection. */
  asked(
    connection: string,
    limit: number,
  ): Promise<{ readonly questions: readonly Question[]; readonly more: boolean }>;
  /** Keep what was read; `from` is the ledger time before the request began. Ends the questions that this is fresh enough for. */
  answered(
    from: string,
    answers: readonly { readonly question: Question; readonly answer: ReadAnswer }[],
  ): Promise<void>;
  /** The system could not be asked: whoever waits is told why. */
  unanswered(questions: readonly Question[], code: ErrorCode, reason: string): Promise<void>;
}

/** Does a piece of a long work, as large as it is told: `most` links. */
export type Piece = <T>(work: (most: number) => Promise<T>) => Promise<T>;

export interface PipelinePort {
  claim(request: ClaimRequest): Promise<Claimed>;
  /** Raise this part's epoch: from here on only this attempt may store, plan or send for it. */
  fence(segment: string, part: string): Promise<number>;
  readings(segment: string, connection: string, epoch: number): Promise<readonly Reading[]>;
  storeReading(segment: string, connection: string, epoch: number, result: ReadResult): Promise<void>;
  /** Plan all records of a segment, piece by piece; states intents, parks, agrees, journals. */
  plan(
    segment: string,
    piece?: Piece,
  ): Promise<{
    readonly targets: readonly string[];
    /** Mappings whose records waited for some of these, and whose nudge flag this caller flipped: it alone signals them. */
    readonly nudge: readonly string[];
    /** Documents whose workflow is to look at their row: somebody is asked now, or their life has ended. */
    readonly orders: readonly OrderName[];
  }>;
  /** Look at a document's row: a level that is overdue is passed over, a target that is missed is noted. */
  order(name: OrderName): Promise<OrderLook>;
  /** At the start of a write attempt: what an earlier attempt left sending goes in doubt. */
  doubtUnanswered(segment: string, connection: string, epoch: number): Promise<number>;
  beginSend(segment: string, connection: string, epoch: number, limit: number): Promise<Sending | null>;
  remember(
    sending: Sending,
    outcomes: readonly Outcome[],
    from: string,
  ): Promise<{
    readonly created: number;
    readonly updated: number;
    readonly failed: number;
    readonly unknown: number;
    readonly retryAfterMs: number;
    /** As for `plan`. */
    readonly nudge: readonly string[];
  }>;
  /** Give back what was stated and not sent (the connection pauses or its attempts are used up). */
  withdraw(segment: string, connection: string, reason: string, retryAfterMs: number): Promise<void>;
  /** End queue rows of links without open intents of this segment; the last call finishes the segment. */
  release(segment: string): Promise<void>;
  pauseConnection(connection: string, code: string, reason: string): Promise<void>;
  recordFailure(connection: string, code: string, reason: string, retryAfterMs?: number): Promise<void>;
  recordSuccess(connection: string): Promise<void>;
}
