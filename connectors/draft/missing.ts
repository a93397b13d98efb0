/** What a draft of a REST connector leaves open, and what follows from that. */
import type { JsonObject } from '../../src/domain/json.ts';
import { pathName } from '../../src/mapping/path.ts';
import { formatOf } from './fields.ts';
import { at, type Guess } from './guess.ts';
import type { PagingGuess } from './paging.ts';
import type { RestAnswers } from './rest.ts';
import { keyedBody } from './writes.ts';

/** Everything that one reply showed. */
export interface Learned {
  readonly rows: Guess;
  readonly id: Guess;
  readonly version: Guess;
  readonly changed: Guess;
  readonly reference: Guess;
  readonly deleted: Guess;
  readonly paging: PagingGuess;
  readonly feed: boolean;
  /** A deleted record was in the sample. */
  readonly shown: boolean;
  /** How a refusal looks was seen. */
  readonly refusal: boolean;
}

/** A page this small costs a request for every few records. */
const SMALL = 50;

/** What a person must add, or know, before this connector is relied on. */
export const missingOf = (answers: RestAnswers, learned: Learned, sample: readonly JsonObject[]): readonly string[] => {
  const { version, changed, reference, deleted, paging, feed, shown, refusal } = learned;
  const unsaid = answers.zone === 'UTC' && /^local/.test(answers.sinceAs ?? '');
  const unzoned = changed.path !== undefined && /^local/.test(formatOf(at(sample[0] ?? {}, changed.path)));
  const said: readonly (false | string)[] = [
    version.path === undefined &&
      'no version: overwrites are unguarded (G3). Say where it stands with --version-at, if there is one.',
    version.path !== undefined &&
      !answers.ifMatch &&
      'a version, but no write that states it (G2): say --if-match if the system refuses a write to a newer version (412).',
    answers.create !== undefined &&
      answers.byKey === undefined &&
      `no searchable reference: creates are L3, so that one whose answer is lost waits for a person. ${
        reference.path === undefined
          ? 'Let the system keep our key in a field of its own'
          : `"${reference.path}" may keep our key`
      }, and say how to find it with --find-by-key.`,
    changed.path === undefined &&
      `no time of the last change (${changed.why}): no change feed, and \`newest wins\` cannot be told.`,
    changed.path !== undefined &&
      !feed &&
      (paging.paging.kind === 'page'
        ? 'no change feed: numbered pages lose rows that move while they are read. Full passes find everything, later.'
        : 'no change feed: say with --since which parameter asks for what changed. Full passes find everything, later.'),
    feed &&
      !/\{after/.test(Object.values(answers.since).join()) &&
      'rows of the change feed must come oldest first, and its window be inclusive: see the system’s manual, and add its sorting to --since.',
    unsaid && 'times are asked for as UTC has them: say --zone if the system’s clock is another one.',
    unzoned && `times without a zone are read as ${answers.zone}: say --zone if the system’s clock is another one.`,
    !paging.sure &&
      `paging is not sure (${paging.why}): give a sample with more records than a page has, or every list may end early.`,
    (paging.paging.kind === 'page' || paging.paging.kind === 'offset') &&
      'rows are counted: the order must stay put while they are read. Add the system’s sorting by id or creation to --list.',
    (paging.paging.page_size ?? SMALL) < SMALL &&
      `a page holds ${paging.paging.page_size} records, as in the sample: raise page_size to the most that the system gives.`,
    answers.create !== undefined &&
      answers.byKey !== undefined &&
      keyedBody(answers, reference) === undefined &&
      'our key is not sent with a create, since its place is not known: creates stay L3. Say it with --reference.',
    answers.one === undefined &&
      'no reading of one record: say it with --one "/path/{id}"; without it no write can be planned afresh or looked up.',
    deleted.path !== undefined &&
      !shown &&
      feed &&
      `no record of the sample is deleted, so it is not known whether the change feed shows them: deletions are found by their absence. If it does, write \`deletes: in-feed\`.`,
    deleted.path === undefined && 'no mark of deleted records: they only show by their absence in a full pass.',
    answers.create === undefined &&
      answers.update === undefined &&
      'nothing is written: say --create and --update, as in "POST /path".',
    !refusal && 'how a refusal looks does not show in this sample: see `refusal` and `errors` in docs/connectors.md.',
  ];
  return said.filter((each) => each !== false);
};

/** Names of fields that no path can name. */
export const unnameable = (row: JsonObject | undefined): readonly string[] =>
  Object.keys(row ?? {}).filter((name) => pathName(name) === undefined);
