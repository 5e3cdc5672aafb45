/** What a piece of a video tells of its length. */
export type LengthReading =
  | { readonly kind: 'seconds'; readonly seconds: number }
  /** The answer lies at this byte of the file. */
  | { readonly kind: 'elsewhere'; readonly at: number }
  | { readonly kind: 'unknown' };
