/** How long a system asks to be left alone. */

/** No system is waited for longer than this at once; then it is asked again. */
export const LONGEST_WAIT_MS = 24 * 60 * 60 * 1000;

// `Date.parse` makes a date of nearly anything, "-5" included: only what begins like one is given to it.
const LIKE_A_DATE = /^(?:[A-Z][a-z]{2,8},? |\d{4}-\d{2}-\d{2}T)/;

/** `Retry-After` in seconds or as a date, measured against the reply's own clock; undefined where it says neither. At most a day. */
export const retryAfterOf = (headers: Readonly<Record<string, string>>, name = 'retry-after'): number | undefined => {
  const text = headers[name]?.trim() ?? '';
  if (/^\d+(\.\d+)?$/.test(text)) return Math.min(Math.ceil(Number(text) * 1000), LONGEST_WAIT_MS);
  if (!LIKE_A_DATE.test(text)) return undefined;
  const at = Date.parse(text);
  const now = Date.parse(headers['date'] ?? '');
  return Number.isNaN(at) || Number.isNaN(now) ? undefined : Math.min(Math.max(0, at - now), LONGEST_WAIT_MS);
};
