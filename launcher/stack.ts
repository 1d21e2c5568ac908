/** V8's stack lines, cut down to what the user wrote: his own frames, at the lines of his own files. */
import { readFileSync } from 'node:fs';
import { SourceMap, type SourceMapPayload } from 'node:module';
import { sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { displayPath } from './display-path.ts';

export interface Frame {
  readonly name: string | undefined;
  readonly path: string;
  readonly line: number;
  readonly column: number;
}

export interface StackOptions {
  /** Paths are shown relative to it. */
  readonly cwd: string;
  /** Folders of ours, whose frames tell the user nothing: with a separator at the end. */
  readonly hidden: readonly string[];
  /**
   * The job's folders, this machine's first: frames that still point at what was compiled are mapped to their source, whichever host
   * they come from.
   */
  readonly compiled: readonly string[];
}

/** The user's frames, the innermost first. */
export function userFrames(stack: string, options: StackOptions): Frame[] {
  const frames: Frame[] = [];
  for (const line of stack.split('\n')) {
    const frame = parseFrame(line);
    if (frame === undefined) continue;
    const folder = options.compiled.find((each) => frame.path.startsWith(each + sep));
    const source =
      folder === undefined ? frame : toSource(frame, options.compiled[0]! + frame.path.slice(folder.length));
    if (source === undefined || options.hidden.some((folder) => source.path.startsWith(folder))) continue;
    frames.push(source);
  }
  return frames;
}

/** `at partialSum (sum.ts:14:21)`. */
export function formatFrame({ name, path, line, column }: Frame, cwd: string): string {
  const place = `${displayPath(path, cwd)}:${line}:${column}`;
  return name === undefined ? `at ${place}` : `at ${name} (${place})`;
}

/** `    at async name (place:line:column)`, and all that V8 leaves out of it; undefined for Node's own and native frames. */
export function parseFrame(text: string): Frame | undefined {
  const match = text.match(/^\s+at (?:async )?(?:(.+?) \()?((?:file:\/\/)?\/.*?):(\d+):(\d+)\)?$/);
  if (match === null) return undefined;
  const [, name, place, line, column] = match;
  let path = place!;
  if (path.startsWith('file://')) {
    try {
      path = fileURLToPath(path);
    } catch {
      return undefined;
    }
  }
  return { name: plainName(name), path, line: Number(line), column: Number(column) };
}

/** The top level of a module has no name worth printing; neither has what esbuild wraps around a module. */
function plainName(name: string | undefined): string | undefined {
  if (name === undefined) return undefined;
  const plain = name.replace(/^async /, '').replace(/^Object\.(?=<anonymous>)/, '');
  return plain === '<anonymous>' || /[/\\]|\.[cm]?[jt]sx?$/.test(plain) ? undefined : plain;
}

/** @param compiled - the file here that the frame's own is a copy of. */
function toSource(frame: Frame, compiled: string): Frame | undefined {
  try {
    const map = new SourceMap(JSON.parse(readFileSync(`${compiled}.map`, 'utf8')) as SourceMapPayload);
    const entry = map.findEntry(frame.line - 1, frame.column - 1);
    if (!('originalSource' in entry)) return undefined;
    const path = fileURLToPath(entry.originalSource);
    return { ...frame, path, line: entry.originalLine + 1, column: entry.originalColumn + 1 };
  } catch {
    return undefined;
  }
}
