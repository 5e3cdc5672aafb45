/** The whole of kie-batch with callbacks on: as startSystem, with `serve` in the same process. */
import { freePort } from '../../bench/free-port.ts';
import { openServer } from '../../src/app/open-server.ts';
import type { RunningServer } from '../../src/server/start-server.ts';
import { createCallbackTokens } from '../../src/shared/callbacks/callback-tokens.ts';
import { type System, type SystemOptions, startSystem } from '../setup/system.ts';

export interface ServedSystem extends System {
  readonly server: RunningServer;
  /** The address of an item's callback, as the vendor gets it. */
  callbackUrl(id: string, attempt?: number): Promise<string>;
}

export async function startServedSystem(options: SystemOptions = {}): Promise<ServedSystem> {
  const port = await freePort();
  const environment = {
    CALLBACK_BASE_URL: `http://127.0.0.1:${port}`,
    HTTP_PORT: String(port),
    ...options.environment,
  };
  const system = await startSystem({ ...options, environment });
  const server = await openServer(system.session, { hasPages: true, pages: [] });
  const tokens = createCallbackTokens(system.session);
  return {
    ...system,
    server,
    callbackUrl: async (id, attempt = 1) => `${server.url}/callback/${await tokens.make({ id, attempt })}`,
    async [Symbol.asyncDispose]() {
      await server.close();
      await system[Symbol.asyncDispose]();
    },
  };
}
