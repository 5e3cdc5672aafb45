/** One item as `export` prints it; it lies where the dashboard's exports may use it too. */
export { type ExportRow, exportColumns, exportRow, toCsvLine } from '../shared/wording/export-row.ts';
