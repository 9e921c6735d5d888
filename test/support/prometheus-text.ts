// Reads the text format of Prometheus strictly: what a scraper would refuse is an error here.
export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface Exposition {
  readonly types: ReadonlyMap<string, string>;
  readonly samples: readonly Sample[];
  /** The value of the sample with this name and these labels, whatever others it has. */
  readonly value: (name: string, labels?: Readonly<Record<string, string>>) => number | undefined;
  /** The sum of all samples with this name and these labels. */
  readonly sum: (name: string, labels?: Readonly<Record<string, string>>) => number;
}

export function parseExposition(text: string): Exposition {
  const types = new Map<string, string>();
  const helps = new Set<string>();
  const samples: Sample[] = [];
  const seen = new Set<string>();
  if (!text.endsWith('\n')) throw new Error('the last line does not end');
  for (const line of text.split('\n')) {
    if (line === '') continue;
    const [, word, name = '', rest = ''] = /^# (HELP|TYPE) ([a-zA-Z_:][a-zA-Z0-9_:]*) (.+)$/.exec(line) ?? [];
    if (word === 'HELP') {
      if (helps.has(name)) throw new Error(`${name} has help twice`);
      helps.add(name);
    } else if (word === 'TYPE') {
      if (!/^(counter|gauge|histogram|summary)$/.test(rest)) throw new Error(line);
      types.set(name, rest);
    } else {
      const sample = parseSample(line);
      const family = sample.name.replace(/_(bucket|sum|count)$/, '');
      if (!types.has(sample.name) && !types.has(family)) throw new Error(`${sample.name} has no type`);
      const labels = Object.entries(sample.labels).map(([label, value]) => `${label}=${value}`);
      const identity = JSON.stringify([sample.name, ...labels.sort()]);
      if (seen.has(identity)) throw new Error(`twice: ${line}`);
      seen.add(identity);
      samples.push(sample);
    }
  }
  const matching = (name: string, labels: Readonly<Record<string, string>>): readonly Sample[] =>
    samples.filter(
      (sample) =>
        sample.name === name &&
        Object.entries(labels).every(([label, value]) => sample.labels[label] === value),
    );
  return {
    types,
    samples,
    value: (name, labels = {}) => matching(name, labels)[0]?.value,
    sum: (name, labels = {}) => matching(name, labels).reduce((sum, { value }) => sum + value, 0),
  };
}

function parseSample(line: string): Sample {
  const [, name = '', labelText = '', valueText = ''] =
    /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)$/.exec(line) ?? [];
  const value = valueText === '+Inf' ? Infinity : Number(valueText);
  if (name === '' || (Number.isNaN(value) && !/^nan$/i.test(valueText)))
    throw new Error(`no sample: ${line}`);
  const labels: Record<string, string> = {};
  let rest = labelText;
  while (rest !== '') {
    const [whole = '', label = '', quoted = ''] =
      /^([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\"n])*)"(?:,|$)/.exec(rest) ?? [];
    if (whole === '') throw new Error(`bad labels: ${line}`);
    labels[label] = JSON.parse(`"${quoted}"`) as string;
    rest = rest.slice(whole.length);
  }
  return { name, labels, value };
}
