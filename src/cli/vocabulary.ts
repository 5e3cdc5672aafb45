/**
 * How commands are called where this program runs: `kie-batch run` where it is installed, `npm start -- run` in a
 * checkout. Texts are written with the first; this is the one place that changes them. Pure.
 */

/** In a checkout the sources themselves run. */
const isCheckout = import.meta.url.endsWith('.ts');

const call =
  /\bkie-batch (?=(?:run|enqueue|worker|serve|status|watch|list|export|import|retry|cancel|pause|resume|priority|remove|schedule|models|doctor|simulate|demo)\b)/g;

export function asCalledHere(text: string, inCheckout: boolean = isCheckout): string {
  return inCheckout ? text.replace(call, 'npm start -- ') : text;
}
