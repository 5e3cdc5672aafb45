/**
 * The address at which people see this server, from PUBLIC_URL: behind a reverse proxy it is another host, and may be
 * a path below one. Pages are written with paths from the root; here they are moved below that path, at the one place
 * where HTML leaves the server. Pure.
 */

export interface PublicAddress {
  /** Like `https://videos.example.com`; null when PUBLIC_URL is not set. */
  readonly origin: string | null;
  readonly basePath: string;
}

export function publicAddressOf(publicUrl: string | undefined): PublicAddress {
  if (publicUrl === undefined) return { origin: null, basePath: '' };
  const { origin, pathname } = new URL(publicUrl);
  return { origin, basePath: pathname.replace(/(?<!\/)\/+$/, '') };
}

const pathAttribute = /(\s(?:href|src|action|formaction|poster|data-base)=\\?")\/(?!\/)/g;

/** @param html a page, or a part of one as a JSON string */
export function belowBase(html: string, basePath: string): string {
  return basePath === '' ? html : html.replace(pathAttribute, `$1${basePath}/`);
}

/** Works whether or not the proxy strips the base path. */
export function withoutBase(url: string, basePath: string): string {
  if (basePath === '' || !url.startsWith(basePath)) return url;
  const rest = url.slice(basePath.length);
  return rest === '' ? '/' : rest.startsWith('/') ? rest : rest.startsWith('?') ? `/${rest}` : url;
}
