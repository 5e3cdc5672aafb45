/** The connections of a client: its own, or those through the proxies that are set. */
import { Agent, type Dispatcher, EnvHttpProxyAgent } from 'undici';
import type { Proxies } from './proxies.ts';

export function createAgent(options: Agent.Options, proxies: Proxies | undefined): Dispatcher {
  if (proxies === undefined) return new Agent(options);
  // An empty text keeps it from reading the environment.
  const { http: httpProxy, https: httpsProxy, except: noProxy } = proxies;
  return new EnvHttpProxyAgent({ ...options, httpProxy, httpsProxy, noProxy });
}
