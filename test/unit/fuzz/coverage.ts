// Which code of src/ has run, by V8's own count of blocks: how the fuzzer knows an input that got somewhere new.
import { Session, type Profiler } from 'node:inspector';

/** From where to where, in order, without overlaps. */
type Spans = readonly (readonly [number, number])[];

export class Coverage {
  readonly #session = new Session();
  /** What never ran, of each function that did. */
  readonly #idle = new Map<string, Spans>();

  constructor() {
    this.#session.connect();
    this.#session.post('Profiler.enable');
    this.#session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
  }

  /** Whether anything ran since the last look that had not run before it. */
  hasGrown(): boolean {
    let grown = false;
    for (const { scriptId, url, functions } of this.#take()) {
      if (!url.includes('/src/')) continue;
      for (const { ranges } of functions) {
        const [whole] = ranges;
        if (whole === undefined || whole.count === 0) continue;
        const name = `${scriptId}:${whole.startOffset}:${whole.endOffset}`;
        const before = this.#idle.get(name);
        const idle = idleSpans(ranges);
        const left = before === undefined ? idle : intersection(before, idle);
        if (before === undefined || length(left) < length(before)) grown = true;
        this.#idle.set(name, left);
      }
    }
    return grown;
  }

  /** How many functions have run. */
  get functions(): number {
    return this.#idle.size;
  }

  close(): void {
    this.#session.post('Profiler.stopPreciseCoverage');
    this.#session.disconnect();
  }

  /** The answer comes at once, since the session is this thread's own. */
  #take(): readonly Profiler.ScriptCoverage[] {
    let result: readonly Profiler.ScriptCoverage[] = [];
    this.#session.post('Profiler.takePreciseCoverage', (error, taken) => {
      if (error !== null) throw error;
      ({ result } = taken);
    });
    return result;
  }
}

/** Ranges are nested, the outer first; the innermost that has a place counts for it. */
function idleSpans(ranges: readonly Profiler.CoverageRange[]): Spans {
  const spans: [number, number][] = [];
  const inner = (range: Profiler.CoverageRange): readonly Profiler.CoverageRange[] =>
    ranges.filter(
      (other) =>
        other !== range && other.startOffset >= range.startOffset && other.endOffset <= range.endOffset,
    );
  for (const range of ranges) {
    if (range.count > 0) continue;
    let from = range.startOffset;
    for (const { startOffset, endOffset, count } of inner(range)) {
      if (count === 0 || startOffset < from) continue;
      spans.push([from, startOffset]);
      from = endOffset;
    }
    if (from < range.endOffset) spans.push([from, range.endOffset]);
  }
  return spans.sort(([left], [right]) => left - right);
}

function intersection(left: Spans, right: Spans): Spans {
  return left.flatMap(([from, to]) =>
    right
      .map(([start, end]) => [Math.max(from, start), Math.min(to, end)] as const)
      .filter(([start, end]) => start < end),
  );
}

function length(spans: Spans): number {
  return spans.reduce((sum, [from, to]) => sum + to - from, 0);
}
