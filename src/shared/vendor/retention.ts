/** For how long the vendor keeps what it has made, as it documents; a link it mints lives for 20 minutes. */

const day = 24 * 3_600_000;

/** The file of a result, whatever becomes of its URL. */
export const fileKeptMs = 14 * day;
/** A minted link, less a margin for clocks and the way. */
export const mintedLinkMs = 15 * 60_000;
