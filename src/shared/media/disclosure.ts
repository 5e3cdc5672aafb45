/**
 * What every result says about itself, in its sidecar and inside the file: that it is made by a trained
 * algorithm (IPTC DigitalSourceType), from which link, by which task and with which tool. Removing a
 * visible mark must not hide this. Invariant: the same disclosure always gives the same bytes, so two
 * workers that store the same result at once write the same file.
 */

export const DIGITAL_SOURCE_TYPE = 'http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia';

export interface Disclosure {
  /** The link the user gave. */
  readonly link: string;
  readonly taskId: string;
  readonly model: string;
  /** Name and version, as in `kie-batch 0.1.0`. */
  readonly tool: string;
}

export interface DisclosureFields {
  readonly digitalSourceType: typeof DIGITAL_SOURCE_TYPE;
  readonly source: string;
  readonly tool: string;
}

export function disclosureFields(disclosure: Disclosure): DisclosureFields {
  return { digitalSourceType: DIGITAL_SOURCE_TYPE, source: disclosure.link, tool: disclosure.tool };
}
