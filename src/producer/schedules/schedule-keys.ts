/** The names of the schedules' keys in Redis; all in the slot of the prefix. */
export interface ScheduleKeys {
  /** Hash: schedules by name, as JSON. */
  readonly schedules: string;
  /** List: the last runs, the newest first, as JSON. */
  runs(name: string): string;
  /** Hash: the current run; expires soon after its process ends. */
  running(name: string): string;
}

export function scheduleKeys(prefix: string): ScheduleKeys {
  return {
    schedules: `${prefix}:schedules`,
    runs: (name) => `${prefix}:schedule:${name}:runs`,
    running: (name) => `${prefix}:schedule:${name}:running`,
  };
}
