/** What PostgreSQL's driver gives for a timestamp. */
export type Stamp = Date | null;

/** An instant as ISO text, null when there is none. */
export const iso = (at: Stamp): string | null => (at === null ? null : at.toISOString());

/** PostgreSQL counts in 64 bits and the driver gives them as text. */
export const count = (text: string | number): number => Number(text);

/** Is it one of our ids? Anything else is never asked of a uuid column. */
export const isUuid = (text: string): boolean => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text);
