/** What a piece of a video shows about its length. */
export type LengthReading =
  | { readonly kind: 'seconds'; readonly seconds: number }
  /** The answer is at this byte of the file. */
  | { readonly kind: 'elsewhere'; readonly at: number }
  | { readonly kind: 'unknown' };
