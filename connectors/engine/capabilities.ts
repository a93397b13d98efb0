/** What a system can do, as a preset declares it and a connection may correct it. */
import { z } from 'zod';
import type { ConnectionSettings } from '../../src/config/port.ts';
import { isObject, type Json } from '../../src/domain/json.ts';
import type { Capabilities } from '../sdk/seam.ts';
import { parsePreset } from './preset.ts';

/** The part of the capabilities that requests cannot tell: the engine derives the rest from what the preset configures. */
export const DeclaredCapabilities = z
  .strictObject({
    idempotency: z
      .enum(['unique', 'searchable', 'none'])
      .describe('unique: the system enforces our key; searchable: a record can be found by it; none: neither'),
    guard: z
      .enum(['version', 'detect', 'none'])
      .describe('version: a write may state the version it expects; detect: versions move but guard nothing; none'),
    version_covers_all: z.boolean().describe('True when the version moves with every field, children included'),
    version: z
      .enum(['counter', 'opaque'])
      .optional()
      .describe(
        'counter: every write raises the version by exactly one, so that a gap tells of writes in between; opaque, unless said: it only differs',
      ),
    shows_empty: z
      .boolean()
      .optional()
      .describe(
        'True when an emptied field stays in the record, as null or empty text. Then a field that vanishes is parked and empties nothing',
      ),
    returns_record: z.boolean().describe('True when the reply to a write carries the record as it now is'),
    complete: z
      .boolean()
      .describe('True when every write to the record, also to its children, shows in the change feed'),
    deletes: z
      .enum(['in-feed', 'absence'])
      .describe('Deleted records show in the change feed, or only by their absence'),
  })
  .describe('What the system promises about this record type');
export type DeclaredCapabilities = z.infer<typeof DeclaredCapabilities>;

const Override = z.record(z.string(), DeclaredCapabilities.partial());

/** The declared capabilities with the connection's corrections laid over them. */
export const capabilitiesOf = (
  record: string,
  declared: DeclaredCapabilities,
  settings: ConnectionSettings,
): DeclaredCapabilities => {
  if (settings.capabilities === undefined) return declared;
  const overrides = parsePreset(
    Override,
    settings.capabilities,
    `tallystick.yaml: connections.${settings.name}.capabilities`,
  );
  const own = Object.entries(overrides[record] ?? {}).filter(([, value]) => value !== undefined);
  return { ...declared, ...Object.fromEntries(own) };
};

/** What the engine knows by itself about a record type. */
export interface Derived {
  readonly readById: boolean;
  readonly readByKey: boolean;
  readonly readBatch: number;
  readonly feed: { readonly grainMs: number; readonly overlapMs: number } | undefined;
  readonly create: boolean;
  readonly update: boolean;
  readonly delete: boolean;
  readonly writeBatch: number;
  /** An element of a list can be taken away. */
  readonly removes?: boolean;
}

/** Declared and derived facts in the seam's shape. */
export const assembled = (declared: DeclaredCapabilities, derived: Derived): Capabilities => ({
  read: {
    byId: derived.readById,
    byKey: derived.readByKey && declared.idempotency !== 'none',
    maxBatch: derived.readBatch,
  },
  changes: {
    mode: derived.feed === undefined ? 'none' : 'timestamp',
    grainMs: derived.feed?.grainMs ?? 0,
    overlapMs: derived.feed?.overlapMs ?? 0,
    deletes: derived.feed === undefined ? 'absence' : declared.deletes,
    complete: derived.feed !== undefined && declared.complete,
  },
  write: {
    create: derived.create,
    update: derived.update,
    delete: derived.delete,
    maxBatch: derived.writeBatch,
    returnsRecord: declared.returns_record,
    ...(derived.removes === true ? { removes: true } : {}),
  },
  idempotency: declared.idempotency,
  guard: declared.guard,
  versionCoversAll: declared.version_covers_all,
  ...(declared.version === undefined ? {} : { version: declared.version }),
  ...(declared.shows_empty === undefined ? {} : { showsEmpty: declared.shows_empty }),
});

/** The record names a connection's corrections mention, to be checked against the preset's. */
export const correctedRecords = (capabilities: Json | undefined): readonly string[] =>
  capabilities !== undefined && isObject(capabilities) ? Object.keys(capabilities) : [];
