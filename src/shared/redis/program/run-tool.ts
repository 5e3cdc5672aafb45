/**
 * Runs a program of the system to its end and returns its output. Used for apt, dpkg-deb, docker and `redis-server
 * --version`. A program that is missing, fails or takes too long is an expected answer, not an exception. Arguments are
 * passed without a shell.
 */
import { execFile } from 'node:child_process';

export interface ToolResult {
  ok: boolean;
  /** The program is not on this system (or not executable). */
  missing: boolean;
  stdout: string;
  /** Standard error, or the reason where the program could not say one itself. */
  complaint: string;
}

export interface ToolOptions {
  cwd?: string;
  timeoutMs: number;
}

const MAX_OUTPUT_BYTES = 32 * 1024 * 1024;
const MISSING_CODES = new Set<unknown>(['ENOENT', 'EACCES', 'ENOTDIR']);

export function runTool(program: string, args: readonly string[], options: ToolOptions): Promise<ToolResult> {
  const execOptions = {
    timeout: options.timeoutMs,
    killSignal: 'SIGKILL',
    maxBuffer: MAX_OUTPUT_BYTES,
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
  } as const;
  return new Promise((resolve) => {
    const child = execFile(program, args, execOptions, (error, stdout, stderr) => {
      resolve({
        ok: error === null,
        missing: MISSING_CODES.has(error?.code),
        stdout,
        complaint: stderr.trim() || (error?.message ?? ''),
      });
    });
    // A tool that asks a question must read an end of file, not wait for a person.
    child.stdin?.end();
  });
}
