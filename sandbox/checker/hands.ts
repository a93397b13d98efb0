/** Whose hands a record went through: what the integration did where it may not, and what somebody else took away. */
import type { Doc } from '../kit/json.ts';
import type { Finding, ParkedItem, SystemView } from './words.ts';

const ACTOR = 'tally';

/** The text of a column, without outer spaces; nothing is ''. */
export const textAt = (doc: Doc | null | undefined, field: string): string => String(doc?.[field] ?? '').trim();

/** Keys of records that somebody other than the integration deleted. It reports that and makes none anew. */
export const takenAway = ({ commits = [] }: SystemView, key: string): ReadonlySet<string> => {
  const last = new Map<string, string>();
  const gone = new Set<string>();
  for (const { actor, op, id, after } of commits)
    if (op !== 'delete') last.set(id, textAt(after, key));
    else if (actor !== ACTOR) gone.add(last.get(id) ?? id);
  return gone;
};

/** Writes of the integration to records that are not its own to write, and its deletes where it may not delete. */
export const meddled = (
  side: 'crm' | 'erp',
  { commits = [] }: SystemView,
  may: readonly ('create' | 'update' | 'delete')[],
): readonly Finding[] =>
  commits
    .filter(({ actor, op }) => actor === ACTOR && !may.includes(op))
    .map(({ id, op }) => ({
      ...{ kind: op === 'delete' ? ('lost' as const) : ('unexplained' as const), [side]: id, field: '' },
      ...{ values: {}, reason: `${op}d by the integration` },
    }));

/** Records of the integration's own making that show no key, so that nothing at the other side can be told to be theirs. */
export const keyless = (side: 'crm' | 'erp', view: SystemView, id: string, key: string): readonly Finding[] => {
  const made = new Set(
    (view.commits ?? []).filter(({ actor, op }) => actor === ACTOR && op === 'create').map((c) => c.id),
  );
  return view.state
    .filter((doc) => made.has(textAt(doc, id)) && textAt(doc, key) === '')
    .map((doc) => ({
      ...{ kind: 'unexplained', [side]: textAt(doc, id), field: key, values: {} },
      reason: 'made by the integration, and it does not show of what',
    }));
};

/** What is set aside although there is no ground for it. */
export const groundless = (items: readonly ParkedItem[], rightly: (item: ParkedItem) => boolean): readonly Finding[] =>
  items
    .filter((item) => !rightly(item))
    .map(({ code, field, ...ids }) => ({
      ...{ kind: 'unexplained', ...ids, field, values: {} },
      reason: `parked as ${code} without need`,
    }));
