/** Numbers as people read them; they lie where the dashboard may use them too. */
export { formatBytes, formatCount, formatDuration, plural, roughly } from '../shared/wording/format.ts';
