/** HTML whose holes are escaped, so that no name or message can become markup. */

/** What is HTML already; everything else is text. */
export class Html {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

export type Hole = Html | readonly Html[] | string | number;

/** `` html`<p>${text}</p>` `` escapes `text`, in elements and in quoted attributes. */
export function html(parts: TemplateStringsArray, ...holes: readonly Hole[]): Html {
  return new Html(parts.reduce((before, part, index) => before + render(holes[index - 1] ?? '') + part));
}

function render(hole: Hole): string {
  if (hole instanceof Html) return hole.text;
  if (typeof hole === 'object') return hole.map(({ text }) => text).join('');
  return String(hole)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;')
    .replaceAll(controls, '\u{FFFD}');
}

// No HTML can have them.
const controls = /(?![\t\n])\p{Cc}/gu;
