import type { Verdict } from './words.ts';

const SHOWN = 20;
const thousands = (count: number): string => String(count).replace(/\B(?=(\d{3})+$)/g, ',');
const plural = (count: number): string => `${thousands(count)} customer${count === 1 ? '' : 's'}`;

/** Do both systems agree, with nothing lost, doubled or unexplained? */
export const agrees = ({ findings }: Verdict): boolean => findings.length === 0;

/** The verdict in one line. */
export const verdictLine = (verdict: Verdict): string => {
  const { customers, lost, doubled, unexplained, parked } = verdict;
  const counts = `${plural(customers)}, ${thousands(lost)} lost, ${thousands(doubled)} doubled, ${thousands(unexplained)} unexplained`;
  const aside = agrees(verdict) ? `${thousands(parked)} parked, each rightly` : `${thousands(parked)} parked`;
  const people = verdict.contacts === undefined ? '' : `, ${thousands(verdict.contacts)} contacts`;
  return `${agrees(verdict) ? 'agreement' : 'no agreement'}: ${counts} (${aside})${people}`;
};

/** The first findings, one per line. */
export const findingLines = ({ findings }: Pick<Verdict, 'findings'>): readonly string[] => {
  const lines = findings.slice(0, SHOWN).map(({ kind, crm, erp, field, values, reason }) => {
    const ids = [crm, erp].filter((id) => id !== undefined).join(' ↔ ');
    const said = Object.entries(values).map(([name, value]) => `${name} ${JSON.stringify(value)}`);
    return [`${kind}: ${ids}`, field, reason, said.join(', ')].filter((part) => part !== '').join(' · ');
  });
  return findings.length > SHOWN ? [...lines, `… and ${thousands(findings.length - SHOWN)} more`] : lines;
};
