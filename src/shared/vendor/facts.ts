/** Where the vendor is found and for how long it keeps things, as it documents. Imports nothing. */

export const vendorBaseUrl = 'https://api.kie.ai';
/** Where a person makes an API key. */
export const keyPageUrl = 'https://kie.ai/api-key';
/** Most models of the market share these; some live elsewhere, so the paths belong to the model's definition. */
export const usualCreatePath = '/api/v1/jobs/createTask';
export const usualRecordPath = '/api/v1/jobs/recordInfo';
/** From a task's record to its result URLs. */
export const usualResultPath: readonly string[] = ['resultJson', 'resultUrls'];
export const balancePath = '/api/v1/chat/credit';
export const downloadLinkPath = '/api/v1/common/download-url';

/** The vendor's upload API is another host, with the same key. */
export const vendorUploadUrl = 'https://kieai.redpandaai.co';
export const uploadPath = '/api/file-stream-upload';

const dayMs = 24 * 3_600_000;

/** The file of a result is kept this long, whatever becomes of its URL. */
export const fileKeptMs = 14 * dayMs;
/** A minted link works for 20 minutes; less a margin for clocks and the way. */
export const mintedLinkMs = 15 * 60_000;

/** Uploads are deleted after 24 hours to 3 days (its pages differ); less a margin for the task that reads it. */
export const uploadKeptMs = 20 * 3_600_000;
