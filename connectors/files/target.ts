/** A record type that is written as files. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Call } from '../sdk/seam.ts';
import { Column } from './column.ts';
import { createFeed, createList, createRead } from './feed.ts';
import { answered, type Handed, handedOver } from './handed.ts';
import { createOutbox } from './outbox.ts';
import type { Place } from './place.ts';
import type { Acknowledged, FilesPreset, Outbound, RecordType } from './schema.ts';
import { createSent, type SentFile } from './sent.ts';
import type { Stand } from './shelf.ts';
import { createIntake, type Operations } from './source.ts';

// Between two looks for an answer.
const LOOK_EVERY_MS = 200;

/** The answer files as a record type of their own: our key is the id. */
const answerType = ({ format, key, status, id, code, message }: Acknowledged): RecordType => {
  const given = Object.entries({ id, code, message }).flatMap(([field, column]) =>
    column === undefined ? [] : [[field, column] as const],
  );
  return {
    format,
    columns: { key: Column.parse({ ...key, required: true }), status, ...Object.fromEntries(given) },
    id: 'key',
    in: { folder: '', full: [], delta: [], ready: { by: 'rename' }, order: 'name', repeated: 'last' },
  };
};

const createAnswers = (name: string, acknowledged: Acknowledged, { taken, archive, limits }: FilesPreset) => {
  const { folder, files, ready } = acknowledged;
  // A record's name has no hyphen, so this one is nobody else's.
  return createIntake(
    `ack-${name}`,
    answerType(acknowledged),
    { folder, patterns: files, ready, order: 'time' },
    [taken, archive],
    limits,
  );
};

const NOTHING: Stand = { files: [], base: undefined, words: new Map(), open: [] };

const numbersOf = (files: readonly { readonly no: number; readonly hash?: string }[]): string =>
  files.map(({ no, hash = '' }) => `${no}${hash}`).join();

/** Makes one. */
export const createTarget = (name: string, type: RecordType, out: Outbound, preset: FilesPreset): Operations => {
  const { acknowledged } = out;
  const sent = createSent(name, preset.sent, out.folder);
  const answers = acknowledged === undefined ? undefined : createAnswers(name, acknowledged, preset);
  let last: { readonly key: string; readonly handed: Handed } | undefined;

  const known = (files: readonly SentFile[], said: Stand): Handed => {
    // Files never change once they have their number, so equal numbers are equal knowledge.
    const key = `${numbersOf(files)} ${numbersOf(said.files)} ${numbersOf(said.open)}`;
    if (last?.key !== key) {
      const handed =
        acknowledged === undefined
          ? handedOver(files)
          : answered(files, said, { done: acknowledged.done, idField: type.id });
      last = { key, handed };
    }
    return last.handed;
  };
  /** Answers first: what they speak of was handed over before. */
  const learn = async (place: Place): Promise<Handed> => {
    const said = answers === undefined ? NOTHING : await answers.look(place);
    return known(await sent.look(place), said);
  };
  const pickUp = async (place: Place): Promise<void> => answers?.pickUp(place);
  const fresh = async (place: Place): Promise<Handed> => {
    await pickUp(place);
    return learn(place);
  };
  const awaitAnswers = async (place: Place, keys: readonly string[], { signal }: Call): Promise<Handed> => {
    const end = performance.now() + (acknowledged?.wait_ms ?? 0);
    for (;;) {
      const now = await fresh(place);
      const pending = keys.some((key) => now.outcome(key)?.status === 'unknown');
      if (!pending || performance.now() >= end) return now;
      await sleep(LOOK_EVERY_MS, undefined, { signal });
    }
  };
  const look = async (place: Place): Promise<Stand> => (await learn(place)).stand;
  const parts = { record: `ack-${name}`, archiveFolder: preset.archive, look, pickUp };
  return {
    changes: createFeed(parts),
    list: createList(parts),
    byId: createRead({ look: async (place) => (await fresh(place)).stand }),
    byKey: async (place, keys) => (await fresh(place)).byKey(keys),
    write: createOutbox({ type, out, sent, learn, await: awaitAnswers }),
  };
};
