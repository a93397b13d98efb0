/** Files that are whole are taken: moved, in one step, into a numbered folder of ours. */
import { SyncError } from '../../src/domain/errors.ts';
import { numberedName, reserve } from './numbers.ts';
import { type Found, joined, type Place } from './place.ts';
import type { Ready } from './schema.ts';

/** Where files come from and which ones are meant. */
export interface Intake {
  readonly folder: string;
  readonly patterns: readonly string[];
  readonly ready: Ready;
  readonly order: 'name' | 'time';
}

const SPECIAL = /[.+^${}()|[\]\\]/g;

/** Names that a pattern fits. */
export const matcher = (patterns: readonly string[]): ((name: string) => boolean) => {
  const all = patterns.map(
    (pattern) => new RegExp(`^${pattern.replace(SPECIAL, '\\$&').replaceAll('*', '.*').replaceAll('?', '.')}$`, 'su'),
  );
  return (name) => all.some((each) => each.test(name));
};

/** The suffix of the file that says another one is whole. */
export const suffixOf = (ready: Ready): string | undefined => (ready.by === 'companion' ? ready.suffix : undefined);

interface Look {
  readonly size: number;
  readonly mtimeMs: number;
  readonly since: number;
}

/** Remembers looks, so that a file counts as whole when two of them were alike. */
const createStable = (forMs: number, elapsed: () => number): ((files: readonly Found[]) => readonly Found[]) => {
  let looks: ReadonlyMap<string, Look> = new Map();
  return (files) => {
    const now = elapsed();
    const before = looks;
    const alike = ({ name, size, mtimeMs }: Found): Look | undefined => {
      const look = before.get(name);
      return look !== undefined && look.size === size && look.mtimeMs === mtimeMs ? look : undefined;
    };
    looks = new Map(
      files.map((file) => [file.name, alike(file) ?? { size: file.size, mtimeMs: file.mtimeMs, since: now }]),
    );
    return files.filter((file) => {
      const look = alike(file);
      return look !== undefined && now - look.since >= forMs;
    });
  };
};

const natural = new Intl.Collator('en', { numeric: true });
const inOrder = (files: readonly Found[], order: Intake['order']): readonly Found[] =>
  [...files].sort((a, b) => (order === 'time' ? a.mtimeMs - b.mtimeMs : 0) || natural.compare(a.name, b.name));

/** Takes what is ready, in order. `elapsed`: a clock that only runs forward. */
export const createPickup = (
  record: string,
  intake: Intake,
  folders: readonly [taken: string, archive: string],
  elapsed: () => number,
) => {
  const wanted = matcher(intake.patterns);
  const suffix = suffixOf(intake.ready);
  const stable = intake.ready.by === 'stable' ? createStable(intake.ready.for_ms, elapsed) : undefined;
  const readyOf = (files: readonly Found[]): readonly Found[] => {
    const meant = files.filter(({ name }) => wanted(name));
    if (suffix !== undefined) {
      const names = new Set(files.map(({ name }) => name));
      return meant.filter(({ name }) => names.has(`${name}${suffix}`));
    }
    return stable === undefined ? meant : stable(meant);
  };
  const take = async (place: Place, { name }: Found): Promise<void> => {
    const own = await reserve(place, record, folders);
    const from = joined(intake.folder, name);
    // The companion goes first: left behind, it would vouch for the next file of that name.
    if (suffix !== undefined) await place.move(`${from}${suffix}`, joined(own.path, `${name}${suffix}`));
    if (!(await place.move(from, joined(own.path, name)))) await place.removeFolder(own.path);
  };
  /** A crash between the two moves left the companion alone: its file follows, or the companion goes too, since it must vouch for no other. */
  const complete = async (place: Place, path: string, inside: readonly Found[]): Promise<boolean> => {
    const [only] = inside;
    if (suffix === undefined || only === undefined || inside.length !== 1 || !only.name.endsWith(suffix)) return false;
    const name = only.name.slice(0, -suffix.length);
    if (await place.move(joined(intake.folder, name), joined(path, name))) return true;
    await place.remove(joined(path, only.name));
    await place.removeFolder(path);
    return false;
  };
  const pickUp = async (place: Place): Promise<void> => {
    const found = await place.list(intake.folder);
    if (found === undefined)
      throw new SyncError('UNREACHABLE', `there is no folder "${intake.folder}"; make it, or mount what belongs there`);
    const files = found.filter(({ kind }) => kind === 'file');
    for (const file of inOrder(readyOf(files), intake.order)) await take(place, file);
  };
  return {
    pickUp,
    complete,
    suffix,
    nameOf: (no: number, ...words: readonly string[]) => numberedName(record, no, ...words),
  };
};
export type Pickup = ReturnType<typeof createPickup>;
