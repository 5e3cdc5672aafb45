/**
 * What can run a local Redis: a server binary of this system or the cache, or an image of a container engine.
 */
export type RedisProgram =
  | { kind: 'binary'; path: string; origin: string }
  | { kind: 'container'; image: string; origin: string };
